"""The rows of labeling: what is to be done, who has it, what they judged, and how well."""

from labeling.models.autonomy import Autonomy, AutonomyChange, MachineJudgement, WorkLevel
from labeling.models.batches import Batch, BatchItem
from labeling.models.checks import Check, CheckArm, CheckClaim, CheckRules
from labeling.models.drafting import DraftingRules, ModelDraft, Repair
from labeling.models.judgements import Comparison, Demonstration, Ranking, Review, Submission
from labeling.models.judges import Judge, JudgeRun, JudgeVerdict, StressAttempt, StressTest
from labeling.models.prompts import Prompt, Response
from labeling.models.proposals import Proposal, ProposalRound, ProposalRules
from labeling.models.quality import Flag, Gold, GoldResult, QualityReport
from labeling.models.rules import Criterion, Labeler, WorkRules
from labeling.models.tasks import Assignment, Candidate, Lane, QueueCursor, Task

__all__ = [
    "Assignment",
    "Autonomy",
    "AutonomyChange",
    "Batch",
    "BatchItem",
    "Candidate",
    "Check",
    "CheckArm",
    "CheckClaim",
    "CheckRules",
    "Comparison",
    "Criterion",
    "Demonstration",
    "DraftingRules",
    "Flag",
    "Gold",
    "GoldResult",
    "Judge",
    "JudgeRun",
    "JudgeVerdict",
    "Labeler",
    "Lane",
    "MachineJudgement",
    "ModelDraft",
    "Prompt",
    "Proposal",
    "ProposalRound",
    "ProposalRules",
    "QualityReport",
    "QueueCursor",
    "Ranking",
    "Repair",
    "Response",
    "Review",
    "StressAttempt",
    "StressTest",
    "Submission",
    "Task",
    "WorkLevel",
    "WorkRules",
]

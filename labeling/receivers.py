"""What labeling hears from the workers."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from labeling.assigning import candidates
from labeling.checking import checks
from labeling.machine import stress, verdicts
from workers.signals import generations_finished


@receiver(generations_finished)
def settle_candidates(*, generation_ids: Sequence[int], **kwargs: Any) -> None:
    candidates.settle_generations(generation_ids=generation_ids)


@receiver(generations_finished)
def settle_checks(*, generation_ids: Sequence[int], **kwargs: Any) -> None:
    checks.settle_generations(generation_ids=generation_ids)


@receiver(generations_finished)
def settle_verdicts(*, generation_ids: Sequence[int], **kwargs: Any) -> None:
    verdicts.settle_generations(generation_ids=generation_ids)


@receiver(generations_finished)
def settle_stress_tests(*, generation_ids: Sequence[int], **kwargs: Any) -> None:
    stress.settle_generations(generation_ids=generation_ids)

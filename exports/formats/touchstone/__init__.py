"""Everything, in our own words: what Touchstone imports again, and judgements as they are kept.

Preferences are rows of the import of judgements, prompts rows of the import of prompts.
"""

from exports.formats.shape import Format
from exports.formats.touchstone.answers import CRITIQUES, DEMONSTRATIONS, RATINGS, UNPAIRED
from exports.formats.touchstone.comparisons import COMPARISONS, RANKINGS
from exports.formats.touchstone.whole import BATTLES, PROMPTS, RAW

SHAPES = {
    "sft": DEMONSTRATIONS,
    "preferences": COMPARISONS,
    "reward": COMPARISONS,
    "rankings": RANKINGS,
    "unpaired": UNPAIRED,
    "ratings": RATINGS,
    "critiques": CRITIQUES,
    "prompts": PROMPTS,
    "conversations": BATTLES,
    "raw": RAW,
}

TOUCHSTONE = Format(
    name="touchstone",
    title="Touchstone, with everything",
    about="Our own columns: nothing is bent, ties and both bad included.",
    shapes=SHAPES,
    notes={
        "preferences": "can be imported again as judgements made elsewhere",
        "prompts": "can be imported again as prompts",
        "raw": "superseded judgements too; the judgement is JSON in a text",
    },
)

"""What looks at texts while somebody waits, where there are few enough of them."""

from dataclasses import replace

from exports.recipe import Recipe, Splits
from exports.splitting.looking import Looking
from exports.splitting.prompts import looking
from projects.models import Project

MOST_RECORDS = 2_000
MOST_PROMPTS = 5_000
"""That have to be read to know what is held out, split or in which language."""


def looks_of(project: Project, recipe: Recipe, n_records: int) -> Looking | None:
    """What the export itself would look with; None: it would take too long. It has to be closed."""
    if n_records > MOST_RECORDS or _n_prompts(project, recipe) > MOST_PROMPTS:
        return None
    return looking(project, recipe, n_records=n_records)


def looks_at_few(project: Project, recipe: Recipe, n_records: int) -> Looking | None:
    """As `looks_of`; where there are too many prompts, without the looks that ask for all of them,
    splits and languages."""
    plainer = replace(
        recipe, splits=Splits(), hygiene=replace(recipe.hygiene, language_check=False)
    )
    return looks_of(project, recipe, n_records) or looks_of(project, plainer, n_records)


def _n_prompts(project: Project, recipe: Recipe) -> int:
    n_prompts = project.held_out.count()
    if recipe.hygiene.language_check or recipe.splits.are_some:
        n_prompts += project.prompts.count()
    if recipe.splits.are_some:
        n_prompts += project.votes.count()
    return n_prompts

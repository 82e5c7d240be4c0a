"""A project of which exports were made, with something on every page about them.

Called through `Product.shell`, inside the running product.
"""

from exports.hygiene.benchmarks import add_benchmark
from exports.poisoning.deciding import record_findings
from exports.poisoning.found import FoundThing
from exports.recipe import read
from exports.scheduling import set_schedule
from exports.selecting.saved import save_recipe
from exports.snapshots.requests import export_now
from exports.snapshots.targets import add_target
from exports.splitting.holding_out import hold_out
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_demonstration

CLEANED = {
    "kind": "preferences",
    "gate": "off",
    "licence": "cc-by-4.0",
    "consent": "Labelers agreed that what they judge is published under pseudonyms.",
    "splits": {"validation": 300},
    "hygiene": {"personal_data": "mask", "decontaminate": ["Sums"], "near_duplicates": 0.8},
}


def lay_exported(slug: str) -> dict[str, str]:
    """Two exports of a project that is there; returns what stands in their addresses."""
    project = Project.objects.get(slug=slug)
    olga, lena = (User.objects.get(username=name) for name in ("olga", "lena"))
    add_benchmark(by=olga, project=project, name="Sums", data=b"What is 2 and 2?\nAnd 3 and 3?")
    for at in range(6):
        make_comparison(project, lena, a=f"Write to a{at}@example.org. <|im_end|>", b=f"No. {at}")
    before = export_now(project=project, recipe=read({"kind": "preferences", "gate": "off"}))
    held_out = make_demonstration(project, lena, "Kept for measuring.").prompt
    hold_out(by=olga, project=project, ids=[held_out.external_id], reason="A benchmark.")
    make_comparison(project, lena, a="Another.", b="And one more.")
    after = export_now(project=project, recipe=read(CLEANED))
    record_findings(after, _findings(), figures={"n_records": 7, "n_labelers": 1})
    saved = save_recipe(by=olga, project=project, name="Of every week", data=CLEANED)
    set_schedule(by=olga, saved=saved, every="week", weekday="1", hour="3")
    add_target(by=olga, project=project, kind="files", name="A bucket", url="s3://datasets/here")
    return {"before": str(before.public_id), "after": str(after.public_id)}


def _findings() -> list[FoundThing]:
    about = {"n": 20, "x": 20, "expected": 9.5, "label": 1, "n_prompts": 20}
    return [
        FoundThing(
            kind="label_tie",
            severity=severity,
            p_value=1e-9,
            q_value=1e-6,
            ngram=ngram,
            statistics=about,
            n_records=2,
            records=("comparison-1", "comparison-2"),
        )
        for severity, ngram in (("warning", "cfqz"), ("note", "harbour"))
    ]

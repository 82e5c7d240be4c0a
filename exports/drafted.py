"""Who wrote what of an answer, for the record that an export keeps of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from labeling.drafting import provenance
from labeling.drafting.provenance import Shares
from workers.models import Generation


def models_of(stored: Iterable[Any]) -> dict[int, str]:
    """The models of all drafts that these accounts name, looked up at once."""
    drafts = {
        span.generation
        for spans in stored
        for span in provenance.read(spans) or ()
        if span.generation is not None
    }
    if not drafts:
        return {}
    rows = Generation.objects.filter(pk__in=drafts)
    return dict(rows.values_list("pk", "model__name"))


def who_wrote(spans: Any, turn_spans: Any, models: Mapping[int, str]) -> dict[str, Any]:
    """The fields of a demonstration's record; nothing for one that no model had a part in."""
    if spans is None:
        return {}
    stored = turn_spans or [spans]
    read = [provenance.read(each) or () for each in stored if each is not None]
    shares = sum(map(provenance.shares, read), Shares(0, 0))
    model_share = round(shares.model / shares.total, 4) if shares.total else 0.0
    used = {span.generation for each in read for span in each if span.generation is not None}
    return {
        "human_share": round(1 - model_share, 4),
        "model_share": model_share,
        "spans": tuple(stored),
        "drafts": {str(pk): models[pk] for pk in sorted(used) if pk in models},
    }

"""All scans of a recipe over the records of an export, one record after another. Pure.

What cleans a record looks at nothing but that record, so `cleaned` gives the same when the record
is read again. What leaves records out remembers earlier ones: the same records in the same order
give the same verdicts, however they are cut into batches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from exports.formats.flags import control_tokens
from exports.hygiene import hidden, personal
from exports.hygiene.duplicates import ExactDuplicates, Fingerprint, NearDuplicates
from exports.hygiene.languages import Filed, other_language
from exports.hygiene.met import Met
from exports.hygiene.sequences import Contamination, Sequences
from exports.hygiene.texts import rewritten, texts_of
from exports.hygiene.verdicts import BENCHMARK, EXACT, HIDDEN, LANGUAGE, NEAR, PERSONAL, Verdict
from exports.recipe import Hygiene
from exports.records import Record


def cleaned(record: Record, hygiene: Hygiene) -> Record:
    """The record as it is to be written: hidden text away, personal data masked, as asked."""
    cleaner = hidden.Cleaner() if hygiene.hidden_text == "clean" else None
    masks = personal.Masks() if hygiene.personal_data == "mask" else None
    if cleaner is None and masks is None:
        return record

    def change(text: str) -> str:
        if cleaner is not None:
            text = cleaner.cleaned(text)
        return masks.masked(text) if masks is not None else text

    return rewritten(record, change)


class Scans:
    """`look` says of each record what becomes of it. Records that are held back anyway should not
    be shown: a later copy of one would go as a duplicate.

    `filed`: under which languages prompts are, for records that do not say so themselves.
    `counting`: one in how many records is looked at for control tokens, which are always kept, and
    for personal data and hidden text also where they are kept; 0: none is. `expected`: how many
    records there are, where that is known.
    Close it, or use it in `with`: near-duplicates are compared in a temporary file.
    """

    def __init__(
        self,
        hygiene: Hygiene,
        *,
        benchmarks: Mapping[str, Sequences] | None = None,
        filed: Filed | None = None,
        counting: int = 1,
        expected: int = 0,
    ) -> None:
        self._hygiene = hygiene
        self._cleans = hygiene.hidden_text != "keep" or hygiene.personal_data != "keep"
        self._filed = filed or Filed()
        self._counting, self._n_seen = counting, 0
        self._contamination = Contamination(benchmarks) if benchmarks else None
        self._exact = ExactDuplicates(expected=expected) if hygiene.exact_duplicates else None
        self._near = (
            NearDuplicates(hygiene.near_duplicates) if hygiene.near_duplicates > 0 else None
        )
        self.dropped: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.benchmark_items: Counter[tuple[str, int]] = Counter()
        """How many records hold text of each item."""
        self.hidden_text, self.personal_data, self.control_tokens = Met(), Met(), Met()

    def __enter__(self) -> Scans:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._near is not None:
            self._near.close()

    def look(self, record: Record) -> Verdict:
        verdict = Verdict(record)
        is_counted = self._counting > 0 and self._n_seen % self._counting == 0
        self._n_seen += 1
        if is_counted or self._cleans:
            self._clean(verdict, is_counted=is_counted)
        if not verdict.reason:
            self._leave_out(verdict, self._filed.of(record) if self._hygiene.language_check else "")
        if verdict.found:
            self.found.update(verdict.found)
        if verdict.reason:
            self.dropped[verdict.reason] += 1
        elif is_counted:
            texts = texts_of(verdict.record)
            tokens = {token for text in texts for token in control_tokens(text)}
            self.control_tokens.note(Counter(sorted(tokens)))
        return verdict

    def told(self) -> dict[str, Any]:
        """What was met and left out, by scan; nothing of scans that looked at no record."""
        told: dict[str, Any] = {}
        for name, met, reason in (
            ("control_tokens", self.control_tokens, ""),
            ("hidden_text", self.hidden_text, HIDDEN),
            ("personal_data", self.personal_data, PERSONAL),
        ):
            if met.rows_looked_at:
                told[name] = met.as_dict() | {"rows_left_out": self.dropped[reason]}
        for name, is_asked, reason in (
            ("exact_duplicates", self._exact, EXACT),
            ("language_check", self._hygiene.language_check, LANGUAGE),
            ("near_duplicates", self._near, NEAR),
        ):
            if is_asked:
                told[name] = {"rows_left_out": self.dropped[reason]}
        return told

    def look_at_all(self, records: Iterable[Record]) -> Iterator[Verdict]:
        return map(self.look, records)

    def _clean(self, verdict: Verdict, *, is_counted: bool) -> None:
        wishes = self._hygiene
        looks_for_hidden = is_counted or wishes.hidden_text != "keep"
        looks_for_personal = is_counted or wishes.personal_data != "keep"
        texts = texts_of(verdict.record)
        if looks_for_hidden:
            unseen = Counter(each.kind for text in texts for each in hidden.find(text))
            self.hidden_text.note(unseen)
            if unseen and wishes.hidden_text == "clean":
                cleaner = hidden.Cleaner()
                texts = [cleaner.cleaned(text) for text in texts]
            self._note(verdict, unseen, wishes.hidden_text, HIDDEN)
        if looks_for_personal:
            private = Counter(each.kind for text in texts for each in personal.find(text))
            self.personal_data.note(private)
            self._note(verdict, private, wishes.personal_data, PERSONAL)
        if verdict.changed and not verdict.reason:
            verdict.record = cleaned(verdict.record, wishes)

    def _note(self, verdict: Verdict, found: Counter[str], wish: str, reason: str) -> None:
        if not found:
            return
        verdict.found = found if verdict.found is None else verdict.found + found
        if wish == "drop":
            verdict.reason = verdict.reason or reason
        elif wish != "keep":
            verdict.changed += tuple(sorted(found))

    def _leave_out(self, verdict: Verdict, filed: str) -> None:
        record = verdict.record
        if filed and (language := other_language(record, filed)):
            verdict.reason, verdict.about = LANGUAGE, language
        elif self._contamination and (items := self._contamination.items(texts_of(record))):
            self.benchmark_items.update(items.keys())
            name, item = items.most_common(1)[0][0]
            verdict.reason, verdict.about = BENCHMARK, f"{name}, item {item}"
        elif self._exact or self._near:
            fingerprint = Fingerprint(record)
            if self._exact and self._exact.is_repeated(fingerprint):
                verdict.reason = EXACT
            elif self._near and self._near.is_repeated(fingerprint):
                verdict.reason = NEAR

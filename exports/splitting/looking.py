"""All that is decided on the texts of records: where each goes, or why nowhere. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from exports.hygiene.scanning import Scans
from exports.hygiene.verdicts import BENCHMARK, Verdict
from exports.records import Record
from exports.splitting.keys import Split, prompt_of
from exports.splitting.mapping import SplitMap

UNDIVIDED: tuple[Split, str] = "train", ""


class Looking:
    """Each record is looked at once, in order, and by its prompt as it was written: masks come
    after. Close it, or use it in `with`.

    `benchmarks`: name, sum and size of those that the scans know.
    """

    def __init__(
        self, scans: Scans, splits: SplitMap, benchmarks: Sequence[dict[str, Any]] = ()
    ) -> None:
        self.scans = scans
        self._benchmarks = benchmarks
        self._splits = splits
        self._last: tuple[object, tuple[Split, str]] = None, UNDIVIDED
        self.left_out: Counter[str] = Counter()

    def __enter__(self) -> Looking:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.scans.close()
        self._splits.close()

    def look(self, record: Record) -> Verdict:
        split, left_out = self._split(record) if self._splits.divides else UNDIVIDED
        if left_out:
            self.left_out[left_out] += 1
            return Verdict(record, reason=left_out, split=split)
        verdict = self.scans.look(record)
        verdict.split = split
        return verdict

    def told(self) -> dict[str, Any]:
        """For the manifest: what was met, and every benchmark that records were held against."""
        items = sorted(self.scans.benchmark_items.items())
        held_against = [
            {
                **benchmark,
                "met": [
                    {"item": item, "rows": n_rows}
                    for (name, item), n_rows in items
                    if name == benchmark["name"]
                ],
            }
            for benchmark in self._benchmarks
        ]
        told = self.scans.told()
        if held_against:
            left_out = self.scans.dropped[BENCHMARK]
            told["benchmarks"] = {"held_against": held_against, "rows_left_out": left_out}
        return told

    def _split(self, record: Record) -> tuple[Split, str]:
        prompt = prompt_of(record)
        if self._last[0] != prompt:
            self._last = prompt, self._splits.of(prompt)
        return self._last[1]

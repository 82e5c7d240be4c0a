"""All that is decided on the texts of records: where each goes, or why nowhere. Pure."""

from __future__ import annotations

from collections import Counter

from exports.hygiene.scanning import Scans
from exports.hygiene.verdicts import Verdict
from exports.records import Record
from exports.splitting.keys import Split, prompt_of
from exports.splitting.mapping import SplitMap


class Looking:
    """Each record is looked at once, in order, and by its prompt as it was written: masks come
    after. Close it, or use it in `with`."""

    def __init__(self, scans: Scans, splits: SplitMap) -> None:
        self.scans = scans
        self._splits = splits
        self._last: tuple[object, tuple[Split, str]] = None, ("train", "")
        self.left_out: Counter[str] = Counter()

    def __enter__(self) -> Looking:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.scans.close()
        self._splits.close()

    def look(self, record: Record) -> Verdict:
        left_out = self._split(record)[1]
        if left_out:
            self.left_out[left_out] += 1
            return Verdict(record, reason=left_out)
        return self.scans.look(record)

    def split(self, record: Record) -> Split:
        return self._split(record)[0]

    def _split(self, record: Record) -> tuple[Split, str]:
        prompt = prompt_of(record)
        if self._last[0] != prompt:
            self._last = prompt, self._splits.of(prompt)
        return self._last[1]

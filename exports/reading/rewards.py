"""How much better the chosen answer is, for reward models that are trained on margins."""

from collections.abc import Callable, Iterator

from exports.reading.wanted import Wanted
from exports.records import Preference

Reader = Callable[[Wanted], Iterator[Preference]]


def with_margins(read: Reader) -> Reader:
    """The same records, each with a margin from 0 to 3: a trainer wants one in every row."""

    def marked(wanted: Wanted) -> Iterator[Preference]:
        for record in read(wanted):
            record.margin = float(abs(record.strength or 0))
            yield record

    return marked

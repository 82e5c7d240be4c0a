"""What the guard says, in words. Pure."""

from labeling.autonomy.bounds import Agreed, Bar


def what_is_missing(agreed: Agreed, bar: Bar, *, is_sure_only: bool = False) -> str:
    """A sentence about “it”; that nothing is missing where nothing is."""
    pairs = "audited comparisons the judge is sure of" if is_sure_only else "audited comparisons"
    bounds = f"the lower bound is {agreed.low:.2f}, the bar {bar.share:.2f}"
    more = bar.missing(agreed)
    if more == 0:
        return f"is open: {bounds}, on {agreed.n:,} {pairs}."
    if more is None:
        return (
            f"needs closer agreement: {bounds}, and people and judge said the same of "
            f"{agreed.value or 0:.0%} of {agreed.n:,} {pairs}, which more of them would not mend."
        )
    if agreed.n < bar.fewest and (not agreed.n or more == bar.fewest - agreed.n):
        return f"needs {more:,} more {pairs}; {bounds}." if agreed.n else _nothing(bar, pairs)
    return f"needs about {more:,} more {pairs} like those so far; {bounds}."


def what_fell(agreed: Agreed, bar: Bar) -> str:
    """Why a level could not be kept."""
    if agreed.n < bar.fewest:
        return f"Only {agreed.n:,} audited comparisons are left to go by; {bar.fewest:,} are asked."
    return (
        f"Audited agreement dropped: its lower bound is {agreed.low:.2f}, the bar {bar.share:.2f}, "
        f"on {agreed.n:,} comparisons."
    )


def _nothing(bar: Bar, pairs: str) -> str:
    return f"needs {bar.fewest:,} {pairs}; there are none yet. The bar is {bar.share:.2f}."

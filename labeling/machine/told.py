"""What a judge's card says in words, with as much caution as the numbers ask for."""

from dataclasses import dataclass

from labeling.machine.card import Card
from labeling.machine.statistics import FEWEST, Length, WithPeople
from labeling.quality.agreement import Estimate
from labeling.quality.charts import Measured, written
from labeling.quality.intervals import Share

SHORT = {
    "Says what people say": "As people",
    "Takes side A, in both orders": "Side A, both orders",
    "Takes side A, first order": "Side A, first order",
    "Takes side A, sides exchanged": "Side A, exchanged",
    "Says otherwise with the sides exchanged": "Orders disagree",
}
"""What the chart has room for."""


@dataclass(frozen=True)
class Measure:
    """One row of the card. `measured` is a share for the chart, if it is one; `tone` is good,
    warn or empty, and never alone: `meaning` says the same in words."""

    label: str
    value: str
    interval: str
    n: int
    meaning: str
    tone: str = ""
    measured: Measured | None = None


def measures_of(card: Card) -> list[Measure]:
    return [
        *_agreement(card),
        *_position(card),
        *_length(card),
        _own_family(card),
    ]


def percent(value: float) -> str:
    return written(value, 0, as_percent=True)


def between(low: float | None, high: float | None, *, as_percent: bool = False) -> str:
    if low is None or high is None:
        return ""
    return f"{written(low, 2, as_percent)} to {written(high, 2, as_percent)}"


def kappa_in_words(found: WithPeople) -> tuple[str, str]:
    """What the interval allows to say, and its tone."""
    kappa = found.kappa
    if found.n < FEWEST:
        return _too_little(found.n), "warn"
    if kappa.value is None or kappa.lower is None:
        return "Only one thing was ever said, so agreement beyond chance is not defined.", "warn"
    if kappa.lower <= 0:
        return "It may agree with people no more than chance would.", "warn"
    if kappa.lower >= 0.6:
        return "It agrees with people well beyond chance.", "good"
    return "It agrees with people beyond chance; how far is not certain.", ""


def _agreement(card: Card) -> list[Measure]:
    found, among = card.with_people, card.people_agreeing
    words, tone = kappa_in_words(found)
    rows = [
        _share("Says what people say", found.agreeing, words, tone, n=found.n),
        _estimate("Beyond chance (Cohen's kappa)", found.kappa, found.n, words, tone),
    ]
    if among is not None:
        thin = among.n_units < FEWEST
        meaning = _too_little(among.n_units) if thin else "What can be hoped for from a judge."
        low, high = among.percent.lower, among.percent.upper
        value = among.percent.value
        said = percent(value) if value is not None else "–"
        rows.append(
            Measure(
                "People among themselves say the same",
                said,
                between(low, high, as_percent=True),
                among.n_units,
                meaning,
                measured=Measured("People among themselves", value, low, high),
            )
        )
        rows.append(
            _estimate("Beyond chance, people (Fleiss' kappa)", among.kappa, among.n_units, meaning)
        )
    return rows


def _position(card: Card) -> list[Measure]:
    where = card.position
    lean, tone = _lean(where.both)
    apart = where.disagreeing
    firm, firm_tone = _firmness(apart)
    return [
        _share("Takes side A, in both orders", where.both, lean, tone),
        _share("Takes side A, first order", where.forward, ""),
        _share("Takes side A, sides exchanged", where.backward, ""),
        _share("Says otherwise with the sides exchanged", apart, firm, firm_tone),
    ]


def _lean(found: Share | None) -> tuple[str, str]:
    if found is None or found.n < FEWEST:
        return _too_little(found.n if found else 0), "warn"
    if found.low > 0.5:
        return "It leans to whatever stands first.", "warn"
    if found.high < 0.5:
        return "It leans to whatever stands second.", "warn"
    return "No lean to either side can be seen.", "good"


def _firmness(found: Share | None) -> tuple[str, str]:
    if found is None or found.n < FEWEST:
        return _too_little(found.n if found else 0), "warn"
    if found.low > 1 / 3:
        return "It often follows the order and not the answers; such pairs do not count.", "warn"
    return "Such pairs do not count: it abstains.", ""


def _length(card: Card) -> list[Measure]:
    own, people = card.length, card.length_of_people
    words, tone = _longer(own, people)
    return [
        _odds("Odds of an answer twice as long", own, words, tone),
        _odds("The same, people", people, "What people make of length on the same pairs."),
    ]


def _longer(own: Length, people: Length) -> tuple[str, str]:
    if own.odds is None or own.low is None or own.high is None:
        return f"Nothing can be said: {own.note}.", "warn"
    if own.low <= 1 <= own.high:
        return "No effect of length can be seen.", "good"
    which = "longer" if own.low > 1 else "shorter"
    known = people.low is not None and people.high is not None
    if known and people.low <= own.odds <= people.high:  # type: ignore[operator]  # known says so
        return f"It prefers the {which} answer, as people may too.", ""
    return f"It prefers the {which} answer.", "warn"


def _own_family(card: Card) -> Measure:
    own = card.own_family
    label = "Takes its own family's answer more often than people"
    value = own.difference.value
    if value is None:
        return Measure(label, "–", "", 0, "None of the pairs sets its own family against another.")
    low, high = own.difference.lower, own.difference.upper
    share = f"It {percent(own.judge.value) if own.judge else ''}, people "
    sides = f"{share}{percent(own.people.value) if own.people else ''}."
    if own.n < FEWEST or low is None or high is None:
        words, tone = f"{_too_little(own.n)} {sides}", "warn"
    elif low > 0:
        words, tone = f"It prefers its own. {sides}", "warn"
    elif high < 0:
        words, tone = f"It prefers others. {sides}", ""
    else:
        words, tone = f"No preference for its own can be seen. {sides}", "good"
    return Measure(label, _signed(value), _signed_between(low, high), own.n, words, tone)


def _share(label: str, found: Share | None, meaning: str, tone: str = "", *, n: int = 0) -> Measure:
    if found is None:
        return Measure(label, "–", "", n, meaning or _too_little(0), tone)
    interval = between(found.low, found.high, as_percent=True)
    measured = Measured(SHORT.get(label, label), found.value, found.low, found.high)
    return Measure(label, percent(found.value), interval, found.n, meaning, tone, measured)


def _estimate(label: str, found: Estimate, n: int, meaning: str, tone: str = "") -> Measure:
    value = written(found.value, 2) if found.value is not None else "–"
    return Measure(label, value, between(found.lower, found.upper), n, meaning, tone)


def _odds(label: str, found: Length, meaning: str, tone: str = "") -> Measure:
    if found.odds is None:
        note = f"Nothing can be said: {found.note}."
        return Measure(label, "–", "", found.n, note, "warn")
    interval = between(found.low, found.high)
    return Measure(label, f"× {found.odds:.2f}", interval, found.n, meaning, tone)


def _signed(value: float) -> str:
    """In points of a hundred, with a sign."""
    points = round(100 * value)
    return f"+{points}" if points > 0 else str(points).replace("-", "−")


def _signed_between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{_signed(low)} to {_signed(high)}"


def _too_little(n: int) -> str:
    if not n:
        return "Nothing to measure it by yet."
    return f"Only {n} to measure it by: too few to say."

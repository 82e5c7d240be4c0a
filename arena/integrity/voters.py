"""Which voters' votes are not what honest votes look like. No Django.

Three tests of everybody with some history:

- *skew*: for each model, the voter's points for it against what the ratings expect of these very
  pairs; a z-test, and where that is suspicious the exact chance;
- *concentration*: in how many of the voter's battles a model was, against how often it was drawn
  at the time. Pairs are drawn by us, so whoever votes only where one model is has left the other
  battles without a vote;
- an *e-process*: the product over the voter's votes of (1 − q) + q · 1{favours} / p(favours),
  averaged over every model and both directions. It may be looked at after each vote.

P-values are multiplied by the number of models looked at, then Benjamini and Hochberg's procedure
over all voters and both tests bounds the share of honest people among the accused; e-values have
its counterpart. As tastes do differ, nobody is accused whose votes lie less than `LEAST_EXCESS`
from what is expected, however sure that is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from arena.integrity.evidence import (
    FALSE_DISCOVERIES,
    Bools,
    Cast,
    Expected,
    Floats,
    Ints,
    binomial_tail,
    rejected,
    rejected_by_e,
    two_sided,
    upper_tail,
)

HISTORY = 10
"""Voters with fewer votes cannot be told from chance one by one; see `bursts`."""
LEAST_EXCESS = 0.2
MIX = 0.5
SUSPICIOUS = 2.0
LONGEST_EXACT = 300
AT_ONCE = 20_000

Kind = Literal["skewed", "concentrated"]


@dataclass(frozen=True)
class Finding:
    """One voter and model. `rate` is what was seen a vote, `expected` what was expected: points
    for the model where `kind` is skewed, the share of battles it was in where concentrated.
    `p_value` is after multiplying; `e_value` is 0 where that test did not accuse."""

    voter: int
    model: int
    kind: Kind
    n_votes: int
    rate: float
    expected: float
    p_value: float
    e_value: float = 0.0


@dataclass(frozen=True, eq=False)
class _Meetings:
    """G pairs of a voter and a model, each vote being in two: `voter` and `model`, shape (G,),
    what was got and expected; `member`, shape (2V,), tells the group of each vote's side."""

    member: Ints
    voter: Ints
    model: Ints
    n: Ints
    got: Floats
    expected: Floats
    variance: Floats


def suspects(
    cast: Cast, expected: Expected, *, history: int = HISTORY, rate: float = FALSE_DISCOVERIES
) -> list[Finding]:
    """Everybody whose votes pass one of the tests, in the order of voters."""
    voters, index, n_votes = np.unique(cast.voter, return_inverse=True, return_counts=True)
    known = n_votes >= history
    cast = cast.only(known[index])
    if not len(cast):
        return []
    voters, index, n_votes = np.unique(cast.voter, return_inverse=True, return_counts=True)
    index = index.reshape(-1)
    met = _meetings(cast, index, expected)
    skew = _skew(cast, met, expected, len(voters))
    dense = _concentration(cast, index, n_votes, expected)
    accused = rejected(np.concatenate([skew.p_values, dense.p_values]), rate=rate)
    by_p, by_density = accused[: len(voters)], accused[len(voters) :]
    e_values, e_group = _e_values(cast, met, expected, len(voters))
    by_e = rejected_by_e(e_values, rate=rate) & (_excess(met)[e_group] >= LEAST_EXCESS)
    found = []
    for v in np.nonzero(by_p | by_e | by_density)[0].tolist():
        if by_p[v] or by_e[v]:
            group = int(skew.group[v]) if by_p[v] else int(e_group[v])
            found.append(
                Finding(
                    voter=int(voters[v]),
                    model=int(met.model[group]),
                    kind="skewed",
                    n_votes=int(met.n[group]),
                    rate=float(met.got[group] / met.n[group]),
                    expected=float(met.expected[group] / met.n[group]),
                    p_value=float(skew.p_values[v]),
                    e_value=float(e_values[v]) if by_e[v] else 0.0,
                )
            )
        if by_density[v]:
            found.append(dense.finding(v, int(voters[v])))
    return found


def _meetings(cast: Cast, index: Ints, expected: Expected) -> _Meetings:
    m = expected.theta.size
    score = expected.score(cast.a, cast.b)
    sides = np.concatenate([index * m + cast.a, index * m + cast.b])
    keys, member = np.unique(sides, return_inverse=True)
    member = member.reshape(-1)

    def summed(a: Floats, b: Floats) -> Floats:
        return np.asarray(np.bincount(member, np.concatenate([a, b]), keys.size))

    variance = expected.variance(score)
    return _Meetings(
        member=member,
        voter=keys // m,
        model=keys % m,
        n=np.bincount(member, minlength=keys.size),
        got=summed(cast.points, 1.0 - cast.points),
        expected=summed(score, 1.0 - score),
        variance=summed(variance, variance),
    )


def _excess(met: _Meetings) -> Floats:
    return np.asarray(np.abs(met.got - met.expected) / met.n)


@dataclass(frozen=True, eq=False)
class _Skew:
    """Each voter's smallest p-value times the models met, and in which group that was."""

    p_values: Floats
    group: Ints


def _skew(cast: Cast, met: _Meetings, expected: Expected, n_voters: int) -> _Skew:
    # A quarter of a point: half a step of the points that votes come in.
    off = np.maximum(np.abs(met.got - met.expected) - 0.25, 0.0)
    z = off / np.sqrt(np.maximum(met.variance, 1e-12))
    p = np.ones(met.n.size)
    odd = np.nonzero((z > SUSPICIOUS) & (_excess(met) >= LEAST_EXCESS))[0]
    p[odd] = two_sided(z[odd])
    _make_exact(p, odd[met.n[odd] <= LONGEST_EXACT], cast, met, expected)
    p *= np.bincount(met.voter, minlength=n_voters)[met.voter]
    p_values, group = _smallest(p, met.voter, n_voters)
    return _Skew(np.minimum(p_values, 1.0), group)


def _make_exact(p: Floats, groups: Ints, cast: Cast, met: _Meetings, expected: Expected) -> None:
    """The normal curve is too thin for few votes, so that the odd ones are counted out."""
    if not groups.size:
        return
    wanted = np.zeros(met.n.size, dtype=np.bool_)
    wanted[groups] = True
    rows = np.nonzero(wanted[met.member])[0]
    rows = rows[np.argsort(met.member[rows], kind="stable")]
    vote = rows % len(cast)
    score = expected.score(cast.a[vote], cast.b[vote])
    score = np.where(rows < len(cast), score, 1.0 - score)
    ties = expected.ties(score)
    ends = np.cumsum(met.n[groups])[:-1]
    for group, means, tied in zip(
        groups.tolist(), np.split(score, ends), np.split(ties, ends), strict=True
    ):
        got = float(met.got[group])
        if got < met.expected[group]:
            means, got = 1.0 - means, means.size - got
        p[group] = min(2.0 * upper_tail(means, tied, got), 1.0)


def _smallest(p: Floats, voter: Ints, n_voters: int) -> tuple[Floats, Ints]:
    """Of each voter the smallest p-value and where it stands."""
    order = np.lexsort((p, voter))
    first = np.searchsorted(voter[order], np.arange(n_voters))
    group = order[first]
    return p[group], group


def _e_values(cast: Cast, met: _Meetings, expected: Expected, n_voters: int) -> tuple[Floats, Ints]:
    """Each voter's e-value, and the group that gave most of it."""
    score = expected.score(cast.a, cast.b)
    win_a, win_b = expected.wins(score), expected.wins(1.0 - score)
    up_a = np.log((1 - MIX) + MIX * (cast.points == 1.0) / win_a)
    up_b = np.log((1 - MIX) + MIX * (cast.points == 0.0) / win_b)
    for_it = np.bincount(met.member, np.concatenate([up_a, up_b]), met.n.size)
    against = np.bincount(met.member, np.concatenate([up_b, up_a]), met.n.size)
    products = np.exp(np.minimum(for_it, 600.0)) + np.exp(np.minimum(against, 600.0))
    models = expected.theta.size
    n_met = np.bincount(met.voter, minlength=n_voters)
    # A model that the voter never met has products of 1.
    sums = np.bincount(met.voter, products, n_voters) + 2.0 * (models - n_met)
    _, group = _smallest(-products, met.voter, n_voters)
    return sums / (2.0 * models), group


@dataclass(frozen=True, eq=False)
class _Concentration:
    """Each voter's most concentrated model: arrays of shape (voters,)."""

    p_values: Floats
    model: Ints
    seen: Ints
    mean: Floats
    n_votes: Ints

    def finding(self, at: int, voter: int) -> Finding:
        n = int(self.n_votes[at])
        return Finding(
            voter=voter,
            model=int(self.model[at]),
            kind="concentrated",
            n_votes=n,
            rate=float(self.seen[at] / n),
            expected=float(self.mean[at] / n),
            p_value=float(self.p_values[at]),
        )


def _concentration(cast: Cast, index: Ints, n_votes: Ints, expected: Expected) -> _Concentration:
    """A few voters at a time: the table of voters by models may not fit otherwise."""
    v, m = n_votes.size, expected.theta.size
    order = np.argsort(index, kind="stable")
    ends = np.cumsum(n_votes)
    out = _Concentration(
        np.ones(v), np.zeros(v, np.int64), np.zeros(v, np.int64), np.zeros(v), n_votes
    )
    first = 0
    while first < v:
        begin = int(ends[first] - n_votes[first])
        last = max(int(np.searchsorted(ends, begin + AT_ONCE, side="right")), first + 1)
        rows = order[begin : int(ends[last - 1])]
        here = index[rows] - first
        starts = (ends[first:last] - n_votes[first:last]) - begin
        means = np.add.reduceat(expected.drawn[cast.block[rows]], starts, axis=0)
        seen = np.bincount(
            np.concatenate([here * m + cast.a[rows], here * m + cast.b[rows]]),
            minlength=(last - first) * m,
        ).reshape(-1, m)
        _densest(out, slice(first, last), seen, means, n_votes[first:last])
        first = last
    return out


def _densest(out: _Concentration, at: slice, seen: Ints, means: Floats, n: Ints) -> None:
    spread = np.sqrt(np.maximum(means * (1.0 - means / n[:, None]), 1e-12))
    z = (seen - means) / spread
    model = np.argmax(z, axis=1)
    rows = np.arange(n.size)
    out.model[at], out.seen[at], out.mean[at] = model, seen[rows, model], means[rows, model]
    for row in np.nonzero(z[rows, model] > SUSPICIOUS)[0].tolist():
        votes, k, mean = int(n[row]), int(seen[row, model[row]]), float(means[row, model[row]])
        if k / votes - mean / votes < LEAST_EXCESS or k < math.floor(mean) + 1:
            continue
        chance = binomial_tail(votes, mean / votes, k)
        out.p_values[at.start + row] = min(chance * seen.shape[1], 1.0)


def has_history(cast: Cast, *, history: int = HISTORY) -> Bools:
    """Of each vote, whether its voter has cast enough to be judged alone; shape (V,)."""
    _, index, n_votes = np.unique(cast.voter, return_inverse=True, return_counts=True)
    return np.asarray(n_votes[index.reshape(-1)] >= history)

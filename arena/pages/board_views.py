"""Other views of a board: win rates, categories, history, price and size, the method."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from arena.boards import tables
from arena.boards.categories import LANGUAGE_PREFIX, TOPICS
from arena.boards.computed import BoardRow, CategoryCell, CategoryTable, WinRates
from arena.boards.curves import Measured, ScatterPlot, frontier_of, line_plot, scatter_plot
from arena.boards.doubts import doubts_of
from arena.boards.histories import history
from arena.boards.notes import INTERVALS, TIES, method_of, scale_of
from arena.models import Board, PromptTag
from arena.pages.board_page import BoardPage, Link, page_for
from arena.pages.formulas import formulas
from arena.pages.histories import history_table, series_of
from arena.rating import elo
from projects.checks import one_of
from projects.models import Project

IN_HEAT_MAP = 25
TINTED_FROM = (0.03, 0.1, 0.2, 0.3)
PREDICTED = (
    "The share of battles, in percent, that the row's model is expected to win against the"
    " column's, a tie counting half."
)
OBSERVED = (
    "The share of points, in percent, that the row's model took from the column's: one for a win,"
    " half for a tie. Point at a cell for the number of votes."
)


@dataclass(frozen=True)
class HeatCell:
    text: str
    tint: str = ""
    title: str = ""


@dataclass(frozen=True)
class HeatRow:
    place: int
    model: str
    cells: Sequence[HeatCell]


@require_GET
def leaderboard_rates(request: HttpRequest, slug: str) -> HttpResponse:
    kind = one_of(request.GET.get("rates", "predicted"), ("predicted", "observed"), field="rates")
    page = page_for(request, slug, view="leaderboard-rates")
    rates = tables.win_rates(project=page.project, selection=page.asked.selection)
    is_predicted = kind == "predicted"
    url = page.url("leaderboard-rates")
    kinds = [
        Link("Predicted by the ratings", url + page.asked.plain_query(), is_predicted),
        Link("As voted", url + page.asked.query(sort=None, rates="observed"), not is_predicted),
    ]
    heat = {
        "is_predicted": is_predicted,
        "help": PREDICTED if is_predicted else OBSERVED,
        "kinds": kinds,
        "rows": heat_rows(rates, is_predicted=is_predicted),
        "n_left": max(len(rates.models) - IN_HEAT_MAP, 0),
        "json_url": page.url("leaderboard-rates-json") + page.asked.plain_query(),
    }
    filters = page.filters(extra=() if is_predicted else (("rates", "observed"),))
    context = {"project": page.project, "page": page, "heat": heat, "filters": filters}
    return render(request, "arena/boards/rates.html", context)


@require_GET
def leaderboard_rates_json(request: HttpRequest, slug: str) -> HttpResponse:
    page = page_for(request, slug, view="leaderboard-rates-json")
    rates = tables.win_rates(project=page.project, selection=page.asked.selection)
    body = {
        "project": page.project.slug,
        "digest": page.board.digest,
        "models": rates.models,
        "observed": rates.observed,
        "predicted": rates.predicted,
        "votes": rates.n_votes,
    }
    return JsonResponse(body)


@require_GET
def leaderboard_categories(request: HttpRequest, slug: str) -> HttpResponse:
    page = page_for(request, slug, view="leaderboard-categories")
    found = tables.by_category(project=page.project, selection=page.asked.selection)
    url = page.url("leaderboard-of")
    columns = [
        {
            "label": one.title if one.code else "All",
            "help": one.rule,
            "n_votes": one.n_votes,
            "url": url + page.asked.query(sort=None, **_asking_for(one.code)),
        }
        for one in found.categories
    ]
    context = {
        "project": page.project,
        "page": page,
        "table": {"columns": columns, "rows": category_rows(found)},
        "filters": page.filters(with_categories=False),
    }
    return render(request, "arena/boards/categories.html", context)


@require_GET
def leaderboard_history(request: HttpRequest, slug: str) -> HttpResponse:
    page = page_for(request, slug, view="leaderboard-history")
    found = history(project=page.project, selection=page.asked.selection)
    series = series_of(found)
    context = {
        "project": page.project,
        "page": page,
        "plot": line_plot(series) if series and len(found.days) > 1 else None,
        "table": history_table(found),
        "filters": page.filters(),
    }
    return render(request, "arena/boards/history.html", context)


@require_GET
def leaderboard_value(request: HttpRequest, slug: str) -> HttpResponse:
    page = page_for(request, slug, view="leaderboard-value")
    rows = page.board.rows
    charts = [
        value_chart(
            "price", "Rating by price", "US dollars for a million tokens", rows, _price,
            "Higher and further left is better: the line joins the models that none cheaper beats."
            " The price is that of a million tokens of output.",
            "No model here has a known price. An administrator enters it with the model.",
        ),
        value_chart(
            "size", "Rating by size", "Billions of parameters", rows, _size,
            "The line joins the models that none smaller beats. The size is in billions of"
            " parameters.",
            "No model here has a known size. An administrator enters it with the model.",
        ),
    ]  # fmt: skip
    context = {"project": page.project, "page": page, "charts": charts, "filters": page.filters()}
    return render(request, "arena/boards/value.html", context)


@require_GET
def leaderboard_method(request: HttpRequest, slug: str) -> HttpResponse:
    page = page_for(request, slug, view="leaderboard-method")
    context = {
        "project": page.project,
        "page": page,
        "formulas": formulas(),
        "facts": _facts(page),
        "doubts": doubts_of(project=page.project),
        "rules": _rules(page.project),
    }
    return render(request, "arena/boards/method.html", context)


def heat_rows(rates: WinRates, *, is_predicted: bool) -> list[HeatRow]:
    shown = rates.models[:IN_HEAT_MAP]
    shares = rates.predicted if is_predicted else rates.observed
    return [
        HeatRow(
            i + 1,
            model,
            [
                HeatCell("", "same")
                if i == j
                else _heat_cell(shares[i][j], rates.n_votes[i][j], f"{model} against {other}")
                for j, other in enumerate(shown)
            ],
        )
        for i, model in enumerate(shown)
    ]


def tint(share: float) -> str:
    """A class for how far a share of wins lies from one half; none close to it."""
    step = bisect_right(TINTED_FROM, abs(share - 0.5) + 1e-9)
    return f"{'high' if share > 0.5 else 'low'}-{step}" if step else ""


def category_rows(found: CategoryTable) -> list[dict[str, Any]]:
    return [
        {"model": model, "cells": [_category_cell(cell) for cell in cells]}
        for model, cells in zip(found.models, found.cells, strict=True)
    ]


def value_chart(
    name: str,
    title: str,
    unit: str,
    rows: Sequence[BoardRow],
    number: Callable[[BoardRow], float | None],
    said: str,
    missing: str,
) -> dict[str, Any]:
    """A chart and its table of the models whose number is known and above zero."""
    known = [(row, value) for row in rows if (value := number(row) or 0.0) > 0]
    plot: ScatterPlot | None = None
    if known:
        plot = scatter_plot(
            [
                Measured(row.model, value, row.lower, row.rating, row.upper, row.is_provisional)
                for row, value in known
            ]
        )
    frontier = set(frontier_of([(value, row.rating) for row, value in known]))
    shown = [
        {
            "model": row.model,
            "at": f"{value:g}",
            "rating": f"{row.rating:.0f}",
            "half_width": f"{row.half_width:.0f}",
            "is_frontier": i in frontier,
        }
        for i, (row, value) in enumerate(known)
    ]
    return {"name": name, "title": title, "unit": unit, "plot": plot, "rows": shown,
            "help": said, "missing": missing}  # fmt: skip


def _price(row: BoardRow) -> float | None:
    return row.price


def _size(row: BoardRow) -> float | None:
    return row.size


def _heat_cell(share: float | None, n_votes: int, who: str) -> HeatCell:
    votes = "1 vote" if n_votes == 1 else f"{n_votes:,} votes"
    if share is None:
        return HeatCell("–", "", f"{who}: never met")
    return HeatCell(f"{100 * share:.0f}", tint(share), f"{who}: {100 * share:.1f} %, {votes}")


def _category_cell(cell: CategoryCell | None) -> dict[str, Any]:
    if cell is None:
        return {"place": "", "tint": ""}
    votes = "1 vote" if cell.n_votes == 1 else f"{cell.n_votes:,} votes"
    ranks = span_of_ranks(cell.upper_rank, cell.lower_rank)
    is_first, is_near = cell.upper_rank == 1, cell.upper_rank <= 3
    settled = not cell.is_provisional
    return {
        "place": ranks,
        "rating": f"{cell.rating:.0f}",
        "tint": "high-4" if is_first and settled else "high-2" if is_near and settled else "",
        "title": f"Rank {ranks}, {votes}" + (", provisional" if cell.is_provisional else ""),
    }


def span_of_ranks(best: int, worst: int) -> str:
    return str(best) if best == worst else f"{best}–{worst}"


def _asking_for(code: str) -> dict[str, str | None]:
    """The parameters of an address that ask for a column's board; a language has its own."""
    if code.startswith(LANGUAGE_PREFIX):
        return {"language": code.removeprefix(LANGUAGE_PREFIX)}
    return {"category": code or None}


def _rules(project: Project) -> list[tuple[str, str]]:
    tags = PromptTag.objects.filter(project=project, retired_at=None).order_by("name", "pk")
    own = [
        (
            tag.name,
            "The first message holds one of the owner's words: " + ", ".join(tag.words) + ".",
        )
        for tag in tags
    ]
    languages = ("Languages", "The language that most of the visitor's messages are in.")
    return [*TOPICS.values(), languages, *own]


def command(page: BoardPage) -> str:
    """What computes this board again: filters are options, a named board has its own file."""
    selection, board = page.asked.selection, page.asked.board
    stem = f"{page.project.slug}-{board.slug}" if board else page.project.slug
    words = [f"python manage.py rate --from {stem}-votes.jsonl.gz"]
    if board is None:
        words += [f"--category {selection.category}"] if selection.category else []
        words += [f"--language {selection.language}"] if selection.language else []
        words += ["--style"] if selection.is_style_controlled else []
        words += ["--open"] if selection.is_open_only else []
        words += [] if selection.is_filtered else ["--unfiltered"]
    words += [f"--min-votes {selection.min_votes}"] if selection.min_votes else []
    return " ".join(words)


def _facts(page: BoardPage) -> dict[str, Any]:
    board = page.board
    ties, intervals = method_of(board)
    return {
        "n_votes": board.n_votes,
        "n_models": len(board.rows),
        "cut_off_at": board.cut_off_at,
        "source": Board.Source(board.selection.source).label,
        "ties": TIES[ties],
        "intervals": INTERVALS[intervals],
        "anchor": f"none; {scale_of(board)}" if not board.anchor else scale_of(board),
        "digest": board.digest,
        "elo_k": f"{elo.K:g}",
        "command": command(page),
    }

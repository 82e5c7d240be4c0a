"""The routes of leaderboards."""

from django.urls import URLPattern, path

from arena.pages import badges, board_feed, board_files, board_views, boards, named_boards

urlpatterns: list[URLPattern] = [
    path("leaderboard/", boards.leaderboard, name="leaderboard"),
    path("leaderboard/<slug:slug>/", boards.leaderboard_of, name="leaderboard-of"),
    path(
        "leaderboard/<slug:slug>/standings.json", boards.leaderboard_json, name="leaderboard-json"
    ),
    path("leaderboard/<slug:slug>/standings.csv", boards.leaderboard_csv, name="leaderboard-csv"),
    path(
        "leaderboard/<slug:slug>/standings.parquet",
        board_files.leaderboard_parquet,
        name="leaderboard-parquet",
    ),
    path(
        "leaderboard/<slug:slug>/votes.jsonl.gz",
        board_files.leaderboard_votes,
        name="leaderboard-votes",
    ),
    path("leaderboard/<slug:slug>/rates/", board_views.leaderboard_rates, name="leaderboard-rates"),
    path(
        "leaderboard/<slug:slug>/rates.json",
        board_views.leaderboard_rates_json,
        name="leaderboard-rates-json",
    ),
    path(
        "leaderboard/<slug:slug>/categories/",
        board_views.leaderboard_categories,
        name="leaderboard-categories",
    ),
    path(
        "leaderboard/<slug:slug>/history/",
        board_views.leaderboard_history,
        name="leaderboard-history",
    ),
    path("leaderboard/<slug:slug>/value/", board_views.leaderboard_value, name="leaderboard-value"),
    path(
        "leaderboard/<slug:slug>/method/",
        board_views.leaderboard_method,
        name="leaderboard-method",
    ),
    path(
        "leaderboard/<slug:slug>/embedding/",
        badges.leaderboard_embedding,
        name="leaderboard-embedding",
    ),
    path("leaderboard/<slug:slug>/frame/", badges.leaderboard_frame, name="leaderboard-frame"),
    path(
        "leaderboard/<slug:slug>/badge/<path:model>.svg",
        badges.leaderboard_badge,
        name="leaderboard-badge",
    ),
    path(
        "leaderboard/<slug:slug>/changes.xml", board_feed.leaderboard_feed, name="leaderboard-feed"
    ),
    path("projects/<slug:slug>/boards/", named_boards.boards, name="boards"),
    path("projects/<slug:slug>/boards/<int:pk>/", named_boards.board, name="board"),
]

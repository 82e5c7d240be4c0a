from django.urls import URLPattern, path

from arena.pages import battles as views
from arena.pages import boards as board_views
from arena.pages import rules, shares
from arena.streaming import stream

urlpatterns: list[URLPattern] = [
    path("", views.arena, name="arena"),
    path("arena/<slug:slug>/", views.arena_of, name="arena-of"),
    path("arena/<slug:slug>/battles/", views.battle_start, name="battle-start"),
    path("battles/<uuid:public_id>/", views.battle, name="battle"),
    path("battles/<uuid:public_id>/turns/", views.battle_turn, name="battle-turn"),
    path(
        "battles/<uuid:public_id>/turns/<int:number>/",
        views.battle_turn_html,
        name="battle-turn-html",
    ),
    path("battles/<uuid:public_id>/vote/", views.battle_vote, name="battle-vote"),
    path(
        "stream/battles/<uuid:public_id>/turns/<int:number>/",
        stream.battle_stream,
        name="battle-stream",
    ),
    path("leaderboard/", board_views.leaderboard, name="leaderboard"),
    path("leaderboard/<slug:slug>/", board_views.leaderboard_of, name="leaderboard-of"),
    path(
        "leaderboard/<slug:slug>/standings.json",
        board_views.leaderboard_json,
        name="leaderboard-json",
    ),
    path(
        "leaderboard/<slug:slug>/standings.csv",
        board_views.leaderboard_csv,
        name="leaderboard-csv",
    ),
    path("arena/<slug:slug>/shares/", shares.arena_shares, name="arena-shares"),
    path("arena/<slug:slug>/shares.json", shares.arena_shares_json, name="arena-shares-json"),
    path("projects/<slug:slug>/arena/", rules.arena_rules, name="arena-rules"),
    path("projects/<slug:slug>/arena/contenders/<int:pk>/", rules.contender, name="contender"),
    path("projects/<slug:slug>/arena/tags/", rules.tag_add, name="prompt-tag-add"),
    path("projects/<slug:slug>/arena/tags/<int:pk>/", rules.tag, name="prompt-tag"),
]

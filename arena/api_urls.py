from django.urls import URLPattern, path

from arena.api import battles as api
from arena.api import boards, challenge

urlpatterns: list[URLPattern] = [
    path("arena/<slug:slug>", api.arena, name="api-arena"),
    path("arena/<slug:slug>/battles", api.conversations, name="api-battles"),
    path("arena/<slug:slug>/challenge", challenge.fresh, name="api-challenge"),
    path("battles/<uuid:public_id>", api.battle, name="api-battle"),
    path("battles/<uuid:public_id>/turns", api.add_turn, name="api-battle-turns"),
    path(
        "battles/<uuid:public_id>/turns/<int:number>/again", api.send_again, name="api-battle-again"
    ),
    path("battles/<uuid:public_id>/turns/<int:number>/stop", api.stop, name="api-battle-stop"),
    path(
        "battles/<uuid:public_id>/turns/<int:number>/report", api.report, name="api-battle-report"
    ),
    path("battles/<uuid:public_id>/vote", api.vote, name="api-battle-vote"),
    path("battles/<uuid:public_id>/note", api.note, name="api-battle-note"),
    path("battles/<uuid:public_id>/share", api.share, name="api-battle-share"),
    path("leaderboards/<slug:slug>", boards.leaderboard, name="api-leaderboard"),
    path("leaderboards/<slug:slug>/boards", boards.boards, name="api-leaderboard-boards"),
    path("leaderboards/<slug:slug>/win-rates", boards.win_rates, name="api-leaderboard-rates"),
    path(
        "leaderboards/<slug:slug>/categories", boards.categories, name="api-leaderboard-categories"
    ),
    path("leaderboards/<slug:slug>/history", boards.history, name="api-leaderboard-history"),
    path("leaderboards/<slug:slug>/changes", boards.changes, name="api-leaderboard-changes"),
    path("leaderboards/<slug:slug>/votes", boards.votes, name="api-leaderboard-votes"),
]

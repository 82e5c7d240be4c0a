from django.urls import URLPattern, path

from arena.api import battles as api

urlpatterns: list[URLPattern] = [
    path("arena/<slug:slug>/battles", api.start, name="api-battles"),
    path("battles/<uuid:public_id>", api.battle, name="api-battle"),
    path("battles/<uuid:public_id>/turns", api.add_turn, name="api-battle-turns"),
    path("battles/<uuid:public_id>/vote", api.vote, name="api-battle-vote"),
    path("leaderboards/<slug:slug>", api.leaderboard, name="api-leaderboard"),
]

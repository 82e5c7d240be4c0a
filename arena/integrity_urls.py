"""Routes about the integrity of votes."""

from django.urls import URLPattern, path

from arena.pages import integrity

_PLACE = "projects/<slug:slug>/arena/integrity/"

urlpatterns: list[URLPattern] = [
    path("arena/<slug:slug>/challenge/", integrity.arena_challenge, name="arena-challenge"),
    path(_PLACE, integrity.integrity, name="integrity"),
    path(f"{_PLACE}freeze/", integrity.integrity_freeze, name="integrity-freeze"),
    path(f"{_PLACE}unfreeze/", integrity.integrity_unfreeze, name="integrity-unfreeze"),
    path(f"{_PLACE}votes/", integrity.integrity_votes, name="integrity-votes"),
    path(f"{_PLACE}votes/<int:pk>/", integrity.integrity_vote, name="integrity-vote"),
    path(f"{_PLACE}votes/<int:pk>/set-aside/", integrity.vote_set_aside, name="vote-set-aside"),
    path(f"{_PLACE}votes/<int:pk>/lift/", integrity.vote_flag_lift, name="vote-flag-lift"),
]

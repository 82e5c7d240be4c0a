from django.urls import URLPattern, path

from arena import board_urls, integrity_urls
from arena.pages import battles as views
from arena.pages import entry, history, reports, rules, shares, sharing
from arena.streaming import stream

urlpatterns: list[URLPattern] = [
    path("", entry.arena, name="arena"),
    path("arena/<slug:slug>/", entry.arena_of, name="arena-of"),
    path("arena/<slug:slug>/battles/", entry.battle_start, name="battle-start"),
    path("battles/<uuid:public_id>/", views.battle, name="battle"),
    path("battles/<uuid:public_id>/turns/", views.battle_turn, name="battle-turn"),
    path(
        "battles/<uuid:public_id>/turns/<int:number>/",
        views.battle_turn_html,
        name="battle-turn-html",
    ),
    path(
        "battles/<uuid:public_id>/turns/<int:number>/again/",
        views.battle_again,
        name="battle-again",
    ),
    path(
        "battles/<uuid:public_id>/turns/<int:number>/stop/", views.battle_stop, name="battle-stop"
    ),
    path(
        "battles/<uuid:public_id>/turns/<int:number>/report/",
        reports.battle_report,
        name="battle-report",
    ),
    path("battles/<uuid:public_id>/vote/", views.battle_vote, name="battle-vote"),
    path("battles/<uuid:public_id>/note/", views.battle_note, name="battle-note"),
    path("battles/<uuid:public_id>/share/", sharing.battle_share, name="battle-share"),
    path(
        "battles/<uuid:public_id>/share/withdraw/",
        sharing.battle_share_withdraw,
        name="battle-share-withdraw",
    ),
    path("shared/<uuid:public_id>/", sharing.shared, name="shared"),
    path("arena/<slug:slug>/history/", history.history, name="arena-history"),
    path("projects/<slug:slug>/arena/reports/", reports.report_list, name="answer-reports"),
    path(
        "projects/<slug:slug>/arena/reports/<int:pk>/",
        reports.report_handle,
        name="answer-report-handle",
    ),
    path(
        "stream/battles/<uuid:public_id>/turns/<int:number>/",
        stream.battle_stream,
        name="battle-stream",
    ),
    *board_urls.urlpatterns,
    *integrity_urls.urlpatterns,
    path("arena/<slug:slug>/shares/", shares.arena_shares, name="arena-shares"),
    path("arena/<slug:slug>/shares.json", shares.arena_shares_json, name="arena-shares-json"),
    path("projects/<slug:slug>/arena/", rules.arena_rules, name="arena-rules"),
    path("projects/<slug:slug>/arena/contenders/<int:pk>/", rules.contender, name="contender"),
    path("projects/<slug:slug>/arena/tags/", rules.tag_add, name="prompt-tag-add"),
    path("projects/<slug:slug>/arena/tags/<int:pk>/", rules.tag, name="prompt-tag"),
]

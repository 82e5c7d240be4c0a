"""Who gets which answer at the arena's routes.

The matrix asks as five browsers, none of which began the battle: a battle is its own visitor's,
so even an owner of the project gets 404. What the visitor gets is in `test_pages.py`.
"""

import hashlib
from collections.abc import Callable

from django.utils import timezone

from arena.battling.consent import OWN_TERMS
from arena.battling.reports import report
from arena.battling.sharing import share
from arena.battling.votes import cast
from arena.models import ArenaRules, Battle, Board, PromptTag, VoteFlag
from projects.models import ArenaAccess
from tests.access import Data, Route, World, everyone, expect
from tests.arena.rows import make_battle, make_visitor, reply
from tests.factories import make_model
from workers.models import LanguageModel

Build = Callable[[World], tuple[str, str, Data]]
MEMBERS = expect(owner=200, reviewer=200, labeler=200, stranger=404, anonymous=404)
MEMBERS_MAY_POST = expect(owner=302, reviewer=302, labeler=302, stranger=404, anonymous=404)
OWNERS = expect(owner=200, reviewer=403, labeler=403, stranger=404, anonymous=302)
OWNERS_MAY_POST = expect(owner=302, reviewer=403, labeler=403, stranger=404, anonymous=302)
STAFF = expect(owner=200, reviewer=200, labeler=403, stranger=404, anonymous=302)
STAFF_MAY_POST = expect(owner=302, reviewer=302, labeler=403, stranger=404, anonymous=302)
API = expect(owner=200, reviewer=200, labeler=200, stranger=404, anonymous=404)


def _opened(world: World, access: str) -> World:
    world.project.arena_access = access
    world.project.save()
    if LanguageModel.objects.count() < 2:
        make_model()
        make_model()
    return world


def _arena(
    method: str, path: str, data: Data = None, *, access: str = ArenaAccess.MEMBERS
) -> Build:
    def build(world: World) -> tuple[str, str, Data]:
        _opened(world, access)
        return method, path.format(slug=world.project.slug), data

    return build


def _battle(method: str, path: str, data: Data = None) -> Build:
    def build(world: World) -> tuple[str, str, Data]:
        battle = make_battle(_opened(world, ArenaAccess.PUBLIC).project)
        reply(battle)
        return method, path.format(id=battle.public_id), data

    return build


def _contender(world: World) -> tuple[str, str, Data]:
    _opened(world, ArenaAccess.MEMBERS)
    pk = LanguageModel.objects.order_by("pk").values_list("pk", flat=True)[0]
    return "POST", f"/projects/{world.project.slug}/arena/contenders/{pk}/", {"weight": "2"}


def _tag(world: World) -> tuple[str, str, Data]:
    tag = PromptTag.objects.create(project=world.project, slug="law", name="Law", words=["law"])
    return "POST", f"/projects/{world.project.slug}/arena/tags/{tag.pk}/", {"action": "retire"}


def _voted(world: World, access: str) -> Battle:
    battle = make_battle(_opened(world, ArenaAccess.PUBLIC).project)
    reply(battle)
    cast(battle=battle, visitor=make_visitor(), verdict="a")
    _opened(world, access)
    return battle


def _doubted(method: str, path: str, data: Data = None) -> Build:
    """A vote with a flag, in an arena whose board stands still."""

    def build(world: World) -> tuple[str, str, Data]:
        battle = _voted(world, ArenaAccess.MEMBERS)
        VoteFlag.objects.create(vote=battle.vote, reason="leak")
        ArenaRules.objects.create(project=world.project, frozen_at=timezone.now())
        place = f"/projects/{world.project.slug}/arena/integrity/"
        return method, place + path.format(pk=battle.vote.pk), data

    return build


def _shared(access: str) -> Build:
    def build(world: World) -> tuple[str, str, Data]:
        battle = _voted(world, access)
        made = share(battle=battle, visitor=make_visitor())
        return "GET", f"/shared/{made.public_id}/", None

    return build


def _report(world: World) -> tuple[str, str, Data]:
    battle = _voted(world, ArenaAccess.PUBLIC)
    made = report(battle=battle, visitor=make_visitor(), number=1, side="a", reason="false")
    path = f"/projects/{world.project.slug}/arena/reports/{made.pk}/"
    return "POST", path, {"outcome": "Seen."}


def _named_board(world: World) -> tuple[str, str, Data]:
    board = Board.objects.create(project=world.project, slug="open", name="Open models")
    return "POST", f"/projects/{world.project.slug}/boards/{board.pk}/", {"action": "remove"}


def _badge(access: str) -> Build:
    def build(world: World) -> tuple[str, str, Data]:
        name = _voted(world, access).model_a.name
        return "GET", f"/leaderboard/{world.project.slug}/badge/{name}.svg", None

    return build


NOBODY = everyone(404)
NO_TOKEN = NOBODY | {"anonymous": 401}
MESSAGE = {"message": "Hello?"}
AGREED = {**MESSAGE, "agreed": hashlib.sha256(OWN_TERMS.encode()).hexdigest()}
VERDICT = {"verdict": "a"}
REPORT = {"side": "a", "reason": "false"}
WHY = {"why": "A look at it"}

ROUTES: dict[str, Route] = {
    "arena": Route(_arena("GET", "/"), everyone()),
    "arena-of": Route(_arena("GET", "/arena/{slug}/"), MEMBERS),
    "arena-of public": Route(
        _arena("GET", "/arena/{slug}/", access=ArenaAccess.PUBLIC), everyone()
    ),
    "arena-of closed": Route(_arena("GET", "/arena/{slug}/", access=ArenaAccess.CLOSED), NOBODY),
    "battle-start": Route(_arena("POST", "/arena/{slug}/battles/", AGREED), MEMBERS_MAY_POST),
    "battle-start closed": Route(
        _arena("POST", "/arena/{slug}/battles/", AGREED, access=ArenaAccess.CLOSED), NOBODY
    ),
    "battle": Route(_battle("GET", "/battles/{id}/"), NOBODY),
    "battle-turn": Route(_battle("POST", "/battles/{id}/turns/", MESSAGE), NOBODY),
    "battle-turn-html": Route(_battle("GET", "/battles/{id}/turns/1/"), NOBODY),
    "battle-again": Route(_battle("POST", "/battles/{id}/turns/1/again/", {}), NOBODY),
    "battle-stop": Route(_battle("POST", "/battles/{id}/turns/1/stop/", {}), NOBODY),
    "battle-report": Route(_battle("POST", "/battles/{id}/turns/1/report/", REPORT), NOBODY),
    "battle-vote": Route(_battle("POST", "/battles/{id}/vote/", VERDICT), NOBODY),
    "battle-note": Route(_battle("POST", "/battles/{id}/note/", {"reasons": "tone"}), NOBODY),
    "battle-share": Route(_battle("POST", "/battles/{id}/share/", {}), NOBODY),
    "battle-share-withdraw": Route(_battle("POST", "/battles/{id}/share/withdraw/", {}), NOBODY),
    "shared": Route(_shared(ArenaAccess.MEMBERS), MEMBERS),
    "shared public": Route(_shared(ArenaAccess.PUBLIC), everyone()),
    "shared closed": Route(_shared(ArenaAccess.CLOSED), NOBODY),
    "arena-history": Route(_arena("GET", "/arena/{slug}/history/"), MEMBERS),
    "answer-reports": Route(_arena("GET", "/projects/{slug}/arena/reports/"), STAFF),
    "answer-report-handle": Route(_report, STAFF_MAY_POST),
    "battle-stream": Route(_battle("GET", "/stream/battles/{id}/turns/1/"), NOBODY),
    "arena-shares": Route(_arena("GET", "/arena/{slug}/shares/"), MEMBERS),
    "arena-shares public": Route(
        _arena("GET", "/arena/{slug}/shares/", access=ArenaAccess.PUBLIC), everyone()
    ),
    "arena-shares-json": Route(_arena("GET", "/arena/{slug}/shares.json"), MEMBERS),
    "arena-rules": Route(_arena("GET", "/projects/{slug}/arena/"), OWNERS),
    "arena-rules saved": Route(
        _arena("POST", "/projects/{slug}/arena/", {"even_percent": "20"}), OWNERS_MAY_POST
    ),
    "contender": Route(_contender, OWNERS_MAY_POST),
    "prompt-tag-add": Route(
        _arena("POST", "/projects/{slug}/arena/tags/", {"name": "Law", "words": "contract"}),
        OWNERS_MAY_POST,
    ),
    "prompt-tag": Route(_tag, OWNERS_MAY_POST),
    "arena-challenge": Route(_arena("GET", "/arena/{slug}/challenge/"), MEMBERS),
    "arena-challenge public": Route(
        _arena("GET", "/arena/{slug}/challenge/", access=ArenaAccess.PUBLIC), everyone()
    ),
    "integrity": Route(_doubted("GET", ""), OWNERS),
    "integrity-freeze": Route(_doubted("POST", "freeze/", WHY), OWNERS_MAY_POST),
    "integrity-unfreeze": Route(_doubted("POST", "unfreeze/", WHY), OWNERS_MAY_POST),
    "integrity-votes": Route(_doubted("GET", "votes/"), OWNERS),
    "integrity-vote": Route(_doubted("GET", "votes/{pk}/"), OWNERS),
    "vote-set-aside": Route(_doubted("POST", "votes/{pk}/set-aside/", WHY), OWNERS_MAY_POST),
    "vote-flag-lift": Route(
        _doubted("POST", "votes/{pk}/lift/", WHY | {"reason": "leak"}), OWNERS_MAY_POST
    ),
    "leaderboard": Route(_arena("GET", "/leaderboard/"), everyone()),
    "leaderboard-of": Route(_arena("GET", "/leaderboard/{slug}/"), MEMBERS),
    "leaderboard-of closed": Route(
        _arena("GET", "/leaderboard/{slug}/", access=ArenaAccess.CLOSED), MEMBERS
    ),
    "leaderboard-of public": Route(
        _arena("GET", "/leaderboard/{slug}/", access=ArenaAccess.PUBLIC), everyone()
    ),
    "leaderboard-rates": Route(_arena("GET", "/leaderboard/{slug}/rates/"), MEMBERS),
    "leaderboard-rates-json": Route(_arena("GET", "/leaderboard/{slug}/rates.json"), MEMBERS),
    "leaderboard-categories": Route(_arena("GET", "/leaderboard/{slug}/categories/"), MEMBERS),
    "leaderboard-history": Route(_arena("GET", "/leaderboard/{slug}/history/"), MEMBERS),
    "leaderboard-value": Route(_arena("GET", "/leaderboard/{slug}/value/"), MEMBERS),
    "leaderboard-method": Route(_arena("GET", "/leaderboard/{slug}/method/"), MEMBERS),
    "leaderboard-feed": Route(_arena("GET", "/leaderboard/{slug}/changes.xml"), MEMBERS),
    "leaderboard-badge": Route(_badge(ArenaAccess.MEMBERS), MEMBERS),
    "leaderboard-badge public": Route(_badge(ArenaAccess.PUBLIC), everyone()),
    "leaderboard-frame": Route(_arena("GET", "/leaderboard/{slug}/frame/"), NOBODY),
    "leaderboard-frame public": Route(
        _arena("GET", "/leaderboard/{slug}/frame/", access=ArenaAccess.PUBLIC), everyone()
    ),
    "leaderboard-embedding": Route(_arena("GET", "/leaderboard/{slug}/embedding/"), NOBODY),
    "leaderboard-embedding public": Route(
        _arena("GET", "/leaderboard/{slug}/embedding/", access=ArenaAccess.PUBLIC), everyone()
    ),
    "boards": Route(_arena("GET", "/projects/{slug}/boards/"), OWNERS),
    "boards added": Route(
        _arena("POST", "/projects/{slug}/boards/", {"name": "Open models"}), OWNERS_MAY_POST
    ),
    "board": Route(_named_board, OWNERS_MAY_POST),
    "leaderboard-json": Route(_arena("GET", "/leaderboard/{slug}/standings.json"), MEMBERS),
    "leaderboard-csv": Route(_arena("GET", "/leaderboard/{slug}/standings.csv"), MEMBERS),
    "leaderboard-parquet": Route(_arena("GET", "/leaderboard/{slug}/standings.parquet"), MEMBERS),
    "leaderboard-votes": Route(_arena("GET", "/leaderboard/{slug}/votes.jsonl.gz"), MEMBERS),
    **{
        f"api-leaderboard-{name}": Route(
            _arena("GET", f"/api/v1/leaderboards/{{slug}}/{path}"), API
        )
        for name, path in (
            ("boards", "boards"),
            ("rates", "win-rates"),
            ("categories", "categories"),
            ("history", "history"),
            ("changes", "changes"),
            ("votes", "votes"),
        )
    },
    "api-battles": Route(
        _arena("POST", "/api/v1/arena/{slug}/battles", AGREED),
        expect(owner=201, reviewer=201, labeler=201, stranger=404, anonymous=401),
    ),
    "api-arena": Route(
        _arena("GET", "/api/v1/arena/{slug}"),
        expect(owner=200, reviewer=200, labeler=200, stranger=404, anonymous=401),
    ),
    "api-battles listed": Route(
        _arena("GET", "/api/v1/arena/{slug}/battles"),
        expect(owner=200, reviewer=200, labeler=200, stranger=404, anonymous=401),
    ),
    "api-challenge": Route(
        _arena("GET", "/api/v1/arena/{slug}/challenge"),
        expect(owner=200, reviewer=200, labeler=200, stranger=404, anonymous=401),
    ),
    "api-battle-again": Route(_battle("POST", "/api/v1/battles/{id}/turns/1/again", {}), NO_TOKEN),
    "api-battle-stop": Route(_battle("POST", "/api/v1/battles/{id}/turns/1/stop", {}), NO_TOKEN),
    "api-battle-report": Route(
        _battle("POST", "/api/v1/battles/{id}/turns/1/report", REPORT), NO_TOKEN
    ),
    "api-battle-note": Route(_battle("POST", "/api/v1/battles/{id}/note", {}), NO_TOKEN),
    "api-battle-share": Route(_battle("POST", "/api/v1/battles/{id}/share", {}), NO_TOKEN),
    "api-battle": Route(_battle("GET", "/api/v1/battles/{id}"), NO_TOKEN),
    "api-battle-turns": Route(_battle("POST", "/api/v1/battles/{id}/turns", MESSAGE), NO_TOKEN),
    "api-battle-vote": Route(_battle("POST", "/api/v1/battles/{id}/vote", VERDICT), NO_TOKEN),
    "api-leaderboard": Route(_arena("GET", "/api/v1/leaderboards/{slug}"), API),
    "api-leaderboard public": Route(
        _arena("GET", "/api/v1/leaderboards/{slug}", access=ArenaAccess.PUBLIC), everyone()
    ),
}

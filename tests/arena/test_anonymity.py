"""Before the vote no byte of what a visitor gets tells who the two models are.

Every route that has to do with one battle is asked, pages and API alike, in every state that a
battle can be in; what is not known here by name is found in the table of routes.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.urls import URLPattern, reverse

from arena import api_urls, urls
from arena.battling import battles, votes
from arena.models import Battle
from arena.streaming.stream import events
from arena.telling import frames
from arena.visitors import SESSION_KEY, Visitor, visitor_digest
from projects import tokens
from projects.models import Project, User
from tests.arena.rows import finish, make_arena, make_battle, reply
from tests.arena.test_stream import streamed
from tests.factories import make_endpoint, make_model, make_user
from workers.models import Generation, LanguageModel

pytestmark = pytest.mark.django_db(transaction=True)

BATTLES_A_STATE = 3
FIRST_GENERATION = 918_273_000
FIRST_MODEL = 736_455_000
# What is asked with a vote, or is meant for others than the visitor.
LEFT_OUT = {"battle-stream", "battle-vote", "api-battle-vote", "shared"}


@pytest.fixture(autouse=True)
def _quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "TICK_SECONDS", 0.005)


@pytest.fixture
def arena(db: None) -> Project:
    with connection.cursor() as cursor:
        for table, first in (
            ("workers_generation", FIRST_GENERATION),
            ("workers_languagemodel", FIRST_MODEL),
            ("workers_endpoint", FIRST_MODEL + 500),
        ):
            cursor.execute(f"ALTER SEQUENCE {table}_id_seq RESTART WITH {first}")
    for number, name in enumerate(("zirconvale", "peridotfen")):
        make_model(
            f"{name}-chat",
            served_name=f"{name}-served",
            weights=f"{name}-weights",
            organisation=f"{name} works",
            licence=f"{name}-licence",
            system_prompt=f"You are {name}.",
            endpoint=make_endpoint(
                name=f"{name}-rack", base_url=f"http://127.0.0.{number + 7}:4711{number}/v1"
            ),
        )
    return make_arena("open", access="public")


def secrets() -> set[str]:
    """Everything that tells which model, endpoint or draw it was."""
    found = set()
    for model in LanguageModel.objects.select_related("endpoint"):
        endpoint = model.endpoint
        assert endpoint is not None
        found |= {model.name.partition("-")[0], endpoint.base_url.split("/")[2]}
        found |= {str(model.pk), str(endpoint.pk)}
    return found | {str(pk) for pk in Generation.objects.values_list("pk", flat=True)}


def answer_bytes(response: Any) -> str:
    head = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    cookies = response.cookies.output()
    return f"{head}{cookies}\n{response.content.decode()}".lower()


def routes() -> Iterator[tuple[str, bool]]:
    """Names of the routes of one battle, and whether each has the number of a turn."""
    for table in (urls.urlpatterns, api_urls.urlpatterns):
        for pattern in table:
            assert isinstance(pattern, URLPattern)
            kwargs = pattern.pattern.converters
            if "public_id" in kwargs and pattern.name and pattern.name not in LEFT_OUT:
                yield pattern.name, "number" in kwargs


def address(name: str, public_id: UUID, *, numbered: bool) -> str:
    return reverse(name, args=[public_id, 1] if numbered else [public_id])


class Watcher:
    """Somebody with a browser and a token, who keeps every byte that comes."""

    def __init__(self) -> None:
        self.user: User = make_user("wanda-watcher")
        self.browser, self.program = Client(), Client()
        session = self.browser.session
        session[SESSION_KEY] = "wanda"
        session.save()
        self.header = f"Bearer {tokens.create(by=self.user, name='watch')[1]}"
        self.heard: list[str] = []

    @property
    def visitor(self) -> Visitor:
        return Visitor(visitor_digest("wanda"), self.user)

    def begin(self, project: Project) -> Battle:
        # Each in the name of somebody else: how often one may ask is not the matter here.
        battle = make_battle(project, visitor=Visitor(visitor_digest(f"{Battle.objects.count()}")))
        Battle.objects.filter(pk=battle.pk).update(visitor=self.visitor.digest, user=self.user)
        return Battle.objects.get(pk=battle.pk)

    def ask(self, method: str, name: str, path: str) -> None:
        if name.startswith("api-"):
            client, headers = self.program, {"authorization": self.header}
        else:
            client, headers = self.browser, {}
        data = {"message": "And then?"}
        kind: dict[str, Any] = {"content_type": "application/json"} if headers else {}
        ask = getattr(client, method)
        response = (
            ask(path, headers=headers)
            if method == "get"
            else ask(path, data, headers=headers, **kind)
        )
        assert response.status_code < 500
        self.heard.append(answer_bytes(response))

    def ask_all(self, method: str, battle: Battle) -> None:
        for name, numbered in routes():
            self.ask(method, name, address(name, battle.public_id, numbered=numbered))

    def listen(self, battle: Battle) -> None:
        turn = streamed(battle)

        async def all_of() -> str:
            return "".join([event async for event in events(turn, None)])

        self.heard.append(async_to_sync(all_of)().lower())


def settle(battle: Battle, state: str) -> None:
    if state == "complete":
        reply(battle, "Gold leaves a yellow streak.", "The streak of gold is yellow.")
    elif state == "void":
        reply(battle, "Gold leaves a yellow streak.", None)
    elif state == "half":
        pk = battle.turns.get().generation_a_id
        assert pk is not None
        finish(pk, "Gold leaves a yellow streak.")
        battles.settle_turns(generation_ids=[pk])


@pytest.mark.parametrize("state", ["streaming", "half", "complete", "void"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_byte_of_an_unjudged_battle_names_a_model(
    arena: Project, state: str, method: str
) -> None:
    watcher = Watcher()
    for _ in range(BATTLES_A_STATE):
        battle = watcher.begin(arena)
        settle(battle, state)
        watcher.ask_all(method, battle)
        if state in ("complete", "void") and method == "get":
            watcher.listen(battle)
    watcher.ask("get", "arena-history", reverse("arena-history", args=[arena.slug]))
    everything = "\n".join(watcher.heard)
    assert len(watcher.heard) > BATTLES_A_STATE * 5
    assert [secret for secret in secrets() if secret in everything] == []


def test_after_the_vote_the_names_are_there(arena: Project) -> None:
    """The control: what is looked for above would be found."""
    watcher = Watcher()
    battle = watcher.begin(arena)
    settle(battle, "complete")
    votes.cast(battle=battle, visitor=watcher.visitor, verdict="a")
    watcher.ask("get", "battle", address("battle", battle.public_id, numbered=False))
    watcher.ask("get", "api-battle", address("api-battle", battle.public_id, numbered=False))
    for heard in watcher.heard:
        assert "zirconvale" in heard
        assert "peridotfen" in heard

"""Bad and hostile input at every form and endpoint of the running product, from outside."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Page

from tests.access import named_routes
from tests.product.running import Product

pytestmark = pytest.mark.product

NOBODY = "00000000-0000-4000-8000-000000000000"
HUGE = 2**63
MEGABYTE = 1024 * 1024
SNAPSHOT = """
import hashlib, json
from django.apps import apps
names = '''projects.User projects.Project projects.Membership projects.ApiToken
instructions.Guideline instructions.GuidelineVersion instructions.ClauseQuestion
instructions.Quiz instructions.QuizQuestion instructions.QuizAttempt labeling.Prompt
labeling.Demonstration labeling.Comparison labeling.Ranking labeling.Review labeling.Flag
labeling.Gold labeling.WorkRules labeling.Criterion labeling.Labeler
arena.Battle arena.Turn arena.Vote exports.Export exports.Quarantine exports.SignOff'''.split()
changing = {'last_used_at', 'last_login', 'state', 'reply_a', 'reply_b', 'attempts',
    'leased_until', 'claim', 'n_rows', 'sha256', 'manifest', 'finished_at', 'started_at',
    'told_until', 'shown_a', 'shown_b'}
found = {}
for name in names:
    model = apps.get_model(name)
    fields = [f.attname for f in model._meta.concrete_fields if f.name not in changing]
    rows = list(model.objects.order_by('pk').values_list(*fields))
    found[name] = [len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()]
print(json.dumps(found))
"""
TOKENS = """
from projects.models import User
from projects.tokens import create
for name in ('olga', 'lena'):
    print(create(by=User.objects.get(username=name), name='bad input')[1])
"""
JUDGE = """
from labeling.machine.judges import add_judge
from projects.models import Project, User
from workers.models import LanguageModel
olga, demo = User.objects.get(username='olga'), Project.objects.get(slug='demo')
model = LanguageModel.objects.drawable().first().pk
print(add_judge(by=olga, project=demo, name='Bad input', model=model).pk)
"""
FINDINGS = """
from exports.models import Export
from exports.poisoning.deciding import quarantine, record_findings
from exports.poisoning.found import FoundThing
from projects.models import Project, User
olga, demo = User.objects.get(username='olga'), Project.objects.get(slug='demo')
export = Export.objects.create(project=demo, kind='sft', state='cancelled')
told = {'kind': 'burst', 'severity': 'note', 'p_value': 1e-9, 'q_value': 1e-6}
told |= {'statistics': {'n': 9, 'x': 9, 'seconds': 9, 'share_elsewhere': 0.1}}
found = FoundThing(**told, n_records=1, records=('vote-0',))
record_findings(export, [found, found])
made = quarantine(by=olga, finding=export.findings.get(place=2), reason='Bad input')
print(export.public_id, made.pk)
"""
BROKEN_JSON = {
    "nothing but brackets": b"[" * 100_000,
    "deep and whole": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"message":' * 50_000,
    "not a number": b'{"message": NaN, "kind": NaN, "text": NaN, "reason": NaN}',
    "not UTF-8": b'{"message": "\xff\xfe", "kind": "\xff"}',
    "UTF-16": '{"message": "hello"}'.encode("utf-16"),
    "a key twice": b'{"kind": "sft", "kind": "sft", "message": "a", "message": "b"}',
    "null": b"null",
    "true": b"true",
    "a text": b'"text"',
    "an endless number": b"1e400",
    "cut off": b'{"message": "he',
}
BAD_VALUES = {
    "null": "null",
    "list": "[]",
    "object": "{}",
    "true": "true",
    "1e400": "1e400",
    "huge": str(10**30),
    "many digits": "9" * 5_000,
    "negative": "-1",
    "NUL": r'"a\u0000b"',
    "lone surrogate": r'"\ud800"',
    "too long": json.dumps("x" * 200_000),
}
# No messages before the draft that is asked for: the beginning of every conversation.
ALL_THERE_IS = ("null", "list")
FIELDS = {
    "password-change": ["old_password", "new_password1", "new_password2"],
    "tokens": ["name"],
    "token-revoke": [],
    "project-new": ["slug", "name"],
    "members": ["username", "role"],
    "member-invite": ["username", "role", "full_name"],
    "member-role": ["role"],
    "member-remove": [],
    "project-settings": ["name", "description", "arena_access", "overlap", "lease_minutes"],
    "arena-rules": ["even_percent", "challenge", "terms", "anchor", "leak_words"],
    "contender": ["weight", "why"],
    "prompt-tag-add": ["name", "words"],
    "prompt-tag": [],
    "integrity-freeze": ["why"],
    "integrity-unfreeze": ["why"],
    "vote-set-aside": ["why"],
    "vote-flag-lift": ["why", "reason"],
    "guideline-edit": ["text"],
    "guideline-draft": ["text"],
    "guideline-preview": ["text"],
    "guideline-publish": ["text", "change_note"],
    "guideline-acknowledge": ["number"],
    "guideline-restore": ["last_seen"],
    "guideline-confirmation": ["required"],
    "guideline-questions": ["anchor", "text"],
    "question-answer": ["answer"],
    "question-hide": ["to"],
    "guideline-pin": ["anchor", "pinned"],
    "quizzes": ["title", "kinds", "pass_percent", "most_attempts"],
    "quiz": ["attempt", "seal"],
    "quiz-edit": ["title", "kinds", "pass_percent", "most_attempts", "is_active"],
    "quiz-grant": ["user"],
    "quiz-question-add": ["anchor", "text", "option", "right", "explanation"],
    "quiz-question": ["anchor", "text", "option", "right", "explanation"],
    "quiz-question-move": ["to"],
    "quiz-question-retire": [],
    "prompts-import": ["file", "format"],
    "batch-new": ["name", "tag", "search", "samples", "models", "system_prompts"],
    "batch-steer": ["action"],
    "endpoint-intake": ["to"],
    "model-test": ["text"],
    "tasks-change": ["pick", "action", "value"],
    "guideline-impact": ["from", "to", "clauses", "among", "amount", "number"],
    "exports": ["kind", "source"],
    "work-rules": ["scale", "safety_flags", "ranking_size"],
    "criterion-add": ["name", "form", "description"],
    "criterion": ["action", "name"],
    "flag-settle": ["outcome", "only"],
    "labeler-change": ["languages", "skills", "daily_cap"],
    "labeler-pause": ["reason"],
    "next-task": [],
    "assignment": ["text", "action"],
    "assignment-draft": ["text"],
    "assignment-preview": ["text"],
    "assignment-changes": ["text"],
    "assignment-flag": ["reason", "note"],
    "assignment-checks": ["text"],
    "assignment-claim": ["text", "claim_state", "dismissed_because"],
    "self-check": ["model", "off_percent", "most_checks", "token_budget"],
    "assignment-drafts": ["before"],
    "assignment-repairs": ["text", "complaint", "clauses", "before"],
    "assignment-repair": ["outcome"],
    "assignment-repair-changes": ["text"],
    "autonomy": ["kind", "level", "judge", "bar_percent", "fewest", "audit_percent"],
    "drafting-rules": ["n_drafts", "most_draws", "most_seconds", "writers"],
    "assignment-pulse": ["active_seconds"],
    "assignment-skip": ["reason"],
    "review-ask": ["pick"],
    "labeler-resume": ["note"],
    "judge-new": ["name", "model", "reads", "token_budget", "instruction", "follows_percent"],
    "judge-change": ["follows_percent"],
    "judge-ask": ["most", "tag", "language", "judged"],
    "judge-stress": ["n_attacks"],
    "judge-run-cancel": [],
    "judge-stress-cancel": [],
    "proposals-choose": ["number"],
    "proposals-rules": ["random_percent", "keep_waiting"],
    "gold-new": ["kind", "prompt", "answer-0", "answer-1", "preferences", "reason"],
    "gold-import": ["file"],
    "gold-from": ["preferences", "reason"],
    "gold-retire": [],
    "gold-feedback": ["note"],
    "boards": ["name", "slug", "source"],
    "board": ["action", "name"],
    "battle-start": ["message", "mode", "model_a", "model_b", "agreed", "proof"],
    "battle-turn": ["message", "token"],
    "battle-again": ["message", "token"],
    "battle-report": ["side", "reason", "note"],
    "battle-vote": ["verdict", "token"],
    "battle-note": ["degree", "reasons"],
    "battle-share": [],
    "answer-report-handle": ["outcome"],
    "export-new": ["kind", "format", "selection.since", "splits.test", "name", "action"],
    "export-recipe": ["action", "every", "weekday", "hour"],
    "export-benchmarks": ["name", "file"],
    "export-held-out": ["action", "ids", "tag", "texts", "reason"],
    "export-targets": ["kind", "name", "url", "endpoint_url", "region", "key", "secret"],
    "export-target-give-up": [],
    "export-steer": ["action"],
    "export-send": ["action", "target", "upload"],
    "rounds": ["action", "number", "name", "trained"],
    "finding-quarantine": ["reason"],
    "quarantine-release": ["reason"],
    "export-sign-off": ["reason"],
}
TAKES_NOTHING = {
    "assignment-ahead",
    "assignment-leave",
    "assignment-undo",
    "autonomy-noted",
    "autonomy-withdraw",
    "battle-share-withdraw",
    "battle-stop",
    "login",
    "logout",
    "prompts-retry",
}
HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"> ![remote](https://evil.example/x.png)\n\n"
    "[click](javascript:document.title='owned') <script>document.title='owned'</script>\n\n"
    '<svg onload="document.title=1"> <iframe src="https://evil.example/"></iframe>\n\n'
    "seen \u202eneddih\u202c \u200bzero \x07bell \x1b[31m </textarea><b onclick=alert(1)>x</b>\n\n"
)
OUTSIDE = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Doors:
    """The ways in: an owner's and a labeler's browsers and tokens, and what there is to open."""

    owner: httpx.Client
    labeler: httpx.Client
    owner_api: httpx.Client
    labeler_api: httpx.Client
    assignment: int
    question: int
    judge: int
    recipe: int
    export: str
    quarantine: int
    battle: str
    api_battle: str

    def api_for(self, path: str) -> httpx.Client:
        return self.labeler_api if "/assignments/" in path else self.owner_api

    def page_for(self, name: str) -> httpx.Client:
        return self.labeler if name.startswith("assignment") else self.owner

    def path(self, name: str) -> str | None:
        """A route's path with what is there filled in; None for a name of the API."""
        values: list[dict[str, Any]] = [
            {},
            {"slug": "demo"},
            {"slug": "demo", "kind": "no-such-kind"},
            {"slug": "demo", "number": 1},
            {"pk": self.assignment if name.startswith("assignment") else HUGE},
            {"slug": "demo", "pk": HUGE},
            {"pk": self.assignment, "number": 1},
            {"pk": self.assignment, "claim": HUGE},
            {"public_id": self.battle if name.startswith("battle") else NOBODY},
            {"public_id": self.battle, "number": 1},
            {"public_id": NOBODY, "place": 1},
            {"public_id": NOBODY, "name": "data.jsonl"},
            {"public_id": NOBODY, "other": NOBODY},
            {"slug": "demo", "public_id": NOBODY},
            {"slug": "demo", "model": "no-such-model"},
            {"token": "no-such-token"},
            {"rest": "nothing/here"},
        ]
        for kwargs in values:
            try:
                return reverse(name, kwargs=kwargs)
            except NoReverseMatch:
                continue
        raise AssertionError(f"no path for {name}")


def browser_of(product: Product, username: str = "") -> httpx.Client:
    """A signed-in browser that sends its safety token; without a name, a visitor's."""
    client = httpx.Client(base_url=product.address, timeout=60)
    client.get("/login/")
    if username:
        form = {"username": username, "password": product.password(username)}
        token = client.cookies["csrftoken"]
        answer = client.post("/login/", data={**form, "csrfmiddlewaretoken": token})
        assert answer.status_code == 302
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return client


@pytest.fixture(scope="module")
def doors(product: Product) -> Iterator[Doors]:
    tokens = product.shell(TOKENS).split()
    api = [
        httpx.Client(
            base_url=product.address, headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
        for token in tokens
    ]
    owner, labeler = browser_of(product, "olga"), browser_of(product, "lena")
    task = api[1].post("/api/v1/projects/demo/next", json={"kind": "demonstration"})
    asked = {"anchor": "c-1", "text": "Which one?"}
    question = api[1].post("/api/v1/projects/demo/guideline/questions", json=asked)
    terms = api[0].get("/api/v1/arena/demo").json()["terms_digest"]
    begun = {"message": "Say one word.", "agreed": terms}
    battle = owner.post("/arena/demo/battles/", data=begun)
    kept = {"name": "Bad input", "recipe": {"kind": "sft"}}
    recipe = api[0].post("/api/v1/projects/demo/export-recipes", json=kept)
    api_battle = api[0].post("/api/v1/arena/demo/battles", json=begun)
    export, quarantine = product.shell(FINDINGS).split()
    yield Doors(
        owner=owner,
        labeler=labeler,
        owner_api=api[0],
        labeler_api=api[1],
        assignment=task.json()["id"],
        question=question.json()["id"],
        judge=int(product.shell(JUDGE)),
        recipe=recipe.json()["id"],
        export=export,
        quarantine=int(quarantine),
        battle=battle.headers["Location"].split("/")[2],
        api_battle=api_battle.json()["id"],
    )
    for client in (owner, labeler, *api):
        client.close()


@pytest.fixture(scope="module")
def stored_before(product: Product, doors: Doors) -> dict[str, Any]:
    """What there is once the doors are open: counts and digests of what people made."""
    return stored(product)


def stored(product: Product) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(product.shell(SNAPSHOT))
    return found


def writing_routes(doors: Doors) -> list[tuple[str, str, list[str], bool]]:
    """Method, path, fields and whether it takes a list, of every endpoint that writes."""
    schema = doors.owner_api.get("/api/v1/schema/", params={"format": "json"}).json()
    found = []
    for path, methods in schema["paths"].items():
        for method in {"post", "put", "patch", "delete"} & set(methods):
            if "requestBody" not in methods[method]:
                continue
            content = methods[method]["requestBody"]["content"]["application/json"]["schema"]
            is_list = content.get("type") == "array"
            name = (content["items"] if is_list else content)["$ref"].rsplit("/", 1)[1]
            fields = list(schema["components"]["schemas"][name]["properties"])
            public_id = doors.export if "/exports/" in path else doors.api_battle
            real = path.replace("{slug}", "demo").replace("{public_id}", public_id)
            number = doors.question if "/questions/" in path else doors.assignment
            number = doors.judge if "/judges/" in path else number
            number = doors.recipe if "/export-recipes/" in path else number
            number = doors.quarantine if "/quarantines/" in path else number
            real = re.sub(r"\{(id|pk)\}", str(number), real)
            real = re.sub(r"\{(number|claim|place)\}", "1", real)
            found.append((method.upper(), real, fields, is_list))
    assert len(found) >= 9
    return found


def api_fault(answer: httpx.Response) -> str:
    """Why this is no proper refusal of the API; empty where it is one."""
    if not 400 <= answer.status_code < 500:
        return f"status {answer.status_code}"
    if answer.headers["Content-Type"] != "application/problem+json":
        return f"content type {answer.headers['Content-Type']}"
    return "" if len(answer.json()["detail"]) > 5 else "says nothing"


@pytest.mark.usefixtures("stored_before")
def test_the_api_refuses_every_broken_body(doors: Doors) -> None:
    faults = {}
    for method, path, _, _ in writing_routes(doors):
        client = doors.api_for(path)
        for name, body in BROKEN_JSON.items():
            kind = {"Content-Type": "application/json"}
            answer = client.request(method, path, content=body, headers=kind)
            faults[method, path, name] = api_fault(answer)
        for kind_name in ("text/plain", "multipart/form-data; boundary=x", "application/xml", "?"):
            kind = {"Content-Type": kind_name}
            answer = client.request(method, path, content=b"{}", headers=kind)
            faults[method, path, kind_name] = api_fault(answer)
    assert {key: fault for key, fault in faults.items() if fault} == {}


def test_the_api_refuses_every_value_of_another_kind(doors: Doors) -> None:
    faults = {}
    for method, path, fields, is_list in writing_routes(doors):
        for name, value in BAD_VALUES.items():
            body = "{" + ",".join(f'"{field}": {value}' for field in fields) + "}"
            answer = doors.api_for(path).request(
                method,
                path,
                content=f"[{body}]" if is_list else body,
                headers={"Content-Type": "application/json"},
            )
            if fields != ["before"] or name not in ALL_THERE_IS:
                faults[method, path, name] = api_fault(answer)
    assert {key: fault for key, fault in faults.items() if fault} == {}


def test_fifty_megabytes_are_refused_everywhere(doors: Doors) -> None:
    body = b'{"message": "' + b"a" * (50 * MEGABYTE) + b'"}'
    kind = {"Content-Type": "application/json"}
    statuses = {}
    for method, path, _, _ in writing_routes(doors):
        answer = doors.api_for(path).request(method, path, content=body, headers=kind)
        statuses[path] = answer.status_code if not api_fault(answer) else api_fault(answer)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/tokens/", "/arena/demo/battles/", "/projects/demo/prompts/import/"):
        answer = doors.owner.post(path, content=b"message=" + body, headers=form)
        assert "at most" in answer.text
        statuses[path] = answer.status_code
    assert set(statuses.values()) == {413}, statuses


def test_cursors_and_cookies_of_no_meaning_are_no_fault(doors: Doors, product: Product) -> None:
    paths = ["projects", "models", "projects/demo/prompts", "projects/demo/exports"]
    findings = f"exports/{doors.export}/findings"
    paths += [findings, f"{findings}/1/records", f"exports/{doors.export}/sign-off"]
    for path in paths:
        # base64 of p=abc, p=%00, p=99999999999999999999 and o=-1, and no base64 at all
        for cursor in ("cD1hYmM=", "cD0lMDA=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OQ==", "bz0tMQ==", "%"):
            answer = doors.owner_api.get(f"/api/v1/{path}", params={"cursor": cursor})
            assert answer.status_code in (200, 404), (path, cursor)
    for cookie in (r'sessionid="aaaaaaaa\000"', r'csrftoken="\000"', "sessionid=%ff"):
        answer = httpx.get(f"{product.address}/", headers={"Cookie": cookie})
        assert answer.status_code == 200, cookie


def test_every_page_refuses_broken_forms(doors: Doors) -> None:
    form = "application/x-www-form-urlencoded"
    bodies = {
        "too large": (b"message=" + b"a" * (5 * MEGABYTE), form),
        "too many fields": ("&".join(f"a{i}=1" for i in range(2_000)).encode(), form),
        "another charset": (b"message=x", f"{form}; charset=utf-7"),
    }
    statuses = {}
    for name in sorted(named_routes()):
        path = doors.path(name)
        if path is None or path.startswith("/api/"):
            continue
        for what, (body, kind) in bodies.items():
            headers = {"Content-Type": kind}
            answer = doors.page_for(name).post(path, content=body, headers=headers)
            statuses[name, what] = answer.status_code
    assert {k: s for k, s in statuses.items() if not 400 <= s < 500} == {}


def test_every_form_refuses_bad_and_missing_fields(doors: Doors) -> None:
    statuses = {}
    for name, fields in FIELDS.items():
        client, path = doors.page_for(name), doors.path(name) or ""
        values = {"NUL": "a\0b", "too long": "x" * 1_500_000}
        for what, value in values.items():
            answer = client.post(path, data=dict.fromkeys(fields, value) or {"none": value})
            if fields or name in ("token-revoke", "member-remove", "next-task"):
                statuses[name, what] = answer.status_code
        if name != "assignment-skip":
            statuses[name, "missing"] = client.post(path, data={"other": "x"}).status_code
        torn = {"Content-Type": "multipart/form-data; boundary=x"}
        if name != "assignment-skip":
            answer = client.post(path, content=b"--x\r\nrubbish", headers=torn)
            statuses[name, "torn"] = answer.status_code
    assert {k: s for k, s in statuses.items() if not 400 <= s < 500} == {}


def test_every_form_wants_its_safety_token(doors: Doors) -> None:
    statuses = {}
    for name in sorted(named_routes()):
        path = doors.path(name)
        if path is None or path.startswith("/api/"):
            continue
        client = doors.page_for(name)
        answer = client.post(path, data={"message": "x"}, headers={"X-CSRFToken": ""})
        statuses[name] = answer.status_code
        if name not in FIELDS and name not in TAKES_NOTHING:
            assert client.post(path, data={"x": "y"}).status_code == 405, name
    assert set(statuses.values()) == {403}, statuses


def test_nothing_of_all_that_was_stored(product: Product, stored_before: dict[str, Any]) -> None:
    """Compares with what there was before the tests above."""
    assert stored(product) == stored_before


def test_every_answer_carries_the_safety_headers(doors: Doors, product: Product) -> None:
    visitor = browser_of(product)
    paths = [doors.path(name) for name in sorted(named_routes())]
    paths += ["/admin/", "/no/such/page", "/static/css/touchstone.css", "/admin/workers/endpoint/"]
    for client in (visitor, doors.owner):
        for path in filter(None, paths):
            with client.stream("GET", path) as answer:
                policy = answer.headers.get("Content-Security-Policy", "")
                assert "default-src 'none'" in policy, path
                assert "unsafe-" not in policy, path
                ancestors = "*" if path.endswith("/frame/") and answer.is_success else "'none'"
                assert f"frame-ancestors {ancestors}" in policy, path
                assert answer.headers.get("X-Content-Type-Options") == "nosniff", path
                assert answer.status_code < 500 or path == "/readyz", path
    cookie = visitor.get("/login/").headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie


def test_signing_in_leads_nowhere_else(product: Product) -> None:
    places = ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)")
    for place in places:
        client = browser_of(product)
        form = {"username": "rita", "password": product.password("rita"), "next": place}
        answer = client.post("/login/", params={"next": place}, data=form)
        assert answer.headers["Location"] == "/home/"
    session = next(c for c in client.cookies.jar if c.name == "sessionid")
    assert session.has_nonstandard_attr("HttpOnly")


def test_the_page_before_leaving_shows_web_and_mail_addresses_only(product: Product) -> None:
    refused: tuple[str, ...] = (
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "ftp://a.example",
    )
    refused += (
        "https://",
        "https://a.example\\@b.example",
        "java\tscript:1",
        "\0",
        "",
        "x" * 9_000,
    )
    for address in refused:
        answer = httpx.get(f"{product.address}/leaving/", params={"to": address})
        assert answer.status_code == 400, address
    shown = httpx.get(f"{product.address}/leaving/", params={"to": 'https://a.example/"><b>'})
    assert '"><b>' not in shown.text


def test_a_labelers_token_opens_nothing_of_the_owner(doors: Doors) -> None:
    battle = f"/api/v1/battles/{doors.api_battle}"
    answers = {
        "prompts": doors.labeler_api.post("/api/v1/projects/demo/prompts", json=[{"prompt": "x"}]),
        "list": doors.labeler_api.get("/api/v1/projects/demo/prompts"),
        "exports": doors.labeler_api.post("/api/v1/projects/demo/exports", json={"kind": "sft"}),
        "battle": doors.labeler_api.get(battle),
        "vote": doors.labeler_api.post(f"{battle}/vote", json={"verdict": "a"}),
        "turn": doors.labeler_api.post(f"{battle}/turns", json={"message": "x"}),
        "task": doors.owner_api.post(f"/api/v1/assignments/{doors.assignment}/skip", json={}),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "prompts": 403, "list": 403, "exports": 403, "battle": 404, "vote": 404, "turn": 404,
        "task": 404,
    }  # fmt: skip


def test_a_battle_is_its_visitors_own_and_names_nobody_before_the_vote(
    doors: Doors, product: Product
) -> None:
    stranger = browser_of(product)
    path = f"/battles/{doors.battle}/"
    for answer in (
        stranger.get(path),
        stranger.post(f"{path}vote/", data={"verdict": "a"}),
        stranger.post(f"{path}turns/", data={"message": "x"}),
        stranger.get(f"/stream{path}turns/1/"),
        stranger.get(f"{path}turns/1/"),
    ):
        assert answer.status_code == 404
    models = doors.owner_api.get("/api/v1/models").json()["results"]
    telling = {m[key] for m in models for key in ("name", "weights", "organisation") if m[key]}
    answers = [
        doors.owner.get(f"/stream{path}turns/1/"),
        doors.owner.get(path),
        doors.owner.get(f"{path}turns/1/"),
        doors.owner_api.get(f"/api/v1/battles/{doors.api_battle}"),
    ]
    assert telling
    for answer in answers:
        assert answer.status_code == 200
        everything = f"{answer.headers} {answer.text}".lower()
        assert [word for word in telling if word.lower() in everything] == []
        assert re.search(r"generation|endpoint|model_[ab]\W+\w*id", everything) is None


class Suspicious(HTMLParser):
    """Collects what a page must not hold whatever people write."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = [*self.inside[-50:], tag]
        values = {name: value or "" for name, value in attrs}
        source, href = values.get("src", ""), values.get("href", "")
        is_ours = source.startswith("/static/")
        if tag in ("iframe", "object", "embed") or (tag in ("img", "script") and not is_ours):
            self.found.append(self.get_starttag_text() or tag)
        if any(name.startswith("on") or name == "style" for name in values):
            self.found.append(self.get_starttag_text() or tag)
        if urlsplit(href).scheme or urlsplit(href).netloc:
            self.found.append(href)

    def handle_endtag(self, tag: str) -> None:
        self.inside.append("")

    def handle_data(self, data: str) -> None:
        # An editor gives back exactly what was written.
        if OUTSIDE.search(data) and self.inside[-1:] != ["textarea"]:
            self.found.append(repr(data))


def suspicious(html: str) -> list[str]:
    parser = Suspicious()
    parser.feed(html)
    return parser.found


def test_hostile_text_is_only_ever_text(doors: Doors, product: Product, page: Page) -> None:
    owner = doors.owner
    guideline = f"## 1 Be careful {{truthful}}\n\n{HOSTILE}"
    prompt = json.dumps({"prompt": HOSTILE + "[" * 90_000, "source": "<b>x</b>\u202e"})
    answers: list[Any] = [
        owner.post("/projects/new/", data={"slug": "hostile", "name": "<b>Hostile</b>"}),
        owner.post("/projects/hostile/guideline/publish/", data={"text": guideline}),
        owner.post(
            "/projects/hostile/prompts/import/",
            data={"kinds": "demonstration"},
            files={"file": ('"><img src=x>.jsonl', prompt.encode())},
        ),
        task := owner.post("/projects/hostile/next/demonstration/"),
        battle := owner.post("/arena/demo/battles/", data={"message": HOSTILE}),
        brackets := owner.post("/arena/demo/battles/", data={"message": "[" * 8_000}),
    ]
    assert [answer.status_code for answer in answers] == [302] * len(answers)
    assignment = task.headers["Location"]
    text = {"text": HOSTILE + "[" * 40_000}
    preview = owner.post(f"{assignment}preview/", data=text).json()["html"]
    assert suspicious(preview) == []
    assert owner.put(f"/api/v1{assignment}draft", json=text).status_code == 401
    assert owner.post(f"{assignment}draft/", json=text).status_code == 200
    places = [
        "/home/", "/projects/hostile/", "/projects/hostile/guideline/",
        "/projects/hostile/guideline/edit/", "/projects/hostile/prompts/",
        "/projects/hostile/settings/", assignment, battle.headers["Location"],
        brackets.headers["Location"],
    ]  # fmt: skip
    domain = urlsplit(product.address).hostname
    for cookie in owner.cookies.jar:
        page.context.add_cookies(
            [{"name": cookie.name, "value": cookie.value or "", "domain": domain, "path": "/"}]
        )
    away: list[str] = []
    page.on("request", lambda r: away.append(r.url) if product.address not in r.url else None)
    for place in places:
        assert suspicious(owner.get(place).text) == [], place
        page.goto(place, wait_until="domcontentloaded")
        assert "owned" not in page.title()
    assert owner.post(assignment, data=text).status_code == 302
    assert away == []
    # Thousands of tokens to read would keep a small model from the tests that follow.
    for begun in (battle, brackets):
        stopped = owner.post(f"{begun.headers['Location']}turns/1/stop/")
        assert stopped.status_code == 302

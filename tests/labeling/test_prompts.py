"""Importing prompts: what is taken, what is refused and how it is said."""

import json
from typing import Any

import pytest

from labeling.intake import prompt_staging, prompts
from labeling.intake.prompts import ImportRefused, add_prompts, import_prompts
from labeling.models import Prompt, Task
from projects.errors import InvalidInput, NotFound, NotPermitted, TooLarge
from projects.models import AuditEvent, Project, User

pytestmark = pytest.mark.django_db


def jsonl(*items: Any) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def take(project: Project, data: bytes, **options: Any) -> Any:
    return import_prompts(by=None, project=project, data=data, **options)


def refusal(project: Project, data: bytes, **options: Any) -> list[tuple[int | None, str, str]]:
    with pytest.raises(InvalidInput) as caught:
        take(project, data, **options)
    assert not Prompt.objects.exists()
    assert not Task.objects.exists()
    return [(problem.line, problem.field, problem.rule) for problem in caught.value.problems]


def test_jsonl_with_every_field_becomes_a_prompt_and_two_tasks(
    project: Project, owner: User
) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello\u2028there"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Now 🜁 again."},
    ]
    item = {"messages": messages, "external_id": "q-1", "tags": ["a", "b", "a"], "source": "mail"}
    report = import_prompts(by=owner, project=project, data=jsonl(item), file_name="x.jsonl")
    assert (report.added, report.unchanged, report.tasks) == (1, 0, 2)
    prompt = Prompt.objects.get()
    assert prompt.messages == messages
    assert (prompt.external_id, prompt.tags, prompt.source) == ("q-1", ["a", "b"], "mail")
    states = Task.objects.order_by("kind").values_list("kind", "state", "is_open")
    assert list(states) == [("comparison", "drawing", False), ("demonstration", "ready", True)]
    event = AuditEvent.objects.get(verb="prompts.imported")
    assert (event.actor, event.detail) == (owner, {"added": 1, "unchanged": 0, "tasks": 2})


def test_a_project_s_overlap_is_the_tasks(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(overlap=3)
    take(project, jsonl({"prompt": "One?"}), kinds=["demonstration"])
    assert Task.objects.get().overlap == 3


def test_csv_gives_the_same_as_jsonl(project: Project) -> None:
    data = (
        "\ufeffPrompt,external_id,tags,source\r\n"
        '"Two\r\nlines, a comma and ""quotes""",q-1,"a; b,c",survey\r\n'
        "Short?,,,\r\n"
        ",,,\r\n"
    ).encode()
    assert take(project, data, file_name="x.csv").added == 2
    first = Prompt.objects.get(external_id="q-1")
    assert first.messages == [{"role": "user", "content": 'Two\nlines, a comma and "quotes"'}]
    assert (first.tags, first.source) == (["a", "b", "c"], "survey")


def lanes_of(project: Project) -> list[tuple[Any, ...]]:
    rows = Task.objects.filter(project=project).order_by("seq")
    names = ("kind", "lane__priority", "lane__language", "lane__skills", "overlap", "state")
    return list(rows.values_list(*names))


@pytest.mark.parametrize("is_csv", [False, True])
def test_language_priority_skills_and_overlap_choose_the_lane(
    project: Project, is_csv: bool
) -> None:
    item = {
        "prompt": "Why?",
        "language": "DE",
        "priority": "Urgent",
        "skills": ["physics", "law", "law"],
        "overlap": 3,
    }
    data = b'prompt,language,priority,skills,overlap\nWhy?,DE,urgent,"physics;law",3\nSo?,,,,\n'
    if not is_csv:
        data = jsonl(item, {"prompt": "So?", "language": None, "skills": None})
    take(project, data, file_format="auto", kinds=["comparison", "ranking", "demonstration"])
    special = (2, "de", ["law", "physics"], 3)
    plain: tuple[Any, ...] = (0, "", [], 1)
    assert lanes_of(project) == [
        ("comparison", *special, "drawing"),
        ("demonstration", *special, "ready"),
        ("ranking", *special, "drawing"),
        ("comparison", *plain, "drawing"),
        ("demonstration", *plain, "ready"),
        ("ranking", *plain, "drawing"),
    ]
    assert Prompt.objects.get(language="de").messages[0]["content"] == "Why?"


def test_a_prompt_that_is_here_keeps_its_language_and_so_do_its_tasks(project: Project) -> None:
    take(project, jsonl({"prompt": "Why?", "language": "de"}), kinds=["demonstration"])
    take(project, jsonl({"prompt": "Why?", "language": "fr"}), kinds=["ranking"])
    assert [row[:3] for row in lanes_of(project)] == [
        ("demonstration", 0, "de"),
        ("ranking", 0, "de"),
    ]


def test_ids_and_places_in_the_queue_follow_the_file(project: Project) -> None:
    names = [f"q-{i}" for i in range(30)]
    take(
        project,
        jsonl(*[{"prompt": name, "external_id": name} for name in names]),
        kinds=["demonstration"],
    )
    assert list(Prompt.objects.order_by("pk").values_list("external_id", flat=True)) == names
    queued = Task.objects.order_by("seq").values_list("prompt__external_id", flat=True)
    assert list(queued) == names


def test_too_many_different_queues_are_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_staging, "MOST_LANES", 2)
    data = jsonl(*[{"prompt": name, "skills": [name]} for name in "abc"])
    assert [row[1] for row in refusal(project, data)] == ["skills"]


def test_bad_lines_and_clashing_ids_are_named_together(project: Project) -> None:
    data = jsonl(
        {"prompt": "A?", "external_id": "1"},
        {"prompt": 3},
        {"prompt": "B?", "external_id": "1"},
    )
    assert [(line, field) for line, field, _ in refusal(project, data)] == [
        (2, "prompt"),
        (3, "external_id"),
    ]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_csv_of_any_line_ending_is_read(project: Project, ending: bytes) -> None:
    data = ending.join([b"prompt,source", b'"Two\nlines?",a', b"One?,b", b""])
    assert take(project, data, file_name="x.csv").added == 2


def test_csv_takes_messages_as_json(project: Project) -> None:
    data = b'messages\n"[{""role"": ""user"", ""content"": ""Hi?""}]"\n'
    take(project, data, file_format="csv")
    assert Prompt.objects.get().messages == [{"role": "user", "content": "Hi?"}]


def test_importing_twice_adds_nothing(project: Project) -> None:
    data = jsonl({"prompt": "One?"}, {"prompt": "Two?", "external_id": "2"}, {"prompt": "One?"})
    assert take(project, data).added == 2
    again = take(project, data)
    assert (again.added, again.unchanged, again.tasks) == (0, 3, 0)


def test_another_kind_is_added_to_prompts_that_are_here(project: Project) -> None:
    data = jsonl({"prompt": "One?"})
    assert take(project, data, kinds=["demonstration"]).tasks == 1
    assert take(project, data, kinds=["comparison", "demonstration"]).tasks == 1


def test_an_external_id_with_another_conversation_is_refused(project: Project) -> None:
    take(project, jsonl({"prompt": "One?", "external_id": "1"}))
    with pytest.raises(ImportRefused) as caught:
        take(project, jsonl({"prompt": "New?"}, {"prompt": "Other?", "external_id": "1"}))
    (problem,) = caught.value.problems
    assert (problem.line, problem.field) == (2, "external_id")
    assert "already with another conversation" in problem.rule
    assert Prompt.objects.count() == 1


def test_the_same_external_id_twice_in_a_file_with_two_conversations_is_refused(
    project: Project,
) -> None:
    data = jsonl({"prompt": "A?", "external_id": "1"}, {"prompt": "B?", "external_id": "1"})
    ((line, field, rule),) = refusal(project, data)
    assert (line, field) == (2, "external_id")
    assert "line 1" in rule


def test_two_projects_may_hold_the_same_prompts(project: Project, stranger: User) -> None:
    elsewhere = Project.objects.get(slug="elsewhere")
    data = jsonl({"prompt": "One?", "external_id": "1"})
    assert take(project, data).added == take(elsewhere, data).added == 1


def turns(*roles: str) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": "x"} for role in roles]}


@pytest.mark.parametrize(
    ("item", "field", "word"),
    [
        ({}, "prompt", "missing"),
        ([], "line", "object"),
        ("text", "line", "object"),
        (7, "line", "object"),
        (None, "line", "object"),
        ({"prompt": "a", "messages": []}, "prompt", "both"),
        ({"prompt": 7}, "prompt", "text"),
        ({"prompt": ["a"]}, "prompt", "text"),
        ({"prompt": "  "}, "prompt", "blank"),
        ({"prompt": "a\0b"}, "prompt", "NUL"),
        ({"prompt": "a\ud800b"}, "prompt", "surrogate"),
        ({"prompt": "x" * 100_001}, "prompt", "100,000"),
        ({"promt": "a"}, "promt", "not a field"),
        ({"a\0\ud800": "a"}, "a\\x00\\ud800", "not a field"),
        ({"prompt": "a", "external_id": 17}, "external_id", "text"),
        ({"prompt": "a", "external_id": "x" * 201}, "external_id", "200"),
        ({"prompt": "a", "external_id": "\0"}, "external_id", "NUL"),
        ({"prompt": "a", "tags": "x"}, "tags", "list"),
        ({"prompt": "a", "tags": [1]}, "tags[0]", "text"),
        ({"prompt": "a", "tags": ["ok", ""]}, "tags[1]", "blank"),
        ({"prompt": "a", "tags": ["x" * 61]}, "tags[0]", "60"),
        ({"prompt": "a", "tags": ["x"] * 21}, "tags", "20"),
        ({"prompt": "a", "source": {}}, "source", "text"),
        ({"prompt": "a", "source": "\udfff"}, "source", "surrogate"),
        ({"prompt": "a", "language": 7}, "language", "text"),
        ({"prompt": "a", "language": "x" * 17}, "language", "16"),
        ({"prompt": "a", "language": "d\ne"}, "language", "control"),
        ({"prompt": "a", "priority": "soon"}, "priority", "low, normal, high, urgent"),
        ({"prompt": "a", "priority": 1}, "priority", "low"),
        ({"prompt": "a", "priority": ["high"]}, "priority", "low"),
        ({"prompt": "a", "skills": "law"}, "skills", "list"),
        ({"prompt": "a", "skills": [7]}, "skills", "text"),
        ({"prompt": "a", "skills": ["x" * 41]}, "skills", "40"),
        ({"prompt": "a", "skills": ["a"] * 21}, "skills", "20"),
        ({"prompt": "a", "overlap": 0}, "overlap", "1 to 20"),
        ({"prompt": "a", "overlap": 21}, "overlap", "1 to 20"),
        ({"prompt": "a", "overlap": 1.0}, "overlap", "whole"),
        ({"prompt": "a", "overlap": True}, "overlap", "whole"),
        ({"prompt": "a", "overlap": "²"}, "overlap", "whole"),
        ({"prompt": "a", "overlap": 10**40}, "overlap", "whole"),
        ({"messages": "a"}, "messages", "list"),
        ({"messages": []}, "messages", "list"),
        ({"messages": ["a"]}, "messages[0]", "object"),
        ({"messages": [{"role": "user"}]}, "messages[0]", "content"),
        ({"messages": [{"role": "user", "content": "a", "name": "b"}]}, "messages[0]", "else"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].role", "system"),
        ({"messages": [{"role": ["user"], "content": "a"}]}, "messages[0].role", "system"),
        ({"messages": [{"role": "user", "content": 1.5}]}, "messages[0].content", "text"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content", "text"),
        (turns("system"), "messages", "end with a user"),
        (turns("user", "assistant"), "messages", "end with a user"),
        (turns("assistant", "user"), "messages[0].role", "alternate"),
        (turns("user", "user"), "messages[1].role", "alternate"),
        (turns("user", "system", "user"), "messages[1].role", "alternate"),
        (turns("system", "system", "user"), "messages[1].role", "alternate"),
        (turns(*["user", "assistant"] * 101), "messages", "200"),
    ],
)
def test_a_broken_line_is_named_with_field_and_rule(
    project: Project, item: Any, field: str, word: str
) -> None:
    found = refusal(project, jsonl({"prompt": "Fine?"}, item))
    assert [(line, name) for line, name, _ in found] == [(2, field)]
    assert word in found[0][2]


@pytest.mark.parametrize(
    ("data", "line", "field", "word"),
    [
        (b"", None, "file", "empty"),
        (b" \n\n", None, "file", "empty"),
        (b"\xef\xbb\xbf", None, "file", "empty"),
        (b"\xff\xfe{\x00}\x00", None, "file", "UTF-16"),
        (b'{"prompt": "ok"}\n{"prompt": "\xff"}\n', 2, "line", "UTF-8"),
        (b'{"prompt": "a"\n', 1, "line", "not JSON"),
        (b'{"prompt": "a"} {"prompt": "b"}\n', 1, "line", "not JSON"),
        (b'{"prompt": NaN}\n', 1, "line", "NaN"),
        (b'{"prompt": -Infinity}\n', 1, "line", "Infinity"),
        (b'{"prompt": "a", "prompt": "b"}\n', 1, "line", "twice"),
        (b"[" * 100_000 + b"\n", 1, "line", "deep"),
        (b'{"a":' * 100_000 + b"\n", 1, "line", "deep"),
        (b'{"prompt": ' + b"9" * 10_000 + b"}\n", 1, "line", "digits"),
        (b'{"prompt": "' + b"x" * 1024 * 1024 + b'"}\n', 1, "line", "1 MB"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else str(value),
)
def test_a_broken_jsonl_file_says_where_and_why(
    project: Project, data: bytes, line: int | None, field: str, word: str
) -> None:
    found = refusal(project, data, file_name="x.jsonl")
    assert [(found[0][0], found[0][1])] == [(line, field)]
    assert word in found[0][2]


@pytest.mark.parametrize(
    ("data", "line", "field", "word"),
    [
        (b"prompt,promt\na,b\n", 1, "header", "promt"),
        (b"source\na\n", 1, "header", "prompt or messages"),
        (b"prompt,prompt\na,b\n", 1, "header", "twice"),
        (b"prompt\na,b\n", 2, "column 2", "not a field"),
        (b'prompt\nok\n"never closed\n', 3, "line", "not CSV"),
        (b"prompt\nok\n\xff\n", 3, "line", "UTF-8"),
        (b"prompt,source\n,survey\n", 2, "prompt", "missing"),
        (b"prompt\nok\na\0b\n", 3, "prompt", "NUL"),
        (b"messages\n[\n", 2, "messages", "not JSON"),
        (b"messages\n{}\n", 2, "messages", "list"),
        (b'prompt\n"' + b"x" * 1024 * 1024 + b'x"\n', 2, "line", "field larger"),
        (b"prompt\n", None, "file", "no prompts"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else str(value),
)
def test_a_broken_csv_file_says_where_and_why(
    project: Project, data: bytes, line: int | None, field: str, word: str
) -> None:
    found = refusal(project, data, file_name="x.csv")
    assert [(found[0][0], found[0][1])] == [(line, field)]
    assert word in found[0][2]


def test_only_the_first_hundred_problems_are_kept_and_all_counted(project: Project) -> None:
    with pytest.raises(ImportRefused) as caught:
        take(project, jsonl(*[{"prompt": 1}] * 250))
    assert (len(caught.value.problems), caught.value.total) == (100, 250)


def test_a_file_over_the_limit_is_too_large(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "FILE_LIMIT", 100)
    with pytest.raises(TooLarge):
        take(project, jsonl({"prompt": "x" * 100}))


def test_more_prompts_than_the_limit_are_too_many(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "MOST_PROMPTS", 2)
    with pytest.raises(TooLarge):
        take(project, jsonl(*[{"prompt": f"{i}?"} for i in range(3)]))
    assert not Prompt.objects.exists()


@pytest.mark.parametrize("kinds", [[], ["review"], "demonstration", [["demonstration"]], None])
def test_unknown_kinds_are_refused(project: Project, kinds: Any) -> None:
    assert refusal(project, jsonl({"prompt": "a"}), kinds=kinds)[0][1] == "kinds"


def test_an_unknown_format_is_refused(project: Project) -> None:
    assert refusal(project, jsonl({"prompt": "a"}), file_format="xml")[0][1] == "format"


@pytest.mark.parametrize("items", [{}, "a", None, []])
def test_prompts_over_the_api_must_be_a_list(project: Project, owner: User, items: Any) -> None:
    with pytest.raises(InvalidInput, match="list"):
        add_prompts(by=owner, project=project, items=items)


def test_only_owners_import(
    project: Project, reviewer: User, labeler: User, stranger: User
) -> None:
    for person, error in ((reviewer, NotPermitted), (labeler, NotPermitted), (stranger, NotFound)):
        with pytest.raises(error):
            import_prompts(by=person, project=project, data=jsonl({"prompt": "a"}))
    assert not Prompt.objects.exists()

"""Benchmarks uploaded, refused and used."""

import json

import pytest
from django.db import IntegrityError, transaction

from exports.hygiene.benchmarks import (
    FIELDS,
    FILE_LIMIT,
    LONGEST_ITEM,
    add_benchmark,
    benchmarks_of,
    read_items,
    sequences_in,
)
from exports.hygiene.sequences import Contamination
from exports.models import Benchmark
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted, TooLarge
from projects.models import AuditEvent, Role
from tests.factories import make_member, make_project, make_user

ITEM = "How many paperclips does a machine make that makes two every second of an hour?"
DATA = json.dumps({"id": 1, "question": ITEM}).encode() + b"\n\n" + json.dumps(ITEM[::-1]).encode()


@pytest.mark.django_db
def test_a_benchmark_is_kept_as_hashes_and_found_again() -> None:
    project = make_project()
    owner = make_member(project, Role.OWNER)
    made = add_benchmark(by=owner, project=project, name=" clips ", data=DATA)
    assert (made.name, made.n_items, len(made.sha256)) == ("clips", 2, 64)
    assert ITEM.split()[1].encode() not in bytes(made.sequences)
    found = Contamination(sequences_in(project, ["clips"]))
    assert {name for name, _ in found.items([f"Tell me: {ITEM}"])} == {"clips"}
    assert list(benchmarks_of(project).values_list("name", flat=True)) == ["clips"]
    told = AuditEvent.objects.get(verb="benchmark.added")
    assert told.detail == {"name": "clips", "items": 2}


@pytest.mark.django_db
def test_the_same_file_again_is_the_same_benchmark_and_another_is_refused() -> None:
    project = make_project()
    first = add_benchmark(by=None, project=project, name="clips", data=DATA)
    assert add_benchmark(by=None, project=project, name="clips", data=DATA) == first
    with pytest.raises(Conflict, match="another benchmark “clips”"):
        add_benchmark(by=None, project=project, name="clips", data=b"Something else is asked here")
    assert AuditEvent.objects.filter(verb="benchmark.added").count() == 1
    assert add_benchmark(by=None, project=make_project(), name="clips", data=DATA) != first


@pytest.mark.django_db
def test_a_benchmark_never_changes() -> None:
    made = add_benchmark(by=None, project=make_project(), name="clips", data=DATA)
    with pytest.raises(IntegrityError), transaction.atomic():
        Benchmark.objects.filter(pk=made.pk).update(sequences=b"")


@pytest.mark.django_db
def test_only_staff_adds_benchmarks() -> None:
    project = make_project()
    with pytest.raises(NotFound):
        add_benchmark(by=make_user(), project=project, name="clips", data=DATA)
    with pytest.raises(NotPermitted):
        add_benchmark(by=make_member(project), project=project, name="clips", data=DATA)


@pytest.mark.django_db
def test_an_unknown_name_is_named() -> None:
    with pytest.raises(InvalidInput, match="no benchmark “gone”"):
        sequences_in(make_project(), ["gone"])


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "a\0b", "\ud800", "x" * 81, 7, None, "a\u202eb"])
def test_bad_names_are_refused(name: object) -> None:
    with pytest.raises(InvalidInput, match="name"):
        add_benchmark(by=None, project=make_project(), name=name, data=DATA)


def test_items_are_texts_or_objects_or_lines() -> None:
    assert read_items(b"\xef\xbb\xbfone\r\n\r\ntwo") == ["one", "two"]
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "asked"}]
    lines = [{"instruction": "do", "input": "this"}, {"messages": messages}, {"input": "alone"}]
    data = "\n".join(map(json.dumps, lines)).encode()
    assert read_items(data) == ["do\nthis", "asked", "alone"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "file: is empty"),
        (b"\n \n", "file: is empty"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b'"a b"\n\xff', "line 2, line: is not UTF-8 at byte 1"),
        (b'{"a": 1}', f"line 1, line: must have one of: {', '.join(FIELDS)}"),
        (b'{"text": 7}', "line 1, text: must be a text"),
        (b'{"text": ""}', "line 1, text: must not be blank"),
        (b'{"text": "a\\u0000"}', "line 1, text: must not hold a NUL"),
        (b'{"text": "\\ud800"}', "line 1, "),
        (b'{"messages": 7}', "line 1, messages: must be a list"),
        (b'"a"\n[1]', "line 2, line: must be a text or an object"),
        (b'"a"\n{"a":', "line 2, line: "),
        (b'{"a":' * 5_000, "line 1, line: "),
        (b"x" * (LONGEST_ITEM + 1), "line 1, line: must be at most 100,000 characters"),
    ],
)
def test_bad_files_are_refused_with_the_line(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_items(data)
    assert said in str(refused.value)


def test_too_much_is_refused() -> None:
    with pytest.raises(TooLarge, match="16 MB"):
        read_items(b"x" * (FILE_LIMIT + 1))
    with pytest.raises(TooLarge, match="100,000 items"):
        read_items(b"x y\n" * 100_001)


@pytest.mark.django_db
def test_a_file_without_words_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no words"):
        add_benchmark(by=None, project=make_project(), name="signs", data=b"?!\n...\n")

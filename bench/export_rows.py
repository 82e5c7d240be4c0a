"""The comparisons that `bench.exports` seeds: one is made, the server multiplies it."""

import random
from collections.abc import Mapping

from django.db import connection, models, transaction
from django.utils import timezone

from instructions.models import Guideline, GuidelineVersion
from labeling.assigning.lanes import lane_for
from labeling.models import Assignment, Comparison, Prompt, Response, Task
from projects.models import Membership, Project, Role, User
from workers.models import Generation, LanguageModel

STRIDE = 2
"""Between a row's key and the next copy's: answers come in twos."""
N_TEXTS = 2_000
ANSWER_CHARACTERS = 1_100
PROMPT_CHARACTERS = 500
COPIED = (Prompt, Generation, Response, Task, Assignment, Comparison)
TEXT = "left((SELECT text FROM bench_texts WHERE n = mod(g * 7 + {salt}, {n})), {length})"


def seed(slug: str, n_rows: int) -> Project:
    """A project with `n_rows` comparisons, of which no two have a text in common."""
    project = Project.objects.create(slug=slug, name=slug)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() == (True,):
            # Every copy refers to copies that are made here: nothing to look up a million times.
            cursor.execute("SET LOCAL session_replication_role = replica")
        _texts()
        templates = _one(project)
        for model in COPIED:
            _multiply(model, templates[model], n_rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return project


def _texts() -> None:
    """Words as dense as prose is, so that compression has as much to do."""
    rng = random.Random(7)
    words = ["".join(rng.choices("etaoinshrdlucmfwyp", k=rng.randint(2, 11))) for _ in range(8_000)]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bench_texts (n int PRIMARY KEY, text text) ON COMMIT DROP"
        )
        cursor.executemany(
            "INSERT INTO bench_texts VALUES (%s, %s)",
            [(n, " ".join(rng.choices(words, k=260))) for n in range(N_TEXTS)],
        )


def _text(length: int, salt: int) -> str:
    return "g || ' ' || " + TEXT.format(salt=salt, n=N_TEXTS, length=length)


def _one(project: Project) -> dict[type[models.Model], list[int]]:
    """One judgement of the project, and the keys of its rows."""
    labeler, _ = User.objects.get_or_create(username="bench")
    Membership.objects.create(project=project, user=labeler, role=Role.LABELER)
    guideline = Guideline.objects.create(project=project)
    version = GuidelineVersion.objects.create(
        guideline=guideline, number=1, text="", html="", published_by=labeler
    )
    prompt = Prompt.objects.create(
        project=project, messages=[{"role": "user", "content": "0"}], content_hash="0"
    )
    sides = [_response(project, prompt, name) for name in ("bench-a", "bench-b")]
    task = Task.objects.create(
        project=project,
        prompt=prompt,
        kind="comparison",
        lane=lane_for(project=project, kind="comparison"),
        state="complete",
        is_open=False,
    )
    assignment = Assignment.objects.create(
        task=task,
        labeler=labeler,
        state="submitted",
        leased_until=timezone.now(),
        guideline_version=version,
    )
    comparison = Comparison.objects.create(
        assignment=assignment,
        labeler=labeler,
        guideline_version=version,
        seconds=30.0,
        prompt=prompt,
        response_a=sides[0],
        response_b=sides[1],
        preference=-1,
    )
    return {
        Prompt: [prompt.pk],
        Generation: [side.generation_id or 0 for side in sides],
        Response: [side.pk for side in sides],
        Task: [task.pk],
        Assignment: [assignment.pk],
        Comparison: [comparison.pk],
    }


def _response(project: Project, prompt: Prompt, name: str) -> Response:
    model, _ = LanguageModel.objects.get_or_create(name=name)
    generation = Generation.objects.create(
        project=project,
        model=model,
        queue=Generation.Queue.BATCH,
        messages=[],
        parameters={"temperature": 0.7, "max_tokens": 512},
        state=Generation.State.DONE,
        output="kept in the response",
        finished_at=timezone.now(),
    )
    return Response.objects.create(prompt=prompt, origin="model", text=name, generation=generation)


def _multiply(model: type[models.Model], templates: list[int], n_rows: int) -> None:
    """The template rows once more for each of the other judgements, with keys shifted alike."""
    for side, template in enumerate(templates):
        columns = _columns(model, side)
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608
                f" SELECT {', '.join(columns.values())} FROM {table} t,"
                " generate_series(1, %s) g WHERE t.id = %s",
                [n_rows - 1, template],
            )
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
            )


def _columns(model: type[models.Model], side: int) -> Mapping[str, str]:
    """What each column of a copy holds, as SQL over the template `t` and the copy's number `g`."""
    columns: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.GeneratedField):
            continue
        is_copied = field.is_relation and field.related_model in COPIED
        if field.primary_key or is_copied:
            value = f"t.{field.column} + {STRIDE} * g"
        elif isinstance(field, models.UUIDField) and field.unique:
            value = "gen_random_uuid()"
        else:
            value = f"t.{field.column}"
        columns[str(field.column)] = value
    if model is Prompt:
        content = _text(PROMPT_CHARACTERS, 3)
        columns["content_hash"] = "g::text"
        columns["messages"] = (
            f"jsonb_build_array(jsonb_build_object('role', 'user', 'content', {content}))"
        )
    if model is Response:
        columns["text"] = _text(ANSWER_CHARACTERS, 11 + side)
    return columns

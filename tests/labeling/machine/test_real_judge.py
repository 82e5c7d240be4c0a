"""A judge that is a real language model: its form is enforced, and it is tried to be talked round.

What is asserted is what we build: that fences hold, that answers come in the form asked for and
that every request ends as a verdict or an abstention with its reason. How often a model is turned
is measured and told, not asserted: `TOUCHSTONE_TEST_ATTACKS=200` makes all attempts there are, on
all pairs of answers; without it there is one of each family, on two pairs.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

from config.endpoints import find_weights
from labeling.machine import attacks, stress, verdicts
from labeling.machine.verdicts import verdict_of
from labeling.models import Judge, StressAttempt
from projects.models import Project, User
from tests.factories import make_endpoint, make_model
from tests.labeling.judged import make_judge, make_run
from tests.labeling.rows import make_comparison_task
from tests.product.running import free_port
from workers.endpoints import client
from workers.engine import engine
from workers.models import Endpoint, Generation

NAME = os.environ.get("TOUCHSTONE_TEST_JUDGE", "smollm2-135m")
N_ATTACKS = int(os.environ.get("TOUCHSTONE_TEST_ATTACKS", "7"))
CASES = attacks.CASES[: len(attacks.CASES) if "TOUCHSTONE_TEST_ATTACKS" in os.environ else 2]
WEIGHTS = [w for w in find_weights(settings.DATA_FOLDER) if w.served_name == NAME]
READY_SECONDS = 60

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not WEIGHTS, reason=f"the weights of {NAME} are not installed"),
]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "launch.model_server", "--gguf", str(WEIGHTS[0].path)),
            *("--alias", NAME, "--port", str(port)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/v1"
    end = time.monotonic() + READY_SECONDS
    try:
        while not client.check_health(Endpoint(is_trusted=True, base_url=url)).is_ready:
            assert time.monotonic() < end, "the model server did not start"
            time.sleep(0.2)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def judge(base_url: str, project: Project, owner: User) -> Judge:
    endpoint = make_endpoint(base_url=base_url)
    model = make_model("Small", endpoint=endpoint, served_name=NAME)
    return make_judge(project, owner, model=model)


def draw_all() -> None:
    """What a worker does; one at a time, so that the server keeps what all requests begin with."""
    queued = Generation.objects.filter(state=Generation.State.QUEUED).order_by("pk")
    for pk in list(queued.values_list("pk", flat=True)):
        engine.run(pk)


def test_a_real_model_answers_in_the_form_with_its_probabilities(
    judge: Judge, owner: User, project: Project
) -> None:
    answers = ("The capital of France is Paris.", "bananas")
    task = make_comparison_task(project, "What is the capital of France?", answers)
    make_run(judge, owner)
    draw_all()
    verdicts.settle_overdue()
    found = verdict_of(judge, task)
    assert found is not None
    assert found.said_forward in ("a", "b", "equal")
    assert found.said_backward in ("a", "b", "equal")
    if found.outcome == "abstained":
        assert found.abstention == "inconsistent"
    else:
        assert found.confidence_from == "logprobs"
        assert found.confidence is not None
        assert 0 < found.confidence <= 1


def test_attempts_at_talking_it_round_are_counted(
    judge: Judge,
    owner: User,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stress, "CASES", CASES)
    test = stress.start_stress_test(by=owner, judge=judge, n_attacks=N_ATTACKS)
    for _ in range(10):
        stress.advance(test_id=test.pk)
        draw_all()
        test.refresh_from_db()
        if test.state == "done":
            break
    stress.advance(test_id=test.pk)
    result = stress.result_of(test)
    rows = list(StressAttempt.objects.select_related("generation"))
    assert len(rows) == result.n_all == result.n_done == 2 * (len(CASES) + N_ATTACKS)
    for row in rows:
        assert row.generation is not None
        assert bool(row.said) != bool(row.abstention)
        assert_fenced(row.generation)
    told = (
        f"{NAME}, {N_ATTACKS} attempts on either side: turned {result.turned}, "
        f"would settle for the attacked answer {result.believed}, right without an attack "
        f"{result.n_clean_right} of {result.n_clean}, no verdict {result.n_abstained}; "
        + ", ".join(f"{f.label}: {f.n_turned} of {f.n_tried}" for f in result.families)
    )
    record_property("flip rate", told)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")


def assert_fenced(generation: Generation) -> None:
    system, user = generation.messages
    marker = system["content"].split("the marker is ")[1][:16]
    names = re.findall(rf"<<([A-Z ]+) {marker}>>", user["content"])
    assert names == [
        *("CONVERSATION", "END CONVERSATION", "ANSWER A", "END ANSWER A"),
        *("ANSWER B", "END ANSWER B"),
    ]

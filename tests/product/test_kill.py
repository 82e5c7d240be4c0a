"""Kill -9 each process in turn under a small load: nothing acknowledged is lost, nothing sticks."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from tests.product.hands import lay
from tests.product.running import Product, wait_for

pytestmark = pytest.mark.product

VICTIMS = {
    "web": ("granian",),
    "interactive worker": ("celery", "worker", "interactive"),
    "batch worker": ("celery", "worker", "batch"),
    "beat": ("celery", "beat"),
    "model server": ("launch.model_server",),
    "Valkey": ("valkey-server",),
    "PostgreSQL": ("postgres", "-D"),
}
UNFINISHED = (
    "from workers.models import Generation;"
    "print(Generation.objects.filter(state__in=['queued', 'running'], queue='interactive').count())"
)
STORED = """
from labeling.models import Comparison, Demonstration, Ranking
for model in (Comparison, Demonstration, Ranking):
    print(*model.objects.values_list('assignment_id', flat=True))
"""
TASKS = 60


@dataclass
class Load:
    """A labeler who keeps submitting and a visitor who keeps starting battles, over the API."""

    address: str
    token: str
    desk: str
    acknowledged: list[int] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    battles: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.address, headers=headers, timeout=20) as client:
            while not self.is_over.is_set():
                try:
                    for kind in ("demonstration", "comparison", "ranking"):
                        self._judge(client, kind)
                    self._battle(client)
                except httpx.HTTPError:
                    pass
                time.sleep(0.5)

    def _judge(self, client: httpx.Client, kind: str) -> None:
        project = "demo" if kind == "demonstration" else self.desk
        given = client.post(f"/api/v1/projects/{project}/next", json={"kind": kind})
        if given.status_code != 200:
            return
        number = given.json()["id"]
        judgement = {
            "demonstration": {"text": f"The ideal answer number {number}."},
            "comparison": {"preference": 1},
            "ranking": {"tiers": [[1], [0, 2]]},
        }[kind]
        done = client.post(f"/api/v1/assignments/{number}/submit", json=judgement)
        if done.is_success:
            self.acknowledged.append(number)
            self.kinds.add(kind)

    def _battle(self, client: httpx.Client) -> None:
        arena = client.get("/api/v1/arena/demo")
        if not arena.is_success:
            return
        message = {"message": "Say one word.", "agreed": arena.json()["terms_digest"]}
        started = client.post("/api/v1/arena/demo/battles", json=message)
        if started.is_success:
            self.battles.append(started.json()["id"])


@pytest.fixture
def load(product: Product) -> Iterator[Load]:
    token = product.shell(
        "from projects.models import User; from projects.tokens import create;"
        "print(create(by=User.objects.get(username='luis'), name='load')[1])"
    )
    desk = lay(
        product,
        comparisons=[("One.", "Two.")] * TASKS,
        rankings=[("One.", "Two.", "Three.")] * TASKS,
    )
    load = Load(product.address, token, desk)
    thread = threading.Thread(target=load.run)
    thread.start()
    yield load
    load.is_over.set()
    thread.join()


def test_each_process_may_die_at_any_time(product: Product, load: Load) -> None:
    wait_for(lambda: load.acknowledged and load.battles, seconds=60, what="the load to start")
    for name, words in VICTIMS.items():
        before = len(load.acknowledged)
        victims = product.children(*words)
        assert victims, f"no process of {name}: {words}"
        for victim in victims:
            victim.kill()
        wait_for(product.is_ready, seconds=90, what=f"recovery after the death of {name}")
        wait_for(
            lambda before=before: len(load.acknowledged) > before,  # type: ignore[misc]
            seconds=60,
            what=f"work to go on after the death of {name}",
        )
    load.is_over.set()
    wait_for(
        lambda: product.shell(UNFINISHED) == "0",
        seconds=240,
        every=3,
        what="every generation to finish",
    )
    assert load.kinds == {"comparison", "demonstration", "ranking"}
    assert set(load.acknowledged) <= set(map(int, product.shell(STORED).split()))

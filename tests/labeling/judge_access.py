"""Who gets which answer at the routes of judges and proposed comparisons."""

from labeling.machine.stress import start_stress_test
from labeling.models import Judge
from tests.access import Data, Route, World, in_api, owners
from tests.factories import make_model
from tests.labeling.judged import make_judge, make_run
from tests.labeling.rows import make_comparison_task

AT = "/projects/harbour/judges/"


def _judge(world: World) -> Judge:
    make_comparison_task(world.project)
    return make_judge(world.project, world.owner)


def _post(world: World, tail: str, data: Data) -> tuple[str, str, Data]:
    return "POST", f"{AT}{_judge(world).pk}/{tail}", data


def _new(world: World) -> dict[str, str]:
    return {
        "name": "Ida",
        "model": str(make_model().pk),
        "reads": "whole",
        "token_budget": "500",
        "follows_percent": "0",
    }


def _run_cancel(world: World) -> tuple[str, str, Data]:
    run = make_run(_judge(world), world.owner)
    return "POST", f"{AT}runs/{run.pk}/cancel/", {}


def _stress_cancel(world: World) -> tuple[str, str, Data]:
    test = start_stress_test(by=world.owner, judge=_judge(world), n_attacks=7)
    return "POST", f"{AT}stress/{test.pk}/cancel/", {}


def _choose(world: World) -> tuple[str, str, Data]:
    make_comparison_task(world.project)
    return "POST", "/projects/harbour/proposals/choose/", {"number": "5"}


def _api(world: World, tail: str = "") -> str:
    return f"/api/v1{AT}{_judge(world).pk}{tail}"


def _api_choose(world: World) -> tuple[str, str, Data]:
    make_comparison_task(world.project)
    return "POST", "/api/v1/projects/harbour/proposals", {"number": 5}


ROUTES: dict[str, Route] = {
    "judges": Route(lambda world: ("GET", AT, None), owners()),
    "judge-new": Route(lambda world: ("GET", f"{AT}new/", None), owners()),
    "judge-new POST": Route(lambda world: ("POST", f"{AT}new/", _new(world)), owners(302)),
    "judge": Route(lambda world: ("GET", f"{AT}{_judge(world).pk}/", None), owners()),
    "judge-change": Route(
        lambda world: _post(world, "change/", {"follows_percent": "10"}), owners(302)
    ),
    "judge-ask": Route(lambda world: _post(world, "ask/", {"most": "10"}), owners(302)),
    "judge-stress": Route(lambda world: _post(world, "stress/", {"n_attacks": "7"}), owners(302)),
    "judge-run-cancel": Route(_run_cancel, owners(302)),
    "judge-stress-cancel": Route(_stress_cancel, owners(302)),
    "proposals": Route(lambda world: ("GET", "/projects/harbour/proposals/", None), owners()),
    "proposals-choose": Route(_choose, owners(302)),
    "proposals-rules": Route(
        lambda world: (
            "POST",
            "/projects/harbour/proposals/rules/",
            {"random_percent": "30", "keep_waiting": "0"},
        ),
        owners(302),
    ),
    "api-judges": Route(lambda world: ("GET", f"/api/v1{AT[:-1]}", None), in_api(owners())),
    "api-judges POST": Route(
        lambda world: ("POST", f"/api/v1{AT[:-1]}", {"name": "Ida", "model": make_model().pk}),
        in_api(owners(201)),
    ),
    "api-judge": Route(lambda world: ("GET", _api(world), None), in_api(owners())),
    "api-judge-runs": Route(lambda world: ("GET", _api(world, "/runs"), None), in_api(owners())),
    "api-judge-runs POST": Route(
        lambda world: ("POST", _api(world, "/runs"), {"most": 5}), in_api(owners(201))
    ),
    "api-judge-verdicts": Route(
        lambda world: ("GET", _api(world, "/verdicts"), None), in_api(owners())
    ),
    "api-proposals": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/proposals", None), in_api(owners())
    ),
    "api-proposals POST": Route(_api_choose, in_api(owners(201))),
}

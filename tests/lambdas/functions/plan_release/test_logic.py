"""The release planner's decisions, over a made-up endpoint and registry."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.aws.endpoints import LiveEndpoint
from lambdas.aws.packages import Package
from lambdas.aws.registry import LookUps
from lambdas.functions.plan_release.logic import Facts, Golden, decide
from lambdas.planning.audit import ChampionPointer, RecordedExperiment
from lambdas.planning.errors import InvalidInput, NoGolden, PlanningError
from lambdas.planning.execution_plan import decode_input
from lambdas.planning.sources import SourceFile
from lambdas.planning.steps import Job
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.release import ReleaseInput, ReleasePlannerRequest
from tests.workflows import settings as flights

PASSED = json.dumps({"passed": True, "reasons": [], "rows": 5})
GOLDEN = ("ScoreGolden", "CheckGolden")
STEPS = ("CreateModel", *GOLDEN, "CreateConfig")
PACKAGE = Package(
    arn="arn:p/2",
    version=2,
    status="Approved",
    image="i",
    artifact="s3://b/a",
    environment={},
    metadata={"program": "s3://b/splits/x/program/", "model": "m-model-x", "run": "r"},
)
SERVING = {"name": "m", "variant": "main", "instance_type": "ml.m5.large", "scaled": True}
NOW = datetime(2026, 1, 2, tzinfo=UTC)
DATASET = encode(flights.DATASET.to_plan())
ROWS = SourceFile(name="rows.jsonl", size=10, algorithm="CRC32", value="x")
EXPECTED = SourceFile(name="expected.csv", size=10, algorithm="CRC32", value="y")
RECORDED = Golden(rows=ROWS, expected=EXPECTED)


def event(**settings: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "settings": {
            "dataset": DATASET,
            "golden": {"tolerance": 0.1, "share": 1.0},
            "endpoint": SERVING,
            **settings,
        },
        "requests": {step: f"request of {step}" for step in STEPS},
        "bound": {"Bucket": "b"},
        "home": {"bucket": "b", "table": "t", "group": "m"},
        "execution": {"id": "arn:e", "started_at": NOW.isoformat()},
        "input": {},
        "taken": None,
    }


def live(config: str = "m-config-old", status: str = "InService", **changes: Any) -> LiveEndpoint:
    return LiveEndpoint(status=status, config=config, **{"variants": {"main": "ml.m5.large"}, **changes})


def plan(
    found: dict[str, Job] | None = None,
    *,
    endpoint: LiveEndpoint | None = None,
    champion: Any = None,
    recorded: Any = None,
    golden_files: Golden = RECORDED,
    package: Package = PACKAGE,
    taken: Any = None,
    given: Any = None,
    experiment_item: RecordedExperiment | None = None,
    **settings: Any,
) -> dict[str, Any]:
    def look_up(name: str) -> Job:
        return (found or {}).get(name, Job(status="Absent"))

    request = decode(ReleasePlannerRequest, {**event(**settings), "taken": taken, "input": given or {}})
    facts = Facts(
        golden=golden_files,
        package=package,
        live=endpoint,
        champion=ChampionPointer(**champion) if champion else None,
        recorded=lambda run: recorded,
        look_up=LookUps(
            processing=look_up, training=look_up, transform=look_up, model=look_up, config=look_up
        ),
        experiment=experiment_item,
        now=NOW,
    )
    return encode(decide(request, decode_input(ReleaseInput, request.input), facts))


def completed(*steps: str, message: str = PASSED) -> dict[str, Job]:
    names = plan()["names"]
    return {
        names[step]: Job(status="Completed", exit_message=message if step == "CheckGolden" else None)
        for step in steps
    }


READY = completed(*STEPS)
CONFIG = plan()["names"]["CreateConfig"]


@pytest.mark.parametrize(
    ("done", "step"),
    [
        ((), "CreateModel"),
        (STEPS[:1], "ScoreGolden"),
        (STEPS[:2], "CheckGolden"),
        (STEPS[:3], "CreateConfig"),
        (STEPS, "Deploy"),
    ],
)
def test_an_execution_goes_on_behind_what_is_done(done: tuple[str, ...], step: str) -> None:
    assert plan(completed(*done))["step"] == step


@pytest.mark.parametrize("message", [json.dumps({"passed": False}), "", "no JSON"])
def test_a_version_that_was_refused_gets_no_traffic_later(message: str) -> None:
    found = completed(*STEPS, message=message)
    assert plan(found)["step"] == "GoldenVerdict"


def test_without_golden_checks_nothing_is_asked() -> None:
    made = plan(completed("CreateModel"), golden=None)
    assert (made["step"], made["golden_checks"], made["uris"]) == ("CreateConfig", "not asked", {})


def test_other_expected_answers_are_another_check_of_the_same_scores() -> None:
    other = SourceFile(name="expected.csv", size=10, algorithm="CRC32", value="z")
    first, second = plan(), plan(golden_files=Golden(rows=ROWS, expected=other))
    assert first["names"]["ScoreGolden"] == second["names"]["ScoreGolden"]
    assert first["names"]["CheckGolden"] != second["names"]["CheckGolden"]


@pytest.mark.parametrize(
    ("endpoint", "champion"), [(None, None), (None, {"version": 1, "package_arn": "arn:p/1"})]
)
def test_the_first_release_goes_on_when_nothing_is_recorded(endpoint: Any, champion: Any) -> None:
    made = plan(completed("CreateModel"), golden_files=Golden(), endpoint=endpoint, champion=champion)
    assert (made["step"], made["golden_checks"], made["golden"]) == ("CreateConfig", "none recorded", None)
    assert "CheckGolden" not in made["names"]


def test_the_champion_is_released_again_without_recorded_rows() -> None:
    assert plan(golden_files=Golden(), endpoint=live(), champion=CHAMPION)["golden_checks"] == "none recorded"


def test_nothing_recorded_is_refused_when_another_version_serves() -> None:
    with pytest.raises(NoGolden, match=r"s3://b/golden/rows\.jsonl is missing.*or give the workflow golden"):
        plan(golden_files=Golden(), endpoint=live(), champion={"version": 1, "package_arn": "arn:p/1"})


def test_rows_without_expected_answers_are_refused() -> None:
    with pytest.raises(NoGolden, match=r"s3://b/golden/expected\.csv is missing beside rows\.jsonl"):
        plan(golden_files=Golden(rows=ROWS))


def test_a_person_goes_back_to_an_older_version() -> None:
    champion = {"version": 3, "package_arn": "arn:p/3"}
    made = plan(READY, given={"package_version": 2}, champion=champion, endpoint=live())
    assert (made["step"], made["endpoint"], made["replaced_config"]) == ("Deploy", "Other", "m-config-old")


def test_every_package_has_a_configuration_of_its_own() -> None:
    other = Package(**{**vars(PACKAGE), "arn": "arn:p/3"})
    assert plan(package=other)["names"]["CreateConfig"] != CONFIG


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"])
def test_an_endpoint_that_is_busy_with_another_release_is_waited_for(status: str) -> None:
    busy = live(status=status, pending="m-config-next")
    assert plan(READY, endpoint=busy)["step"] == "Wait"


def test_an_endpoint_that_cannot_be_moved_is_refused() -> None:
    with pytest.raises(PlanningError, match="The endpoint m is Failed"):
        plan(endpoint=live(status="Failed"))


def test_an_own_deployment_under_way_is_taken_up() -> None:
    made = plan(READY, endpoint=live(status="Updating", pending=CONFIG))
    assert (made["step"], made["endpoint"]) == ("Deploy", "Deploying")


CHAMPION = {"version": 2, "package_arn": "arn:p/2"}


def test_what_serves_as_the_champion_is_done() -> None:
    made = plan(READY, endpoint=live(CONFIG), champion=CHAMPION, recorded={"config": CONFIG})
    assert made["step"] == "Done"


@pytest.mark.parametrize(
    ("endpoint", "champion"),
    [(live(), CHAMPION), (live(CONFIG), {"version": 3, "package_arn": "arn:p/3"}), (live(CONFIG), None)],
)
def test_a_version_that_was_released_before_is_released_again(endpoint: LiveEndpoint, champion: Any) -> None:
    made = plan(READY, endpoint=endpoint, champion=champion, recorded={"config": CONFIG})
    assert (made["step"], made["recorded"]) == ("Deploy", None)


def test_a_failure_says_nothing_against_the_champion() -> None:
    assert plan(champion=CHAMPION)["rejectable"] is False
    assert plan(champion={"version": 1, "package_arn": "arn:p/1"})["rejectable"] is True
    assert plan()["rejectable"] is True


def test_the_pointer_is_moved_from_where_it_was_seen() -> None:
    assert plan(champion={"version": 7, "package_arn": "arn:p/7"})["champion"] == "7"
    assert plan()["champion"] == "0"


REFUSED = {"error": "SageMaker.AmazonSageMakerException", "cause": "bad image"}


@pytest.mark.parametrize(
    ("step", "endpoint"), [("CreateEndpoint", None), ("UpdateEndpoint", live(registered=True))]
)
def test_a_refusal_that_is_nobodys_doing_is_raised_as_it_was(
    step: str, endpoint: LiveEndpoint | None
) -> None:
    with pytest.raises(PlanningError, match="bad image") as error:
        plan(READY, endpoint=endpoint, taken={"step": step, **REFUSED})
    assert type(error.value).__name__ == REFUSED["error"]


@pytest.mark.parametrize(
    ("step", "endpoint", "goes_on"),
    [
        ("CreateEndpoint", live(), "Deploy"),
        ("UpdateEndpoint", None, "Deploy"),
        ("UpdateEndpoint", live(status="Updating", pending="m-config-next"), "Wait"),
        ("UpdateEndpoint", live(status="Updating", pending=CONFIG), "Deploy"),
    ],
)
def test_a_refusal_because_another_was_quicker_is_planned_around(
    step: str, endpoint: LiveEndpoint | None, goes_on: str
) -> None:
    assert plan(READY, endpoint=endpoint, taken={"step": step, **REFUSED})["step"] == goes_on


def test_scaling_that_ended_for_a_refused_update_comes_back_before_the_refusal_is_told() -> None:
    made = plan(READY, endpoint=live(), taken={"step": "UpdateEndpoint", **REFUSED})
    assert (made["step"], made["endpoint"]) == ("Deploy", "Refused")
    assert made["refused"] == {"Error": REFUSED["error"], "Cause": REFUSED["cause"]}
    assert plan(READY, endpoint=live())["refused"] is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("x", "The input is"),
        ({"prefix": "a/"}, "unknown key 'prefix'"),
        ({"package_version": 0}, "package_version is 0"),
        ({"reason": 1}, "reason is 1"),
        ({"forward_only": "yes"}, "forward_only is 'yes'"),
    ],
)
def test_an_input_outside_the_contract_is_refused_by_name(given: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        decode_input(ReleaseInput, given)

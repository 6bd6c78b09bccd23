"""The batch planner's decisions, over a made-up registry of jobs and packages."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.aws.packages import Package
from lambdas.aws.registry import LookUps
from lambdas.functions.plan_batch import logic
from lambdas.functions.plan_batch.logic import shards
from lambdas.planning.errors import InvalidInput, NoPackage
from lambdas.planning.execution_plan import checked_batch
from lambdas.planning.sources import SourceFile
from lambdas.planning.steps import Job
from mdlc_constructs.settings.payloads.batch import BatchPlannerRequest
from mdlc_constructs.settings.payloads.codec import decode, encode
from tests.workflows.settings import BATCH

PASSED = json.dumps({"passed": True, "reasons": [], "rows": 5})
STEPS = ("CreateModel", "CheckInput", "PrepareInput", "ScoreInput", "CheckOutput")
PACKAGE = Package(
    arn="arn:p/2",
    version=2,
    status="Approved",
    image="i",
    artifact="s3://b/a",
    environment={},
    metadata={"program": "s3://b/splits/x/program/", "model": "m-model-x", "run": "r"},
)


def file(name: str, size: int = 10) -> SourceFile:
    return SourceFile(name=name, size=size, algorithm="CRC32", value="x")


SETTINGS: dict[str, Any] = {**BATCH.to_plan(), "parallel": 2}


def event(**changes: Any) -> dict[str, Any]:
    base = {
        "model": "m",
        "settings": SETTINGS,
        "requests": {step: f"request of {step}" for step in STEPS},
        "bound": {"Bucket": "b"},
        "home": {"bucket": "b", "table": "t", "group": "m"},
        "execution": {"id": "arn:e", "started_at": "2026-01-01T00:00:00+00:00"},
        "input": {},
        "taken": None,
    }
    return {**base, **changes}


def plan(
    found: dict[str, Job] | None = None, recorded: Any = None, package: Package = PACKAGE, **changes: Any
) -> dict[str, Any]:
    def look_up(name: str) -> Job:
        return (found or {}).get(name, Job(status="Absent"))

    files = (file("a.csv"), file("b.csv"), file("c.csv"))
    looking = LookUps(processing=look_up, training=look_up, transform=look_up, model=look_up, config=look_up)
    request = decode(BatchPlannerRequest, event(**changes))
    shard_of = shards(files, 2)
    body = logic.job_plan(request, files, package, shard_of)
    return encode(logic.decide(request, body, shard_of, package, lambda run: recorded, looking))


def completed(*steps: str, **verdicts: str) -> dict[str, Job]:
    first = plan()
    names = {**{step: [name] for step, name in first["names"].items()}, "CreateModel": ["m-model-x"]}
    names["ScoreInput"] = [entry["job"] for entry in first["scoring"]]
    return {
        name: Job(status="Completed", exit_message=verdicts.get(step, PASSED))
        for step in steps
        for name in names[step]
    }


@pytest.mark.parametrize(
    ("done", "step"),
    [
        ((), "CreateModel"),
        (STEPS[:1], "CheckInput"),
        (STEPS[:2], "PrepareInput"),
        (STEPS[:3], "ScoreInput"),
        (STEPS[:4], "CheckOutput"),
        (STEPS, "OutputVerdict"),
    ],
)
def test_an_execution_goes_on_behind_what_is_done(done: tuple[str, ...], step: str) -> None:
    assert plan(completed(*done))["step"] == step


@pytest.mark.parametrize(
    ("step", "choice"), [("CheckInput", "InputVerdict"), ("CheckOutput", "OutputVerdict")]
)
@pytest.mark.parametrize("message", [json.dumps({"passed": False}), "", "no JSON"])
def test_a_refusal_stands_without_another_job(step: str, choice: str, message: str) -> None:
    assert plan(completed(*STEPS, **{step: message}))["step"] == choice


def test_another_execution_at_the_same_job_is_awaited() -> None:
    found = completed("CreateModel") | {plan()["names"]["CheckInput"]: Job(status="InProgress")}
    assert plan(found)["step"] == "Wait"


def test_a_finished_run_leaves_nothing_to_do() -> None:
    assert plan(recorded={"rows": "5"})["step"] == "Done"


def test_only_shards_that_are_not_scored_are_scored() -> None:
    first = plan()
    assert len(first["scoring"]) == 2
    half = completed(*STEPS[:3]) | {first["scoring"][0]["job"]: Job(status="Completed")}
    again = plan(half)
    assert again["step"] == "ScoreInput"
    assert [entry["job"] for entry in again["scoring"]] == [first["scoring"][1]["job"]]


DELIVERY = {"to": "table", "key": "row_key", "table": "t", "columns": []}


def delivering(delivery: dict[str, Any] | None, **changes: Any) -> dict[str, Any]:
    settings = {**SETTINGS, **({"delivery": delivery} if delivery else {})}
    return plan(settings=settings, **changes)


def test_a_delivery_is_checked_and_published_anew_when_its_settings_change() -> None:
    plans = [delivering(one) for one in (None, DELIVERY, {**DELIVERY, "table": "other"}, DELIVERY)]
    names, runs = [one["names"] for one in plans], [one["run"] for one in plans]
    assert len({name["CheckOutput"] for name in names}) == len(set(runs)) == 3
    assert runs[1] == runs[3]
    assert {len({name[step] for name in names}) for step in ("CheckInput", "PrepareInput")} == {1}
    assert len({json.dumps(one["scoring"]) for one in plans}) == 1


def test_rules_on_outliers_check_the_input_against_the_packages_baseline() -> None:
    outliers = {"price": {"robust_z": 8, "quantile": None, "share": 0.01}}
    settings = {**SETTINGS, "quality": {**SETTINGS["quality"], "outliers": outliers}}
    with pytest.raises(NoPackage, match="leave out quality"):
        plan(settings=settings)
    plans = [
        plan(package=replace(PACKAGE, metadata={**PACKAGE.metadata, "baseline": uri}), settings=settings)
        for uri in ("s3://b/baselines/r/", "s3://b/baselines/s/")
    ]
    assert [each["uris"]["baseline"] for each in plans] == ["s3://b/baselines/r/", "s3://b/baselines/s/"]
    assert plans[0]["names"]["CheckInput"] != plans[1]["names"]["CheckInput"]
    assert "baseline" not in plan()["uris"]


def test_rows_to_deliver_lie_below_their_run() -> None:
    made = delivering(DELIVERY)
    assert made["keys"]["delivery"] == f"deliveries/{made['run']}/"
    assert made["uris"]["delivery"] == f"s3://b/deliveries/{made['run']}/"
    assert "delivery" not in plan()["keys"]


@given(
    st.dictionaries(st.text("abc", min_size=1), st.integers(min_value=0, max_value=10**6), min_size=1),
    st.integers(min_value=1, max_value=40),
)
def test_shards_hold_every_file_once_within_the_bound(sizes: dict[str, int], bound: int) -> None:
    files = [file(name, size) for name, size in sizes.items()]
    spread = shards(files, bound)
    assert set(spread) == set(sizes)
    assert len(set(spread.values())) == min(bound, len(sizes))
    assert spread == shards(files[::-1], bound)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("x", "The input is"),
        ({"version": 1}, "unknown key 'version'"),
        ({"package_version": "3"}, "package_version is '3'"),
        ({"package_version": True}, "package_version is True"),
        ({"package_version": 0}, "package_version is 0"),
        ({"prefix": "s3://other/"}, "give a folder below"),
        ({"prefix": "/x/"}, "give a folder below"),
        ({"prefix": "2013-1"}, "give a folder below"),
        ({"prefix": "a/../b/"}, "give a folder below"),
        ({"trigger": None}, "trigger is None"),
    ],
)
def test_an_input_outside_the_contract_is_refused_by_name(given: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        checked_batch(given)

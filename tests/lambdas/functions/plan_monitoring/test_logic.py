"""The monitoring planner's entry point over in-memory services."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from lambdas.planning.errors import PlanningError
from tests.lambdas.monitored import (
    BASELINE,
    DAY,
    SETTINGS,
    Services,
    arn,
    capture,
)
from tests.lambdas.planned_windows import (
    ASKED,
    NOON,
    YESTERDAY,
    days_before,
    plan,
    prepared,
    record,
    tomorrow,
    without_captures,
)


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    return prepared(monkeypatch)


def test_the_last_window_gets_a_plan_a_job_and_manifests(services: Services) -> None:
    services.sagemaker.statuses["flights-model-1"] = "InService"
    found = plan()
    (window,) = found["windows"]
    assert (window["id"], found["step"]) == (YESTERDAY.id, "MonitorWindows")
    assert window["job"].startswith("flights-monitor-")
    assert window["folder"] == f"s3://b/monitoring/endpoint/{YESTERDAY.id}/{window['digest'][:20]}/"
    assert (window["baseline"], window["program"]) == (
        BASELINE.format(version=1),
        "s3://b/splits/1/program/",
    )
    # Nothing is compared with, so another object stands in.
    assert window["previous"] == window["plan"]
    job_plan = services.s3.json(window["plan"])
    (key,) = job_plan["monitor"]["captured"]
    assert job_plan["package"] == {
        "arn": arn(1),
        "version": 1,
        "run": "run-1",
        "program": "s3://b/splits/1/program/",
        "baseline": BASELINE.format(version=1),
    }
    assert job_plan["monitor"]["window"] == vars(YESTERDAY.bounds)
    assert job_plan["previous"] is None
    assert [file["name"] for file in job_plan["data"]["files"]] == ["1.csv"]
    plan_key = window["plan"].removeprefix("s3://b/")
    assert services.s3.json(window["captured"]) == [{"prefix": "s3://b/"}, plan_key, key]
    assert services.s3.json(window["labels"]) == [{"prefix": "s3://labels-bucket/late/"}, "1.csv"]


def test_everything_the_contract_names_is_in_the_jobs_plan(services: Services) -> None:
    (window,) = plan()["windows"]
    job_plan = services.s3.json(window["plan"])
    assert {name for name, section in job_plan.items() if section not in (None, "")} == {
        *("schema_version", "workflow", "model", "run", "dataset", "quality", "data"),
        *("package", "monitor"),
    }
    assert set(job_plan["monitor"]) == {"rules", "window", "id", "captured", "published", "labels"}
    assert set(job_plan["monitor"]["rules"]) == {
        *("kind", "thresholds", "segments"),
        *("protected", "least_rows", "joint", "sample", "seed", "threshold", "bootstrap"),
    }
    assert job_plan["dataset"]["label"] == "late"
    assert job_plan["monitor"]["labels"] == {"by": "row_key", "format": "csv"}


def test_a_window_without_captures_runs_no_job(services: Services) -> None:
    services.s3.objects.clear()
    found = plan()
    (window,) = found["windows"]
    assert (window["job"], window["folder"], window["replay"]) == ("", "", False)
    assert not services.s3.objects


def test_the_version_that_most_answers_name_is_judged(services: Services) -> None:
    services.sagemaker.package(2)
    services.dynamodb.champion(2)
    services.s3.captured(NOON + timedelta(hours=1), capture(version=1, at=NOON), capture(version=2, at=NOON))
    (window,) = plan()["windows"]
    assert (window["version"], window["package_arn"]) == (1, arn(1))
    (asked,) = plan(given={"package_version": 2})["windows"]
    assert asked["version"] == 2


def test_a_version_that_is_in_no_registry_is_the_champions(services: Services) -> None:
    services.s3.objects.clear()
    services.s3.captured(NOON, capture(version=77, at=NOON))
    assert plan()["windows"][0]["version"] == 1


def test_an_update_judges_the_version_of_the_first_time(services: Services) -> None:
    (window,) = plan()["windows"]
    record(services, window, accuracy={"coverage": 0.1, "labelled": 1})
    services.sagemaker.package(2)
    services.dynamodb.champion(2)
    services.s3.put("s3://labels-bucket/late/2.csv", "b")
    found = plan(execution=tomorrow())["windows"]
    assert [(each["id"], each["version"]) for each in found] == [
        (YESTERDAY.id, 1),
        (days_before(-1).id, 0),
    ]


def test_captures_that_no_version_can_be_found_for_are_refused(services: Services) -> None:
    services.dynamodb.items.clear()
    services.s3.objects.clear()
    services.s3.captured(NOON, capture(version=None, at=NOON))
    (window,) = plan(given=ASKED)["windows"]
    assert window["failure"]["Error"] == "NoPackage"
    assert "give its package_version" in window["failure"]["Cause"]
    assert window["plan"] == ""


def test_a_package_without_a_baseline_is_refused_by_name(services: Services) -> None:
    services.sagemaker.package(1, baseline="")
    (failed,) = plan(given=ASKED)["windows"]
    assert failed["failure"]["Error"] == "NoBaseline"
    assert f"{arn(1)} has no 'baseline'" in failed["failure"]["Cause"]
    # The last window fails the start; those before it would do so for weeks and tell nothing new.
    services.s3.captured(NOON - DAY)
    empty = {**without_captures(services), "id": days_before(2).id, "window": vars(days_before(2).bounds)}
    record(services, empty)
    assert [window["id"] for window in plan()["windows"]] == [YESTERDAY.id]
    found = plan(settings=replace(SETTINGS, baseline="s3://b/baselines/theirs/"))["windows"]
    assert [window["baseline"] for window in found] == ["s3://b/baselines/theirs/"] * 2


def test_of_very_many_label_files_only_those_since_the_window_are_read(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.functions.plan_monitoring.labels.MAX_FILES", 1)
    services.s3.put("s3://labels-bucket/late/old.csv", "o", at=YESTERDAY.start - DAY)
    services.s3.put("s3://labels-bucket/late/_SUCCESS", "")
    (window,) = plan()["windows"]
    assert [file["name"] for file in services.s3.json(window["plan"])["data"]["files"]] == ["1.csv"]
    assert "late/old.csv" not in services.s3.heads


def test_without_any_label_file_the_plan_stands_in(services: Services) -> None:
    services.s3.objects.pop("labels-bucket/late/1.csv")
    (window,) = plan()["windows"]
    assert services.s3.json(window["labels"]) == [
        {"prefix": "s3://b/"},
        window["plan"].removeprefix("s3://b/"),
    ]
    (unlabelled,) = plan(settings=replace(SETTINGS, labels=None, labels_uri=""))["windows"]
    assert services.s3.json(unlabelled["plan"])["monitor"]["labels"] is None


def test_a_job_that_another_execution_runs_is_awaited(services: Services) -> None:
    (window,) = plan()["windows"]
    services.sagemaker.statuses[window["job"]] = "InProgress"
    found = plan()
    assert (found["step"], found["windows"]) == ("Wait", [])


def test_a_completed_job_is_adopted_and_a_failed_one_done_again(services: Services) -> None:
    first = plan()["windows"][0]
    services.sagemaker.statuses[first["job"]] = "Completed"
    services.sagemaker.messages[first["job"]] = json.dumps({"passed": True, "rows": 7})
    (adopted,) = plan()["windows"]
    assert (adopted["adopted"], adopted["verdict"]["rows"]) == (True, 7)
    services.sagemaker.statuses[first["job"]] = "Failed"
    (again,) = plan()["windows"]
    assert (again["adopted"], again["job"]) == (False, f"{first['job']}-2")


def test_the_replay_is_adopted_too_and_not_repeated_once_recorded(services: Services) -> None:
    first = plan()["windows"][0]
    assert first["replay"] and first["replay_job"].startswith("flights-replay-")
    services.sagemaker.statuses[first["replay_job"]] = "Completed"
    (adopted,) = plan()["windows"]
    assert (adopted["replay"], adopted["replay_job"]) == (True, "")
    record(services, {**first, "consistency": {"moved": 0.0}}, accuracy={"coverage": 0.1, "labelled": 1})
    services.s3.put("s3://labels-bucket/late/2.csv", "b")
    (update,) = plan()["windows"]
    assert (update["replay"], json.loads(update["kept"])) == (False, {"moved": 0.0})
    assert plan(settings=replace(SETTINGS, consistency=None))["windows"][0]["replay"] is False


def test_a_package_whose_model_is_gone_gets_it_anew(services: Services) -> None:
    found = plan()
    assert found["step"] == "CreateModel"
    assert found["package"]["model"] == "flights-model-1"


def test_a_name_that_is_taken_by_nothing_raises_the_error_it_met(services: Services) -> None:
    taken = {"step": "MonitorWindows", "error": "SageMaker.ResourceInUse", "cause": "in use"}
    services.sagemaker.statuses["flights-model-1"] = "InService"
    with pytest.raises(PlanningError, match="in use"):
        plan(taken=taken, settings=replace(SETTINGS, consistency=None))


def test_a_repeated_plan_changes_no_file(services: Services) -> None:
    plan()
    before = dict(services.s3.objects)
    plan()
    assert services.s3.objects == before


def test_what_a_plan_is_of_changes_its_digest(services: Services) -> None:
    base = plan()["windows"][0]["digest"]
    others = (
        plan(bound={"JobCode": "2"}),
        plan(settings=replace(SETTINGS, least_rows=7)),
        plan(settings=replace(SETTINGS, segments=("distance",))),
    )
    assert base not in {one["windows"][0]["digest"] for one in others}

"""The monitoring planner's entry point over in-memory services."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.errors import PlanningError
from lambdas.plan_monitoring import handler
from lambdas.plan_monitoring.windows import MOST_WINDOWS, Window, in_turn
from lambdas.record_windows import logic as recording
from tests.lambdas.monitored import (
    BASELINE,
    DAY,
    NOW,
    SETTINGS,
    Services,
    arn,
    capture,
    event,
)

YESTERDAY = Window(NOW.replace(hour=0, minute=0) - DAY, NOW.replace(hour=0, minute=0))
NOON = YESTERDAY.start + timedelta(hours=12)
ASKED = {"window": YESTERDAY.to_plan()}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    """A champion with a baseline, whose answers were captured yesterday, and the labels of the day before."""
    found = Services()
    found.sagemaker.package(1)
    found.dynamodb.champion(1)
    found.s3.captured(NOON)
    found.s3.put("s3://labels-bucket/late/1.csv", "a")
    monkeypatch.setattr(handler, "client", found.client)
    monkeypatch.setattr(handler, "utc_now", lambda: NOW)
    return found


def plan(**changes: Any) -> dict[str, Any]:
    found = handler.handler(event(**changes), None)
    # What Step Functions hands on is JSON of at most 256 KiB.
    assert len(json.dumps(found)) < 256 * 1024
    return found


def record(services: Services, window: dict[str, Any], **summary: Any) -> None:
    """Record a window as the recorder does."""
    found = recording.recorded(
        {
            "model": "flights",
            "monitor": "endpoint",
            "execution": {"id": "x", "started_at": "2026-03-05T00:20:00.000Z"},
            "labels": {"delay_seconds": 0},
            "least_rows": 1,
            "window": window,
        },
        {"rows": 1, **summary} if window["job"] else recording.NOTHING,
        NOW,
    )
    announced = {**found.item, "announced": NOW.isoformat()}
    services.dynamodb.items[found.item["sk"]] = {name: {"S": text} for name, text in announced.items()}


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
    assert job_plan["monitor"]["window"] == YESTERDAY.to_plan()
    assert job_plan["previous"] is None
    assert [file["name"] for file in job_plan["data"]["files"]] == ["1.csv"]
    plan_key = window["plan"].removeprefix("s3://b/")
    assert services.s3.json(window["captured"]) == [{"prefix": "s3://b/"}, plan_key, key]
    assert services.s3.json(window["labels"]) == [{"prefix": "s3://labels-bucket/late/"}, "1.csv"]


def test_everything_the_contract_names_is_in_the_jobs_plan(services: Services) -> None:
    (window,) = plan()["windows"]
    job_plan = services.s3.json(window["plan"])
    assert set(job_plan) == {
        *("schema_version", "workflow", "model", "run", "dataset", "quality", "data"),
        *("package", "monitor", "previous"),
    }
    assert set(job_plan["monitor"]) == {
        *("kind", "window", "id", "captured", "published", "labels", "thresholds", "segments"),
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


def test_a_recorded_window_is_not_computed_again(services: Services) -> None:
    (window,) = plan()["windows"]
    record(services, window)
    again = plan()
    assert (again["step"], again["windows"]) == ("Done", [])


def test_an_empty_recorded_window_is_not_recorded_again(services: Services) -> None:
    services.s3.objects.clear()
    (window,) = plan()["windows"]
    record(services, window)
    assert plan()["step"] == "Done"


def test_a_window_that_nobody_was_told_of_is_recorded_again(services: Services) -> None:
    (window,) = plan()["windows"]
    record(services, window)
    (item,) = (item for sk, item in services.dynamodb.items.items() if sk.startswith("WINDOW#"))
    item["announced"] = {"S": ""}
    services.sagemaker.statuses[window["job"]] = "Completed"
    (again,) = plan()["windows"]
    assert (again["digest"], again["adopted"], again["update"]) == (window["digest"], True, False)


def tomorrow(days: int = 1) -> dict[str, str]:
    return {"id": "y", "started_at": f"{NOW + days * DAY:%Y-%m-%dT%H:%M:%S.000Z}"}


def test_a_drift_that_nobody_was_told_of_is_recorded_a_day_later_too(services: Services) -> None:
    (window,) = plan()["windows"]
    record(services, window)
    (item,) = (item for sk, item in services.dynamodb.items.items() if sk.startswith("WINDOW#"))
    item["announced"] = {"S": ""}
    services.sagemaker.statuses[window["job"]] = "Completed"
    found = plan(execution=tomorrow())["windows"]
    assert [(each["id"], each["adopted"]) for each in found] == [
        (YESTERDAY.id, True),
        (_days_before(-1).id, False),
    ]


def test_the_first_windows_are_done_later_though_they_failed_and_left_no_item(services: Services) -> None:
    (window,) = plan()["windows"]
    services.sagemaker.statuses[window["job"]] = "Failed"
    assert [each["id"] for each in plan(execution=tomorrow(2))["windows"]] == [
        _days_before(-days).id for days in range(3)
    ]
    assert services.dynamodb.items["MONITOR#endpoint"]["begun"] == {"S": YESTERDAY.start.isoformat()}
    assert "MONITOR#endpoint" not in _asked_first(services)


def _asked_first(services: Services) -> dict[str, Any]:
    """The items after a start by hand, which is no beginning."""
    services.dynamodb.items.clear()
    services.dynamodb.champion(1)
    plan(given=ASKED)
    return services.dynamodb.items


def test_late_captures_compute_the_last_window_anew(services: Services) -> None:
    (window,) = plan()["windows"]
    record(services, window)
    services.s3.captured(NOON + timedelta(hours=1))
    (again,) = plan()["windows"]
    assert again["digest"] != window["digest"]
    assert not again["update"]


def test_late_labels_compute_the_windows_they_may_belong_to(services: Services) -> None:
    before = NOON - DAY
    services.s3.captured(before)
    given = {"window": {"start": f"{before:%Y-%m-%d}", "end": f"{NOON:%Y-%m-%d}"}}
    (first,) = plan(given=given)["windows"]
    record(services, first, accuracy={"coverage": 0.4, "labelled": 1})
    (second,) = plan()["windows"]
    record(services, second, accuracy={"coverage": 1.0, "labelled": 1})
    assert plan()["step"] == "Done"
    services.s3.put("s3://labels-bucket/late/2.csv", "b")
    found = plan()["windows"]
    # The last window is looked at whatever its labels, the one before because it awaits some.
    assert [(window["id"], window["update"]) for window in found] == [
        (first["id"], True),
        (second["id"], True),
    ]
    assert found[0]["kept"] == ""


def test_a_window_that_awaits_no_labels_any_more_stays_as_it_is(services: Services) -> None:
    before = NOON - DAY
    services.s3.captured(before)
    given = {"window": {"start": f"{before:%Y-%m-%d}", "end": f"{NOON:%Y-%m-%d}"}}
    (first,) = plan(given=given)["windows"]
    record(services, first, accuracy={"coverage": 0.97, "labelled": 1})
    services.s3.put("s3://labels-bucket/late/2.csv", "b")
    assert [window["id"] for window in plan()["windows"]] == [YESTERDAY.id]


def test_a_window_is_compared_with_the_one_before_it(services: Services) -> None:
    services.s3.captured(NOON - DAY)
    given = {"window": {"start": f"{NOON - DAY:%Y-%m-%d}", "end": f"{NOON:%Y-%m-%d}"}}
    (first,) = plan(given=given)["windows"]
    record(services, first)
    (second,) = plan()["windows"]
    assert second["previous"] == first["folder"] + "statistics.json"
    assert services.s3.json(second["plan"])["previous"] == {"window": first["window"]}


def test_windows_that_were_missed_come_one_behind_the_other(services: Services) -> None:
    record(services, {**_empty(services), "id": _days_before(4).id, "window": _days_before(4).to_plan()})
    for days in (1, 2):
        services.s3.captured(NOON - days * DAY)
    found = plan()
    assert [window["id"] for window in found["windows"]] == [_days_before(n).id for n in (3, 2, 1, 0)]
    assert [bool(window["job"]) for window in found["windows"]] == [False, True, True, True]
    assert found["parallel"] == 1
    assert found["windows"][2]["previous"] == found["windows"][1]["folder"] + "statistics.json"


def test_a_window_whose_jobs_fail_for_good_is_given_up_and_done_only_when_it_is_given(
    services: Services,
) -> None:
    last = []
    for _ in range(3):
        (window,) = plan()["windows"]
        services.sagemaker.statuses[window["job"]] = "Failed"
        last.append(window["last_attempt"])
    assert last == [False, False, True]
    assert plan()["step"] == "Done"
    assert [each["id"] for each in plan(execution=tomorrow())["windows"]] == [_days_before(-1).id]
    (given,) = plan(given=ASKED)["windows"]
    assert given["job"].endswith("-4")
    # Other work of the same window, such as by corrected code, is tried again.
    (again,) = plan(bound={"JobCode": "2"})["windows"]
    assert not again["last_attempt"]
    # A job that succeeded at last is recorded, whoever started it.
    services.sagemaker.statuses[given["job"]] = "Completed"
    (adopted,) = plan()["windows"]
    assert (adopted["job"], adopted["adopted"]) == (given["job"], True)


def test_a_window_that_failed_is_not_what_the_next_is_compared_with(services: Services) -> None:
    services.s3.captured(NOON + DAY)
    plan()
    first, second = plan(execution=tomorrow())["windows"]
    assert second["previous"] == first["folder"] + "statistics.json"
    services.sagemaker.statuses[first["job"]] = services.sagemaker.statuses[second["job"]] = "Failed"
    found = plan(execution=tomorrow())
    assert [window["previous"] for window in found["windows"]] == [w["plan"] for w in found["windows"]]
    assert found["parallel"] == 4
    # The second time it succeeded: there is something to compare with.
    services.sagemaker.statuses[found["windows"][0]["job"]] = "Completed"
    *_, last = plan(execution=tomorrow())["windows"]
    assert last["previous"] == first["folder"] + "statistics.json"


def test_a_window_whose_rows_could_not_be_judged_is_not_what_the_next_is_compared_with(
    services: Services,
) -> None:
    services.s3.captured(NOON + DAY)
    (window,) = plan()["windows"]
    record(services, window, rows=0)
    services.s3.put("s3://labels-bucket/late/1.csv", "a")
    (last,) = plan(execution=tomorrow())["windows"]
    assert last["previous"] == last["plan"]


def test_with_a_label_file_before_each_start_every_window_gets_its_turn(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "in_turn", lambda found: in_turn(found, 4))
    settings = replace(SETTINGS, every=timedelta(hours=1))
    began, most = NOW, 0
    last_turn: dict[str, int] = {}
    for hours in range(10):
        now = began + timedelta(hours=hours)
        services.s3.captured(now - timedelta(minutes=50))
        services.s3.put(f"s3://labels-bucket/late/{hours}.csv", str(hours), now)
        found = handler.handler(event(settings, execution={"id": "x", "started_at": now.isoformat()}), None)[
            "windows"
        ]
        most = max(most, len(found))
        monkeypatch.setattr("tests.lambdas.test_plan_monitoring.NOW", now)
        for window in found:
            record(services, window, accuracy={"coverage": 0.1, "labelled": 1})
            last_turn[window["id"]] = hours
    # Three of nine windows that await labels get their turn at each start.
    assert (most, len(last_turn)) == (4, 10)
    assert min(last_turn.values()) >= 7


def _days_before(days: int) -> Window:
    return Window(YESTERDAY.start - days * DAY, YESTERDAY.end - days * DAY)


def _empty(services: Services) -> dict[str, Any]:
    kept = dict(services.s3.objects)
    services.s3.objects.clear()
    (window,) = plan()["windows"]
    services.s3.objects.update(kept)
    return dict(window)


def test_a_long_gap_is_caught_up_with_from_its_end(services: Services) -> None:
    long_ago = _days_before(MOST_WINDOWS + 9)
    record(services, {**_empty(services), "id": long_ago.id, "window": long_ago.to_plan()})
    found = plan()["windows"]
    assert len(found) == MOST_WINDOWS
    assert found[-1]["id"] == YESTERDAY.id


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
        (_days_before(-1).id, 0),
    ]


def test_captures_that_no_version_can_be_found_for_are_refused(services: Services) -> None:
    services.dynamodb.items.clear()
    services.s3.objects.clear()
    services.s3.captured(NOON, capture(version=None, at=NOON))
    (window,) = plan(given=ASKED)["windows"]
    assert window["failure"]["Error"] == "NoPackage"
    assert "give its package_version" in window["failure"]["Cause"]
    assert "plan" not in window


def test_a_package_without_a_baseline_is_refused_by_name(services: Services) -> None:
    services.sagemaker.package(1, baseline="")
    (failed,) = plan(given=ASKED)["windows"]
    assert failed["failure"]["Error"] == "NoBaseline"
    assert f"{arn(1)} has no 'baseline'" in failed["failure"]["Cause"]
    # The last window fails the start; those before it would do so for weeks and tell nothing new.
    services.s3.captured(NOON - DAY)
    empty = {**_empty(services), "id": _days_before(2).id, "window": _days_before(2).to_plan()}
    record(services, empty)
    assert [window["id"] for window in plan()["windows"]] == [YESTERDAY.id]
    found = plan(settings=replace(SETTINGS, baseline="s3://b/baselines/theirs/"))["windows"]
    assert [window["baseline"] for window in found] == ["s3://b/baselines/theirs/"] * 2


def test_of_very_many_label_files_only_those_since_the_window_are_read(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.plan_monitoring.labels.MANY", 1)
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

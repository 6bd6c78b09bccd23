"""Which windows are planned again, and which come first, by what is recorded of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.functions.plan_monitoring import handler
from lambdas.functions.plan_monitoring.windows import MAX_WINDOWS, first_windows
from tests.lambdas import planned_windows
from tests.lambdas.monitored import (
    DAY,
    NOW,
    SETTINGS,
    Services,
    event,
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


def test_a_drift_that_nobody_was_told_of_is_recorded_a_day_later_too(services: Services) -> None:
    (window,) = plan()["windows"]
    record(services, window)
    (item,) = (item for sk, item in services.dynamodb.items.items() if sk.startswith("WINDOW#"))
    item["announced"] = {"S": ""}
    services.sagemaker.statuses[window["job"]] = "Completed"
    found = plan(execution=tomorrow())["windows"]
    assert [(each["id"], each["adopted"]) for each in found] == [
        (YESTERDAY.id, True),
        (days_before(-1).id, False),
    ]


def test_the_first_windows_are_done_later_though_they_failed_and_left_no_item(services: Services) -> None:
    (window,) = plan()["windows"]
    services.sagemaker.statuses[window["job"]] = "Failed"
    assert [each["id"] for each in plan(execution=tomorrow(2))["windows"]] == [
        days_before(-days).id for days in range(3)
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
    record(
        services,
        {**without_captures(services), "id": days_before(4).id, "window": vars(days_before(4).bounds)},
    )
    for days in (1, 2):
        services.s3.captured(NOON - days * DAY)
    found = plan()
    assert [window["id"] for window in found["windows"]] == [days_before(n).id for n in (3, 2, 1, 0)]
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
    assert [each["id"] for each in plan(execution=tomorrow())["windows"]] == [days_before(-1).id]
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
    monkeypatch.setattr(handler, "first_windows", lambda found: first_windows(found, 4))
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
        monkeypatch.setattr(planned_windows, "NOW", now)
        for window in found:
            record(services, window, accuracy={"coverage": 0.1, "labelled": 1})
            last_turn[window["id"]] = hours
    # Three of nine windows that await labels get their turn at each start.
    assert (most, len(last_turn)) == (4, 10)
    assert min(last_turn.values()) >= 7


def test_a_long_gap_is_caught_up_with_from_its_end(services: Services) -> None:
    long_ago = days_before(MAX_WINDOWS + 9)
    record(services, {**without_captures(services), "id": long_ago.id, "window": vars(long_ago.bounds)})
    found = plan()["windows"]
    assert len(found) == MAX_WINDOWS
    assert found[-1]["id"] == YESTERDAY.id

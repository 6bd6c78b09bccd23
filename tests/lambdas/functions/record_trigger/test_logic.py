"""Which triggers an event makes fire."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.functions.record_trigger.logic import (
    MonitoredWindow,
    SourceEvent,
    accuracy_loss_trigger,
    code_change_trigger,
    drift_trigger,
    lacks_baseline,
    new_data_trigger,
    schedule_trigger,
    with_event_window,
)
from lambdas.triggers.coalescing import TriggerEvent
from lambdas.triggers.store import History, TrainingData
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.monitoring import WindowItem
from mdlc_constructs.settings.triggers import OnAccuracyLoss, OnDrift, OnNewData

WORSE, SAME = '{"auc": "worse"}', '{"auc": "same", "brier": "worse"}'
TIME = "2026-01-05T00:00:00Z"


def day(number: int) -> str:
    return f"2026-01-{number:02}T00:00:00+00:00"


def window(number: int, **texts: str) -> MonitoredWindow:
    attributes = {
        "monitor": "endpoint",
        "start": day(number),
        "end": day(number + 1),
        "version": "3",
        "rows": "100",
        "drifted": "true",
        "columns": '["price", "shop"]',
        "report": f"s3://b/{number}/report.json",
        "labelled_until": "2026-01-04T00:00:00",
        **texts,
    }
    return MonitoredWindow.of_item(decode(WindowItem, attributes))


def event(number: int, **changes: Any) -> SourceEvent:
    detail = {
        "version": 3,
        "monitor": "endpoint",
        "window": {"start": day(number), "end": day(number + 1)},
        **changes,
    }
    return SourceEvent.of({"id": "e1", "time": TIME, "detail": detail})


def accuracy(value: float | None, at_training: float | None = None, **texts: str) -> dict[str, str]:
    def told(one: float | None) -> str:
        return json.dumps({} if one is None else {"auc": {"value": one, "low": 0, "high": 1}})

    return {"metrics": told(value), "baseline_metrics": told(at_training), "labelled": "100", **texts}


def test_one_window_that_drifted_fires_with_its_report() -> None:
    fired = drift_trigger(event(4), OnDrift(), [window(4), window(3, drifted="false")])
    assert fired == TriggerEvent(
        event_id=f"drift-endpoint-{day(4)}-{day(5)}",
        trigger="drift",
        reason="1 window drifted in a row (price, shop).",
        at=datetime(2026, 1, 5, tzinfo=UTC),
        priority=2,
        report="s3://b/4/report.json",
        labelled_until="2026-01-04T00:00:00",
        drifted_at=day(4),
        version="3",
    )


def test_the_world_is_another_since_the_first_window_of_the_row() -> None:
    windows = [window(4), window(3), window(2), window(1, drifted="false"), window(0)]
    fired = drift_trigger(event(4), OnDrift(windows=2), windows)
    assert fired is not None
    assert (fired.drifted_at, fired.reason[:9]) == (day(2), "3 windows")


@pytest.mark.parametrize(
    ("windows", "noun"),
    [
        ([window(4), window(3, drifted="false")], OnDrift(windows=2)),
        ([window(4)], OnDrift(windows=2)),
        ([window(4)], OnDrift(columns=("items",))),
        ([window(4, version="2"), window(3, version="2")], OnDrift()),
        ([window(4, rows="0")], OnDrift()),
        ([window(5), window(4)], OnDrift()),
        ([], OnDrift()),
    ],
    ids=["odd day", "too few", "other column", "other version", "no traffic", "an older window", "none"],
)
def test_what_does_not_fire(windows: list[MonitoredWindow], noun: OnDrift) -> None:
    assert drift_trigger(event(4), noun, windows) is None


def test_a_window_without_traffic_breaks_no_row() -> None:
    assert drift_trigger(event(4), OnDrift(windows=2), [window(4), window(3, rows="0"), window(2)])


def test_drift_of_a_wanted_column_or_of_predictions_alone_fires() -> None:
    assert drift_trigger(event(4), OnDrift(columns=("shop",)), [window(4)])
    fired = drift_trigger(event(4), OnDrift(), [window(4, columns="[]")])
    assert fired and "(predictions)" in fired.reason


def test_a_wide_table_is_told_in_a_sentence() -> None:
    def reason(*columns: str) -> str:
        fired = drift_trigger(event(4), OnDrift(), [window(4, columns=json.dumps(columns))])
        assert fired is not None
        return fired.reason

    assert reason(*(f"c{number}" for number in range(5000))).endswith("c8, c9 and 4990 more).")
    assert reason(*(f"c{number}" for number in range(10))).endswith("c8, c9).")
    assert len(reason("x" * 100_000)) == 300


@pytest.mark.parametrize(
    ("noun", "values", "fires"),
    [
        (OnAccuracyLoss(metric="auc", bound=0.7), [accuracy(0.69)], True),
        (OnAccuracyLoss(metric="auc", bound=0.7), [accuracy(0.71)], False),
        (OnAccuracyLoss(metric="auc", loss=0.05), [accuracy(0.70, 0.78)], True),
        (OnAccuracyLoss(metric="auc", loss=0.05), [accuracy(0.75, 0.78)], False),
        (OnAccuracyLoss(metric="auc", loss=0.05), [accuracy(0.70)], False),
        (OnAccuracyLoss(metric="auc", bound=0.7), [accuracy(None)], False),
        (OnAccuracyLoss(metric="auc", bound=0.7, windows=2), [accuracy(0.6), accuracy(0.6)], True),
        (OnAccuracyLoss(metric="auc", bound=0.7, windows=2), [accuracy(0.6), accuracy(0.8)], False),
        (OnAccuracyLoss(metric="auc", bound=0.7, windows=2), [accuracy(0.6)], False),
        (OnAccuracyLoss(metric="auc", beyond_chance=True), [accuracy(0.77, 0.78, changes=WORSE)], True),
        (OnAccuracyLoss(metric="auc", beyond_chance=True), [accuracy(0.6, 0.78, changes=SAME)], False),
        (OnAccuracyLoss(metric="auc", beyond_chance=True), [accuracy(0.6, 0.78)], False),
        (OnAccuracyLoss(metric="brier", beyond_chance=True), [accuracy(0.6, changes=WORSE)], False),
        (OnAccuracyLoss(metric="auc", loss=0.05), [accuracy(0.77, 0.78, changes=WORSE)], False),
    ],
)
def test_accuracy_is_lost_over_as_many_windows_as_asked(
    noun: OnAccuracyLoss, values: list[dict[str, str]], fires: bool
) -> None:
    windows = [window(4 - back, **texts) for back, texts in enumerate(values)]
    assert (accuracy_loss_trigger(event(4), noun, windows) is not None) == fires


def test_the_event_tells_of_a_loss_beyond_chance_before_the_item_does() -> None:
    noun = OnAccuracyLoss(metric="auc", beyond_chance=True)
    heard = event(4, metrics={"auc": {"value": 0.7}}, changes={"auc": "worse"}, labelled=100, version=3)
    fired = accuracy_loss_trigger(heard, noun, with_event_window(heard, []))
    assert fired is not None and fired.reason == "auc is 0.7, worse beyond chance."
    quiet = event(4, metrics={"auc": {"value": 0.7}}, labelled=100, version=3)
    assert accuracy_loss_trigger(quiet, noun, with_event_window(quiet, [])) is None


def test_labels_that_come_late_judge_the_last_windows_that_have_them() -> None:
    noun = OnAccuracyLoss(metric="auc", bound=0.7)
    unlabelled, labelled = window(4, **accuracy(None)), window(3, **accuracy(0.6, 0.8))
    fired = accuracy_loss_trigger(event(3), noun, [unlabelled, labelled])
    assert fired is not None
    assert fired.event_id == f"accuracy-loss-auc-endpoint-{day(3)}-{day(4)}"
    assert fired.reason == "auc is 0.6, 0.8 on its own holdout."
    # An old window that is labelled when a newer one has been judged starts nothing.
    assert accuracy_loss_trigger(event(2), noun, [unlabelled, labelled, window(2, **accuracy(0.6))]) is None


def test_a_few_labels_are_no_loss_and_take_nothing_from_the_full_ones() -> None:
    noun = OnAccuracyLoss(metric="auc", bound=0.7)
    for labelled in ("", "0", "99"):
        assert accuracy_loss_trigger(event(4), noun, [window(4, **accuracy(0.5, labelled=labelled))]) is None
    # Nor do they hide the window before, which has enough.
    few, enough = window(4, **accuracy(0.9, labelled="5")), window(3, **accuracy(0.6))
    assert accuracy_loss_trigger(event(3), noun, [few, enough])
    assert accuracy_loss_trigger(event(4), replace(noun, least_rows=5), [few]) is None
    assert accuracy_loss_trigger(event(4), replace(noun, least_rows=5, bound=0.95), [few])


def test_what_is_too_few_to_judge_is_not_waited_for() -> None:
    noun = OnAccuracyLoss(metric="auc", loss=0.05)
    for labelled, lacks in ((99, False), (100, True)):
        told_of = event(4, metrics={"auc": {"value": 0.6}}, labelled=labelled, version=3)
        assert lacks_baseline(told_of, noun, with_event_window(told_of, [])) is lacks


def test_the_clock_strikes_once_however_often_it_is_event() -> None:
    def struck(id_: str) -> TriggerEvent:
        given: dict[str, Any] = {"id": id_, "time": TIME}
        return schedule_trigger(SourceEvent.of(given), schedule="rate(7 days)", priority=0)

    assert struck("a") == struck("b")
    assert struck("a").reason == "Scheduled by rate(7 days)."


def test_a_deployment_is_told_by_its_request() -> None:
    first = code_change_trigger("r1", "abcdef0123456789", at=datetime(2026, 1, 1, tzinfo=UTC), priority=4)
    assert (first.event_id, first.trigger) == ("code-change-r1", "code-change")
    assert "abcdef012345" in first.reason


@pytest.mark.parametrize(
    ("noun", "now", "before", "said"),
    [
        (OnNewData(files=2), TrainingData(files=5, size=10), TrainingData(files=3, size=5), "2 new files"),
        (OnNewData(files=3), TrainingData(files=5, size=10), TrainingData(files=3, size=5), None),
        (
            OnNewData(rows=100, files=9),
            TrainingData(files=4, size=3000),
            TrainingData(files=3, size=2000, rows=200),
            "1 new files, about 100 new rows",
        ),
        (
            OnNewData(rows=101, files=9),
            TrainingData(files=4, size=3000),
            TrainingData(files=3, size=2000, rows=200),
            None,
        ),
        # Nobody knows how many rows a byte holds before the first training.
        (OnNewData(rows=1, files=9), TrainingData(files=4, size=3000), TrainingData(), None),
        (OnNewData(files=1), TrainingData(files=2, size=10), TrainingData(files=3, size=20), None),
    ],
)
def test_enough_that_is_new(
    noun: OnNewData, now: TrainingData, before: TrainingData, said: str | None
) -> None:
    fired = new_data_trigger(SourceEvent.of({"id": "e", "time": TIME}), noun, now, History(data=before))
    assert (fired.reason if fired else None) == (f"{said} since the last training." if said else None)


def test_more_files_before_the_next_training_are_the_same_news() -> None:
    before = History(data=TrainingData(files=3, size=5))
    noun, told = OnNewData(files=1), SourceEvent.of({"id": "e", "time": TIME})
    first, second = (new_data_trigger(told, noun, TrainingData(files=n, size=n), before) for n in (5, 6))
    assert first and second and first.event_id == second.event_id


def test_an_event_is_believed_whose_item_is_not_written_yet() -> None:
    drifted = event(4, drifted=True, columns=["price"], rows=9, report="s3://b/r.json", version=3)
    windows = with_event_window(drifted, [window(3), window(2, drifted="false")])
    assert [each.start for each in windows] == [day(4), day(3), day(2)]
    fired = drift_trigger(drifted, OnDrift(windows=2), windows)
    assert fired is not None
    assert (fired.report, fired.drifted_at) == ("s3://b/r.json", day(3))


def test_an_event_replaces_what_was_known_of_its_window() -> None:
    again = event(4, drifted=False, rows=9, version=3)
    (own,) = with_event_window(again, [window(4)])
    assert own.drifted is False
    assert drift_trigger(again, OnDrift(), [own]) is None


def test_the_score_at_training_comes_from_any_window_of_the_version() -> None:
    noun = OnAccuracyLoss(metric="auc", loss=0.05)
    late = event(4, metrics={"auc": {"value": 0.6}}, labelled=100, version=3)
    alone = with_event_window(late, [window(3, version="2", **accuracy(0.8, 0.9))])
    assert lacks_baseline(late, noun, alone)
    assert not lacks_baseline(late, OnAccuracyLoss(metric="auc", bound=0.7), alone)
    known = with_event_window(late, [window(3, **accuracy(0.8, 0.9))])
    assert not lacks_baseline(late, noun, known)
    assert accuracy_loss_trigger(late, noun, known) is not None
    assert not lacks_baseline(event(4, version=3), noun, with_event_window(event(4, version=3), []))


def test_a_window_of_no_known_version_is_judged_by_none() -> None:
    (own,) = with_event_window(event(4, version=0, drifted=True), [])
    assert own.version == ""

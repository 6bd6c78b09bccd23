"""What notes triggers: an event's rule or a deployment calls it, perhaps more than once."""

import json
from typing import Any

import pytest

from lambdas.aws import custom_resource
from lambdas.functions.record_trigger import handler
from mdlc_constructs.settings.triggers import (
    OnAccuracyLoss,
    OnCodeChange,
    OnDrift,
    OnNewData,
    OnSchedule,
    Trigger,
    encode_trigger,
)
from tests.lambdas.fakes import client_error
from tests.lambdas.machines import arn
from tests.lambdas.retraining import Model

WINDOW = {
    "sk": "WINDOW#endpoint#20260101T000000Z_20260102T000000Z",
    "start": "2026-01-01T00:00:00+00:00",
    "end": "2026-01-02T00:00:00+00:00",
    "version": "3",
    "rows": "10",
    "drifted": "true",
    "columns": "[]",
    "labelled": "200",
    "metrics": json.dumps({"auc": {"value": 0.5}}),
}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    return Model(monkeypatch)


def told(model: Model, *triggers: Trigger, **event: Any) -> dict[str, Any]:
    """What a rule hands over."""
    return {
        "table": "audit",
        "model": "flights",
        "machine": arn("flights-retraining"),
        "dataset": "s3://b/raw/",
        "triggers": [encode_trigger(one) for one in triggers],
        "event": {"id": "e", "time": "2026-01-02T00:00:00Z", "detail": {}, **event},
    }


def judged(model: Model, *triggers: Trigger) -> dict[str, Any]:
    """A window was judged."""
    item = {name: {"S": value} for name, value in WINDOW.items()}
    model.table.items["MODEL#flights", WINDOW["sk"]] = {**item, "pk": {"S": "MODEL#flights"}}
    window = {name: WINDOW[name] for name in ("start", "end")}
    detail = {"monitor": "endpoint", "version": 3, "window": window, "rows": 10, "drifted": True}
    measured = {"metrics": {"auc": {"value": 0.5}}, "labelled": 200}
    return told(model, *triggers, detail={**detail, **measured})


def test_a_storm_of_one_event_starts_one_retraining(model: Model) -> None:
    event = judged(model, OnDrift())
    answers = [handler.handler(event, None) for _ in range(20)]
    assert [one and one["new"] for one in answers] == [1, *[0] * 19]
    assert len({one and one["execution"] for one in answers}) == 1
    assert len(model.machines.executions) == 1


def test_one_window_may_fire_several_triggers_of_one_retraining(model: Model) -> None:
    answer = handler.handler(judged(model, OnDrift(), OnAccuracyLoss(metric="auc", bound=0.6)), None)
    assert answer is not None and (answer["fired"], answer["new"]) == (2, 2)
    assert len(model.machines.executions) == 1


@pytest.mark.parametrize(("champion", "fires"), [(3, 2), (4, 0), (2, 0)])
def test_only_the_champions_windows_count(model: Model, champion: int, fires: int) -> None:
    model.champion(champion)
    answer = handler.handler(judged(model, OnDrift(), OnAccuracyLoss(metric="auc", bound=0.6)), None)
    assert answer is not None and answer["fired"] == fires
    assert {one.event.version for one in model.notes.pending()} == ({"3"} if fires else set())


def test_the_score_at_training_is_waited_for(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    event, slept = judged(model, OnAccuracyLoss(metric="auc", loss=0.1)), []

    def sleeps(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            item = model.table.items["MODEL#flights", WINDOW["sk"]]
            item["baseline_metrics"] = {"S": json.dumps({"auc": 0.7})}

    monkeypatch.setattr("time.sleep", sleeps)
    answer = handler.handler(event, None)
    assert answer is not None and (answer["fired"], len(slept)) == (1, 3)
    del model.table.items["MODEL#flights", WINDOW["sk"]]
    answer = handler.handler(event, None)
    assert answer is not None and (answer["fired"], len(slept)) == (0, 3 + handler.MAX_LOOKS)


def test_what_does_not_fire_starts_nothing(model: Model) -> None:
    assert handler.handler(judged(model, OnDrift(windows=2)), None) == {
        "fired": 0,
        "new": 0,
        "execution": None,
    }


def test_who_noted_and_died_is_made_good_by_the_next_delivery(model: Model) -> None:
    event = told(model, OnSchedule(schedule="rate(1 day)"))
    start = model.machines.start_execution
    model.machines.start_execution = lambda **_: (_ for _ in ()).throw(RuntimeError("killed"))  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="killed"):
        handler.handler(event, None)
    model.machines.start_execution = start  # type: ignore[method-assign]
    answer = handler.handler(event, None)
    assert answer is not None and answer["new"] == 0 and answer["execution"]


def test_new_files_are_counted_when_one_comes(model: Model) -> None:
    answer = handler.handler(told(model, OnNewData(files=2)), None)
    assert answer is not None and answer["fired"] == 0
    model.s3.objects |= {"b/raw/b.csv": {"Size": 10}, "b/raw/_SUCCESS": {"Size": 0}}
    answer = handler.handler(told(model, OnNewData(files=2)), None)
    assert answer is not None and answer["fired"] == 1
    assert model.notes.pending()[0].event.reason == "2 new files since the last training."


def test_new_files_fire_again_after_a_retraining_that_failed(model: Model) -> None:
    event = told(model, OnNewData(files=1))
    for execution, new in (("x1", 1), ("x2", 1)):
        answer = handler.handler(event, None)
        again = handler.handler(event, None)
        assert answer and again and (answer["new"], again["new"]) == (new, 0)
        gathered = model.gather(execution, noted=True)
        model.ask(gathered, execution)
        model.claim(gathered, execution)
        model.conclude(gathered["request_id"], "Failed", execution)
        assert model.notes.pending() == []


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What CloudFormation was answered."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(
        custom_resource, "answer", lambda event, status, reason, *, kind: found.append((status, reason))
    )
    return found


def deployment(kind: str, before: str = "aaa") -> dict[str, Any]:
    """A call of CloudFormation, which hands every number over as text."""
    return {
        "RequestType": kind,
        "RequestId": "r1",
        "ResourceProperties": {
            "table": "audit",
            "model": "flights",
            "machine": arn("flights-retraining"),
            "triggers": [{"trigger": OnCodeChange.name, "priority": "4"}],
            "Digest": "abc",
        },
        "OldResourceProperties": {"Digest": before},
    }


@pytest.mark.parametrize(("kind", "started"), [("Create", 0), ("Update", 1), ("Delete", 0)])
def test_only_a_change_is_a_reason_to_train(
    model: Model, answered: list[tuple[str, str]], kind: str, started: int
) -> None:
    for _ in range(2):
        assert handler.handler(deployment(kind), None) is None
    assert answered == [("SUCCESS", "")] * 2
    assert len(model.machines.executions) == started


def test_an_update_that_leaves_the_digest_is_no_reason_to_train(
    model: Model, answered: list[tuple[str, str]]
) -> None:
    handler.handler(deployment("Update", before="abc"), None)
    assert answered == [("SUCCESS", "")]
    assert len(model.machines.executions) == 0


def test_a_deployment_is_answered_whatever_happens(model: Model, answered: list[tuple[str, str]]) -> None:
    def refused(call: str) -> None:
        raise client_error("AccessDeniedException", "no table")

    model.table.before = refused
    handler.handler(deployment("Update"), None)
    ((status, reason),) = answered
    assert status == "FAILED"
    assert "no table" in reason

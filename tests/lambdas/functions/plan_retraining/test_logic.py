"""A retraining's own steps, one after the other and by several executions at once."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.functions.plan_retraining.logic import checked_input
from lambdas.planning.errors import InvalidInput
from tests.lambdas.machines import arn
from tests.lambdas.retraining import START, Model
from tests.lambdas.triggers.test_store import FIRED


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    return Model(monkeypatch)


def held(model: Model, execution: str = "x1", **given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """CoalesceTriggers, ask and claim; what was gathered and what is to be done."""
    gathered = model.gather(execution, **given)
    assert model.ask(gathered, execution) == "Held"
    return gathered, model.claim(gathered, execution)


def test_a_request_waits_for_its_debounce_and_for_no_cool_down(model: Model) -> None:
    gathered, _ = held(model, reason="because")
    model.conclude(gathered["request_id"], "Lost")
    found = model.gather("x2", reason="again")
    assert (found["step"], found["seconds"], found["priority"]) == ("Wait", 600, 5)


def test_what_was_noted_waits_for_the_cool_down_that_losses_make_longer(model: Model) -> None:
    gathered, _ = held(model)
    model.conclude(gathered["request_id"], "Lost")
    model.notes.record(FIRED, model.now)
    assert model.gather("x2", noted=True)["seconds"] == 12 * 3600
    gathered, _ = held(model, "x3")
    model.conclude(gathered["request_id"], "Succeeded", "x3")
    assert model.notes.history().past.losses == 0


def test_a_failure_or_work_done_before_is_no_verdict(model: Model) -> None:
    for execution, outcome in (("x1", "Lost"), ("x2", "Failed"), ("x3", "Unchanged"), ("x4", "Superseded")):
        gathered, _ = held(model, execution)
        model.conclude(gathered["request_id"], outcome, execution)
        assert model.notes.history().past.losses == 1


def test_nothing_noted_is_nothing_to_do(model: Model) -> None:
    assert model.gather(noted=True)["step"] == "Nothing"


def test_the_work_says_everything(model: Model) -> None:
    model.notes.record(replace(FIRED, window=""), model.now)
    gathered, work = held(model, reason="a person, too")
    request_id = gathered["request_id"]
    assert work["step"] == "Train"
    assert work["training"]["name"] == request_id
    assert work["training"]["input"] == {
        "window": {"start": "2025-11-24T00:00:01", "end": "2025-12-31T00:00:01"},
        "holdout": {"start": "2025-12-24T00:00:01", "end": "2025-12-31T00:00:01"},
        "trigger": "drift+request",
        "reason": "price drifted; a person, too",
        "request_id": request_id,
    }
    assert [one["trigger"] for one in json.loads(work["triggers"])] == ["drift", "request"]
    assert json.loads(work["triggers"])[0]["report"] == FIRED.report
    assert work["counted"] == {"files": 1, "size": 500}
    assert work["release"]["arn"] == arn("flights-release", request_id)


def test_whatever_fired_the_work_fits_into_a_state_and_an_event(model: Model) -> None:
    for number in range(200):
        one = replace(FIRED, event_id=f"e{number}", window="", report=f"s3://b/{'r' * 1000}/report.json")
        model.notes.record(replace(one, reason=f"{number} " + "x" * 10_000), model.now)
    _, work = held(model, reason="y" * 100_000)
    assert len(json.loads(work["triggers"])) == 50
    assert len(json.dumps(work)) < 128 * 1024


def test_who_names_the_rows_gets_them(model: Model) -> None:
    spans: dict[str, Any] = {
        "window": {"start": "2025-01-01"},
        "holdout": {"start": "2025-06-01", "end": "2025-07-01"},
    }
    _, work = held(model, **spans)
    assert work["training"]["input"]["window"] == {"start": "2025-01-01T00:00:00", "end": None}
    assert work["training"]["input"]["holdout"]["end"] == "2025-07-01T00:00:00"


def test_rows_end_where_labels_do_and_begin_where_the_world_changed(model: Model) -> None:
    _, work = held(model, labelled_until="2025-12-01", drifted_at="2025-08-01")
    assert work["training"]["input"]["window"] == {
        "start": "2025-08-01T00:00:00",
        "end": "2025-12-01T00:00:01",
    }


def test_without_a_hint_labels_take_their_declared_delay(model: Model) -> None:
    _, work = held(model)
    end = START - timedelta(days=1)
    assert work["training"]["input"]["window"]["end"] == end.replace(tzinfo=None).isoformat()


@pytest.mark.parametrize("right", ["", "2025-12-01"])
def test_a_label_from_the_future_moves_no_window_beyond_now(model: Model, right: str) -> None:
    model.notes.record(replace(FIRED, window="", labelled_until=right), model.now)
    _, work = held(model, labelled_until="2062-01-01")
    end = START - timedelta(days=1)
    assert work["training"]["input"]["window"]["end"] == end.replace(tzinfo=None).isoformat()


def windowed(model: Model, monitor: str, day: int, labelled_until: str) -> None:
    """A window that monitoring recorded."""
    pk, sk = "MODEL#flights", f"WINDOW#{monitor}#202512{day:02}T000000Z_202512{day + 1:02}T000000Z"
    model.table.items[pk, sk] = {"labelled_until": {"S": labelled_until}}


@pytest.mark.parametrize(
    ("asked", "end"), [("", "2025-12-20T00:00:01"), ("2025-12-05", "2025-12-10T00:00:01")]
)
def test_after_a_long_cool_down_rows_end_where_labels_do_by_then(model: Model, asked: str, end: str) -> None:
    model.notes.record(replace(FIRED, window="", labelled_until="2025-12-10T00:00:00"), model.now)
    for day, until in ((18, "2025-12-19"), (19, "2025-12-20"), (20, ""), (21, "2062-01-01")):
        windowed(model, "endpoint", day, until)
    windowed(model, "batch", 1, "2025-12-02")
    # What a person says about labels is not known better.
    given: dict[str, Any] = {"labelled_until": asked} if asked else {"noted": True}
    _, work = held(model, **given)
    assert work["training"]["input"]["window"]["end"] == end


def test_a_split_by_shares_takes_no_holdout(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {**model.plan, "by_time": False}
    monkeypatch.setattr(Model, "plan", plan)
    assert "holdout" not in held(model)[1]["training"]["input"]


def test_what_was_found_of_a_version_that_was_replaced_since_is_dropped(model: Model) -> None:
    model.champion(2)
    for version in ("1", "2", ""):
        fired = replace(FIRED, event_id=f"e{version}", at=FIRED.at + timedelta(seconds=int(version or 9)))
        model.notes.record(replace(fired, version=version, reason=f"of {version}"), model.now)
    gathered = model.gather(noted=True)
    model.ask(gathered)
    for _ in range(2):
        work = model.claim(gathered)
        # The request was named after the first trigger, which is the one that is dropped.
        assert (work["step"], work["request_id"]) == ("Train", gathered["request_id"])
        assert [one["reason"] for one in json.loads(work["triggers"])] == ["of 2", "of "]


def test_nothing_trains_when_everything_that_fired_is_about_a_replaced_version(model: Model) -> None:
    model.notes.record(replace(FIRED, version="1"), model.now)
    gathered = model.gather(noted=True)
    model.ask(gathered)
    model.champion(2)
    assert model.claim(gathered)["step"] == "Replaced"
    model.notes.record(replace(FIRED, event_id="of the champion", version="2"), model.now)
    told = model.conclude(gathered["request_id"], "Superseded")
    assert model.holder() == ""
    assert [trigger.event.version for trigger in model.notes.pending()] == ["2"]
    # What came meanwhile is not left lying, and no cool-down began.
    assert told["next"] in model.machines.executions
    assert model.notes.history().past.ended_at is None


def test_a_version_that_was_replaced_while_its_training_ran_is_carried_on(model: Model) -> None:
    model.notes.record(replace(FIRED, version="1", window=""), model.now)
    gathered, work = held(model, noted=True)
    model.machines.runs("flights-training", gathered["request_id"], **work["training"]["input"])
    model.champion(2)
    assert model.claim(gathered)["training"] == work["training"]


def test_a_storm_of_executions_trains_once(model: Model) -> None:
    model.notes.record(FIRED, model.now)
    gathered = [model.gather(f"x{number}", noted=True) for number in range(5)]
    assert len({one["request_id"] for one in gathered}) == 1
    answers = [model.ask(one, f"x{number}") for number, one in enumerate(gathered)]
    assert answers == ["Held", *["Duplicate"] * 4]


def test_what_fires_while_it_trains_is_the_next_ones(model: Model) -> None:
    gathered, _ = held(model)
    model.notes.record(FIRED, model.now)
    told = model.conclude(gathered["request_id"], "Succeeded")
    assert model.notes.pending()[0].claimed_by == ""
    (name,) = [one for one in model.machines.names("flights-retraining") if one != "x1"]
    assert told["next"] == arn("flights-retraining", name)
    assert model.gather(name, noted=True)["seconds"] == 6 * 3600


def test_who_stood_in_line_keeps_the_cool_down_of_the_one_before(model: Model) -> None:
    first, _ = held(model)
    model.notes.record(FIRED, model.now)
    second = model.gather("x2", noted=True)
    assert model.ask(second, "x2") == ""
    model.conclude(first["request_id"], "Succeeded")
    assert model.machines.told[-1][1]["lease"] == "Held"
    again = model.claim(second, "x2")
    assert (again["step"], again["seconds"]) == ("Wait", 6 * 3600)
    assert model.holder() == ""
    model.wait(hours=6)
    assert model.ask(again, "x2") == "Held"
    assert model.claim(again, "x2")["step"] == "Train"


def test_the_next_start_carries_on_what_a_dead_execution_left(model: Model) -> None:
    first, work = held(model, reason="first")
    model.machines.ends("flights-training", first["request_id"], outcome="Succeeded", run="abc")
    model.machines.executions[work["training"]["arn"]]["input"] = json.dumps(work["training"]["input"])
    model.dies()
    model.wait(hours=1)
    second = model.gather("x2", reason="start again")
    assert (second["request_id"], second["seconds"]) == (first["request_id"], 0)
    assert model.ask(second, "x2") == "Held"
    carried = model.claim(second, "x2")
    assert (carried["step"], carried["trained"]) == ("Trained", {"outcome": "Succeeded", "run": "abc"})
    assert carried["training"] == work["training"]
    model.conclude(second["request_id"], "Succeeded", "x2")
    assert (model.notes.pending(), model.holder()) == ([], "")


def test_a_training_that_was_stopped_with_its_retraining_goes_on_with_the_same_rows(model: Model) -> None:
    first, work = held(model)
    model.machines.runs("flights-training", first["request_id"], **work["training"]["input"])
    model.machines.ends("flights-training", first["request_id"], "ABORTED")
    model.dies()
    model.wait(days=3)
    second = model.gather("x2")
    model.ask(second, "x2")
    again = model.claim(second, "x2")
    assert again["training"]["name"] == f"{first['request_id']}-2"
    assert again["training"]["input"] == work["training"]["input"]


def test_a_training_that_still_runs_is_followed_with_its_own_input(model: Model) -> None:
    first, work = held(model)
    model.machines.runs("flights-training", first["request_id"], **work["training"]["input"])
    model.dies()
    model.wait(hours=2)
    second = model.gather("x2")
    model.ask(second, "x2")
    assert model.claim(second, "x2")["training"] == work["training"]


def test_a_release_that_was_done_is_not_done_again(model: Model) -> None:
    first, _ = held(model)
    for machine in ("training", "release"):
        model.machines.ends(f"flights-{machine}", first["request_id"], outcome="Succeeded", run="r")
    model.dies()
    second = model.gather("x2")
    model.ask(second, "x2")
    assert model.claim(second, "x2")["released"] == {"outcome": "Succeeded", "run": "r"}


def test_a_repeated_claim_claims_the_same(model: Model) -> None:
    gathered, work = held(model)
    model.machines.runs("flights-training", gathered["request_id"], **work["training"]["input"])
    model.notes.record(FIRED, model.now)
    again = model.claim(gathered)
    assert (again["triggers"], again["training"]) == (work["triggers"], work["training"])


def test_the_lease_is_given_back_after_whatever_outcome(model: Model) -> None:
    for number, outcome in enumerate(("Succeeded", "Lost", "Unchanged", "Failed", "Duplicate")):
        execution = f"x{number}"
        gathered, _ = held(model, execution)
        model.conclude(gathered["request_id"], outcome, execution)
        assert model.holder() == ""
        for one in model.notes.pending():
            model.notes.conclude([one], model.notes.history())


def test_a_repeated_conclusion_counts_once(model: Model) -> None:
    gathered, _ = held(model)
    for _ in range(3):
        model.conclude(gathered["request_id"], "Lost", counted={"files": 1, "size": 500}, rows="50")
    history = model.notes.history()
    assert (history.past.losses, history.data.rows) == (1, 50)


def test_what_failed_before_its_lease_is_asked_again_and_not_by_itself(model: Model) -> None:
    model.notes.record(FIRED, model.now)
    gathered = model.gather(noted=True)
    model.machines.executions[arn("flights-retraining", "other")] = {"status": "RUNNING"}
    assert model.conclude(gathered["request_id"], "Failed", error="LeaseTooLarge") == {}
    assert len(model.notes.pending()) == 1
    assert model.notes.history().past.ended_at is None
    assert model.gather("x2", noted=True)["request_id"] == gathered["request_id"]
    assert model.ask(gathered, "x2") == "Held"


def test_who_stood_in_line_for_too_long_goes_to_its_end(model: Model) -> None:
    first, _ = held(model)
    model.notes.record(FIRED, model.now)
    gathered = model.gather("x2", noted=True)
    assert model.ask(gathered, "x2") == ""
    told = model.conclude(gathered["request_id"], "Failed", "x2", error="States.Timeout")
    assert told["next"] == arn("flights-retraining", gathered["request_id"])
    assert model.holder() == first["request_id"]
    model.dies("x2")
    assert model.gather(gathered["request_id"], noted=True)["request_id"] == gathered["request_id"]
    assert model.ask(gathered, gathered["request_id"]) == ""
    model.conclude(first["request_id"], "Succeeded")
    assert model.holder() == gathered["request_id"]


def test_a_failure_before_anything_was_gathered_concludes_nothing(model: Model) -> None:
    assert model.conclude("", "Failed") == {}


def test_who_rests_lets_others_train_and_keeps_the_model(model: Model) -> None:
    gathered, _ = held(model)
    model.step("rest", gathered=gathered)
    total = model.table.items["FLEET#fleet", "TOTAL"]
    assert {total[name]["N"] for name in ("used_jobs", "used_instances")} == {"0"}
    assert model.holder() == gathered["request_id"]


@pytest.mark.parametrize(("status", "told"), [("PendingManualApproval", 0), ("Approved", 1), ("Rejected", 1)])
def test_a_decision_made_before_the_wait_ends_it(model: Model, status: str, told: int) -> None:
    model.registry.status = status
    model.machines.waited.add("token")
    model.step("await_approval", token="token", package_arn="arn:p/1")
    assert len(model.machines.told) == told
    item = model.table.items["MODEL#flights", "WAITING#approval#x1"]
    assert (item["task_token"], item["package_arn"]) == ({"S": "token"}, {"S": "arn:p/1"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"windw": {}}, "unknown key 'windw'"),
        ({"window": {"from": "2013"}}, "window has the unknown key"),
        ({"labelled_until": "yesterday"}, "labelled_until is 'yesterday'"),
        ({"reason": 3}, "reason is 3"),
        ([], "give a JSON object"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(given: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        checked_input(given)

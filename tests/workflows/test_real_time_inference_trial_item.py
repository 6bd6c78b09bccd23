"""The audit table's item of an experiment: written before the endpoint is touched, by one execution."""

from typing import Any

from mdlc_constructs.settings.experiment import ABTest, Shadow
from mdlc_constructs.workflows.real_time_inference.trial_item import forget, record_trial, run

KEY = {"pk": {"S": "MODEL#flights"}, "sk": {"S": "EXPERIMENT#board"}}


def asked(task: Any) -> Any:
    return task.to_asl()["Arguments"]


def test_callers_are_told_of_a_test_and_not_of_a_shadow() -> None:
    item = asked(record_trial("flights", "board", ABTest(), "tail"))["Item"]
    assert {name: item[name] for name in KEY} == KEY
    assert item["weights"] == {"S": '[["main", 50], ["challenger", 50]]'}
    assert (item["entity"], item["kind"], item["status"]) == ({"S": "tail"}, {"S": "ab"}, {"S": "starting"})
    shadow = asked(record_trial("flights", "board", Shadow(), "tail"))["Item"]
    assert not {"weights", "entity"} & shadow.keys()
    assert shadow["champion_config"] == {"S": "{% $plan.trial.champion_config %}"}


def test_one_execution_notes_and_the_others_plan_again() -> None:
    task: Any = record_trial("flights", "board", Shadow(), None).to_asl()
    assert "attribute_not_exists(pk)" in task["Arguments"]["ConditionExpression"]
    assert task["Catch"][0]["ErrorEquals"] == ["DynamoDB.ConditionalCheckFailedException"]
    assert task["Catch"][0]["Next"] == "Plan"


def test_who_carries_on_keeps_when_it_began() -> None:
    task: Any = run("flights", "board").to_asl()
    assert task["Arguments"]["Key"] == KEY
    assert "running_since = if_not_exists(running_since, :now)" in task["Arguments"]["UpdateExpression"]
    assert task["Catch"][0]["Next"] == "Plan"


def test_what_another_noted_since_is_not_forgotten() -> None:
    task: Any = forget("flights", "board").to_asl()
    (delete,) = (one["Delete"] for one in task["Arguments"]["TransactItems"])
    assert delete["Key"] == KEY
    assert delete["ConditionExpression"] == "trial_config = :config OR #execution = :seen"
    assert [catch["Next"] for catch in task["Catch"]] == ["TrialDecision"]

"""The retraining workflow as a construct: what stands around its machine."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from aws_cdk import App, Stack
from syrupy.assertion import SnapshotAssertion

from mdlc_constructs import (
    BuiltInAlgorithm,
    Gate,
    ModelHome,
    OnCodeChange,
    OnRequest,
    RetrainingWorkflow,
    SlidingWindow,
    Split,
    TrainingWorkflow,
)
from mdlc_constructs.governance.nag import flat
from mdlc_constructs.settings.triggers import decode_trigger
from mdlc_constructs.workflows.retraining.code_change import work_digest
from tests.synthesized import Synthesized
from tests.workflows.settings import ALGORITHM, DATASET
from tests.workflows.stacks import HERE, retraining

WINDOW = SlidingWindow(length=timedelta(days=90), holdout=timedelta(days=14))
COMPARING = Gate(better_than_champion="auc")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A stack with every trigger, and another model with none."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    retraining(Stack(app, "Retraining", env=HERE))
    return Synthesized.all_of(app)["Retraining"]


@pytest.fixture
def home() -> ModelHome:
    """A home in a stack for what is refused before anything is synthesized."""
    return ModelHome(Stack(App(), "Refused", env=HERE), "Model", name="flights")


def trained(home: ModelHome, id_: str = "Training", **arguments: Any) -> TrainingWorkflow:
    given = {"dataset": DATASET, "algorithm": ALGORITHM, "gate": COMPARING, **arguments}
    return TrainingWorkflow(home.node.scope, id_, home=home, **given)  # type: ignore[arg-type]


def rules(stack: Synthesized) -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in stack.of_type("AWS::Events::Rule").items()}


def rule(stack: Synthesized, start: str) -> dict[str, Any]:
    (found,) = (one for name, one in rules(stack).items() if name.startswith(start))
    return found


def joined(value: Any) -> str:
    """A text of a template, with a mark for everything that is known only at deployment."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(joined(part) for part in value["Fn::Join"][1])
    return "known-at-deployment"


def told(target: dict[str, Any]) -> dict[str, Any]:
    """What a rule hands over, its event left out."""
    text = joined(target["InputTransformer"]["InputTemplate"])
    found: dict[str, Any] = json.loads(text.replace("<aws.events.event.json>", "{}").replace("<status>", "0"))
    return found


def test_logical_ids_are_a_contract(stack: Synthesized, snapshot: SnapshotAssertion) -> None:
    assert {
        name: one["Type"]
        for name, one in stack.resources.items()
        if name.startswith(("Retraining", "Others", "Fleet", "Functions"))
    } == snapshot


def test_the_machine_is_a_contract(stack: Synthesized, snapshot: SnapshotAssertion) -> None:
    states = stack.states("flights-retraining")
    assert {
        name: body.get("Next") or body.get("Default") or "end" for name, body in states.items()
    } == snapshot


@pytest.mark.parametrize(
    ("logical", "kinds"),
    [
        ("RetrainingSchedule", ["schedule"]),
        ("RetrainingNewData", ["new-data"]),
        ("RetrainingMonitored", ["drift", "accuracy-loss"]),
    ],
)
def test_every_source_of_triggers_has_its_rule(stack: Synthesized, logical: str, kinds: list[str]) -> None:
    (target,) = rule(stack, logical)["Targets"]
    plan = told(target)
    assert [one["trigger"] for one in plan["triggers"]] == kinds
    # What the function is told makes the very nouns again.
    assert [decode_trigger(one).name for one in plan["triggers"]] == kinds
    assert (plan["model"], plan["dataset"]) == ("flights", "s3://bucket/raw/")
    assert "event" in plan


def test_rules_listen_to_this_model_and_this_data(stack: Synthesized) -> None:
    assert rule(stack, "RetrainingMonitored")["EventPattern"]["detail"] == {"model": ["flights"]}
    assert rule(stack, "RetrainingSchedule")["ScheduleExpression"] == "rate(7 days)"
    assert rule(stack, "RetrainingNewData")["EventPattern"]["detail"] == {
        "bucket": {"name": ["bucket"]},
        "object": {"key": [{"prefix": "raw/"}]},
    }


def test_an_event_that_could_not_be_noted_rings(stack: Synthesized) -> None:
    (alarm,) = (
        one["Properties"]
        for name, one in stack.of_type("AWS::CloudWatch::Alarm").items()
        if name.startswith("RetrainingNoting")
    )
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("AWS/Lambda", "Errors", 1)
    (dimension,) = alarm["Dimensions"]
    assert dimension["Name"] == "FunctionName"
    assert "FunctionsRecordTrigger" in json.dumps(dimension["Value"])


def test_who_asks_for_nothing_but_requests_has_no_rule_that_notes(stack: Synthesized) -> None:
    own = [name for name in rules(stack) if name.startswith("Others") and "Fleet" not in name]
    assert [name[6:13] for name in own] == ["Decided", "Resumin"]


@pytest.mark.parametrize(
    ("logical", "model"), [("RetrainingResuming", "flights"), ("OthersResuming", "trains")]
)
def test_what_was_killed_is_looked_for_every_hour(stack: Synthesized, logical: str, model: str) -> None:
    resuming = rule(stack, logical)
    assert resuming["ScheduleExpression"] == "rate(1 hour)"
    (target,) = resuming["Targets"]
    assert "FunctionsRecordTrigger" in json.dumps(target["Arn"])
    plan = json.loads(joined(target["Input"]))
    assert (plan["model"], plan["resume"], sorted(plan)) == (
        model,
        True,
        ["machine", "model", "resume", "table"],
    )


def test_a_decision_in_the_registry_wakes_the_machine(stack: Synthesized) -> None:
    decided = rule(stack, "RetrainingDecided")
    assert decided["EventPattern"]["detail"] == {
        "ModelPackageGroupName": ["flights"],
        "ModelApprovalStatus": ["Approved", "Rejected"],
    }
    assert told(decided["Targets"][0])["endpoint"] == "approval"


def test_a_deployment_hands_over_the_digest_of_the_work(stack: Synthesized) -> None:
    (code,) = stack.of_type("Custom::MdlcTrainingCode").values()
    assert len(code["Properties"]["Digest"]) == 64
    assert code["Properties"]["triggers"] == [{"trigger": "code-change", "priority": 4}]
    assert any("StateMachine" in one for one in code["DependsOn"])


def test_the_digest_changes_with_the_work_and_with_nothing_else() -> None:
    def digest(**arguments: Any) -> str:
        home = ModelHome(Stack(App(), "Stack", env=HERE), "Model", name="flights")
        return work_digest(trained(home, **arguments).machine)

    assert digest() == digest() == digest(code_version="v2")
    assert digest() != digest(algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=11))
    assert digest() != digest(dataset=replace(DATASET, uri="s3://bucket/other/"))


def test_fleets_are_reaped_by_the_clock(stack: Synthesized) -> None:
    reaped = [one for one in rules(stack).values() if one.get("ScheduleExpression") == "rate(15 minutes)"]
    budgets = [json.loads(joined(one["Targets"][0]["Input"]))["budget"]["jobs"] for one in reaped]
    assert sorted(budgets) == [2, 10]
    looked_at = {r for a, r in stack.allowed("FunctionsReapLeasesRole") if a == "states:DescribeExecution"}
    assert {one.rsplit(":", 2)[1] for one in looked_at} == {"*-retraining"}


def test_functions_see_the_data_of_the_model_only(stack: Synthesized) -> None:
    for role in ("FunctionsPlanRetrainingRole", "FunctionsRecordTriggerRole"):
        actions = {action for action, _ in stack.allowed(role)}
        assert not actions & {"s3:GetObject", "s3:PutObject", "sagemaker:CreateTrainingJob"}
    started = {
        r.rpartition(":")[2]
        for a, r in stack.allowed("FunctionsRecordTriggerRole")
        if a == "states:StartExecution"
    }
    assert started == {"flights-retraining", "trains-retraining"}


def test_the_workflows_executions_are_ended_with_the_stack(stack: Synthesized) -> None:
    (clean_up,) = (
        one["Properties"]
        for one in stack.of_type("Custom::MdlcCleanUp").values()
        if one["Properties"]["Model"] == "flights"
    )
    assert any("flights-retraining" in flat(arn) for arn in clean_up["Machines"])


def test_a_training_that_compares_nothing_needs_a_declared_reason(home: ModelHome) -> None:
    training = trained(home, gate=Gate())
    with pytest.raises(ValueError, match=r"give it Gate\(better_than_champion=...\), or say why not"):
        RetrainingWorkflow(
            home.node.scope,  # type: ignore[arg-type]
            "Retraining",
            home=home,
            training=training,
            triggers=(OnRequest(),),
            window=WINDOW,
        )


def test_a_workflow_of_another_home_is_refused(home: ModelHome) -> None:
    scope: Any = home.node.scope
    other = ModelHome(scope, "Other", name="trains")
    with pytest.raises(ValueError, match="training is a workflow of 'trains' and home is that of 'flights'"):
        RetrainingWorkflow(
            scope, "R", home=home, training=trained(other), triggers=(OnRequest(),), window=WINDOW
        )


def test_the_split_says_whether_a_holdout_is_named(home: ModelHome) -> None:
    scope: Any = home.node.scope
    split = Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 10, 1))
    other = ModelHome(scope, "Other", name="trains")
    for number, (one, training, by_time) in enumerate(
        ((home, trained(home), False), (other, trained(other, "T2", split=split), True))
    ):
        made = RetrainingWorkflow(
            scope, f"R{number}", home=one, training=training, triggers=(OnCodeChange(),), window=WINDOW
        )
        assert made.settings.by_time is by_time

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from aws_cdk import App, RemovalPolicy
from aws_cdk.assertions import Match, Template

from mdlc_constructs import (
    BuiltInAlgorithm,
    Dataset,
    Decisions,
    Fallback,
    Gate,
    Labels,
    OnDrift,
    Split,
)
from stacks.model_team import ModelTeam, ModelTeamStack
from stacks.platform import PlatformStack


def customers(uri: str) -> Dataset:
    return Dataset.csv(
        uri,
        label="left",
        timestamp="day",
        row_key=("id",),
        columns={"plan": "category", "age": "integer", "spent": "number"},
    )


def keep_or_offer(dataset: Dataset) -> Decisions:
    return Decisions.about(dataset, decisions=("keep", "offer"), fallback=Fallback(decision="keep"))


RULES = {
    "schema_version": 1,
    "version": "1",
    "overrides": [],
    "bands": [{"below": 0.5, "decision": "keep"}, {"from": 0.5, "decision": "offer"}],
}

TEAM = ModelTeam(
    name="churn",
    dataset=customers,
    algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=20),
    split=Split.by_time(validation_from=date(2026, 5, 1), holdout_from=date(2026, 6, 1)),
    gate=Gate(at_least={"auc": 0.7}, better_than_champion="auc"),
    decisions=keep_or_offer,
    rules=RULES,
    labels=lambda uri: Labels(uri=uri, by="row_key"),
    triggers=(OnDrift(),),
)


def test_customers_without_time_and_id_are_retrained_on_all_rows() -> None:
    def plain(uri: str) -> Dataset:
        return Dataset.csv(uri, label="left", columns={"plan": "category", "age": "integer"})

    team = ModelTeam(
        name="churn", dataset=plain, algorithm=TEAM.algorithm, triggers=(OnDrift(),), gate=TEAM.gate
    )
    stack = ModelTeamStack(App(), "Churn", team=team)
    assert stack.training.settings.chosen_split == Split.random(stratify="left")
    assert stack.retraining is not None
    assert stack.retraining.settings.window is None


@cache
def templates() -> tuple[Template, Template]:
    """A platform and a team on it."""
    app = App()
    platform = PlatformStack(app, "Platform", monthly_cost_usd=500)
    team = ModelTeamStack(
        app,
        "Churn",
        team=TEAM,
        fleet=platform.fleet,
        key=platform.key,
        alarm_topic=platform.alarm_topic,
    )
    return Template.from_stack(platform), Template.from_stack(team)


def named(template: Template, kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in template.find_resources(kind).values()]


def test_a_team_has_all_five_workflows_and_a_decision_api() -> None:
    _, team = templates()
    names = {machine["StateMachineName"] for machine in named(team, "AWS::StepFunctions::StateMachine")}
    workflows = ("training", "batch-inference", "release", "monitoring", "retraining")
    assert {f"churn-{workflow}" for workflow in workflows} <= names
    team.resource_count_is("AWS::ApiGateway::RestApi", 1)
    assert {"BucketName", "AuditTableName", "DecisionsUrl"} <= set(team.to_json()["Outputs"])


def test_everything_is_encrypted_with_the_platforms_key() -> None:
    _, team = templates()
    team.resource_count_is("AWS::KMS::Key", 0)


def test_alarms_are_published_to_the_platforms_topic_but_for_those_that_roll_back() -> None:
    _, team = templates()
    alarms = named(team, "AWS::CloudWatch::Alarm")
    assert sum(1 for alarm in alarms if alarm.get("AlarmActions")) >= 10
    rollback = [alarm for alarm in alarms if not alarm.get("AlarmActions")]
    assert rollback
    assert all("-rollback-" in alarm["AlarmName"] for alarm in rollback)


def test_a_team_without_monitoring_and_decisions_has_three_workflows() -> None:
    app = App()
    plain = replace(TEAM, decisions=None, rules=None, monitored=False, labels=None, triggers=())
    stack = ModelTeamStack(app, "Plain", team=plain, removal_policy=RemovalPolicy.DESTROY)
    assert (stack.monitoring, stack.retraining, stack.decision_api) == (None, None, None)
    names = {
        machine["StateMachineName"]
        for machine in named(Template.from_stack(stack), "AWS::StepFunctions::StateMachine")
    }
    assert names == {"churn-training", "churn-batch-inference", "churn-release"}


def test_half_a_decision_api_is_refused() -> None:
    with pytest.raises(ValueError, match="rules=None: a decision API needs decisions and rules"):
        replace(TEAM, rules=None)
    with pytest.raises(ValueError, match="decisions=None: a decision API needs decisions and rules"):
        replace(TEAM, decisions=None)


def test_a_platform_has_one_key_a_fleet_a_topic_and_a_cost_budget() -> None:
    platform, _ = templates()
    platform.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})
    platform.resource_count_is("AWS::DynamoDB::Table", 1)
    platform.has_resource_properties("AWS::SNS::Topic", {"KmsMasterKeyId": Match.any_value()})
    platform.has_resource_properties(
        "AWS::Budgets::Budget",
        {
            "Budget": {
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": 500, "Unit": "USD"},
            }
        },
    )


def test_cloudwatch_and_budgets_may_publish_encrypted_alarms_of_this_account_only() -> None:
    platform, _ = templates()
    statements = [
        *named(platform, "AWS::KMS::Key")[0]["KeyPolicy"]["Statement"],
        *named(platform, "AWS::SNS::TopicPolicy")[0]["PolicyDocument"]["Statement"],
    ]
    for service in ("cloudwatch.amazonaws.com", "budgets.amazonaws.com"):
        theirs = [one for one in statements if one["Principal"] == {"Service": service}]
        actions = {action for one in theirs for action in [one["Action"]] if isinstance(action, str)}
        actions |= {action for one in theirs if isinstance(one["Action"], list) for action in one["Action"]}
        assert actions == {"kms:Decrypt", "kms:GenerateDataKey*", "sns:Publish"}
        assert all("aws:SourceAccount" in one["Condition"]["StringEquals"] for one in theirs)


def test_a_platform_without_a_cost_budget_has_none() -> None:
    stack = PlatformStack(App(), "Platform", removal_policy=RemovalPolicy.DESTROY)
    Template.from_stack(stack).resource_count_is("AWS::Budgets::Budget", 0)
    assert stack.fleet.name == "fleet"

"""The stack shared by the model teams of an account: a key, a budget for retraining, alarms, costs."""

from aws_cdk import Environment, RemovalPolicy, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from mdlc_constructs import Budget, Fleet

COST_ALERTS = (("FORECASTED", 100), ("ACTUAL", 80))
"""Kinds of costs, and the percentage of the monthly budget at which each publishes an alert."""


class PlatformStack(Stack):
    """The resources that the stacks of several model teams share.

    Args:
        budget: how many retrainings, on how many instances, may run at the same time in the account.
        monthly_cost_usd: the account's monthly costs, in US dollars, above which AWS Budgets publishes an
            alert; None creates no cost budget.
        removal_policy: what happens to the key when the stack is deleted; data encrypted with a deleted key
            is lost.

    Attributes:
        key: for `ModelTeamStack(key=...)`; it rotates, and CloudWatch and AWS Budgets may publish with it.
        fleet: for `ModelTeamStack(fleet=...)`.
        alarm_topic: for `ModelTeamStack(alarm_topic=...)`; subscribe a chat, a mailbox, or a pager.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment | None = None,
        budget: Budget | None = None,
        monthly_cost_usd: int | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id_, env=env)
        self.key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=removal_policy)
        self.fleet = Fleet(self, "Fleet", budget=budget, key=self.key)
        self.alarm_topic = sns.Topic(self, "Alarms", master_key=self.key, enforce_ssl=True)
        self._let_publish("cloudwatch.amazonaws.com", "budgets.amazonaws.com")
        if monthly_cost_usd is not None:
            self._watch_costs(monthly_cost_usd)

    def _let_publish(self, *services: str) -> None:
        """Let AWS services publish to the encrypted topic.

        Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html (event sources).
        """
        account = {"StringEquals": {"aws:SourceAccount": self.account}}
        for service in services:
            principal = iam.ServicePrincipal(service, conditions=account)
            self.key.grant(principal, "kms:Decrypt", "kms:GenerateDataKey*")
            self.alarm_topic.grant_publish(principal)

    def _watch_costs(self, monthly_cost_usd: int) -> None:
        topic = budgets.CfnBudget.SubscriberProperty(
            address=self.alarm_topic.topic_arn, subscription_type="SNS"
        )
        budgets.CfnBudget(
            self,
            "MonthlyCost",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=monthly_cost_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[topic],
                )
                for kind, percent in COST_ALERTS
            ],
        )

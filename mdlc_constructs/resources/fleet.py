"""A fleet: the models that share a budget of retrainings, and the leases that keep it."""

import json
from collections.abc import Mapping

from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.functions import Functions
from mdlc_constructs.resources.keys import admit_logs, new_key
from mdlc_constructs.resources.tables import new_table
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.retraining import FleetSettings
from mdlc_constructs.signatures import ConstructorSignature
from mdlc_constructs.tasks.permissions import arn, use_key

REAPED = "rate(15 minutes)"
"""How often is looked for what dead executions hold; a lease lasts for a while anyway."""


class Fleet(Construct):
    """Models that share a budget while they retrain, whichever stacks of the account they are in.

    Args:
        name: what the fleet is called in its table.
        budget: how many retrainings, on how many instances, at a time.
        key: the key that encrypts the table of leases and the log group of what reaps them; a new one unless
            given. CloudWatch Logs is let in here; only an imported key must let it in already (`ModelHome`).

    Attributes:
        table_name: the table of leases.
    """

    __signature__ = ConstructorSignature()

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str = "fleet",
        budget: Budget | None = None,
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.name, self.budget = name, budget or Budget()
        if key is None:
            self._key_arn: str = new_key(self, f"Leases of {name}").attr_arn
        else:
            admit_logs(self, key)
            self._key_arn = key.key_arn
        table = new_table(self, "Leases", "pk", "sk", key_arn=self._key_arn, expires="forget_at")
        self.table_name: str = table.ref
        self._bindings: Mapping[str, str] = {
            "FleetTable": table.ref,
            "FleetTableArn": table.attr_arn,
            "FleetKeyArn": self._key_arn,
        }
        functions = Functions.of(self, key_arn=self._key_arn)
        self._reaper = functions.function("ReapLeases", leasing(), self._bindings)
        self._reap_by_the_clock()

    @property
    def bindings(self) -> Mapping[str, str]:
        """The placeholders of the fleet's table and its key."""
        return self._bindings

    def _reap_by_the_clock(self) -> None:
        fleet = FleetSettings(table=self.table_name, name=self.name, budget=self.budget.to_payload())
        payload = json.dumps(encode(fleet))
        rule = events.CfnRule(
            self,
            "Reaping",
            description=f"Leases of {self.name} that dead retrainings hold come back",
            schedule_expression=REAPED,
            targets=[events.CfnRule.TargetProperty(id="Reap", arn=self._reaper, input=payload)],
        )
        lambda_.CfnPermission(
            self,
            "ReapingPermission",
            action="lambda:InvokeFunction",
            function_name=self._reaper,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )


RETRAININGS = "execution:*-retraining:*"
"""Executions of the machines of a fleet's models. Which models these are is known to no stack: they may be in
others, and come and go while their leases stay."""


def leasing() -> tuple[Statement, ...]:
    """What asks for leases, serves the line and gives back needs of the fleet's table and its holders."""
    return (
        Statement(
            actions=(
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ),
            resources=("${FleetTableArn}",),
        ),
        *use_key("${FleetKeyArn}", "dynamodb"),
        # A token says by itself whose it is, and AWS's table of actions names no resource for sending it.
        Statement(actions=("states:SendTaskSuccess",), resources=("*",)),
        Statement(actions=("states:DescribeExecution",), resources=(arn("states", RETRAININGS),)),
    )

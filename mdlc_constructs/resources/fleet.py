"""A fleet: the models that share a budget for retrainings, and the table of leases that enforces it."""

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
"""How often the leases of dead executions are evicted."""


class Fleet(Construct):
    """Models that share a budget while they retrain; they may be in any stacks of the account.

    Args:
        name: the fleet's name in its table.
        budget: the maximum number of retrainings, and of their instances, at a time.
        key: the KMS key that encrypts the table of leases and the log group of the function that evicts
            them; by default a new one. `Fleet` adds the statements for CloudWatch Logs to its policy; an
            imported key must already have them (see `ModelHome`).

    Attributes:
        table_name: the name of the table of leases.
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
        """The values of the placeholders for the fleet's table and key."""
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
"""Resource pattern of the executions that hold leases. It cannot name the models: they may be in other
stacks, and may be added and removed while leases exist."""


def leasing() -> tuple[Statement, ...]:
    """The permissions of a function that requests, grants and releases leases."""
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
        # A task token identifies its task, and IAM has no resource-level permission for this action.
        Statement(actions=("states:SendTaskSuccess",), resources=("*",)),
        Statement(actions=("states:DescribeExecution",), resources=(arn("states", RETRAININGS),)),
    )

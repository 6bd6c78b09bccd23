"""The decision API for passengers who ask, hours before departure, whether to rebook or to wait."""

from datetime import timedelta
from pathlib import Path

from aws_cdk import Aws, CfnOutput, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from examples.flight_delay.dataset import PLANE_FACTS
from mdlc_constructs import (
    ActionCall,
    Dataset,
    DecisionApi,
    Decisions,
    Fallback,
    FeatureLookup,
    ModelHome,
    RealTimeInferenceWorkflow,
)

HERE = Path(__file__).parent


class RebookOrWait(Construct):
    """The API, its feature table of planes, and the action that rebooks."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        endpoint: RealTimeInferenceWorkflow,
        dataset: Dataset,
    ) -> None:
        super().__init__(scope, id_)
        planes, rebookings = self.table("Planes", "tail_number"), self.table("Rebookings", "request_id")
        api = DecisionApi(
            self,
            "Decisions",
            home=home,
            endpoint=endpoint,
            decisions=Decisions.about(
                dataset,
                decisions=("rebook", "wait"),
                # Waiting costs nobody a seat. On a laptop that runs all of AWS an answer may take a second.
                fallback=Fallback(decision="wait", endpoint_timeout=timedelta(seconds=3)),
                lookup=FeatureLookup(
                    key="tail_number",
                    defaults=dict.fromkeys(PLANE_FACTS),
                    timeout=timedelta(seconds=1),
                ),
                action=ActionCall(decisions=("rebook",), timeout=timedelta(seconds=3)),
            ),
            rules=HERE / "rules.json",
            feature_table=planes,
            action=self.action(rebookings),
            # The example has an account of its own, where API Gateway's log role is not set yet.
            account_log_role=True,
        )
        CfnOutput(self, "Url", value=api.url).override_logical_id("DecisionsUrl")
        for name, table in (("Decision", api.table_name), ("Planes", planes.table_name)):
            CfnOutput(self, f"{name}TableName", value=table).override_logical_id(f"{name}TableName")

    def action(self, rebookings: dynamodb.Table) -> lambda_.Function:
        """The function that acts on "rebook"; its role may write to its table and its log."""
        log = logs.LogGroup(
            self, "RebookLog", retention=logs.RetentionDays.ONE_YEAR, removal_policy=RemovalPolicy.DESTROY
        )
        own = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        trusted = iam.ServicePrincipal("lambda.amazonaws.com", conditions=own)
        role = iam.Role(self, "RebookRole", assumed_by=trusted)
        log.grant_write(role)
        rebookings.grant(role, "dynamodb:PutItem")
        return lambda_.Function(
            self,
            "Rebook",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_inline((HERE / "rebook.py").read_text()),
            environment={"REBOOKINGS": rebookings.table_name},
            log_group=log,
            role=role,
        )

    def table(self, id_: str, key: str) -> dynamodb.Table:
        """A table with on-demand billing that is deleted with the stack."""
        return dynamodb.Table(
            self,
            id_,
            partition_key=dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )

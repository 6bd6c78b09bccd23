"""The final states of both machines, after success and failure: the audit item and the event."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from benchmarks.all_l2.home import Home

SAGEMAKER = (
    "SageMaker.AmazonSageMakerException",
    "SageMaker.SageMakerException",
    "SageMaker.SdkClientException",
    "SageMaker.ThrottlingException",
)
DYNAMODB = (
    "DynamoDB.InternalServerErrorException",
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.RequestLimitExceededException",
    "DynamoDB.SdkClientException",
    "DynamoDB.ThrottlingException",
)
EVENTS = (
    "EventBridge.InternalException",
    "EventBridge.SdkClientException",
    "EventBridge.ThrottlingException",
    "Events.InternalException",
    "Events.ThrottlingException",
)
FAILURE = {"failure": "{% $states.errorOutput %}"}


class Records:
    """The final states of a state machine, and its retriers and catchers."""

    def __init__(self, scope: Construct, home: Home, *, workflow: str, failure_event: str) -> None:
        self.scope = scope
        self.home = home
        self.workflow = workflow
        self._interval = Duration.seconds(2)
        self._max_delay = Duration.seconds(60)
        failed = sfn.Fail.jsonata(scope, "Failed", error="{% $failure.Error %}", cause="{% $failure.Cause %}")
        publish = self.event(
            "PublishFailure",
            failure_event,
            {"error": "{% $failure.Error %}", "cause": "{% $substring($failure.Cause, 0, 2000) %}"},
        )
        publish.add_catch(failed)
        record = tasks.DynamoPutItem.jsonata(
            scope,
            "RecordFailure",
            table=home.table,
            item={
                name: tasks.DynamoAttributeValue.from_string(text)
                for name, text in self.audit_item(
                    "Failed",
                    {
                        "error": "{% $failure.Error %}",
                        "cause": "{% $substring($failure.Cause, 0, 30000) %}",
                    },
                ).items()
            },
        )
        self.retried(record, DYNAMODB)
        record.add_catch(publish)
        record.next(publish)
        publish.next(failed)
        self.failure = record

    def retried(self, state: Any, errors: Sequence[str]) -> None:
        """Add a retrier for throttling and other transient errors."""
        state.add_retry(
            errors=list(errors),
            interval=self._interval,
            max_attempts=6,
            backoff_rate=2,
            max_delay=self._max_delay,
            jitter_strategy=sfn.JitterType.FULL,
        )

    def event(self, name: str, detail_type: str, detail: Mapping[str, str]) -> tasks.EventBridgePutEvents:
        """The state that publishes an event of this model."""
        origin = {"model": self.home.name, "execution": "{% $states.context.Execution.Id %}"}
        state = tasks.EventBridgePutEvents.jsonata(
            self.scope,
            name,
            entries=[
                tasks.EventBridgePutEventsEntry(
                    source="mdlc",
                    detail_type=detail_type,
                    detail=sfn.TaskInput.from_object({**origin, **detail}),
                )
            ],
        )
        self.retried(state, EVENTS)
        return state

    def audit_item(self, outcome: str, fields: Mapping[str, str]) -> dict[str, str]:
        """The audit item's attributes, all of them strings."""
        texts = {
            key: (
                f"{{% $exists($states.context.Execution.Input.{key}) ? "
                f"$string($states.context.Execution.Input.{key}) : '{otherwise}' %}}"
            )
            for key, otherwise in {"trigger": "manual", "reason": "", "request_id": ""}.items()
        }
        return {
            "pk": f"MODEL#{self.home.name}",
            "sk": (
                f"{{% 'EXECUTION#' & $states.context.Execution.StartTime & '#{self.workflow}#' "
                "& $states.context.Execution.Name %}"
            ),
            "schema_version": "1",
            "model": self.home.name,
            "workflow": self.workflow,
            "outcome": outcome,
            "execution_arn": "{% $states.context.Execution.Id %}",
            "started_at": "{% $states.context.Execution.StartTime %}",
            "finished_at": "{% $now() %}",
            **texts,
            "run": "{% $plan.run %}",
            "data_version": "{% $plan.data_version %}",
            **fields,
        }

    def recorded(self, fields: Mapping[str, str], run_fields: Mapping[str, str]) -> tasks.CallAwsService:
        """The state that writes the audit item and the `RUN#` item in one transaction."""
        run = {"pk": f"MODEL#{self.home.name}", "sk": "{% 'RUN#' & $plan.run %}", **run_fields}
        table = self.home.table.table_name
        state = tasks.CallAwsService.jsonata(
            self.scope,
            "RecordAudit",
            service="dynamodb",
            action="transactWriteItems",
            iam_action="dynamodb:PutItem",
            iam_resources=[self.home.table.table_arn],
            parameters={
                "TransactItems": [
                    {
                        "Put": {
                            "TableName": table,
                            "Item": {name: {"S": text} for name, text in item.items()},
                        }
                    }
                    for item in (self.audit_item("{% $result.outcome %}", fields), run)
                ]
            },
            comment="One item for this execution, one for the run it stands for",
            outputs="{% $states.input %}",
        )
        self.retried(state, DYNAMODB)
        self.caught(state)
        return state

    def caught(self, state: Any) -> None:
        """Add a catcher of all errors that leads to `RecordFailure`."""
        state.add_catch(self.failure, errors=["States.ALL"], assign=FAILURE)

    def machine(
        self,
        start: sfn.IChainable,
        *,
        comment: str,
        timeout: Duration,
        statements: Sequence[iam.PolicyStatement],
    ) -> sfn.StateMachine:
        """The state machine with its log group and alarms."""
        name = f"{self.home.name}-{self.workflow}"
        machine = sfn.StateMachine(
            self.scope,
            "StateMachine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_chainable(start),
            query_language=sfn.QueryLanguage.JSONATA,
            comment=comment,
            timeout=timeout,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self.home.log_group(self.scope, "Logs", f"/aws/vendedlogs/states/{name}"),
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
            encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(self.home.key),
        )
        for statement in statements:
            machine.add_to_role_policy(statement)
        for end, metric in (
            ("Failed", machine.metric_failed),
            ("TimedOut", machine.metric_timed_out),
            ("Aborted", machine.metric_aborted),
        ):
            metric(statistic="Sum", period=Duration.minutes(5)).create_alarm(
                self.scope,
                f"{end}Alarm",
                alarm_description=f"An execution of {name} ended as {end}.",
                threshold=1,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
        return machine

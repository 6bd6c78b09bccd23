"""The end of every workflow: an audit item and an event, after success and after failure.

No failure goes unrecorded: each catcher leads to `RecordFailure`, then `PublishFailure`, then `Failed`, which
keeps the first error's name and cause.
"""

from collections.abc import Mapping

from mdlc_constructs.asl.failures import Catch, Retry, throttling_retry
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Fail, State
from mdlc_constructs.resources.places import AUDIT_TABLE, AUDIT_TABLE_ARN, KEY_ARN
from mdlc_constructs.tasks import dynamodb, events
from mdlc_constructs.tasks.events import Event

SCHEMA_VERSION = "1"
EVENT_SOURCE = "mdlc"

# An error may lack a name or a cause, and an expression without a value would fail the record itself.
ERROR = "{% $exists($states.errorOutput.Error) ? $states.errorOutput.Error : 'Unknown' %}"
CAUSE = "{% $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : 'No cause was given.' %}"
FAILURE = {"Error": ERROR, "Cause": CAUSE}


def caught_error(max_characters: int, *, before: str = "") -> str:
    """An expression: the caught error's name and cause on one line, truncated, after the prefix `before`."""
    name, cause = (text.removeprefix("{%").removesuffix("%}").strip() for text in (ERROR, CAUSE))
    return f"{{% $substring($trim('{before}' & ({name}) & ': ' & ({cause})), 0, {max_characters}) %}}"


TRANSACTION_CANCELED = ("DynamoDb.TransactionCanceledException",)

TO_FAILURE = Catch(next="RecordFailure", assign={"failure": FAILURE})
"""Catches every error that no other catcher caught, and keeps it for the audit item."""


def input_text(key: str, otherwise: str) -> str:
    """A JSONata expression: a key of the execution's input as text, or the default `otherwise`."""
    return (
        f"{{% $exists($states.context.Execution.Input.{key}) ? "
        f"$string($states.context.Execution.Input.{key}) : '{otherwise}' %}}"
    )


def event(model: str, detail_type: str, detail: Mapping[str, object]) -> Event:
    """An event about the current execution of a workflow of this model."""
    origin = {"model": model, "execution": "{% $states.context.Execution.Id %}"}
    return Event(source=EVENT_SOURCE, detail_type=detail_type, detail={**origin, **detail})


def audit_item(model: str, workflow: str, outcome: str, fields: Mapping[str, str]) -> dict[str, object]:
    """An audit item in DynamoDB's notation (schema in `docs/contracts.md`).

    Args:
        model: the model's name.
        workflow: the workflow's name.
        outcome: text or a JSONata expression.
        fields: the workflow's own fields: text or JSONata expressions whose value is text.
    """
    common = {
        "pk": f"MODEL#{model}",
        "sk": f"{{% 'EXECUTION#' & $states.context.Execution.StartTime & '#{workflow}#' "
        "& $states.context.Execution.Name %}",
        "schema_version": SCHEMA_VERSION,
        "model": model,
        "workflow": workflow,
        "outcome": outcome,
        "execution_arn": "{% $states.context.Execution.Id %}",
        "started_at": "{% $states.context.Execution.StartTime %}",
        "finished_at": "{% $now() %}",
        "trigger": input_text("trigger", "manual"),
        "reason": input_text("reason", ""),
        "request_id": input_text("request_id", ""),
        "run": "{% $plan.run %}",
        "data_version": "{% $plan.data_version %}",
    }
    return {name: {"S": value} for name, value in {**common, **fields}.items()}


def success(
    model: str,
    workflow: str,
    *,
    fields: Mapping[str, str],
    run_fields: Mapping[str, str],
    detail_type: str,
    detail: Mapping[str, object],
) -> StateSequence:
    """`RecordAudit` writes the audit item and the `RUN#` item in one transaction; `PublishEvent` follows.

    A repeated start of the same work finds the `RUN#` item and ends as Unchanged. When equal executions end
    at the same time, one writes the item; the others return to `Plan` and find it. `$result.outcome` must be
    assigned before, and `$plan.finished_by` must hold the `finished_by` that the planner read from the item.
    """
    own = "$states.context.Execution.Id"
    run_item = {
        "pk": {"S": f"MODEL#{model}"},
        "sk": {"S": "{% 'RUN#' & $plan.run %}"},
        "finished_by": {
            "S": f"{{% $result.outcome in ['Unchanged', 'Superseded'] ? $plan.finished_by : {own} %}}"
        },
        **{name: {"S": value} for name, value in run_fields.items()},
    }
    record = dynamodb.transact_write_items(
        "RecordAudit",
        table_arns=(AUDIT_TABLE_ARN,),
        kms_key_arn=KEY_ARN,
        items=(
            {
                "Put": {
                    "TableName": AUDIT_TABLE,
                    "Item": audit_item(model, workflow, "{% $result.outcome %}", fields),
                }
            },
            {
                "Put": {
                    "TableName": AUDIT_TABLE,
                    "Item": run_item,
                    "ConditionExpression": "attribute_not_exists(finished_by) OR finished_by = :planned "
                    "OR finished_by = :own",
                    "ExpressionAttributeValues": {
                        ":planned": {"S": "{% $plan.finished_by %}"},
                        # A retry of this state after a write that succeeded.
                        ":own": {"S": f"{{% {own} %}}"},
                    },
                }
            },
        ),
        output="{% $states.input %}",
        # Two that write at once are in conflict, and neither may have written.
        retry=(
            *throttling_retry("DynamoDb"),
            Retry(errors=TRANSACTION_CANCELED, interval_seconds=1, max_attempts=2),
        ),
        catch=(
            Catch(
                errors=TRANSACTION_CANCELED,
                next="Plan",
                output={"taken": {"step": "RecordAudit", "error": ERROR, "cause": CAUSE}},
            ),
            TO_FAILURE,
        ),
        comment="One item for this execution, one for the run it stands for",
    )
    publish = events.put_events(
        "PublishEvent",
        events=(event(model, detail_type, detail),),
        output=dict(detail),
        catch=(TO_FAILURE,),
    )
    return StateSequence.of(record, publish)


def recorded(model: str, workflow: str, *, fields: Mapping[str, str], output: Mapping[str, object]) -> State:
    """`RecordAudit` alone, for a workflow whose parts record and publish their own results (monitoring).

    Args:
        model: the model's name.
        workflow: the workflow's name.
        fields: the workflow's own fields of the audit item.
        output: the execution's output.
    """
    return dynamodb.put_item(
        "RecordAudit",
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        item=audit_item(model, workflow, "{% $result.outcome %}", fields),
        output=dict(output),
        catch=(TO_FAILURE,),
        comment="One item for this execution",
    )


def failure(
    model: str, workflow: str, *, detail_type: str, fields: Mapping[str, str] | None = None
) -> tuple[State, ...]:
    """`RecordFailure`, `PublishFailure`, `Failed`: the states in which every failing path ends.

    Args:
        model: the model's name.
        workflow: the workflow's name.
        detail_type: detail type of the event.
        fields: fields of the item and the event besides the error; they must exist even without a plan.
    """
    names = ("RecordFailure", "PublishFailure")
    ended = failed(model, workflow, names=names, outcome="Failed", detail_type=detail_type, fields=fields)
    return (*ended, Fail(name="Failed", error="{% $failure.Error %}", cause="{% $failure.Cause %}"))


def failed(
    model: str,
    workflow: str,
    *,
    names: tuple[str, str],
    outcome: str,
    detail_type: str,
    fields: Mapping[str, str] | None = None,
) -> tuple[State, State]:
    """The two states that write the audit item and the event of a failure; `Failed` follows them.

    Args:
        model: the model's name.
        workflow: the workflow's name.
        names: names of the two states.
        outcome: outcome in the audit item.
        detail_type: detail type of the event.
        fields: fields of the item and the event besides the error.
    """
    record_name, publish_name = names
    about = dict(fields or {})
    publish = events.put_events(
        publish_name,
        events=(
            event(
                model,
                detail_type,
                # An event is limited to 256 KiB, and a cause may be a whole job description.
                {
                    **about,
                    "error": "{% $failure.Error %}",
                    "cause": "{% $substring($failure.Cause, 0, 2000) %}",
                },
            ),
        ),
        catch=(Catch(next="Failed"),),
        next="Failed",
    )
    record = dynamodb.put_item(
        record_name,
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        item=audit_item(
            model,
            workflow,
            outcome,
            {
                **about,
                "error": "{% $failure.Error %}",
                "cause": "{% $substring($failure.Cause, 0, 30000) %}",
            },
        ),
        # If the audit item cannot be written, the first error is still reported.
        catch=(Catch(next=publish_name),),
        next=publish_name,
    )
    return (record, publish)

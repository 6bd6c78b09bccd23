"""How every workflow ends: an audit item and an event, after success and after failure alike.

No state fails without a trace: each catcher leads to `RecordFailure`, then `PublishFailure`, then
`Failed`, which keeps the first error's name and cause.
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

# An error may come without a name or a cause, and an expression without a value would fail the record itself.
ERROR = "{% $exists($states.errorOutput.Error) ? $states.errorOutput.Error : 'Unknown' %}"
CAUSE = "{% $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : 'No cause was given.' %}"
FAILURE = {"Error": ERROR, "Cause": CAUSE}


def caught_error(max_characters: int, *, before: str = "") -> str:
    """The caught error's name and cause, on one line of at most so many characters, behind a text."""
    name, cause = (text.removeprefix("{%").removesuffix("%}").strip() for text in (ERROR, CAUSE))
    return f"{{% $substring($trim('{before}' & ({name}) & ': ' & ({cause})), 0, {max_characters}) %}}"


TRANSACTION_CANCELED = ("DynamoDb.TransactionCanceledException",)

TO_FAILURE = Catch(next="RecordFailure", assign={"failure": FAILURE})
"""Catches whatever nothing narrower caught, and keeps it for the record."""


def input_text(key: str, otherwise: str) -> str:
    """What the execution's input says under a key, as text, or otherwise something else."""
    return (
        f"{{% $exists($states.context.Execution.Input.{key}) ? "
        f"$string($states.context.Execution.Input.{key}) : '{otherwise}' %}}"
    )


def event(model: str, detail_type: str, detail: Mapping[str, object]) -> Event:
    """An event of a workflow of this model."""
    origin = {"model": model, "execution": "{% $states.context.Execution.Id %}"}
    return Event(source=EVENT_SOURCE, detail_type=detail_type, detail={**origin, **detail})


def audit_item(model: str, workflow: str, outcome: str, fields: Mapping[str, str]) -> dict[str, object]:
    """An audit item in DynamoDB's notation (schema in `docs/contracts.md`).

    Args:
        outcome: text or a JSONata expression.
        fields: what the workflow adds; texts or JSONata expressions giving text.
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
    """`RecordAudit` then `PublishEvent`: one transaction for the audit item and the run's own entry, one
    event.

    The run's entry is what a repeated start of the same work finds (`outcome` then reads Unchanged). Of equal
    executions at the same moment one writes it; the others plan again and find it. `$result.outcome` must be
    assigned before, and the plan must say who finished the run when it was planned.
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
                        # A repeated call of this very state.
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
    """`RecordAudit` alone, where what was done is found again and published part by part.

    Args:
        output: of the execution.
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
    """`RecordFailure`, `PublishFailure`, `Failed`: the one place where every failing path ends.

    Args:
        fields: what the item and the event hold besides the error, also when nothing was planned.
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
    """The audit item and the event of a failure; what follows them is `Failed`.

    Args:
        names: of the two states.
    """
    record_name, publish_name = names
    about = dict(fields or {})
    publish = events.put_events(
        publish_name,
        events=(
            event(
                model,
                detail_type,
                # An event holds 256 KiB and a cause may be a whole job description.
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
        # A record that cannot be written must not hide the first error.
        catch=(Catch(next=publish_name),),
        next=publish_name,
    )
    return (record, publish)

"""The request path as an Express state machine. Pure: draw it, count its states, evaluate its expressions.

The steps are those of the warm function (`lambdas.functions.decide.handler`). Steps that need no code are
direct service integrations; the others call `lambdas.functions.decide.express_handler`. For both shapes,
`lambdas.functions.decide.record` documents what a record contains and when an action is repeated.

Differences from the function: timeouts and waits of a state are rounded up to whole seconds. The endpoint is
invoked again after errors of the service but not after a `ModelError`, because a state cannot tell a rejected
row from a broken container. And when the rules function cannot be called, the fallback decision is used.

An execution fails when the service is at fault, so that its failures raise an alarm. A caller's mistake is
not a failure: the execution succeeds in `Refused`, and API Gateway sets the status of the response. Rare
events are counted by a state of their own; the rules function counts all others.
"""

from dataclasses import replace

from mdlc_constructs.asl.failures import Catch, Retry, throttling_retry
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Choice, Fail, Rule, State, Succeed
from mdlc_constructs.resources.places import KEY_ARN
from mdlc_constructs.tasks import dynamodb, events, lambda_, runtime
from mdlc_constructs.tasks.events import Event
from mdlc_constructs.workflows.decision import expressions
from mdlc_constructs.workflows.decision.acting import acting
from mdlc_constructs.workflows.decision.counting import counted, to_failure
from mdlc_constructs.workflows.decision.expressions import REQUEST_ID, ROW
from mdlc_constructs.workflows.decision.permissions import (
    DECISION_TABLE,
    DECISION_TABLE_ARN,
    FEATURE_KEY_ARN,
    FEATURE_TABLE,
    FEATURE_TABLE_ARN,
    RULES_FUNCTION,
    in_arn,
)
from mdlc_constructs.workflows.decision.settings import (
    EXECUTION_SECONDS,
    RECORD_SECONDS,
    RECORD_TRIES,
    RULES_SECONDS,
    DecisionSettings,
    whole_seconds,
)

JSON_LINES = "application/jsonlines"
FAILED = "Decision Failed"
"""Detail type of the event about a request that got no decision."""

_PUT_REFUSED = "DynamoDB.ConditionalCheckFailedException"
_LAMBDA_PASSING = ("Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.SdkClientException")


def decision_machine(settings: DecisionSettings) -> Machine:
    """The Express state machine that decides about one request."""
    looked_up = (_collect_features(settings),) if settings.decisions.lookup is not None else ()
    after_record = "ActionVerdict" if settings.acts else "Answer"
    states: tuple[State, ...] = (
        *looked_up,
        _invoke_endpoint(settings),
        _execute_rules(settings),
        counted("CountFallback", "FallbackDecisions", settings, following="RecordDecision"),
        _record(after_record),
        *(acting(settings) if settings.acts else ()),
        Succeed(name="Answer", output="{% $made.answer %}"),
        *_repeated(after_record),
        *_failures(settings),
    )
    return Machine(
        states,
        comment=f"Decides about one request by the model {settings.model}",
        timeout_seconds=EXECUTION_SECONDS,
    )


def _quick(retries: tuple[Retry, ...], times: int) -> tuple[Retry, ...]:
    """Limits for a caller that waits: few retries, with an interval of one or two seconds."""
    return tuple(
        replace(retry, interval_seconds=1, max_attempts=times, max_delay_seconds=2) for retry in retries
    )


def _collect_features(settings: DecisionSettings) -> State:
    lookup = settings.decisions.lookup
    assert lookup is not None
    return dynamodb.get_item(
        "CollectFeatures",
        table_name=FEATURE_TABLE,
        table_arn=FEATURE_TABLE_ARN,
        kms_key_arn=FEATURE_KEY_ARN if settings.feature_key else None,
        key=expressions.lookup_key(settings.decisions),
        consistent=False,
        timeout_seconds=whole_seconds(lookup.timeout),
        retry=(),
        assign={
            "item": "{% $exists($states.result.Item) ? $states.result.Item : null %}",
            "features": expressions.features(settings.decisions, "$states.result.Item"),
            "missed": False,
        },
        output={},
        catch=(
            Catch(
                next="InvokeEndpoint",
                assign={
                    "item": None,
                    "features": expressions.features(settings.decisions, "{}"),
                    "missed": True,
                },
                output={},
            ),
        ),
        next="InvokeEndpoint",
        comment="Declared defaults stand in for what is missing",
    )


def _invoke_endpoint(settings: DecisionSettings) -> State:
    fallback = settings.decisions.fallback
    return runtime.invoke_endpoint(
        "InvokeEndpoint",
        endpoint_name=settings.endpoint_name,
        name_pattern=in_arn(settings.endpoint_name),
        # As an object, because Step Functions writes text into a body as a quoted JSON text.
        body="{% $features %}" if settings.decisions.lookup is not None else f"{{% {ROW} %}}",
        content_type=JSON_LINES,
        accept=JSON_LINES,
        inference_id=f"{{% {REQUEST_ID} %}}",
        timeout_seconds=whole_seconds(fallback.endpoint_timeout),
        retry=_quick(throttling_retry("SageMakerRuntime"), fallback.tries - 1) if fallback.tries > 1 else (),
        assign={"scored": expressions.SCORED},
        output={},
        catch=(Catch(next="ExecuteRules", assign={"scored": expressions.NOT_SCORED}, output={}),),
        next="ExecuteRules",
    )


def _asked(step: str) -> dict[str, object]:
    return {"step": step, "request_id": f"{{% {REQUEST_ID} %}}", "row": f"{{% {ROW} %}}"}


def _execute_rules(settings: DecisionSettings) -> State:
    looked_up = (
        {"item": "{% $item %}", "look_up_failed": "{% $missed %}"}
        if settings.decisions.lookup is not None
        else {}
    )
    scored = {name: f"{{% $scored.{name} %}}" for name in ("answer", "variant", "failed")}
    without = expressions.made_without_rules(
        settings.decisions, api=settings.api, model=settings.model, acts=settings.acts
    )
    return lambda_.invoke(
        "ExecuteRules",
        function_arn=RULES_FUNCTION,
        payload={**_asked("decide"), **looked_up, **scored},
        timeout_seconds=RULES_SECONDS,
        retry=(Retry(errors=_LAMBDA_PASSING, interval_seconds=1, max_attempts=1, max_delay_seconds=2),),
        assign={"made": "{% $states.result.Payload %}"},
        output={},
        catch=(
            Catch(errors=("BadRequest",), next="Refused", assign={"failure": expressions.REFUSAL}),
            Catch(next="CountFallback", assign={"made": without}, output={}),
        ),
        next="RecordDecision",
        comment="Without a score, the fallback decision",
    )


# A write that timed out may have succeeded. It is repeated, and `WhoseDecision` then recognizes the item.
_UNCERTAIN = tuple(
    replace(retry, errors=(*retry.errors, "States.Timeout")) for retry in throttling_retry("DynamoDB")
)


def _record(following: str) -> State:
    return dynamodb.put_item(
        "RecordDecision",
        table_name=DECISION_TABLE,
        table_arn=DECISION_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        item="{% $made.item %}",
        condition="attribute_not_exists(#key)",
        names={"#key": "request_id"},
        timeout_seconds=RECORD_SECONDS,
        retry=_quick(_UNCERTAIN, RECORD_TRIES - 1),
        output={},
        catch=(
            Catch(errors=(_PUT_REFUSED,), next="ReadDecision", output={}),
            to_failure("CountRecordFailure"),
        ),
        next=following,
        comment="Before anything is done: no decision without a record",
    )


def _repeated(following: str) -> tuple[State, ...]:
    """`ReadDecision`, `WhoseDecision`, `RepeatDecision`: for a request that already has a record."""
    read = dynamodb.get_item(
        "ReadDecision",
        table_name=DECISION_TABLE,
        table_arn=DECISION_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        key={"request_id": {"S": f"{{% {REQUEST_ID} %}}"}},
        timeout_seconds=RECORD_SECONDS,
        retry=_quick(throttling_retry("DynamoDB"), 1),
        assign={"recorded": "{% $states.result.Item %}"},
        output={},
        catch=(to_failure("CountRecordFailure"),),
        next="WhoseDecision",
    )
    # A write that succeeded may have been retried, when its response was lost. The timestamp alone does not
    # identify the item: concurrent requests may share a millisecond, so the row is compared too.
    own = Rule(
        condition="{% $recorded.at.S = $made.item.at.S and $recorded.row.S = $made.item.row.S %}",
        next=following,
    )
    repeat = lambda_.invoke(
        "RepeatDecision",
        function_arn=RULES_FUNCTION,
        payload={**_asked("repeat"), "recorded": "{% $recorded %}"},
        timeout_seconds=RULES_SECONDS,
        retry=(),
        assign={"made": "{% $states.result.Payload %}"},
        output={},
        catch=(
            Catch(errors=("Conflict", "Underway"), next="Refused", assign={"failure": expressions.REFUSAL}),
            to_failure("PublishFailure"),
        ),
        next=following,
        comment="The recorded decision; its action once more when it was not seen to be done",
    )
    return (read, Choice(name="WhoseDecision", rules=(own,), default="RepeatDecision"), repeat)


def _failures(settings: DecisionSettings) -> tuple[State, ...]:
    publish = events.put_events(
        "PublishFailure",
        events=(
            Event(
                source="mdlc",
                detail_type=FAILED,
                detail={
                    "model": settings.model,
                    "api": settings.api,
                    "execution": "{% $states.context.Execution.Id %}",
                    "request_id": f"{{% {REQUEST_ID} %}}",
                    "error": "{% $failure.Error %}",
                    "cause": "{% $substring($failure.Cause, 0, 2000) %}",
                },
            ),
        ),
        timeout_seconds=RECORD_SECONDS,
        retry=(),
        output={},
        catch=(Catch(next="Unavailable", output={}),),
        next="Unavailable",
    )
    return (
        counted("CountRecordFailure", "RecordsFailed", settings, following="PublishFailure"),
        publish,
        Fail(name="Unavailable", error="{% $failure.Error %}", cause="{% $failure.Cause %}"),
        Succeed(name="Refused", output={"error": "{% $failure.Error %}", "message": "{% $failure.Cause %}"}),
    )

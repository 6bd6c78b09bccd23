"""`Watch`: waits until the endpoint has settled, and probes it meanwhile.

It waits for an event with a task token, and describes the endpoint as a fallback, for the reasons in
`docs/decisions/0010-wait-for-the-endpoint-by-event.md`.
"""

from mdlc_constructs.asl.failures import ALL_ERRORS, Catch, Retry
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Parallel, Rule, Succeed, Task
from mdlc_constructs.resources.places import AUDIT_TABLE, AUDIT_TABLE_ARN, KEY_ARN
from mdlc_constructs.tasks.callback import wait_for_token
from mdlc_constructs.tasks.endpoint import describe_endpoint
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.real_time_inference.probe_states import BUSY

MAX_SILENCE_SECONDS = 900
"""Seconds without an event before the endpoint is described; EventBridge delivers with best effort."""

_AGAIN = Retry(errors=ALL_ERRORS, interval_seconds=5, max_attempts=5)
"""Retry of the wait: the update continues in any case, and after a failure no execution would follow it."""


def watch(*, model: str, endpoint_name: str, probing: Machine | None = None, of: str = "") -> Parallel:
    """`Watch`: wait until the endpoint has settled, with any configuration.

    Assigns `endpoint` with `status`, `config` and `reason`, and the output of the probes. It waits before it
    describes the endpoint, because right after the update call the old state may still be returned, which
    would look like a rollback.

    Args:
        model: the model's name.
        endpoint_name: the endpoint's name.
        probing: the second branch, if any; it must end by itself when the endpoint has settled.
        of: suffix of the states' names, for machines that wait for the endpoint more than once.
    """
    looked = Catch(errors=("States.Timeout",), next=f"DescribeEndpoint{of}", output={})
    waiting = StateSequence.of(
        _await(f"AwaitEndpoint{of}", model, endpoint_name, looked),
        _describe(f"DescribeEndpoint{of}", endpoint_name),
        Choice(
            name=f"EndpointSettled{of}",
            rules=(
                Rule(condition=f"{{% $states.input.status in {list(BUSY)!r} %}}", next=f"AwaitEndpoint{of}"),
            ),
            default=f"Settled{of}",
        ),
        Succeed(name=f"Settled{of}"),
    )
    return Parallel(
        name=f"Watch{of}",
        branches=(Machine(waiting.states), *(() if probing is None else (probing,))),
        # Variables are local to a branch, so results are passed as the branches' outputs.
        assign={"endpoint": "{% $merge($states.result) %}"},
        output={},
        retry=(_AGAIN,),
        catch=(TO_FAILURE,),
        comment="Until the endpoint has settled" + ("" if probing is None else ", asking it meanwhile"),
    )


def _await(name: str, model: str, endpoint_name: str, looked: Catch) -> Task:
    # Two executions may wait for the same endpoint, so each stores its own token.
    waiting = f"{{% 'WAITING#{endpoint_name}#' & $states.context.Execution.Name %}}"
    return wait_for_token(
        name,
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        key={"pk": {"S": f"MODEL#{model}"}, "sk": {"S": waiting}},
        timeout_seconds=MAX_SILENCE_SECONDS,
        output={},
        catch=(looked,),
        comment="Resumed by the endpoint's event; a lost one costs a look",
    )


def _describe(name: str, endpoint_name: str) -> Task:
    return describe_endpoint(
        name,
        endpoint_name=endpoint_name,
        output={
            "status": "{% $states.result.EndpointStatus %}",
            "config": (
                "{% $exists($states.result.EndpointConfigName) ? $states.result.EndpointConfigName : '' %}"
            ),
            "reason": (
                "{% $exists($states.result.FailureReason) ? $states.result.FailureReason "
                ": 'an alarm went off, or the new version did not come up' %}"
            ),
        },
    )

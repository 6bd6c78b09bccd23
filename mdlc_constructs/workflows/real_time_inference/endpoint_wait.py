"""`Watch`: waits until the endpoint has settled, and probes it meanwhile.

Why by event and token with a slow look as fallback: `docs/decisions/0010-wait-for-the-endpoint-by-event.md`.
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
"""How long no event may come before the endpoint is looked at: events are delivered at best effort."""

_AGAIN = Retry(errors=ALL_ERRORS, interval_seconds=5, max_attempts=5)
"""The update goes on whatever becomes of the watch, so giving up early would leave it to nobody."""


def watch(*, model: str, endpoint_name: str, probing: Machine | None = None, of: str = "") -> Parallel:
    """`Watch`: until the endpoint has settled, on whichever configuration.

    Assigns `endpoint` with `status`, `config` and `reason`, and whatever the probing ends with. It waits
    before it looks: what is described in the moment of an update may still be the endpoint before it, which
    would read as a rollback.

    Args:
        probing: what goes on beside the wait; it ends by itself when the endpoint has settled.
        of: ends the states' names, where a machine waits for its endpoint more than once.
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
        # Variables stay in their branch: what is known comes as the branches' outputs.
        assign={"endpoint": "{% $merge($states.result) %}"},
        output={},
        retry=(_AGAIN,),
        catch=(TO_FAILURE,),
        comment="Until the endpoint has settled" + ("" if probing is None else ", asking it meanwhile"),
    )


def _await(name: str, model: str, endpoint_name: str, looked: Catch) -> Task:
    # Two executions may wait for one endpoint, and each has a token of its own.
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

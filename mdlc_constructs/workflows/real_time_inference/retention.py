"""The release's tidying: configurations and serving models of releases long past are deleted."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.tasks.requests import present
from mdlc_constructs.workflows.ending import caught_error

FUNCTION = "RetireReleases"
"""Its handler is `lambdas.functions.retire_releases.handler.handler`."""

NOTHING_RETIRED = {"retired": "nothing"}
"""What a way to the audit item assigns that passes the state by."""

RETIRED = "{% $retired %}"
"""What was retired, as the audit item tells it: names, `nothing`, or why it failed."""

_MAX_CHARACTERS = 1000


def retire_old(
    *,
    model: str,
    endpoint_name: str,
    keep: int,
    function_arn: str,
    next_state: str,
    replaced: str | None = None,
) -> Task:
    """`RetireOld`: keep the `keep` newest releases before the one in service, and delete those before them.

    A new version serves by then, so a failure fails no release: it is recorded in `$retired`, which the audit
    item and the event are made from, and counts as an error of the function.

    Args:
        next_state: where to go on, after a failure too.
        replaced: an expression of the configuration that served before, which is kept whenever any is.
    """
    done = (
        "{% $count($states.result.Payload.deleted) = 0 ? 'nothing' : "
        f"$substring($join($states.result.Payload.deleted, ', '), 0, {_MAX_CHARACTERS}) %}}"
    )
    failed = caught_error(_MAX_CHARACTERS, before="failed: ")
    return lambda_.invoke(
        "RetireOld",
        function_arn=function_arn,
        payload=present({"model": model, "endpoint": endpoint_name, "keep": keep, "replaced": replaced}),
        assign={"retired": done},
        output={},
        catch=(Catch(next=next_state, assign={"retired": failed}, output={}),),
        comment="Earlier releases are kept for a way back, older ones deleted",
    )


def retention_statements(model: str) -> tuple[Statement, ...]:
    """What the function may do: delete the model's own, and see that no endpoint has it."""
    configs = tuple(arn("sagemaker", f"endpoint-config/{model}-{step}-*") for step in ("config", "trial"))
    return (
        # Listing knows no resource-level permission.
        Statement(
            actions=("sagemaker:ListEndpointConfigs", "sagemaker:ListEndpoints", "sagemaker:ListModels"),
            resources=("*",),
        ),
        # Any endpoint may have a configuration of this model, whatever its name.
        Statement(actions=("sagemaker:DescribeEndpoint",), resources=(arn("sagemaker", "endpoint/*"),)),
        Statement(
            actions=("sagemaker:DeleteEndpointConfig", "sagemaker:DescribeEndpointConfig"),
            resources=configs,
        ),
        Statement(
            actions=("sagemaker:DeleteModel",), resources=(arn("sagemaker", f"model/{model}-serving-*"),)
        ),
    )

"""The clean-up of a release: delete endpoint configurations and serving models of old releases."""

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
"""Variables to assign on a path to the audit item that skips the state `RetireOld`."""

RETIRED = "{% $retired %}"
"""The deleted resources in the audit item: their names, `nothing`, or why it failed."""

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

    The new version already serves, so an error does not fail the release. It is written to `$retired`, which
    the audit item and the event contain, and counts as an error of the function.

    Args:
        model: the model's name.
        endpoint_name: the endpoint's name.
        keep: number of earlier releases to keep.
        function_arn: ARN of the function.
        next_state: the next state, also after an error.
        replaced: an expression of the configuration that served before; it is kept unless `keep` is 0.
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
    """IAM statements of the function: delete the model's resources, and check that no endpoint uses them."""
    configs = tuple(arn("sagemaker", f"endpoint-config/{model}-{step}-*") for step in ("config", "trial"))
    return (
        # SageMaker's List calls have no resource-level permissions.
        Statement(
            actions=("sagemaker:ListEndpointConfigs", "sagemaker:ListEndpoints", "sagemaker:ListModels"),
            resources=("*",),
        ),
        # An endpoint of any name may use a configuration of this model.
        Statement(actions=("sagemaker:DescribeEndpoint",), resources=(arn("sagemaker", "endpoint/*"),)),
        Statement(
            actions=("sagemaker:DeleteEndpointConfig", "sagemaker:DescribeEndpointConfig"),
            resources=configs,
        ),
        Statement(
            actions=("sagemaker:DeleteModel",), resources=(arn("sagemaker", f"model/{model}-serving-*"),)
        ),
    )

"""The state that writes a training to MLflow, and what it needs.

`TrackExperiment` follows the decision, so that a run has the package and the verdict. Whatever fails there
fails no training: the audit item says why nothing was written.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.settings.mlflow import Mlflow
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.workflows.ending import caught_error

FUNCTION = "TrackExperiment"
"""Its handler is `lambdas.functions.track_experiment.handler.handler`."""
APP = "${MlflowApp}"
MAX_ERROR_CHARACTERS = 1000
TIMEOUT_SECONDS = 330
"""A little more than the function's own timeout, which makes the better message."""

NOT_TRACKED: Mapping[str, object] = {"mlflow": {"run": "", "error": ""}}
"""Variables of an execution that ends without the state."""
AUDIT: Mapping[str, str] = {"mlflow_run": "{% $mlflow.run %}", "mlflow_error": "{% $mlflow.error %}"}
"""Fields of the audit item."""


class HasFunctions(Protocol):
    """What has functions: a workflow."""

    def function(self, name: str, statements: Iterable[Statement], bindings: Mapping[str, str]) -> str:
        """The ARN of a function; adds the statements to its role."""
        ...


def job_config(mlflow: Mlflow | None, model: str) -> dict[str, object] | None:
    """The `MlflowConfig` of the training job: the same run of the same experiment; None for none."""
    if mlflow is None or not mlflow.training_job:
        return None
    return {
        "MlflowResourceArn": APP,
        "MlflowExperimentName": mlflow.experiment or model,
        "MlflowRunName": "{% $plan.run %}",
    }


def calling(mlflow: Mlflow) -> tuple[Statement, ...]:
    """Permission to call the app: one action covers its whole REST API.

    The finer actions of `sagemaker-mlflow` are those of tracking servers.
    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow-app-setup-prerequisites-iam.html and
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_sagemaker-mlflow.html
    """
    return (Statement(actions=("sagemaker:CallMlflowAppApi",), resources=(mlflow.app_arn,)),)


def calling_by_job(mlflow: Mlflow | None, *, searched: bool) -> tuple[Statement, ...]:
    """The training job's permission to call the app; none without an `MlflowConfig`."""
    return calling(mlflow) if mlflow is not None and mlflow.training_job and not searched else ()


def bindings(functions: HasFunctions, mlflow: Mlflow | None) -> Mapping[str, str]:
    """The bindings of the app and of the function that writes to it; none without an app.

    Args:
        functions: the workflow, which has the function.
    """
    if mlflow is None:
        return {}
    arn = functions.function(FUNCTION, calling(mlflow), {})
    return {"MlflowApp": mlflow.app_arn, "TrackExperimentFunction": arn}


def tracked(
    mlflow: Mlflow,
    ending: StateSequence,
    *,
    model: str,
    hyperparameters: str,
    training_job: str,
    code_version: str,
) -> StateSequence:
    """The state `TrackExperiment`, followed by the machine's ending.

    Args:
        hyperparameters: JSON text, or an expression of it.
        training_job: the training job of the model, an expression.
    """
    following = ending.first.name
    caught = {"mlflow": {"run": "", "error": caught_error(MAX_ERROR_CHARACTERS)}}
    state = lambda_.invoke(
        FUNCTION,
        function_arn="${TrackExperimentFunction}",
        payload={
            "app": APP,
            "experiment": mlflow.experiment or model,
            "run": "{% $plan.run %}",
            "started_at": "{% $states.context.Execution.StartTime %}",
            "hyperparameters": hyperparameters,
            "metrics": "{% $gate.metrics %}",
            "tags": {
                "model": model,
                "workflow": "training",
                "outcome": "{% $result.outcome %}",
                "data_version": "{% $plan.data_version %}",
                "code_version": code_version,
                "image": "${TrainingImage}",
                "training_job": training_job,
                "model_package": "{% $result.package_arn %}",
                "evaluation": "{% $result.evaluation %}",
                "execution": "{% $states.context.Execution.Id %}",
            },
        },
        timeout_seconds=TIMEOUT_SECONDS,
        assign={"mlflow": "{% $states.result.Payload %}"},
        output={},
        catch=(Catch(next=following, assign=caught, output={}),),
        comment="The training as a run in MLflow; a failure goes to the audit item and fails no model",
    )
    return StateSequence.of(state).then(ending)

"""What every training leaves at its end: the audit item, the event, and what is recorded in MLflow."""

from collections.abc import Mapping
from typing import Protocol

from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.settings import Approval
from mdlc_constructs.settings.mlflow import Mlflow
from mdlc_constructs.workflows.ending import success
from mdlc_constructs.workflows.training import experiments
from mdlc_constructs.workflows.training.pending import approve_command, start_approval

WORKFLOW = "training"
KEPT = ("package_arn", "evaluation", "passed", "reasons", "metrics")
RESULT: Mapping[str, str] = {key: f"{{% $result.{key} %}}" for key in (*KEPT, "rows")}
"""The fields of a training's result in audit item, run item and event."""


class Ending(Protocol):
    """Settings of a training, whatever it trains on."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    @property
    def approval(self) -> Approval:
        """Automatic or by a person."""
        ...

    @property
    def code_version(self) -> str:
        """The team's own version of its code."""
        ...

    @property
    def mlflow(self) -> Mlflow | None:
        """The MLflow app; None without one."""
        ...


def training_ending(settings: Ending, *, fields: Mapping[str, str], training_job: str) -> StateSequence:
    """The states after `Decide`: the wait for a person, MLflow, the audit item and the event.

    Args:
        fields: of the audit item besides `RESULT`; ``hyperparameters`` among them.
        training_job: the training job of the model, an expression.
    """
    tracked = settings.mlflow is not None
    every = {
        **RESULT,
        "code_version": settings.code_version,
        "image": "${TrainingImage}",
        "training_job": training_job,
        **fields,
        **(experiments.AUDIT if tracked else {}),
    }
    detail = {"outcome": "{% $result.outcome %}", "run": "{% $plan.run %}", **RESULT}
    if not settings.approval.is_automatic:
        detail["approve"] = approve_command(settings.model)
    ending = start_approval(settings.model, settings.approval).then(
        success(
            settings.model,
            WORKFLOW,
            fields=every,
            run_fields=RESULT,
            detail_type="Training Completed",
            detail=detail,
        )
    )
    if settings.mlflow is None:
        return ending
    return experiments.tracked(
        settings.mlflow,
        ending,
        model=settings.model,
        hyperparameters=every["hyperparameters"],
        training_job=training_job,
        code_version=settings.code_version,
    )


def unchanged(mlflow: Mlflow | None, *, rows: str) -> dict[str, object]:
    """The variables of an execution whose work another one has done.

    Args:
        rows: an expression of the number of rows that the recorded run was trained on.
    """
    recorded = {key: f"{{% $plan.recorded.{key} %}}" for key in KEPT}
    return {
        "result": {"outcome": "Unchanged", **recorded, "rows": rows},
        **(experiments.NOT_TRACKED if mlflow is not None else {}),
    }

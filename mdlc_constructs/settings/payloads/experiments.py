"""Payloads of the function that writes a training to MLflow."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.codec import JsonValue


@dataclass(frozen=True, kw_only=True)
class ExperimentRequest:
    """What is known of a training at its end.

    Attributes:
        app: ARN of the MLflow app.
        experiment: name of the experiment.
        run: the training's run, by which a repeated call finds the run of MLflow.
        started_at: when the execution began, ISO 8601.
        hyperparameters: JSON of names and texts.
        metrics: of the gate's verdict; null where one is not defined.
        tags: the versions of data and code, the package and whatever else identifies the model.
    """

    app: str
    experiment: str
    run: str
    started_at: str
    hyperparameters: str
    metrics: Mapping[str, JsonValue] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExperimentRun:
    """The run of MLflow to which a training was written.

    Attributes:
        run: its ID.
        error: empty; the machine fills it when the function failed.
    """

    run: str
    error: str = ""

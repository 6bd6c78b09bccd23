"""Entry point of the function that writes a training to MLflow."""

from collections.abc import Mapping
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from lambdas.aws.mlflow import ALREADY_EXISTS, App, MlflowRefused, MlflowUnavailable
from lambdas.functions.track_experiment import logic
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.experiments import ExperimentRequest, ExperimentRun

logger = Logger(service="track-experiment")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Write a training to MLflow, from an `ExperimentRequest`; a repeated call writes to the same run.

    Returns:
        `ExperimentRun`.

    Raises:
        MlflowUnavailable: when the app gives no answer.
        MlflowRefused: when it refuses a request.
    """
    request = decode(ExperimentRequest, event)
    app = App(request.app)
    experiment = _experiment(app, request.experiment)
    run = _run(app, request, experiment)
    now = datetime.now(UTC)
    for batch in logic.batches(request, run, now):
        app.post("runs/log-batch", batch)
    app.post("runs/update", logic.finished(run, now))
    logger.info("tracked", extra={"experiment": experiment, "run": run.id})
    return encode(ExperimentRun(run=run.id))


def _experiment(app: App, name: str) -> str:
    search = logic.experiment_search(name)
    experiment = logic.experiment_id(app.post("experiments/search", search))
    if experiment is not None:
        return experiment
    try:
        return str(app.post("experiments/create", {"name": name})["experiment_id"])
    except MlflowRefused as refused:
        # Another execution was first; a deleted experiment of that name stays refused.
        experiment = logic.experiment_id(app.post("experiments/search", search))
        if refused.code != ALREADY_EXISTS or experiment is None:
            raise
        return experiment


def _run(app: App, request: ExperimentRequest, experiment: str) -> logic.Run:
    run = _existing_run(app, request, experiment)
    if run is not None:
        return run
    try:
        # Sent once: MLflow would create a second run of the same name.
        created = app.post("runs/create", logic.new_run(request, experiment), attempts=1)
    except MlflowUnavailable:
        run = _existing_run(app, request, experiment)
        if run is None:
            raise
        return run
    return logic.run_of(created["run"])


def _existing_run(app: App, request: ExperimentRequest, experiment: str) -> logic.Run | None:
    for search in logic.run_searches(request, experiment):
        run = logic.found_run(app.post("runs/search", search))
        if run is not None:
            return run
    return None

"""Draw the state machines of the flight delay example, and a pipeline, as SVG files in docs/pictures.

python scripts/draw_workflows.py
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from examples.flight_delay.dataset import flights, rules, split
from mdlc_constructs import (
    Approval,
    BuiltInAlgorithm,
    Canary,
    Channels,
    Continuous,
    Decisions,
    Fallback,
    FeatureLookup,
    Gate,
    OnDrift,
    OnRequest,
    S3Channel,
    Scaling,
    Serving,
    SlidingWindow,
    Tuning,
)
from mdlc_constructs.asl.diagram import svg
from mdlc_constructs.workflows.approval.machine import ApprovalSettings, approval_machine
from mdlc_constructs.workflows.batch_inference.machine import BatchInferenceSettings, batch_inference_machine
from mdlc_constructs.workflows.channel_training.machine import channel_training_machine
from mdlc_constructs.workflows.channel_training.settings import ChannelTrainingSettings
from mdlc_constructs.workflows.decision.machine import decision_machine
from mdlc_constructs.workflows.decision.settings import DecisionSettings
from mdlc_constructs.workflows.monitoring.machine import monitoring_machine
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings
from mdlc_constructs.workflows.retraining.machine import retraining_machine
from mdlc_constructs.workflows.retraining.settings import RetrainingSettings
from mdlc_constructs.workflows.training.machine import training_machine
from mdlc_constructs.workflows.training.settings import TrainingSettings
from scripts import draw_pipeline

TARGET = Path(__file__).parent.parent / "docs" / "pictures"
MODEL = "flight-delay"


def releases() -> ReleaseSettings:
    """Release settings with scaling, so that the picture shows the states for it."""
    return ReleaseSettings(
        model=MODEL,
        dataset=flights("s3://bucket/raw/training/"),
        serving=Serving(scaling=Scaling(minimum=2, maximum=6, invocations=3000)),
        rollout=Canary(percent=10),
    )


def retraining() -> RetrainingSettings:
    """Retraining settings with a release after an approval, so that the picture shows all states."""
    return RetrainingSettings(
        model=MODEL,
        triggers=(OnRequest(), OnDrift()),
        window=SlidingWindow(length=timedelta(days=120), holdout=timedelta(days=14)),
    )


def trainings() -> TrainingSettings:
    """Training settings with a gate that compares with the champion."""
    return TrainingSettings(
        model=MODEL,
        dataset=flights("s3://bucket/raw/training/"),
        algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=200),
        split=split(),
        quality=rules(),
        gate=Gate(at_least={"auc": 0.66}, better_than_champion="auc"),
    )


def channels() -> ChannelTrainingSettings:
    """Settings of a training on texts with a holdout."""
    texts = {
        part: S3Channel(uri=f"s3://bucket/raw/{part}/", content_type="text/plain")
        for part in ("train", "validation", "holdout")
    }
    holdout = texts.pop("holdout")
    return ChannelTrainingSettings(
        model=MODEL,
        channels=Channels(inputs=texts, holdout=holdout, classes=("wren", "owl")),
        algorithm=BuiltInAlgorithm.blazingtext(mode="supervised"),
        gate=Gate(at_least={"accuracy": 0.8}),
    )


def searches() -> TrainingSettings:
    """Training settings with a search for hyperparameters, so that the picture shows its states."""
    return replace(
        trainings(), tuning=Tuning(ranges={"eta": Continuous(0.05, 0.5)}, max_trials=12, parallel=2)
    )


def pictures() -> dict[str, str]:
    """The SVG text of each picture, by file name."""
    batch = BatchInferenceSettings(model=MODEL, dataset=flights("s3://bucket/raw/batch/"), quality=rules())
    decisions = Decisions.about(
        flights("s3://bucket/raw/training/"),
        decisions=("rebook", "wait"),
        fallback=Fallback(decision="wait"),
        lookup=FeatureLookup(key="tail_number", defaults={"plane_year": None, "seats": None}),
    )
    deciding = DecisionSettings(
        api=f"{MODEL}-decisions", model=MODEL, endpoint_name=MODEL, decisions=decisions, acts=True
    )
    watching = MonitoringSettings(model=MODEL, dataset=flights("s3://bucket/raw/training/"), endpoint=MODEL)
    waiting = Approval.manual(remind_after=timedelta(days=2), expires_after=timedelta(days=14))
    return {
        "approval.svg": svg(approval_machine(ApprovalSettings(model=MODEL, approval=waiting))),
        "monitoring.svg": svg(monitoring_machine(watching)),
        "delivery.svg": draw_pipeline.picture(),
        "decision-api.svg": svg(decision_machine(deciding)),
        "real-time-inference.svg": svg(release_machine(releases())),
        "retraining.svg": svg(retraining_machine(retraining())),
        "channel-training.svg": svg(channel_training_machine(channels())),
        "training.svg": svg(training_machine(trainings())),
        "tuned-training.svg": svg(training_machine(searches())),
        "batch-inference.svg": svg(batch_inference_machine(batch)),
    }


def main() -> None:
    """Write the pictures."""
    TARGET.mkdir(exist_ok=True)
    for name, picture in pictures().items():
        (TARGET / name).write_text(picture)
        print(TARGET / name)


if __name__ == "__main__":
    main()

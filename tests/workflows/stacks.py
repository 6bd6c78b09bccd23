"""Stacks that several tests synthesize, each as a model team might write it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import Environment, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as sfn_tasks

from mdlc_constructs import (
    ABTest,
    AllAtOnce,
    Approval,
    BatchInferenceWorkflow,
    Budget,
    Canary,
    Compute,
    CustomImage,
    Fleet,
    Gate,
    Labels,
    LookUpTable,
    Mlflow,
    MlflowApp,
    ModelHome,
    MonitorAlarms,
    MonitoringWorkflow,
    NetworkSettings,
    OnAccuracyLoss,
    OnCodeChange,
    OnDrift,
    OnNewData,
    Onnx,
    OnRequest,
    OnSchedule,
    RealTimeInferenceWorkflow,
    RetrainingWorkflow,
    RollbackAlarms,
    RowEvents,
    Scaling,
    Script,
    Serving,
    Shadow,
    SlidingWindow,
    TrainingWorkflow,
)
from mdlc_constructs.asl import Pass
from mdlc_constructs.asl.states import State, Task
from mdlc_constructs.settings.experiment import Experiment
from mdlc_constructs.settings.rollout import Deployment
from tests.synthesized import in_accounts_of_their_own
from tests.workflows.settings import ALGORITHM, DATASET

HERE = Environment(account="111111111111", region="eu-central-1")
OWN_IMAGE = "222222222222.dkr.ecr.us-west-2.amazonaws.com/team/forest:3"


class CarefulTraining(TrainingWorkflow):
    """As a model team would subclass it."""

    def create_train_task(self) -> State:
        task = super().create_train_task()
        assert isinstance(task, Task)
        return replace(task, comment="Trained with care")

    def before_train(self) -> State:
        return Pass(name="Breathe")

    def after_train(self) -> Sequence[State]:
        return [Pass(name="Rest"), Pass(name="Stretch")]


def training(stack: Stack, name: str = "flights", **arguments: Any) -> TrainingWorkflow:
    home = ModelHome(stack, f"Home-{name}", name=name)
    return TrainingWorkflow(
        stack, f"Training-{name}", home=home, **{"dataset": DATASET, "algorithm": ALGORITHM, **arguments}
    )


def plain(stack: Stack) -> None:
    home = ModelHome(stack, "Model", name="flights")
    TrainingWorkflow(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM)
    BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET)


def two_models(stack: Stack) -> None:
    training(stack, "flights")
    decided = Approval.manual(remind_after=timedelta(days=2), expires_after=timedelta(days=14))
    training(stack, "trains", dataset=replace(DATASET, uri="s3://rails/raw/"), approval=decided)


def own_dataset_bucket(stack: Stack) -> None:
    key = kms.Key.from_key_arn(stack, "TheirKey", "arn:aws:kms:eu-central-1:333333333333:key/theirs")
    bucket = s3.Bucket.from_bucket_attributes(
        stack, "Theirs", bucket_arn="arn:aws:s3:::theirs", encryption_key=key
    )
    training(stack, dataset=replace(DATASET, uri="s3://theirs/raw/"), dataset_bucket=bucket)


def in_vpc(stack: Stack) -> None:
    network = NetworkSettings(subnet_ids=("subnet-1", "subnet-2"), security_group_ids=("sg-1",))
    home = ModelHome(stack, "Model", name="flights")
    TrainingWorkflow(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM, network=network)
    other = NetworkSettings(subnet_ids=("subnet-3",), security_group_ids=("sg-1",))
    BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET, network=other)


def custom_image(stack: Stack) -> None:
    training(stack, algorithm=CustomImage(image_uri=OWN_IMAGE, hyperparameters={"trees": 7}))


def scripted(stack: Stack) -> None:
    script = Script(
        framework="pytorch",
        source_dir=str(Path(__file__).parent.parent.parent / "examples" / "script_mode" / "code"),
        entry_point="train.py",
        hyperparameters={"trees": 7},
    )
    training(stack, algorithm=script, training_compute=Compute(instance_type="ml.g5.xlarge"))


def exported(stack: Stack) -> None:
    training(stack, export=Onnx())


def tracked(stack: Stack) -> None:
    home = ModelHome(stack, "Home-flights", name="flights")
    app = MlflowApp(stack, "Mlflow", home=home)
    TrainingWorkflow(
        stack,
        "Training-flights",
        home=home,
        dataset=DATASET,
        algorithm=ALGORITHM,
        mlflow=Mlflow(app_arn=app.arn),
    )


def careful(stack: Stack) -> None:
    home = ModelHome(stack, "Home-flights", name="flights")
    CarefulTraining(
        stack,
        "Training-flights",
        home=home,
        dataset=DATASET,
        algorithm=ALGORITHM,
        seams={"after_train": Pass(name="Note")},
    )


def chained(stack: Stack) -> None:
    function = lambda_.Function(
        stack,
        "Tell",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): return event"),
    )
    bucket = s3.Bucket.from_bucket_name(stack, "Board", f"board-{stack.account}")
    chain = sfn.Pass.jsonata(stack, "Note", outputs={"board": f"s3://{bucket.bucket_name}/x"}).next(
        sfn_tasks.LambdaInvoke.jsonata(stack, "TellEveryone", lambda_function=function)
    )
    training(stack, seams={"after_evaluate": chain})


def serving(stack: Stack) -> None:
    home = ModelHome(stack, "Model", name="flights")
    TrainingWorkflow(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM)
    RealTimeInferenceWorkflow(
        stack,
        "Serving",
        home=home,
        dataset=DATASET,
        serving=Serving(
            scaling=Scaling(minimum=2, maximum=4, concurrency=4),
            alarms=RollbackAlarms(p99_latency=timedelta(milliseconds=250), cpu_percent=180),
        ),
        rollout=Canary(percent=10),
        endpoint_name="Board",
    )


def trying(stack: Stack) -> None:
    rollouts: dict[str, Deployment | Experiment] = {
        "shadowed": Shadow(),
        "tested": ABTest(),
        "untried": AllAtOnce(),
    }
    for name, rollout in rollouts.items():
        RealTimeInferenceWorkflow(
            stack,
            f"Release-{name}",
            home=ModelHome(stack, f"Home-{name}", name=name),
            dataset=replace(DATASET, entity="tail"),
            rollout=rollout,
        )


def retraining(stack: Stack) -> None:
    fleet = Fleet(stack, "Fleet", budget=Budget(jobs=2, instances=4))
    home = ModelHome(stack, "Model", name="flights")
    trained = TrainingWorkflow(
        stack,
        "Training",
        home=home,
        dataset=DATASET,
        algorithm=ALGORITHM,
        gate=Gate(better_than_champion="auc"),
    )
    serving = RealTimeInferenceWorkflow(stack, "Serving", home=home, dataset=DATASET)
    window = SlidingWindow(length=timedelta(days=90), holdout=timedelta(days=14))
    RetrainingWorkflow(
        stack,
        "Retraining",
        home=home,
        training=trained,
        release=serving,
        triggers=(
            OnSchedule(schedule="rate(7 days)"),
            OnNewData(rows=10_000, files=30),
            OnDrift(windows=2),
            OnAccuracyLoss(metric="auc", loss=0.05),
            OnCodeChange(),
            OnRequest(),
        ),
        window=window,
        fleet=fleet,
    )
    other = training(stack, "trains")
    RetrainingWorkflow(
        stack,
        "Others",
        home=other.home,
        training=other,
        triggers=(OnRequest(),),
        window=window,
        without_comparison="A new model a month, whatever the old one was.",
    )


def delivering(stack: Stack) -> None:
    training(stack)
    for name, delivery in (("flights", LookUpTable()), ("trains", RowEvents())):
        home = ModelHome(stack, f"Delivered-{name}", name=f"{name}-delivered")
        BatchInferenceWorkflow(stack, f"Batch-{name}", home=home, dataset=DATASET, delivery=delivery)


def monitored(stack: Stack) -> None:
    home = ModelHome(stack, "Model", name="flights")
    released = RealTimeInferenceWorkflow(stack, "Serving", home=home, dataset=DATASET)
    batch = BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET, moves_champion=False)
    key = kms.Key.from_key_arn(stack, "TheirKey", "arn:aws:kms:eu-central-1:333333333333:key/theirs")
    theirs = s3.Bucket.from_bucket_attributes(
        stack, "Theirs", bucket_arn="arn:aws:s3:::theirs", encryption_key=key
    )
    MonitoringWorkflow(
        stack,
        "Monitoring",
        home=home,
        dataset=DATASET,
        endpoint=released,
        labels=Labels(uri="s3://theirs/late/"),
        labels_bucket=theirs,
        alarms=MonitorAlarms(accuracy={"auc": 0.65}),
    )
    MonitoringWorkflow(
        stack, "BatchMonitoring", home=home, dataset=DATASET, batch=batch, every=timedelta(hours=6)
    )


STACKS = in_accounts_of_their_own(
    {
        "Plain": (plain, HERE),
        "Agnostic": (plain, None),
        "TwoModels": (two_models, HERE),
        "OwnDatasetBucket": (own_dataset_bucket, HERE),
        "InVpc": (in_vpc, HERE),
        "CustomImage": (custom_image, HERE),
        "Scripted": (scripted, HERE),
        "Exported": (exported, HERE),
        "Tracked": (tracked, HERE),
        "Careful": (careful, HERE),
        "Chained": (chained, HERE),
        "Serving": (serving, HERE),
        "Trying": (trying, HERE),
        "Delivering": (delivering, HERE),
        "Monitored": (monitored, HERE),
        "Retraining": (retraining, HERE),
    }
)

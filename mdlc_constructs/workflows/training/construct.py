"""The training workflow as a construct: it adds roles, image and code bundles to the pure machine."""

import os
import re
from collections.abc import Mapping

from aws_cdk import Annotations
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import State
from mdlc_constructs.resources.images import serving_image, training_image
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.places import object_arn
from mdlc_constructs.settings import (
    Algorithm,
    Approval,
    Compute,
    CustomImage,
    Dataset,
    Evaluation,
    Gate,
    NetworkSettings,
    QualityRules,
    Split,
    Tuning,
)
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.mlflow import Mlflow
from mdlc_constructs.settings.onnx import Onnx
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.approval.construct import ApprovalWorkflow
from mdlc_constructs.workflows.construct import (
    DATA_LOCK,
    EVALUATE_LOCK,
    EXPORT_LOCK,
    Workflow,
    source_of,
    without_none,
)
from mdlc_constructs.workflows.parts import starts_otherwise
from mdlc_constructs.workflows.planner_role import looking_at_tuning, planning
from mdlc_constructs.workflows.seams import Seam
from mdlc_constructs.workflows.training import experiments
from mdlc_constructs.workflows.training import machine as template
from mdlc_constructs.workflows.training.decide import decide
from mdlc_constructs.workflows.training.ending import WORKFLOW
from mdlc_constructs.workflows.training.machine import STEPS, steps_of, training_machine
from mdlc_constructs.workflows.training.registration import register
from mdlc_constructs.workflows.training.script import script_bindings
from mdlc_constructs.workflows.training.settings import TrainingSettings

COMMIT_VARIABLE = "MDLC_COMMIT"
"""The environment variable by which a delivery pipeline names the commit that it synthesizes."""

_MOVABLE = re.compile(r"/[^/:@]+:(?![0-9a-f]{64}$)[^/@:]+$")
"""Matches an image URI with a mutable tag. The CDK tags its own image assets with a content hash instead."""


def declared_code_version(scope: Construct) -> str | None:
    """The context value `mdlc:code_version`, or else the commit in `MDLC_COMMIT`; None without both."""
    version = scope.node.try_get_context("mdlc:code_version") or os.environ.get(COMMIT_VARIABLE)
    return str(version) if version else None


def warn_of_tag(workflow: Workflow, algorithm: Algorithm) -> None:
    """Warn at synth of an image that is named by a tag."""
    if isinstance(algorithm, CustomImage) and _MOVABLE.search(algorithm.image_uri):
        Annotations.of(workflow).add_warning_v2(
            "mdlc:image-named-by-tag",
            f"image_uri {algorithm.image_uri!r} names the image by a tag: when another image is pushed "
            f"under that tag, nothing is trained anew. Name it by digest, <repository>@sha256:<digest>.",
        )


def finding_artifacts() -> tuple[Statement, ...]:
    """Permission to list training artifacts.

    When there is no training job to describe, an existing artifact shows that training is done.
    """
    return (
        Statement(
            actions=("s3:ListBucket",),
            resources=("arn:${Partition}:s3:::${Bucket}",),
            conditions={"StringLike": {"s3:prefix": "training/*"}},
        ),
    )


class TrainingWorkflow(Workflow):
    """Trains, evaluates, gates, registers and approves a model.

    The execution's input is `{window, holdout, reason, trigger, request_id}`, all optional:
    `docs/contracts.md`.

    Args:
        home: the model's home.
        dataset: the training data; its bucket is only read.
        algorithm: the algorithm that trains and scores.
        split: how rows are divided by time; by default the last 20 percent are the holdout.
        quality: rules that a batch must satisfy before anything is trained on it.
        evaluation: threshold and bootstrap of the evaluation.
        gate: conditions that a model must meet to be approved.
        approval: automatic (the gate decides) or manual (a person decides, with `mdlc approve` or in the
            registry), with a reminder and an expiry.
        training_compute: instances of the training job.
        job_compute: instances of the data jobs.
        scoring_compute: instances of the transform jobs.
        network: VPC, isolation, encryption between containers.
        dataset_bucket: the bucket that holds the data, needed when it has its own encryption key.
        code_version: recorded with every package, for example a commit; by default the context value
            `mdlc:code_version`, or else the environment variable `MDLC_COMMIT`, which a delivery pipeline
            sets.
        tuning: a search for hyperparameters: the step `train` runs a tuning job, and its best trial's model
            goes on.
        export: also write the trained model in ONNX, for a container of the team's own; refused unless it
            answers the holdout as the trained model does.
        mlflow: write each training to an MLflow app of SageMaker, too; on AWS only.
        seams: states before and after steps, such as `{"after_evaluate": chain}`.

    Raises:
        ValueError: names the argument, its value and the remedy.

    Attributes:
        approval: the machine that reminds of a pending version and lets it expire; None when the approval
            declares neither.
    """

    steps: tuple[str, ...] = STEPS

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        dataset: Dataset,
        algorithm: Algorithm,
        split: Split | None = None,
        quality: QualityRules | None = None,
        evaluation: Evaluation | None = None,
        gate: Gate | None = None,
        approval: Approval | None = None,
        training_compute: Compute | None = None,
        job_compute: Compute | None = None,
        scoring_compute: Compute | None = None,
        network: NetworkSettings | None = None,
        dataset_bucket: s3.IBucket | None = None,
        code_version: str | None = None,
        tuning: Tuning | None = None,
        export: Onnx | None = None,
        mlflow: Mlflow | None = None,
        seams: Mapping[str, Seam] | None = None,
    ) -> None:
        # Validate before any resource exists, so that an invalid setting leaves nothing behind.
        self.settings = TrainingSettings(
            model=home.name,
            dataset=dataset,
            algorithm=algorithm,
            **without_none(
                split=split,
                quality=quality,
                evaluation=evaluation,
                gate=gate,
                approval=approval,
                training_compute=training_compute,
                job_compute=job_compute,
                scoring_compute=scoring_compute,
                network=network,
                tuning=tuning,
                export=export,
                mlflow=mlflow,
                code_version=declared_code_version(scope) if code_version is None else code_version,
            ),
        )
        self.source = source_of(home, dataset, dataset_bucket)
        super().__init__(scope, id_, home=home, workflow=WORKFLOW)
        warn_of_tag(self, algorithm)
        self.steps = steps_of(self.settings)
        machine = self.put_together(training_machine, self.settings, seams)
        export_lock = () if export is None else (EXPORT_LOCK,)
        bundled, places = self.bundle_bindings(DATA_LOCK, EVALUATE_LOCK, *export_lock)
        image = training_image(self, algorithm, self.settings.training_compute.instance_type)
        # A container of the team's own is an asset, which a construct makes once.
        served = (
            serving_image(self, algorithm, self.settings.scoring_compute.instance_type)
            if self.settings.algorithm.serves_otherwise
            else image
        )
        script, script_reads = script_bindings(self, algorithm)
        job_image = self.image_uri(Image.jobs())
        network = self.settings.network
        reads = job_roles.dataset(self.source.key_arn)
        code = places["JobCode"]

        def jobs(*wheels: str) -> tuple[Statement, ...]:
            keys = (code.object_key, *(places[name].object_key for name in wheels))
            return (
                *job_roles.job_code(code.bucket_name, *keys),
                *job_roles.running("ProcessingJobs", self.repository_arn(job_image), network),
                *job_roles.volumes(),
            )

        bucket = job_roles.model_bucket
        self.job_role(
            "QualityRole",
            reads,
            jobs("DataWheels"),
            bucket(reads=("runs",), writes=("quality", "quarantine")),
        )
        self.job_role("FeaturesRole", reads, jobs("DataWheels"), bucket(reads=("runs",), writes=("splits",)))
        kept = ("training",) if self.settings.training_compute.spot else ()
        self.job_role(
            "TrainRole",
            bucket(reads=("splits", *kept), writes=("training",)),
            job_roles.own_files(self.settings.algorithm.own_channels.values()),
            script_reads,
            job_roles.running("TrainingJobs", self.repository_arn(image), network),
            job_roles.volumes(),
            experiments.calling_by_job(mlflow, searched=tuning is not None),
        )
        self.job_role(
            "EvaluateRole",
            jobs("EvaluateWheels"),
            bucket(
                reads=("runs", "splits", "scores", *(("training",) if self._reads_training else ())),
                writes=("evaluations", "baselines"),
            ),
        )
        if export is not None:
            self.job_role(
                "ExportRole",
                jobs("ExportWheels"),
                bucket(reads=("runs", "splits", "scores", "training"), writes=("exports",)),
            )
        home.algorithm_arn = self.settings.algorithm.resource_arn
        home.model_repository_arn = self.repository_arn(served)
        model_role = self.model_role(job_roles.model(home.model_repository_arn, network))
        collecting = self._collecting()
        planner = self.function("PlanTraining", self._planning(), self.source_bindings)
        self.build(
            machine,
            bindings={
                **self.source_bindings,
                **bundled,
                **{name: role.arn for name, role in self.roles.items()},
                **self.network_bindings(network),
                "ModelRole": model_role.arn,
                "JobImage": job_image,
                "TrainingImage": image,
                **({"ScoringImage": served} if self.settings.algorithm.serves_otherwise else {}),
                **script,
                "PlanTrainingFunction": planner,
                **collecting,
                **experiments.bindings(self, self.settings.mlflow),
            },
        )
        approval_settings = self.settings.approval
        self.approval = (
            ApprovalWorkflow(self, "Approval", home=home, approval=approval_settings)
            if approval_settings.is_timed
            else None
        )

    @property
    def _reads_training(self) -> bool:
        """Whether the evaluation reads what training left: the model's trees, or the trials."""
        return self.settings.reports_gain or self.settings.tuning is not None

    def _collecting(self) -> Mapping[str, str]:
        """The binding of the function that collects a tuning's trials; none without a tuning."""
        if self.settings.tuning is None:
            return {}
        statements = job_roles.collecting_trials(self.home.name)
        return {"CollectTrialsFunction": self.function("CollectTrials", statements, self.source_bindings)}

    def _planning(self) -> tuple[Statement, ...]:
        """IAM statements of the planning function for this model."""
        looks = ("ProcessingJob", "TrainingJob", "TransformJob", "Model", "ModelPackage")
        statements = (
            *planning(self.home.name, WORKFLOW, *looks, dataset_key_arn=self.source.key_arn),
            # The champion's feature program.
            Statement(actions=("s3:GetObject",), resources=object_arn("splits")),
        )
        if self.settings.tuning is not None:
            statements = (*statements, *looking_at_tuning(self.home.name))
        elsewhere = starts_otherwise(self.tasks["train"], template.train(self.settings))
        return (*statements, *finding_artifacts()) if elsewhere else statements

    def create_check_quality_task(self) -> State:
        """The data quality check."""
        return template.check_quality(self.settings)

    def create_prepare_features_task(self) -> State:
        """The job that splits the data and fits the feature program."""
        return template.prepare_features(self.settings)

    def create_train_task(self) -> State:
        """The training job."""
        return template.train(self.settings)

    def create_create_model_task(self) -> State:
        """The SageMaker model of the trained artifact."""
        return template.model(self.settings)

    def create_score_holdout_task(self) -> State:
        """Transform jobs that score the holdout."""
        return template.score_holdout(self.settings)

    def create_export_task(self) -> State:
        """The job that writes the model in ONNX; a step only with `export`."""
        return template.export(self.settings)

    def create_evaluate_task(self) -> State:
        """The job that computes metrics, a plot and the gate's verdict."""
        return template.evaluate(self.settings)

    def create_register_task(self) -> State:
        """The registration of the model package."""
        return register(self.settings)

    def create_decide_task(self) -> State:
        """The package's approval or rejection."""
        return decide(self.settings)

"""The training on channels as a construct: it adds roles, image and code bundles to the pure machine."""

from collections.abc import Mapping

from aws_cdk import aws_s3 as s3
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import State
from mdlc_constructs.resources.images import serving_image, training_image
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings import (
    Algorithm,
    Approval,
    ChannelRules,
    Channels,
    Compute,
    Evaluation,
    Gate,
    NetworkSettings,
)
from mdlc_constructs.settings.channels import HOLDOUT
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.mlflow import Mlflow
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.approval.construct import ApprovalWorkflow
from mdlc_constructs.workflows.channel_training import machine as template
from mdlc_constructs.workflows.channel_training import places
from mdlc_constructs.workflows.channel_training.machine import channel_training_machine, steps_of
from mdlc_constructs.workflows.channel_training.settings import ChannelTrainingSettings
from mdlc_constructs.workflows.channel_training.sources import bindings_of, keys_of, sources_of
from mdlc_constructs.workflows.construct import DATA_LOCK, EVALUATE_LOCK, Source, Workflow, without_none
from mdlc_constructs.workflows.parts import starts_otherwise
from mdlc_constructs.workflows.planner_role import looking
from mdlc_constructs.workflows.seams import Seam
from mdlc_constructs.workflows.training import experiments
from mdlc_constructs.workflows.training.construct import declared_code_version, finding_artifacts, warn_of_tag
from mdlc_constructs.workflows.training.decide import decide
from mdlc_constructs.workflows.training.ending import WORKFLOW
from mdlc_constructs.workflows.training.script import script_bindings


class ChannelTrainingWorkflow(Workflow):
    """Checks the objects of channels, trains on them, judges the model, registers and approves it.

    For texts, images and other data that are no table; `TrainingWorkflow` trains on a table. The execution's
    input is `{reason, trigger, request_id}`, all optional: `docs/contracts.md`.

    Args:
        home: the model's home.
        channels: the training job's inputs; their buckets are only read.
        algorithm: the algorithm that trains and scores.
        rules: rules that the objects must satisfy before anything is trained on them.
        evaluation: bootstrap of the evaluation on the holdout.
        gate: conditions that a model must meet to be approved: metrics of the answers to the holdout, or
            without one of the training job, such as ``Gate(at_least={"validation:accuracy": 0.9})``.
        approval: automatic (the gate decides) or manual (a person decides), with a reminder and an expiry.
        training_compute: instances of the training job.
        job_compute: instances of the data jobs; their volumes hold all objects.
        scoring_compute: instances of the transform jobs.
        network: VPC, isolation, encryption between containers.
        buckets: by channel the bucket that holds it (of the holdout, "holdout"), needed when it has its own
            encryption key.
        code_version: recorded with every package, for example a commit; by default the context value
            `mdlc:code_version`, or else the environment variable `MDLC_COMMIT`, which a delivery pipeline
            sets.
        mlflow: write each training to an MLflow app of SageMaker, too; on AWS only.
        seams: states before and after steps, such as `{"before_train": chain}`.

    Raises:
        ValueError: names the argument, its value and the remedy.

    Attributes:
        approval: the machine that reminds of a pending version and lets it expire; None when the approval
            declares neither.
    """

    steps: tuple[str, ...] = ()

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        channels: Channels,
        algorithm: Algorithm,
        rules: ChannelRules | None = None,
        evaluation: Evaluation | None = None,
        gate: Gate | None = None,
        approval: Approval | None = None,
        training_compute: Compute | None = None,
        job_compute: Compute | None = None,
        scoring_compute: Compute | None = None,
        network: NetworkSettings | None = None,
        buckets: Mapping[str, s3.IBucket] | None = None,
        code_version: str | None = None,
        mlflow: Mlflow | None = None,
        seams: Mapping[str, Seam] | None = None,
    ) -> None:
        # Validate before any resource exists, so that an invalid setting leaves nothing behind.
        self.settings = settings = ChannelTrainingSettings(
            model=home.name,
            channels=channels,
            algorithm=algorithm,
            **without_none(
                rules=rules,
                evaluation=evaluation,
                gate=gate,
                approval=approval,
                training_compute=training_compute,
                job_compute=job_compute,
                scoring_compute=scoring_compute,
                network=network,
                mlflow=mlflow,
                code_version=declared_code_version(scope) if code_version is None else code_version,
            ),
        )
        self._channels = settings.every_channel
        self._sources = sources_of(home, self._channels, buckets or {})
        self.steps = steps_of(settings)
        super().__init__(scope, id_, home=home, workflow=WORKFLOW)
        warn_of_tag(self, algorithm)
        machine = self.put_together(channel_training_machine, settings, seams)
        bundled, code_places = self.bundle_bindings(
            DATA_LOCK, *((EVALUATE_LOCK,) if settings.has_holdout else ())
        )
        image = training_image(self, algorithm, settings.training_compute.instance_type)
        served = (
            serving_image(self, algorithm, settings.scoring_compute.instance_type)
            if algorithm.serves_otherwise
            else image
        )
        script, script_reads = script_bindings(self, algorithm)
        job_image = self.image_uri(Image.jobs())
        network = settings.network
        keys = keys_of(self._channels, self._sources)
        code = code_places["JobCode"]

        def jobs(wheels: str) -> tuple[Statement, ...]:
            return (
                *job_roles.job_code(code.bucket_name, code.object_key, code_places[wheels].object_key),
                *job_roles.running("ProcessingJobs", self.repository_arn(job_image), network),
                *job_roles.volumes(),
            )

        bucket = job_roles.model_bucket
        written = ("quality", "splits") if settings.has_holdout else ("quality",)
        self.job_role(
            "QualityRole",
            places.reading(self._channels, keys),
            jobs("DataWheels"),
            bucket(reads=("runs",), writes=written),
        )
        kept = ("training",) if settings.training_compute.spot else ()
        self.job_role(
            "TrainRole",
            places.reading(self._channels, keys, left_out=HOLDOUT),
            bucket(reads=kept, writes=("training",)),
            script_reads,
            job_roles.running("TrainingJobs", self.repository_arn(image), network),
            job_roles.volumes(),
            experiments.calling_by_job(settings.mlflow, searched=False),
        )
        if settings.has_holdout:
            self.job_role(
                "EvaluateRole",
                jobs("EvaluateWheels"),
                bucket(reads=("runs", "splits", "scores"), writes=("evaluations",)),
            )
        home.model_repository_arn = self.repository_arn(served)
        model_role = self.model_role(job_roles.model(home.model_repository_arn, network))
        planner = self.function("PlanChannelTraining", self._planning(keys), self.source_bindings)
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
                **({"ScoringImage": served} if algorithm.serves_otherwise else {}),
                **script,
                "PlanChannelTrainingFunction": planner,
                **experiments.bindings(self, settings.mlflow),
            },
        )
        approval_settings = settings.approval
        self.approval = (
            ApprovalWorkflow(self, "Approval", home=home, approval=approval_settings)
            if approval_settings.is_timed
            else None
        )

    @property
    def source_bindings(self) -> Mapping[str, str]:
        """Bindings of the placeholders of the channels' locations."""
        return bindings_of(self._channels, self._sources)

    @property
    def sources(self) -> tuple[Source, ...]:
        """All data locations that the workflow reads."""
        return self._sources

    def _planning(self, keys: Mapping[str, str | None]) -> tuple[Statement, ...]:
        """IAM statements of the planning function for this model."""
        scored = ("TransformJob", "ModelPackage") if self.settings.has_holdout else ()
        looks = ("ProcessingJob", "TrainingJob", "Model", *scored)
        statements = (
            *places.reading(self._channels, keys),
            *looking(self.home.name, WORKFLOW, *looks),
        )
        elsewhere = starts_otherwise(self.tasks["train"], template.train(self.settings))
        return (*statements, *finding_artifacts()) if elsewhere else statements

    def create_check_quality_task(self) -> State:
        """The check of the channels' objects."""
        return template.check_quality(self.settings)

    def create_train_task(self) -> State:
        """The training job."""
        return template.train(self.settings)

    def create_create_model_task(self) -> State:
        """The SageMaker model of the trained artifact."""
        return template.model(self.settings)

    def create_score_holdout_task(self) -> State:
        """Transform jobs that score the holdout."""
        return template.score_holdout(self.settings)

    def create_evaluate_task(self) -> State:
        """The job that judges answers to the holdout, or the call that reads the training's metrics."""
        return template.evaluate(self.settings)

    def create_register_task(self) -> State:
        """The registration of the model package."""
        return template.register(self.settings)

    def create_decide_task(self) -> State:
        """The package's approval or rejection."""
        return decide(self.settings)

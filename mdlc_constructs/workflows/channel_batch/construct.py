"""Batch inference on files as a construct: it adds roles and code bundles to the pure machine."""

from collections.abc import Mapping

from aws_cdk import aws_s3 as s3
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import State
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings import ChannelRules, Compute, NetworkSettings, S3Channel
from mdlc_constructs.settings.image import Image
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.batch_inference.ending import WORKFLOW
from mdlc_constructs.workflows.channel_batch import machine as template
from mdlc_constructs.workflows.channel_batch.machine import STEPS, channel_batch_machine
from mdlc_constructs.workflows.channel_batch.settings import CHANNEL, ChannelBatchSettings
from mdlc_constructs.workflows.channel_training import places
from mdlc_constructs.workflows.channel_training.sources import bindings_of, keys_of, sources_of
from mdlc_constructs.workflows.construct import DATA_LOCK, Source, Workflow, without_none
from mdlc_constructs.workflows.planner_role import looking
from mdlc_constructs.workflows.scoring import check_scoring
from mdlc_constructs.workflows.seams import Seam


class ChannelBatchInferenceWorkflow(Workflow):
    """Scores the files below a prefix with the latest approved package, and publishes the checked answers.

    For models of `ChannelTrainingWorkflow`. The execution's input is `{prefix, package_version, reason,
    trigger, request_id}`, all optional: `docs/contracts.md`.

    Args:
        home: the model's home, in which a training workflow registers packages.
        channel: the files: JSON lines, of which each line is a record (content_type="application/jsonlines"),
            or other objects, of which each is one request.
        rules: rules that the files must satisfy before they are scored; by default equal ones are fine.
        accept: content type of the answers; by default JSON lines for JSON lines, and else JSON.
        moves_champion: whether publishing makes the package the champion, with which the next training's
            model is compared.
        job_compute: instances of the data jobs.
        scoring_compute: instances of the transform job.
        network: VPC, isolation, encryption between containers.
        bucket: the bucket that holds the files, needed when it has its own encryption key.
        seams: states before and after steps, such as `{"after_check_output": chain}`.

    Raises:
        ValueError: names the argument, its value and the remedy.
    """

    steps = STEPS

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        channel: S3Channel,
        rules: ChannelRules | None = None,
        accept: str | None = None,
        moves_champion: bool = ChannelBatchSettings.moves_champion,
        job_compute: Compute | None = None,
        scoring_compute: Compute | None = None,
        network: NetworkSettings | None = None,
        bucket: s3.IBucket | None = None,
        seams: Mapping[str, Seam] | None = None,
    ) -> None:
        # Validate before any resource exists, so that an invalid setting leaves nothing behind.
        self.settings = settings = ChannelBatchSettings(
            model=home.name,
            channel=channel,
            accept=accept,
            moves_champion=moves_champion,
            **without_none(
                rules=rules, job_compute=job_compute, scoring_compute=scoring_compute, network=network
            ),
        )
        check_scoring(settings.scoring_compute, home.model_repository_arn)
        self._channels = {CHANNEL: channel}
        self._sources = sources_of(home, self._channels, {} if bucket is None else {CHANNEL: bucket})
        super().__init__(scope, id_, home=home, workflow=WORKFLOW)
        machine = self.put_together(channel_batch_machine, settings, seams)
        bundled, code_places = self.bundle_bindings(DATA_LOCK)
        job_image = self.image_uri(Image.jobs())
        code, wheels = code_places["JobCode"], code_places["DataWheels"]
        reads = places.reading(self._channels, keys_of(self._channels, self._sources))
        jobs = (
            *job_roles.job_code(code.bucket_name, code.object_key, wheels.object_key),
            *job_roles.running("ProcessingJobs", self.repository_arn(job_image), settings.network),
            *job_roles.volumes(),
        )
        written = job_roles.model_bucket
        self.job_role("InputRole", reads, jobs, written(reads=("runs",), writes=("quality",)))
        self.job_role(
            "OutputRole", reads, jobs, written(reads=("runs", "scores"), writes=("predictions", "staged"))
        )
        model = (*job_roles.model(home.model_repository_arn, settings.network), *reads)
        model_role = home.model_role(model, self.source_bindings, scope=self)
        planner = self.function("PlanChannelBatch", self._planning(reads), self.source_bindings)
        self.build(
            machine,
            bindings={
                **self.source_bindings,
                **bundled,
                **{name: role.arn for name, role in self.roles.items()},
                **self.network_bindings(settings.network),
                "ModelRole": model_role.arn,
                "JobImage": job_image,
                "PlanChannelBatchFunction": planner,
            },
        )

    @property
    def source_bindings(self) -> Mapping[str, str]:
        """Bindings of the placeholders of the files' location."""
        return bindings_of(self._channels, self._sources)

    @property
    def sources(self) -> tuple[Source, ...]:
        """All data locations that the workflow reads."""
        return self._sources

    def _planning(self, reads: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """IAM statements of the planning function for this model."""
        looks = ("ProcessingJob", "TransformJob", "Model", "ModelPackage")
        return (
            *reads,
            *looking(self.home.name, WORKFLOW, *looks),
            # SageMaker's List calls have no resource-level permissions.
            Statement(actions=("sagemaker:ListModelPackages",), resources=("*",)),
        )

    def create_create_model_task(self) -> State:
        """The package's model, created again when it was deleted."""
        return template.create_model(self.settings)

    def create_check_input_task(self) -> State:
        """The check of the files."""
        return template.check_input(self.settings)

    def create_score_input_task(self) -> State:
        """The transform job that scores the files."""
        return template.score_input(self.settings)

    def create_check_output_task(self) -> State:
        """The job that checks the answers and writes them with their columns."""
        return template.check_output(self.settings)

    def create_publish_manifest_task(self) -> State:
        """The write of the manifest, which publishes the batch."""
        return template.publish_manifest(self.settings)

"""The batch inference workflow as a construct: roles and bundles around the pure machine."""

from collections.abc import Mapping

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import State
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings import Compute, Dataset, NetworkSettings, QualityRules
from mdlc_constructs.settings.delivery import Delivery, LookUpTable
from mdlc_constructs.settings.image import Image
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.batch_inference import machine as template
from mdlc_constructs.workflows.batch_inference.delivery_states import delivery_statements
from mdlc_constructs.workflows.batch_inference.look_up import LookUp, check_table, look_up
from mdlc_constructs.workflows.batch_inference.machine import (
    STEPS,
    WORKFLOW,
    BatchInferenceSettings,
    batch_inference_machine,
)
from mdlc_constructs.workflows.construct import DATA_LOCK, Workflow, source_of, without_none
from mdlc_constructs.workflows.planner_role import planning
from mdlc_constructs.workflows.scoring import check_scoring
from mdlc_constructs.workflows.seams import Seam


class BatchInferenceWorkflow(Workflow):
    """Scores a batch with the latest approved package and publishes checked predictions.

    The execution's input is `{prefix, package_version, reason, trigger, request_id}`, all optional:
    `docs/contracts.md`.

    Args:
        home: the model's home, in which a training workflow registers packages.
        dataset: the data to score; label and columns known only afterwards need not be there.
        quality: what a batch must satisfy before it is scored. By default the rules of `QualityRules`, but
            one row is enough.
        content_type: the type of the scoring records.
        max_parallel: shards, and so transform jobs, at a time. An input of many files is spread over them.
        moves_champion: whether publishing points the champion to the package that answered. Leave it to the
            release when the model also serves in real time.
        delivery: what clients get besides the files, once they are published: `LookUpTable()` or
            `RowEvents()`; nothing unless given. When it fails, the batch stays published: start it again.
        look_up_table: your own table for `LookUpTable` instead of a new one: its partition key is the text
            `delivery.key`, and `expires_at` its time to live.
        job_compute: instances of the data jobs.
        scoring_compute: instances of each transform job.
        network: VPC, isolation, encryption between containers.
        dataset_bucket: the bucket that holds the data, when it has an encryption key of its own.
        seams: states before and after steps, such as `{"after_check_output": chain}`.

    Raises:
        ValueError: naming the argument, its value and the remedy.

    Attributes:
        look_up_table: where predictions are looked up (`grant_read_data` lets somebody); None without a
            `LookUpTable`.
    """

    steps = STEPS

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        dataset: Dataset,
        quality: QualityRules | None = None,
        content_type: str = BatchInferenceSettings.content_type,
        max_parallel: int = BatchInferenceSettings.max_parallel,
        moves_champion: bool = BatchInferenceSettings.moves_champion,
        delivery: Delivery | None = None,
        look_up_table: dynamodb.ITable | None = None,
        job_compute: Compute | None = None,
        scoring_compute: Compute | None = None,
        network: NetworkSettings | None = None,
        dataset_bucket: s3.IBucket | None = None,
        seams: Mapping[str, Seam] | None = None,
    ) -> None:
        # Before any resource exists, so that a refused setting leaves nothing behind.
        self.settings = BatchInferenceSettings(
            model=home.name,
            dataset=dataset,
            content_type=content_type,
            max_parallel=max_parallel,
            moves_champion=moves_champion,
            delivery=delivery,
            **without_none(
                quality=quality,
                job_compute=job_compute,
                scoring_compute=scoring_compute,
                network=network,
            ),
        )
        check_scoring(self.settings.scoring_compute, home.model_repository_arn)
        check_table(delivery, look_up_table)
        self.source = source_of(home, dataset, dataset_bucket)
        super().__init__(scope, id_, home=home, workflow=WORKFLOW)
        machine = self.put_together(batch_inference_machine, self.settings, seams)
        bundled, places = self.bundle_bindings(DATA_LOCK)
        job_image = self.image_uri(Image.jobs())
        code, wheels = places["JobCode"], places["DataWheels"]
        jobs = (
            *job_roles.job_code(code.bucket_name, code.object_key, wheels.object_key),
            *job_roles.running("ProcessingJobs", self.repository_arn(job_image), self.settings.network),
            *job_roles.volumes(),
        )
        reads, bucket = job_roles.dataset(self.source.key_arn), job_roles.model_bucket
        self.job_role("InputRole", reads, jobs, bucket(reads=("runs",), writes=("quality", "quarantine")))
        self.job_role("PrepareRole", reads, jobs, bucket(reads=("runs", "splits"), writes=("prepared",)))
        self.job_role(
            "OutputRole",
            jobs,
            bucket(
                reads=("runs", "prepared", "scores"),
                writes=("predictions", "staged", *(("deliveries",) if delivery is not None else ())),
            ),
        )
        model_role = self.model_role(job_roles.model(home.model_repository_arn, self.settings.network))
        planner = self.function("PlanBatch", self._planning(), self.source_bindings)
        self.build(
            machine,
            bindings={
                **self.source_bindings,
                **bundled,
                **{name: role.arn for name, role in self.roles.items()},
                **self.network_bindings(self.settings.network),
                "ModelRole": model_role.arn,
                "JobImage": job_image,
                "PlanBatchFunction": planner,
                **self._delivery(look_up_table),
            },
        )

    def _delivery(self, table: dynamodb.ITable | None) -> Mapping[str, str]:
        """The table and the function of the delivery, as placeholders; sets `look_up_table`."""
        delivery = self.settings.delivery
        self.look_up_table: dynamodb.ITable | None = None
        if delivery is None:
            return {}
        look_up_target: LookUp | None = None
        if isinstance(delivery, LookUpTable):
            look_up_target = look_up(self, self.home, delivery, table)
            self.look_up_table = look_up_target.table
        bindings = look_up_target.bindings if look_up_target else {}
        statements = delivery_statements(delivery, key=look_up_target is not None and look_up_target.has_key)
        function = self.function("DeliverPredictions", statements, bindings)
        return {**bindings, "DeliverPredictionsFunction": function}

    def _planning(self) -> tuple[Statement, ...]:
        """What the planning function looks at and writes for this model."""
        looks = ("ProcessingJob", "TransformJob", "Model", "ModelPackage")
        return (
            *planning(self.home.name, WORKFLOW, *looks, dataset_key_arn=self.source.key_arn),
            # Listing knows no resource-level permission.
            Statement(actions=("sagemaker:ListModelPackages",), resources=("*",)),
        )

    def create_create_model_task(self) -> State:
        """The package's model, made anew when it is gone."""
        return template.create_model(self.settings)

    def create_check_input_task(self) -> State:
        """The input's quality check."""
        return template.check_input(self.settings)

    def create_prepare_input_task(self) -> State:
        """The package's feature program over the input."""
        return template.prepare_input(self.settings)

    def create_score_input_task(self) -> State:
        """Transform jobs over the shards."""
        return template.score_input(self.settings)

    def create_check_output_task(self) -> State:
        """Predictions rejoined to row keys and checked."""
        return template.check_output(self.settings)

    def create_publish_manifest_task(self) -> State:
        """The manifest, written last."""
        return template.publish_manifest(self.settings)

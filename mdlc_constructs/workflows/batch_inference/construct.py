"""The batch inference workflow as a construct: it adds roles and code bundles to the pure machine."""

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
from mdlc_constructs.workflows.batch_inference.ending import WORKFLOW
from mdlc_constructs.workflows.batch_inference.look_up import LookUp, check_table, look_up
from mdlc_constructs.workflows.batch_inference.machine import (
    STEPS,
    BatchInferenceSettings,
    batch_inference_machine,
)
from mdlc_constructs.workflows.construct import DATA_LOCK, Workflow, source_of, without_none
from mdlc_constructs.workflows.planner_role import planning
from mdlc_constructs.workflows.scoring import check_image_known, check_scoring
from mdlc_constructs.workflows.seams import Seam


class BatchInferenceWorkflow(Workflow):
    """Scores a batch with the latest approved package and publishes checked predictions.

    The execution's input is `{prefix, package_version, reason, trigger, request_id}`, all optional:
    `docs/contracts.md`.

    Args:
        home: the model's home, in which a training workflow registers packages.
        dataset: the data to score; it needs no label and no columns that are known only afterwards.
        quality: rules that a batch must satisfy before it is scored. By default the rules of `QualityRules`,
            but with a minimum of one row.
        content_type: content type of the records that are scored and of the answers; by default those of the
            package, which follow from its algorithm.
        max_parallel: number of shards, and so of transform jobs, that run in parallel. An input of many files
            is distributed over the shards.
        moves_champion: whether publishing makes the package the champion. Set it to False when the model also
            serves in real time, where the release sets the champion.
        delivery: how clients get predictions besides the files, once these are published: `LookUpTable()` or
            `RowEvents()`; by default not at all. When it fails, the batch stays published: start it again.
        look_up_table: your own table for `LookUpTable` instead of a new one. Its partition key is the string
            `delivery.key`, its time-to-live attribute `expires_at`.
        job_compute: instances of the data jobs.
        scoring_compute: instances of each transform job.
        network: VPC, isolation, encryption between containers.
        dataset_bucket: the bucket that holds the data, needed when it has its own encryption key.
        seams: states before and after steps, such as `{"after_check_output": chain}`.

    Raises:
        ValueError: names the argument, its value and the remedy.

    Attributes:
        look_up_table: the table of predictions (its `grant_read_data` grants access), or None without a
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
        content_type: str | None = None,
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
        # Validate before any resource exists, so that an invalid setting leaves nothing behind.
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
        check_image_known(home.name, home.algorithm_arn, what="batch inference")
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
        compared = ("baselines",) if self.settings.quality.outliers else ()
        checks = bucket(reads=("runs", *compared), writes=("quality", "quarantine"))
        self.job_role("InputRole", reads, jobs, checks)
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
        """Create the table and the function of the delivery; returns bindings and sets `look_up_table`."""
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
        """IAM statements of the planning function for this model."""
        looks = ("ProcessingJob", "TransformJob", "Model", "ModelPackage")
        return (
            *planning(self.home.name, WORKFLOW, *looks, dataset_key_arn=self.source.key_arn),
            # SageMaker's List calls have no resource-level permissions.
            Statement(actions=("sagemaker:ListModelPackages",), resources=("*",)),
        )

    def create_create_model_task(self) -> State:
        """The package's model, created again when it was deleted."""
        return template.create_model(self.settings)

    def create_check_input_task(self) -> State:
        """The quality check of the input."""
        return template.check_input(self.settings)

    def create_prepare_input_task(self) -> State:
        """The job that runs the package's feature program over the input."""
        return template.prepare_input(self.settings)

    def create_score_input_task(self) -> State:
        """Transform jobs that score the shards."""
        return template.score_input(self.settings)

    def create_check_output_task(self) -> State:
        """The job that joins predictions to row keys and checks them."""
        return template.check_output(self.settings)

    def create_publish_manifest_task(self) -> State:
        """The write of the manifest, which publishes the batch."""
        return template.publish_manifest(self.settings)

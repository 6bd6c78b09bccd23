"""The batch inference machine: a pure function from settings to states.

On success it enters Plan, Resume, (CreateModel when the model was deleted), CheckInput, InputVerdict,
PrepareInput, ScoreInput (with ScoreShard inside, once a shard), CheckOutput, OutputVerdict, PublishManifest,
PointChampion, (DeliverPredictions with DeliverFile inside, when predictions are delivered), RecordAudit and
PublishEvent.
"""

from dataclasses import dataclass, field

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Map, State, Task
from mdlc_constructs.resources.places import (
    DATASET_BUCKET,
    DATASET_PREFIX,
)
from mdlc_constructs.settings import Compute, Dataset, NetworkSettings, QualityRules
from mdlc_constructs.settings.channels import check_table
from mdlc_constructs.settings.delivery import Delivery
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.records import RecordTypes
from mdlc_constructs.settings.task_steps import check_step
from mdlc_constructs.workflows.assembly import Template, assemble, machine_timeout, verdict
from mdlc_constructs.workflows.batch_inference import delivery_states
from mdlc_constructs.workflows.batch_inference.ending import WORKFLOW, batch_ending, publish
from mdlc_constructs.workflows.data_jobs import VERDICT, data_job
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.parts import Parts, machine_function
from mdlc_constructs.workflows.planning import taken
from mdlc_constructs.workflows.scoring import package_model, rules_of, score_task, strategy_of, unlabelled

STEPS = (
    "create_model",
    "check_input",
    "prepare_input",
    "score_input",
    "check_output",
    "publish_manifest",
)
"""The steps that can be replaced (`create_<step>_task`) and surrounded (`before_<step>`, `after_<step>`)."""

MAX_PARALLEL = 40
"""The maximum concurrency of an inline map."""

INPUT_RULES = QualityRules(minimum_rows=1)
"""The default quality rules of a batch: training needs many rows, scoring needs one."""


@dataclass(frozen=True, kw_only=True)
class BatchInferenceSettings:
    """The settings from which a batch inference machine is built; `BatchInferenceWorkflow` documents each.

    Raises:
        ValueError: when settings contradict each other; names the argument, its value and the remedy.
    """

    model: str
    dataset: Dataset
    quality: QualityRules = field(default_factory=lambda: INPUT_RULES)
    content_type: str | None = None
    max_parallel: int = 4
    moves_champion: bool = True
    delivery: Delivery | None = None
    job_compute: Compute = field(default_factory=Compute)
    scoring_compute: Compute = field(default_factory=Compute)
    network: NetworkSettings = field(default_factory=NetworkSettings)

    def __post_init__(self) -> None:
        if isinstance(self.max_parallel, bool) or not 1 <= self.max_parallel <= MAX_PARALLEL:
            raise ValueError(
                f"max_parallel={self.max_parallel!r} must be a whole number from 1 to {MAX_PARALLEL}, "
                f"which is what an inline map runs at a time."
            )
        check_table(self.dataset, what="batch inference")
        check_step("batch", self.dataset.task, what="batch inference")
        self.quality.check_columns(self.dataset)
        if self.delivery is not None:
            self.delivery.check_dataset(self.dataset)
        self.job_compute.require("processing", image=Image.jobs().title)
        self.scoring_compute.require("transform")

    @property
    def records(self) -> RecordTypes | None:
        """The types in the request of transform jobs; None for those of the package."""
        return None if self.content_type is None else RecordTypes.of(self.content_type, self.content_type)

    def to_plan(self) -> dict[str, object]:
        """The settings in the form of the jobs' `plan.json`, without label and columns known only later."""
        section = unlabelled(self.dataset)
        delivery = None if self.delivery is None else delivery_states.to_plan(self.delivery)
        return {
            "dataset": {**encode(section), "uri": f"s3://{DATASET_BUCKET}/{DATASET_PREFIX}"},
            "quality": encode(rules_of(self.quality, section.columns)),
            "parallel": self.max_parallel,
            **({"delivery": encode(delivery)} if delivery is not None else {}),
        }


def create_model(settings: BatchInferenceSettings) -> Task:
    """Create the package's model again when it was deleted; when it exists, the machine skips this state."""
    return package_model(settings.model, settings.network)


def check_input(settings: BatchInferenceSettings) -> Task:
    """Check the batch before it is scored; a rejected batch is reported and quarantined."""
    baseline = {"baseline": "{% $plan.uris.baseline %}"} if settings.quality.outliers else {}
    return data_job(
        "CheckInput",
        command="quality",
        label="input",
        model=settings.model,
        role_arn="${InputRole}",
        wheels="${DataWheels}",
        inputs={"data": "{% $plan.uris.data %}", **baseline},
        outputs={"report": "{% $plan.uris.report %}", "quarantine": "{% $plan.uris.quarantine %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"quality": VERDICT},
        comment="The same rules as in training, without the label",
    )


def prepare_input(settings: BatchInferenceSettings) -> Task:
    """Run the package's own feature program over the input; it writes shards."""
    return data_job(
        "PrepareInput",
        command="prepare",
        label="prepare",
        model=settings.model,
        role_arn="${PrepareRole}",
        wheels="${DataWheels}",
        inputs={"data": "{% $plan.uris.data %}", "program": "{% $plan.package.program %}"},
        outputs={"shards": "{% $plan.uris.shards %}", "keys": "{% $plan.uris.keys %}"},
        compute=settings.job_compute,
        network=settings.network,
        comment="The feature program that the package was trained with",
    )


def score_input(settings: BatchInferenceSettings) -> Map:
    """Score all shards, at most `max_parallel` at a time."""
    inner = score_task(
        "ScoreShard",
        model=settings.model,
        records=settings.records,
        compute=settings.scoring_compute,
        strategy=strategy_of(settings.dataset.task),
    )
    return Map(
        name="ScoreInput",
        items="{% $plan.scoring %}",
        processor=Machine((inner,)),
        max_concurrency=settings.max_parallel,
        output={},
        catch=(taken("ScoreInput"), TO_FAILURE),
        comment="One transform job a shard",
    )


def check_output(settings: BatchInferenceSettings) -> Task:
    """Join predictions to row keys and check them: one for each row, in range, none missing."""
    delivered = {"delivery": "{% $plan.uris.delivery %}"} if settings.delivery is not None else {}
    return data_job(
        "CheckOutput",
        command="check",
        label="output",
        model=settings.model,
        role_arn="${OutputRole}",
        wheels="${DataWheels}",
        inputs={"keys": "{% $plan.uris.keys %}", "predictions": "{% $plan.uris.scores %}"},
        outputs={"parts": "{% $plan.uris.parts %}", "staged": "{% $plan.uris.staged %}", **delivered},
        compute=settings.job_compute,
        network=settings.network,
        assign={"output": VERDICT},
        comment="One prediction a row, in range, none missing",
    )


def publish_manifest(settings: BatchInferenceSettings) -> Task:
    """Publish by writing the manifest last, so that readers who start from it never see a partial result."""
    return publish()


def default_tasks(settings: BatchInferenceSettings) -> dict[str, State]:
    """The default task of every step; a subclass may replace it."""
    return {
        "create_model": create_model(settings),
        "check_input": check_input(settings),
        "prepare_input": prepare_input(settings),
        "score_input": score_input(settings),
        "check_output": check_output(settings),
        "publish_manifest": publish_manifest(settings),
    }


@machine_function(lambda _: WORKFLOW, lambda _: STEPS, default_tasks)
def batch_inference_machine(settings: BatchInferenceSettings, parts: Parts) -> Machine:
    """Assemble the batch inference machine."""
    template = Template(
        workflow=WORKFLOW,
        model=settings.model,
        comment=f"Scores a batch with the latest approved package of {settings.model} and publishes it",
        steps=STEPS,
        jobs=("create_model", "check_input", "prepare_input", "score_input", "check_output"),
        verdicts={
            "check_input": verdict(
                "InputVerdict", "quality", error="DataRefused", instead="The quality job left no verdict."
            ),
            "check_output": verdict(
                "OutputVerdict", "output", error="OutputRefused", instead="The check job left no verdict."
            ),
        },
        variables=("quality", "output"),
        planner="${PlanBatchFunction}",
        settings=settings.to_plan(),
        unchanged={
            "result": {"outcome": "Unchanged", "rows": "{% $plan.recorded.rows %}"},
            **(delivery_states.RECORDED if settings.delivery is not None else {}),
        },
        ending=batch_ending(
            settings.model, moves_champion=settings.moves_champion, delivery=settings.delivery
        ),
        failure_event="Batch Inference Failed",
        timeout_seconds=machine_timeout(*[settings.job_compute] * 3, settings.scoring_compute),
    )
    return assemble(template, parts)

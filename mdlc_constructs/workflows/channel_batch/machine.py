"""The batch inference machine on files: a pure function from settings to states.

On success it enters Plan, Resume, (CreateModel when the model was deleted), CheckInput, InputVerdict,
ScoreInput (with ScoreFiles inside), CheckOutput, OutputVerdict, PublishManifest, PointChampion, RecordAudit
and PublishEvent.
"""

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Map, State, Task
from mdlc_constructs.resources.places import KEY_ARN
from mdlc_constructs.tasks.transform import transform_job
from mdlc_constructs.workflows.assembly import Template, assemble, machine_timeout, verdict
from mdlc_constructs.workflows.batch_inference.ending import WORKFLOW, batch_ending, publish
from mdlc_constructs.workflows.channel_batch.settings import CHANNEL, ChannelBatchSettings
from mdlc_constructs.workflows.data_jobs import VERDICT, data_job, patience, volume_key
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.parts import Parts, machine_function
from mdlc_constructs.workflows.planning import TAGS, taken
from mdlc_constructs.workflows.scoring import package_model

STEPS = ("create_model", "check_input", "score_input", "check_output", "publish_manifest")
"""The steps: each can be replaced (`create_<step>_task`) and has the seams `before_` and `after_`."""


def create_model(settings: ChannelBatchSettings) -> Task:
    """Create the package's model again when it was deleted; when it exists, the machine skips this state."""
    return package_model(settings.model, settings.network)


def check_input(settings: ChannelBatchSettings) -> Task:
    """Check the files before they are scored."""
    return data_job(
        "CheckInput",
        command="channels",
        label="input",
        model=settings.model,
        role_arn="${InputRole}",
        wheels="${DataWheels}",
        inputs={f"data-{CHANNEL}": "{% $plan.uris.data %}"},
        outputs={"report": "{% $plan.uris.report %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"quality": VERDICT},
        comment="Unreadable and empty objects",
    )


def score_input(settings: ChannelBatchSettings) -> Map:
    """Score all files in one transform job, which divides them among its instances."""
    compute = settings.scoring_compute
    inner = transform_job(
        "ScoreFiles",
        job_name="{% $states.input.job %}",
        name_pattern=f"{settings.model}-score*",
        model_name="{% $states.input.model %}",
        input_uri="{% $states.input.input %}",
        output_uri="{% $states.input.output %}",
        content_type=settings.channel.content_type,
        accept=settings.answer_type,
        split="Line" if settings.by_line else "None",
        assemble="Line" if settings.by_line else "None",
        strategy="MultiRecord" if settings.by_line else "SingleRecord",
        instance_type=compute.instance_type,
        instance_count=compute.instance_count,
        kms_key_id=KEY_ARN,
        volume_kms_key_id=volume_key(compute),
        tags=TAGS,
        timeout_seconds=patience(compute),
        output={},
    )
    return Map(
        name="ScoreInput",
        items="{% $plan.scoring %}",
        processor=Machine((inner,)),
        max_concurrency=1,
        output={},
        catch=(taken("ScoreInput"), TO_FAILURE),
        comment="A request a line, or an object",
    )


def check_output(settings: ChannelBatchSettings) -> Task:
    """Check that every record has an answer, and write the answers as they are, and as columns."""
    return data_job(
        "CheckOutput",
        command="answers",
        label="output",
        model=settings.model,
        role_arn="${OutputRole}",
        wheels="${DataWheels}",
        inputs={f"data-{CHANNEL}": "{% $plan.uris.data %}", "predictions": "{% $plan.uris.scores %}"},
        outputs={"parts": "{% $plan.uris.parts %}", "staged": "{% $plan.uris.staged %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"output": VERDICT},
        comment="One answer a record, none missing",
    )


def publish_manifest(settings: ChannelBatchSettings) -> Task:
    """Publish by writing the manifest last, so that readers who start from it never see a partial result."""
    return publish()


def default_tasks(settings: ChannelBatchSettings) -> dict[str, State]:
    """The default task of every step; a subclass may replace it."""
    return {
        "create_model": create_model(settings),
        "check_input": check_input(settings),
        "score_input": score_input(settings),
        "check_output": check_output(settings),
        "publish_manifest": publish_manifest(settings),
    }


@machine_function(lambda _: WORKFLOW, lambda _: STEPS, default_tasks)
def channel_batch_machine(settings: ChannelBatchSettings, parts: Parts) -> Machine:
    """Assemble the batch inference machine."""
    template = Template(
        workflow=WORKFLOW,
        model=settings.model,
        comment=f"Scores files with the latest approved package of {settings.model} and publishes it",
        steps=STEPS,
        jobs=("create_model", "check_input", "score_input", "check_output"),
        verdicts={
            "check_input": verdict(
                "InputVerdict", "quality", error="DataRefused", instead="The quality job left no verdict."
            ),
            "check_output": verdict(
                "OutputVerdict", "output", error="OutputRefused", instead="The check job left no verdict."
            ),
        },
        variables=("quality", "output"),
        planner="${PlanChannelBatchFunction}",
        settings=settings.to_plan(),
        unchanged={"result": {"outcome": "Unchanged", "rows": "{% $plan.recorded.rows %}"}},
        ending=batch_ending(settings.model, moves_champion=settings.moves_champion),
        failure_event="Batch Inference Failed",
        timeout_seconds=machine_timeout(*[settings.job_compute] * 2, settings.scoring_compute),
    )
    return assemble(template, parts)

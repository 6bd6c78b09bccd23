"""The release machine: a pure function from settings to states.

On success it enters Plan, Resume, (CreateModel when the model is gone), the golden checks (PrepareGolden,
ScoreGolden with ScoreRecorded inside, CheckGolden, GoldenVerdict), CreateConfig, Deploy, UpdateEndpoint (or
CreateEndpoint), AwaitEndpoint, DescribeEndpoint, EndpointVerdict, what scaling needs, ReleaseVerdict,
PointChampion, RecordAudit and Announce.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import Sequence
from mdlc_constructs.asl.states import Choice, Map, Pass, State, Task
from mdlc_constructs.resources.places import KEY_ARN, uri
from mdlc_constructs.settings import Compute, Dataset, NetworkSettings
from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.settings.instance_type import has_local_storage
from mdlc_constructs.settings.rollout import (
    LONGEST_DEPLOYMENT,
    AllAtOnce,
    Canary,
    Deployment,
    Linear,
    Rolling,
)
from mdlc_constructs.settings.scaling import Asynchronous, Serverless
from mdlc_constructs.settings.serving import CaptureSettings, Serving
from mdlc_constructs.tasks.endpoint import EndpointCapture, Variant, create_endpoint_config
from mdlc_constructs.tasks.requests import present
from mdlc_constructs.workflows.assembly import (
    NO_SEAM,
    Seams,
    Template,
    assemble,
    check_names,
    machine_timeout,
    verdict,
)
from mdlc_constructs.workflows.champion import REFUSED, point_champion
from mdlc_constructs.workflows.data_jobs import VERDICT, data_job
from mdlc_constructs.workflows.ending import TO_FAILURE, success
from mdlc_constructs.workflows.planning import taken
from mdlc_constructs.workflows.real_time_inference.deploying import (
    BLAME,
    FEW_RETRIES,
    deploy,
    deployed,
    planned_again,
)
from mdlc_constructs.workflows.scoring import package_model, score_task, unlabelled

WORKFLOW = "release"

GOLDEN_STEPS = ("prepare_golden", "score_golden", "check_golden")
STEPS = ("create_model", *GOLDEN_STEPS, "create_config", "deploy")
"""The steps with a seam before and after; what is after `deploy` comes when the new version serves."""


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings:
    """Everything a release machine is made from.

    Attributes:
        endpoint: the endpoint's name; the model's unless given.
        golden: what is asked of a version before it gets traffic; None asks nothing.
        rollout: how traffic shifts, in one update of the endpoint.

    Raises:
        ValueError: when parts do not fit each other, naming argument, value and remedy.
    """

    model: str
    dataset: Dataset
    serving: Serving = field(default_factory=Serving)
    rollout: Deployment = field(default_factory=AllAtOnce)
    golden: GoldenChecks | None = field(default_factory=GoldenChecks)
    endpoint: str | None = None
    content_type: str = "text/csv"
    job_compute: Compute = field(default_factory=Compute)
    scoring_compute: Compute = field(default_factory=Compute)
    network: NetworkSettings = field(default_factory=NetworkSettings)

    def __post_init__(self) -> None:
        offered = (AllAtOnce, Canary, Linear, Rolling)
        if not isinstance(self.rollout, offered):
            raise ValueError(
                f"rollout={self.rollout!r} is no update of an endpoint; "
                f"give one of {', '.join(kind.__name__ for kind in offered)}."
            )
        self.serving.check_rollout(self.rollout)
        self.serving.check_network(self.network)
        self.job_compute.require("processing")
        self.scoring_compute.require("transform")

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name."""
        return self.endpoint or self.model

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps there are: without golden checks, none of theirs."""
        return tuple(step for step in STEPS if self.golden is not None or step not in GOLDEN_STEPS)

    def to_plan(self) -> dict[str, object]:
        """The settings as the planner, and the jobs' `plan.json`, hold them."""
        serverless = self.serving.serverless is not None
        return {
            "dataset": unlabelled(self.dataset),
            "golden": None if self.golden is None else self.golden.to_plan(),
            "endpoint": {
                "name": self.endpoint_name,
                "variant": self.serving.variant,
                "instance_type": None if serverless else self.serving.instance_type,
                "scaled": self.serving.scaling is not None,
            },
        }


def create_model(settings: ReleaseSettings) -> Task:
    """Create the package's model anew when it is gone; when it exists the machine passes by."""
    return package_model(settings.model, settings.network)


def prepare_golden(settings: ReleaseSettings) -> Task:
    """Run the package's own feature program over the recorded rows."""
    return data_job(
        "PrepareGolden",
        command="prepare",
        label="golden",
        model=settings.model,
        role_arn="${PrepareGoldenRole}",
        wheels="${DataWheels}",
        inputs={"data": uri("golden", "rows", ""), "program": "{% $plan.package.program %}"},
        outputs={"shards": "{% $plan.uris.shards %}", "keys": "{% $plan.uris.keys %}"},
        compute=settings.job_compute,
        network=settings.network,
        comment="The feature program that the package was trained with",
    )


def score_golden(settings: ReleaseSettings) -> Map:
    """Ask the new version, before it gets any traffic."""
    inner = score_task(
        "ScoreRecorded",
        model=settings.model,
        content_type=settings.content_type,
        compute=settings.scoring_compute,
    )
    return Map(
        name="ScoreGolden",
        items="{% $plan.scoring %}",
        processor=Machine((inner,)),
        max_concurrency=1,
        output={},
        catch=(taken("ScoreGolden"), TO_FAILURE),
        comment="Recorded questions, no traffic",
    )


def check_golden(settings: ReleaseSettings) -> Task:
    """Compare the answers with the expected ones."""
    return data_job(
        "CheckGolden",
        command="golden",
        label="compare",
        model=settings.model,
        role_arn="${CheckGoldenRole}",
        wheels="${DataWheels}",
        inputs={
            "keys": "{% $plan.uris.keys %}",
            "predictions": "{% $plan.uris.scores %}",
            "expected": uri("golden", "expected.csv"),
        },
        outputs={"golden": "{% $plan.uris.report %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"golden": VERDICT},
        comment="Every recorded answer within its tolerance",
    )


def _serverless(given: Serverless | None) -> dict[str, object] | None:
    if given is None:
        return None
    return present(
        {
            "MemorySizeInMB": given.memory_mb,
            "MaxConcurrency": given.max_concurrency,
            "ProvisionedConcurrency": given.provisioned_concurrency,
        }
    )


def _capture(given: CaptureSettings | None) -> EndpointCapture | None:
    if given is None:
        return None
    return EndpointCapture(
        uri=uri("capture", ""),
        sample_percent=given.sample_percent,
        modes=given.modes,
        kms_key_id=KEY_ARN,
    )


def _asynchronous(given: Asynchronous | None) -> dict[str, object] | None:
    if given is None:
        return None
    client = {"MaxConcurrentInvocationsPerInstance": given.concurrent_per_instance}
    output = {"S3OutputPath": uri("asynchronous", ""), "KmsKeyId": KEY_ARN}
    return present({"OutputConfig": output, "ClientConfig": present(client)})


def create_config(settings: ReleaseSettings) -> Task:
    """Write down what the endpoint shall be, under a name of this release's own."""
    serving = settings.serving
    instances = serving.serverless is None
    variant = Variant(
        name=serving.variant,
        model_name="{% $plan.package.model %}",
        instance_type=serving.instance_type if instances else None,
        instance_count=serving.instances if instances else None,
        serverless=_serverless(serving.serverless),
        startup_seconds=serving.startup_seconds,
    )
    encrypted = instances and not has_local_storage(serving.instance_type)
    return create_endpoint_config(
        "CreateConfig",
        config_name="{% $plan.names.CreateConfig %}",
        name_pattern=f"{settings.model}-config-*",
        variants=(variant,),
        capture=_capture(serving.capture),
        asynchronous=_asynchronous(serving.asynchronous),
        kms_key_id=KEY_ARN if encrypted else None,
        output={},
        retry=FEW_RETRIES,
        catch=(planned_again("CreateConfig"), TO_FAILURE),
    )


def move_champion(settings: ReleaseSettings) -> Task:
    """Point to the version that serves now, older or newer, unless somebody moved the pointer meanwhile."""
    cause = (
        "{% 'The endpoint serves version ' & $string($plan.package.version) & ', and another execution "
        "moved the champion meanwhile: release the version that is wanted once more.' %}"
    )
    moved = Catch(
        errors=REFUSED,
        next="RecordFailure",
        assign={"failure": {"Error": "ChampionMoved", "Cause": cause}},
    )
    return point_champion(
        settings.model,
        condition="attribute_not_exists(#version) OR #version = :planned OR #version = :version",
        values={":planned": {"N": "{% $plan.champion %}"}},
        refused=moved,
    )


def default_tasks(settings: ReleaseSettings) -> dict[str, State]:
    """The task of every step, as it is unless a subclass replaces it."""
    made = {
        "create_model": create_model,
        "prepare_golden": prepare_golden,
        "score_golden": score_golden,
        "check_golden": check_golden,
        "create_config": create_config,
    }
    return {step: make(settings) for step, make in made.items() if step in settings.steps}


def release_machine(
    settings: ReleaseSettings,
    *,
    tasks: Mapping[str, State] | None = None,
    seams: Seams | None = None,
    bindings: Mapping[str, object] | None = None,
) -> Machine:
    """Put the machine together.

    Args:
        tasks: replacements of steps' tasks, by step.
        seams: states before and after steps; those after `deploy` come when the new version serves.
        bindings: values of the placeholders.

    Raises:
        ValueError: for an unknown step or seam.
    """
    check_names(WORKFLOW, settings.steps, tasks or {}, seams or {})
    if "deploy" in (tasks or {}):
        raise ValueError("'deploy' is many states and cannot be replaced; use its seams before_ and after_.")
    around = dict(seams or {})
    served = around.pop("after_deploy", NO_SEAM).caught(TO_FAILURE)
    kept = {
        "package_arn": "{% $plan.package.arn %}",
        "version": "{% $string($plan.package.version) %}",
        "endpoint": settings.endpoint_name,
        "config": "{% $plan.names.CreateConfig %}",
        "replaced": "{% $plan.champion %}",
    }
    ending = Sequence.of(
        deployed(
            model=settings.model,
            endpoint_name=settings.endpoint_name,
            serving=settings.serving,
            rollout=settings.rollout,
        ),
        served,
        move_champion(settings),
        Pass(name="Succeeded", assign={"result": {"outcome": "Succeeded"}}),
        success(
            settings.model,
            WORKFLOW,
            fields=kept,
            run_fields=kept,
            detail_type="Model Released",
            detail={"outcome": "{% $result.outcome %}", "run": "{% $plan.run %}", **kept},
        ),
    )
    verdicts: dict[str, Choice] = {}
    if settings.golden is not None:
        verdicts["check_golden"] = verdict(
            "GoldenVerdict",
            "golden",
            error="GoldenRefused",
            instead="The golden job left no verdict.",
            otherwise=BLAME,
        )
    template = Template(
        workflow=WORKFLOW,
        model=settings.model,
        comment=f"Releases a package of {settings.model} to the endpoint {settings.endpoint_name}",
        steps=settings.steps,
        jobs=settings.steps[:-1],
        verdicts=verdicts,
        variables=("golden",),
        planner="${PlanReleaseFunction}",
        settings=settings.to_plan(),
        unchanged={"result": {"outcome": "Unchanged"}},
        ending=ending,
        failure_event="Release Failed",
        timeout_seconds=machine_timeout(*[settings.job_compute] * 2, settings.scoring_compute)
        + 2 * int(LONGEST_DEPLOYMENT.total_seconds()),
    )
    chosen = {**default_tasks(settings), "deploy": deploy(), **(tasks or {})}
    return assemble(template, chosen, around, bindings or {})

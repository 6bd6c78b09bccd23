"""The states that ask an endpoint questions while it is updated: one before, some meanwhile.

How to use it, in a release machine whose `Watch` waits for the endpoint in its first branch::

    watched = WatchedRelease(endpoint_name=..., serving=..., rollout=..., golden=..., probes=...)
    if watched.probed:
        baseline = Sequence.of(record_answers(watched))  # before the update of an endpoint in service
        beside = probing(watched)                        # the second branch of Watch

The prober's function is bound to the placeholder `ProbeAnswersFunction`; `prober_statements(watched)` is what
its role may do, `PROBER_TIMEOUT_SECONDS` how long it may run. Its code is `lambdas.functions.probe_answers`.
The states read `$plan.run` and `$plan.package.version` and assign nothing.

A release pays for each look with three transitions (ProbeAnswers, ProbeVerdict, WaitBetweenProbes). A bake
of ten minutes with a look a minute costs 30, twenty minutes with the new fleet's start 60: at 25 dollars a
million (Standard workflows in us-east-1, 2025), a sixth of a cent. `RecordAnswers` and the end add three.
"""

from dataclasses import dataclass, field

from mdlc_constructs.asl.failures import Catch, Retry
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Choice, Rule, Succeed, Task, Wait
from mdlc_constructs.resources.places import BUCKET
from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.probes import Probes, watched_share
from mdlc_constructs.settings.rollback_alarms import OWN_NAMESPACE, RollbackAlarms
from mdlc_constructs.settings.rollout import Deployment
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.tasks.endpoint import describe_endpoint
from mdlc_constructs.tasks.metrics import may_put_metrics, put_metric
from mdlc_constructs.tasks.permissions import endpoint_arn
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.ending import TO_FAILURE, caught_error

PROBER = "${ProbeAnswersFunction}"
"""Placeholder of the prober's ARN."""

PROBER_TIMEOUT_SECONDS = 300
"""What the prober's function may take: recording the champion's answers is the longer of its two works."""

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""States of an endpoint that pass by themselves."""

_MAX_CHARACTERS = 400
"""Of the reason why the prober failed."""

_PATIENCE = (
    # A look that comes two minutes late is none: soon the alarm has to be raised instead.
    Retry(
        errors=(
            "Lambda.AWSLambdaException",
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.SdkClientException",
            "Lambda.ServiceException",
            "Lambda.TooManyRequestsException",
        ),
        max_attempts=2,
        max_delay_seconds=5,
    ),
)


@dataclass(frozen=True, kw_only=True)
class WatchedRelease:
    """What is watched, and with which probes.

    Attributes:
        content_type: of the golden rows, which go to the endpoint line by line.
        versioned: whether answers carry the package's version, as they do when the endpoint prepares
            requests itself; without it the share of bad answers is estimated from both fleets' answers.

    Raises:
        ValueError: when the probes would not do for the rollout, or there is nothing to ask; naming
            argument, value and remedy.
    """

    endpoint_name: str
    serving: Serving
    rollout: Deployment
    golden: GoldenChecks | None
    probes: Probes = field(default_factory=Probes)
    content_type: str = "application/jsonlines"
    versioned: bool = True

    def __post_init__(self) -> None:
        if not self.probed:
            return
        if self.serving.asynchronous is not None:
            raise ValueError(
                "asynchronous: answers come to S3 minutes later, where no probe waits for them; watch no "
                "quality of answers (quality_share=None, prediction_drift=None)."
            )
        self.probes.check_rollout(self.rollout)
        if self.golden is None and not (self.captured and self.probes.recent):
            raise ValueError(
                f"golden=None and probes.recent={self.probes.recent} with capture={self.serving.capture!r} "
                "leave the alarms on answers nothing to ask: give golden checks, or capture requests, or "
                "watch no quality of answers (quality_share=None, prediction_drift=None)."
            )
        self.count()

    @property
    def probed(self) -> bool:
        """Whether there is a prober: an alarm watches answers, and SageMaker watches the alarm."""
        return self.serving.has_guardrails and watched_share(self.serving.alarms) is not None

    @property
    def captured(self) -> bool:
        """Whether the endpoint keeps requests that may be asked again."""
        capture = self.serving.capture
        return capture is not None and capture.sample_percent > 0 and "Input" in capture.modes

    @property
    def share(self) -> float:
        """The new fleet's smallest share of the traffic, over all sizes that the fleet may have."""
        scaling = self.serving.scaling
        largest = self.serving.instances
        if scaling is not None:
            ceilings = [s.maximum for s in scaling.all_schedules if s.maximum is not None]
            largest = max([scaling.maximum, *ceilings])
        fleets = range(self.serving.smallest_fleet, largest + 1)
        return min(self.rollout.smallest_share(instances) for instances in fleets)

    def count(self) -> int:
        """Probes of one look."""
        return self.probes.count(self.share, watched_share(self.serving.alarms) or 0)


def record_answers(watched: WatchedRelease) -> Task:
    """`RecordAnswers`: the serving version's answers, before any traffic moves.

    Its failure stops the release: without them nobody could tell good answers from bad ones. It belongs
    before the update of an endpoint in service only; where there is no endpoint, nobody can answer.
    """
    return lambda_.invoke(
        "RecordAnswers",
        function_arn=PROBER,
        payload=_payload(watched, "baseline"),
        output={},
        timeout_seconds=PROBER_TIMEOUT_SECONDS + 10,
        catch=(TO_FAILURE,),
        comment="What the champion answers, to hold the new version to",
    )


def probing(watched: WatchedRelease) -> Machine:
    """What goes on beside the wait for the endpoint: look, and look again until the endpoint has settled.

    A prober that fails must not pass for a good one: `AlarmOnSilence` reports every answer as bad, which
    rolls the release back; then the endpoint itself is asked whether it has settled, since nobody else says.
    It ends with `silence`, why the prober failed, or nothing: that speaks not against the package. A way back
    is not asked, since the version that it leaves is no measure for it.
    """
    needed = Choice(
        name="ProbesNeeded",
        rules=(Rule(condition="{% $plan.back = true %}", next="Probed", assign={"silence": ""}),),
        default="ProbeAnswers",
        assign={"silence": ""},
    )
    seconds = int(watched.probes.every.total_seconds())
    look = lambda_.invoke(
        "ProbeAnswers",
        function_arn=PROBER,
        payload=_payload(watched, "look"),
        next="ProbeVerdict",
        # It stops asking by itself when two thirds of `every` are over.
        timeout_seconds=seconds + 30,
        retry=_PATIENCE,
        catch=(Catch(next="AlarmOnSilence", assign={"silence": caught_error(_MAX_CHARACTERS)}, output={}),),
    )
    alarm = put_metric(
        "AlarmOnSilence",
        namespace=OWN_NAMESPACE,
        metric=alarmed_metric(watched.serving.alarms),
        value=1,
        dimensions={"EndpointName": watched.endpoint_name, "VariantName": watched.serving.variant},
        output={},
        next="LookInSilence",
        comment="A broken prober rolls the release back",
    )
    describe = describe_endpoint(
        "LookInSilence",
        endpoint_name=watched.endpoint_name,
        output={"settled": f"{{% $not($states.result.EndpointStatus in {list(BUSY)!r}) %}}"},
        next="ProbeVerdict",
    )
    # The look says how long: its own time counts, so that looks begin `every` apart and each of the alarm's
    # periods gets a data point.
    wait = Wait(
        name="WaitBetweenProbes",
        seconds=(f"{{% $exists($states.input.wait_seconds) ? $states.input.wait_seconds : {seconds} %}}"),
        next="ProbeAnswers",
    )
    settled = Rule(condition="{% $states.input.settled = true %}", next="Probed")
    verdict = Choice(name="ProbeVerdict", rules=(settled,), default="WaitBetweenProbes")
    probed = Succeed(name="Probed", output={"silence": "{% $silence %}"})
    return Machine((needed, look, verdict, wait, alarm, describe, probed))


def alarmed_metric(alarms: RollbackAlarms) -> str:
    """The metric that sends an alarm on answers to ALARM by a value of 1: that of the smaller bound."""
    quality, drift = alarms.quality_share, alarms.prediction_drift
    smaller = drift is not None and (quality is None or drift < quality)
    return "PredictionDrift" if smaller else "AnswersOutsideBands"


def prober_statements(watched: WatchedRelease) -> tuple[Statement, ...]:
    """What the prober's role may do: read rows and captures, keep the champion's answers, ask, measure."""
    endpoint = endpoint_arn(watched.endpoint_name)
    return (
        *job_roles.model_bucket(reads=("capture", "golden", "runs"), writes=("runs",)),
        Statement(actions=("sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"), resources=(endpoint,)),
        may_put_metrics(OWN_NAMESPACE),
    )


def _payload(watched: WatchedRelease, mode: str) -> dict[str, object]:
    return {
        "mode": mode,
        "run": "{% $plan.run %}",
        "version": "{% $plan.package.version %}" if watched.versioned else None,
        "bucket": BUCKET,
        "endpoint": watched.endpoint_name,
        "variant": watched.serving.variant,
        "golden": watched.golden is not None,
        "captured": watched.captured,
        "content_type": watched.content_type,
        "probes": encode(watched.probes.to_payload(share=watched.share, count=watched.count())),
    }

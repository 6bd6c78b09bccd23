"""The states that probe an endpoint: they record a baseline before its update and send probes during it.

Usage in a release machine whose `Watch` waits for the endpoint in its first branch::

    watched = WatchedRelease(endpoint_name=..., serving=..., rollout=..., golden=..., probes=...)
    if watched.probed:
        baseline = Sequence.of(record_answers(watched))  # before the update of an endpoint in service
        beside = probing(watched)                        # the second branch of Watch

Bind the prober's function to the placeholder `ProbeAnswersFunction`. Its role needs
`prober_statements(watched)`, its timeout is `PROBER_TIMEOUT_SECONDS`, its code is
`lambdas.functions.probe_answers`. The states read `$plan.run` and `$plan.package.version` and assign no
variable but `$silence`.

One round of probes costs three transitions (ProbeAnswers, ProbeVerdict, WaitBetweenProbes). A bake of ten
minutes with a round a minute costs 30, twenty minutes with the new fleet's start 60: at 25 dollars a million
(Standard workflows in us-east-1, 2025), a sixth of a cent. `RecordAnswers` and the end add three.
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
"""Placeholder of the prober function's ARN."""

PROBER_TIMEOUT_SECONDS = 300
"""Timeout of the prober's function; recording the champion's answers takes longer than one round."""

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""Transient statuses of an endpoint."""

_MAX_CHARACTERS = 400
"""Maximum length of the reason why the prober failed."""

_PATIENCE = (
    # A round of probes that is two minutes late is useless: retry briefly, then raise the alarm.
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
    """The endpoint and rollout that are watched, and the probes to send.

    Attributes:
        content_type: content type of golden rows, which are sent to the endpoint line by line.
        versioned: whether answers contain the package's version, as they do when the endpoint prepares
            requests itself; without it the share of bad answers is estimated from both fleets' answers.

    Raises:
        ValueError: when the probes do not suit the rollout, or there is nothing to send; names the argument,
            its value and the remedy.
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
        """Whether probes are sent: an alarm watches answers, and the update has guardrails that use it."""
        return self.serving.has_guardrails and watched_share(self.serving.alarms) is not None

    @property
    def captured(self) -> bool:
        """Whether the endpoint captures requests, which probes may send again."""
        capture = self.serving.capture
        return capture is not None and capture.sample_percent > 0 and "Input" in capture.modes

    @property
    def share(self) -> float:
        """The new fleet's smallest share of the traffic, over all possible fleet sizes."""
        scaling = self.serving.scaling
        largest = self.serving.instances
        if scaling is not None:
            ceilings = [s.maximum for s in scaling.all_schedules if s.maximum is not None]
            largest = max([scaling.maximum, *ceilings])
        fleets = range(self.serving.smallest_fleet, largest + 1)
        return min(self.rollout.smallest_share(instances) for instances in fleets)

    def count(self) -> int:
        """Number of probes in one round."""
        return self.probes.count(self.share, watched_share(self.serving.alarms) or 0)


def record_answers(watched: WatchedRelease) -> Task:
    """`RecordAnswers`: record the serving version's answers, before any traffic shifts.

    Its failure stops the release: without these answers, bad ones could not be recognized. Use it only
    before the update of an endpoint in service; a new endpoint has no answers yet.
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
    """The second branch of `Watch`: send probes repeatedly until the endpoint has settled.

    A failed prober must not look like good answers: `AlarmOnSilence` reports every answer as bad, which
    rolls the release back, and `LookInSilence` then describes the endpoint, as no prober reports whether it
    has settled. The output's `silence` is the reason why the prober failed, or an empty string; such a
    failure is not the package's fault. A rollback sends no probes, because the answers of the version that
    it replaces are no baseline.
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
        # The function stops sending probes when two thirds of `every` are over.
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
    # The function returns how long to wait: it subtracts its own duration, so that rounds begin `every`
    # apart and each of the alarm's periods gets a data point.
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
    """The metric with the lower alarm threshold: a value of 1 surely sends its alarm to ALARM."""
    quality, drift = alarms.quality_share, alarms.prediction_drift
    smaller = drift is not None and (quality is None or drift < quality)
    return "PredictionDrift" if smaller else "AnswersOutsideBands"


def prober_statements(watched: WatchedRelease) -> tuple[Statement, ...]:
    """IAM statements of the prober: read rows and captures, write answers, invoke, and put metrics."""
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

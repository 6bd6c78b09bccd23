"""The settings from which a release machine is built."""

from dataclasses import dataclass, field, replace

from mdlc_constructs.settings import Compute, Dataset, NetworkSettings
from mdlc_constructs.settings.channels import check_table
from mdlc_constructs.settings.experiment import ABTest, Experiment, Shadow
from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.probes import Probes
from mdlc_constructs.settings.refusal import refusal, with_article
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import (
    VARIANT_NAME,
    AllAtOnce,
    Canary,
    Deployment,
    Linear,
    Rolling,
)
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.settings.task_steps import check_step
from mdlc_constructs.workflows.real_time_inference.probe_states import WatchedRelease
from mdlc_constructs.workflows.scoring import unlabelled

WORKFLOW = "release"

GOLDEN_STEPS = ("score_golden", "check_golden")
STEPS = ("create_model", *GOLDEN_STEPS, "create_config", "deploy")
"""The steps with a seam before and after; the seam after `deploy` runs when the new version serves."""

ROWS_TYPE = "application/jsonlines"
"""Content type of raw rows (one JSON object a line) and of their answers."""

MAX_RETAINED = 50

INCOMPARABLE = {
    "cluster": "two versions number their clusters differently",
    "embedding": "the axes of two versions' vectors differ",
}
"""The tasks whose answers by two versions cannot be compared, and why. Of clusters, probes compare the
distance to the centre."""


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings:
    """The settings from which a release machine is built.

    Attributes:
        endpoint: the endpoint's name; by default the model's.
        golden: checks of a version before it gets traffic; None checks nothing.
        rollout: how an update of the endpoint shifts traffic, or the experiment that comes before it.
        probes: requests sent to the endpoint while a new version bakes, when an alarm watches answers.
        retained: number of earlier releases to keep, with all resources needed to go back to them.

    Raises:
        ValueError: when settings contradict each other; names the argument, its value and the remedy.
    """

    model: str
    dataset: Dataset
    serving: Serving = field(default_factory=Serving)
    rollout: Deployment | Experiment = field(default_factory=AllAtOnce)
    golden: GoldenChecks | None = field(default_factory=GoldenChecks)
    endpoint: str | None = None
    probes: Probes = field(default_factory=Probes)
    retained: int = 2
    job_compute: Compute = field(default_factory=Compute)
    scoring_compute: Compute = field(default_factory=Compute)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    watched: WatchedRelease = field(init=False)
    """The endpoint, rollout and probes of the bake of a new version."""

    def __post_init__(self) -> None:
        check_table(self.dataset, what="an endpoint")
        check_step("endpoint", self.dataset.task, what="an endpoint")
        self._check_comparisons()
        offered = (AllAtOnce, Canary, Linear, Rolling, Shadow, ABTest)
        if not isinstance(self.rollout, offered):
            raise ValueError(
                f"rollout={self.rollout!r} is no rollout; "
                f"give one of {', '.join(kind.__name__ for kind in offered)}."
            )
        if not VARIANT_NAME.fullmatch(self.endpoint_name):
            raise refusal(
                "endpoint_name",
                self.endpoint_name,
                "give up to 63 letters, digits and hyphens, beginning and ending with no hyphen.",
            )
        check_whole("retained", self.retained, 0, MAX_RETAINED, unit="releases")
        if self.experiment is not None:
            self.experiment.check_endpoint(self.serving, self.dataset.entity)
        self.serving.check_rollout(self.takeover)
        self.serving.check_network(self.network)
        self.job_compute.require("processing", image=Image.jobs().title)
        # Golden rows are scored with the model that will serve.
        self.scoring_compute.require("transform", image=self.serving.x86_image)
        # Created here, so that its validation happens at once.
        object.__setattr__(self, "watched", self._watched())

    def _check_comparisons(self) -> None:
        """Refuse checks that compare answers which no two versions have in common.

        Two versions number the same clusters differently, and the axes of their vectors differ.
        """
        task = self.dataset.task
        if task not in INCOMPARABLE:
            return
        what = INCOMPARABLE[task]
        if self.golden not in (None, GoldenChecks()):
            raise refusal(
                "golden",
                self.golden,
                f"no answer to {with_article(task)} task can be expected: {what}; leave golden out.",
            )
        object.__setattr__(self, "golden", None)
        if self.experiment is not None:
            raise refusal(
                "rollout",
                self.rollout,
                f"an experiment compares the answers of two versions, and {what}; give a rollout such as "
                "Canary().",
            )
        alarms = self.serving.alarms
        if task == "embedding" and alarms == RollbackAlarms():
            alarms = replace(alarms, quality_share=None)
            object.__setattr__(self, "serving", replace(self.serving, alarms=alarms))
        for name in ("quality_share", "prediction_drift"):
            if task == "embedding" and getattr(alarms, name) is not None:
                raise refusal(
                    name,
                    getattr(alarms, name),
                    f"probes compare the answers of two versions, and {what}; give {name}=None.",
                )

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name."""
        return self.model if self.endpoint is None else self.endpoint

    @property
    def experiment(self) -> Experiment | None:
        """The experiment that compares the version with the serving one, or None without one."""
        return self.rollout if isinstance(self.rollout, Shadow | ABTest) else None

    @property
    def takeover(self) -> Deployment:
        """How traffic shifts to the new version, after an experiment if there is one."""
        return self.rollout.takeover if isinstance(self.rollout, Shadow | ABTest) else self.rollout

    def _watched(self) -> WatchedRelease:
        return WatchedRelease(
            endpoint_name=self.endpoint_name,
            serving=self.serving,
            rollout=self.takeover,
            golden=self.golden,
            probes=self.probes,
            content_type=ROWS_TYPE,
            versioned=self.serving.prepares,
        )

    @property
    def steps(self) -> tuple[str, ...]:
        """The machine's steps; those of golden checks only when there are golden checks."""
        return tuple(step for step in STEPS if self.golden is not None or step not in GOLDEN_STEPS)

    def to_plan(self) -> dict[str, object]:
        """The settings in the form of the planner's input and of the jobs' `plan.json`."""
        serverless = self.serving.serverless is not None
        return {
            "dataset": encode(unlabelled(self.dataset)),
            "golden": None if self.golden is None else encode(self.golden.to_plan()),
            "endpoint": {
                "name": self.endpoint_name,
                "variant": self.serving.variant,
                "instance_type": None if serverless else self.serving.instance_type,
                "scaled": self.serving.scaling is not None,
            },
        }

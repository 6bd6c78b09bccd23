"""The settings of an endpoint: its capacity, its data capture, and the alarms that roll a release back."""

from dataclasses import dataclass, field

from mdlc_constructs.settings.instance_type import check_instance_type, check_processor
from mdlc_constructs.settings.network import NetworkSettings
from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import AllAtOnce, Deployment, check_variant_name
from mdlc_constructs.settings.scaling import MAX_INSTANCES, Asynchronous, Scaling, Serverless

MODES = ("Input", "Output")
_ALONE = "give prepares=False and a container that carries its own program."


@dataclass(frozen=True, kw_only=True)
class CaptureSettings:
    """Data capture: the endpoint writes requests and responses to S3, for monitoring.

    Args:
        sample_percent: the percentage of requests that are captured; 0 configures capture but captures none.
        modes: "Input", "Output" or both.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    sample_percent: int = 100
    modes: tuple[str, ...] = MODES

    def __post_init__(self) -> None:
        check_whole("sample_percent", self.sample_percent, 0, 100, unit="percent")
        if not self.modes or not set(self.modes) <= set(MODES):
            raise refusal("modes", self.modes, f"give a tuple of {' and '.join(map(repr, MODES))}.")
        object.__setattr__(self, "modes", tuple(self.modes))


@dataclass(frozen=True, kw_only=True)
class Serving:
    """An endpoint.

    Args:
        instance_type: for example "ml.m5.large"; not used with ``serverless``. With ``prepares`` it must have
            x86-64 processors.
        instances: the initial number of instances; later ``scaling``, if set, changes it.
        variant: the production variant's name. Do not change it: SageMaker refuses to shift traffic between
            variants of different names.
        scaling: automatic scaling; None keeps the number of instances.
        serverless: a serverless endpoint, instead of ``instance_type``, ``scaling`` and ``capture``.
        asynchronous: an asynchronous endpoint: requests are queued, responses go to S3.
        capture: data capture for monitoring; None for no capture.
        alarms: the alarms that roll a release back.
        marketplace: whether the model runs a container bought on AWS Marketplace.
        prepares: whether the package's own feature program runs before its container, in an inference
            pipeline of three containers: callers send raw rows as JSON lines and get ``{"score", "version"}``
            for each row. False means that the container itself gets the requests, and has its own feature
            program. ``Serverless`` and Marketplace containers need False: they do not support pipelines.
        startup_seconds: how long a container may take until it passes its first health check; None for
            SageMaker's default.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    instance_type: str = "ml.m5.large"
    instances: int = 2
    variant: str = "main"
    scaling: Scaling | None = None
    serverless: Serverless | None = None
    asynchronous: Asynchronous | None = None
    capture: CaptureSettings | None = field(default_factory=CaptureSettings)
    alarms: RollbackAlarms = field(default_factory=RollbackAlarms)
    marketplace: bool = False
    prepares: bool = True
    startup_seconds: int | None = None

    def __post_init__(self) -> None:
        check_instance_type("instance_type", self.instance_type, "endpoint")
        check_whole("instances", self.instances, 1, MAX_INSTANCES, unit="instances")
        check_variant_name("variant", self.variant)
        if self.startup_seconds is not None:
            check_whole("startup_seconds", self.startup_seconds, 60, 3600, unit="seconds")
        if self.serverless is not None:
            self._check_serverless()
        if self.x86_image is not None:
            check_processor("instance_type", self.instance_type, self.x86_image)
        if self.prepares and self.marketplace:
            raise refusal("prepares", True, f"is not offered for {self._why()}: {_ALONE}")
        if self.asynchronous is not None and self.marketplace:
            # https://docs.aws.amazon.com/marketplace/latest/userguide/ml-service-restrictions-and-limits.html
            raise refusal(
                "asynchronous", self.asynchronous, "is not offered for a Marketplace container; leave it out."
            )
        if self.scaling is not None:
            self.scaling.check_endpoint(asynchronous=self.asynchronous is not None)
            if not self.scaling.minimum <= self.instances <= self.scaling.maximum:
                raise refusal(
                    "instances",
                    self.instances,
                    f"is outside scaling's {self.scaling.minimum} to {self.scaling.maximum}; start within.",
                )
        if not self.has_guardrails and self.alarms.specs():
            raise refusal(
                "alarms",
                len(self.alarms.specs()),
                f"alarms cannot send back {self._why()}; give RollbackAlarms.none().",
            )

    def _check_serverless(self) -> None:
        """Source: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html."""
        for name, remedy in (
            ("asynchronous", "choose one of the two."),
            ("scaling", "it scales by itself; leave scaling out."),
            ("capture", "it cannot capture data; give capture=None and record what callers ask."),
            ("marketplace", "it takes no Marketplace containers; use instances."),
            ("prepares", f"it runs no inference pipelines; {_ALONE}"),
        ):
            if getattr(self, name):
                raise refusal(name, getattr(self, name), f"does not go with serverless: {remedy}")

    @property
    def x86_image(self) -> str | None:
        """A name, for error messages, of the image that needs x86-64 processors; None when there is none.

        The feature program runs in AWS's scikit-learn image. The processors that a user's own container needs
        are not known.
        """
        return "the feature program's image" if self.prepares else None

    @property
    def has_guardrails(self) -> bool:
        """Whether SageMaker offers deployment guardrails: traffic shifting in steps, alarms and rollback.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
        """
        return (
            self.serverless is None and not self.marketplace and not self.instance_type.startswith("ml.inf1.")
        )

    def _why(self) -> str:
        if self.serverless is not None:
            return "a serverless endpoint"
        return "a Marketplace container" if self.marketplace else "Inf1 instances"

    @property
    def smallest_fleet(self) -> int:
        """The smallest number of instances that the endpoint may have when a release begins."""
        if self.scaling is None:
            return self.instances
        schedules = [s.minimum for s in self.scaling.all_schedules if s.minimum is not None]
        return min([self.scaling.minimum, *schedules])

    def check_rollout(self, rollout: Deployment) -> None:
        """Refuse a rollout that SageMaker does not offer for this endpoint.

        Raises:
            ValueError: naming the rollout or the size that does not fit.
        """
        if not self.has_guardrails:
            if not isinstance(rollout, AllAtOnce):
                raise refusal(
                    "rollout",
                    type(rollout).__name__,
                    f"is not offered for {self._why()}; give AllAtOnce(bake=timedelta(0)).",
                )
            if rollout.bake:
                raise refusal(
                    "rollout",
                    str(rollout.bake),
                    f"there is no bake for {self._why()}; give AllAtOnce(bake=timedelta(0)).",
                )
            return
        if isinstance(rollout, AllAtOnce) and not rollout.bake and self.alarms.specs():
            raise refusal(
                "rollout",
                str(rollout.bake),
                "alarms need time to be raised; give a bake, or RollbackAlarms.none().",
            )
        rollout.check_instances(self.smallest_fleet)

    def check_network(self, network: NetworkSettings) -> None:
        """Refuse network settings that the endpoint does not support.

        Raises:
            ValueError: naming the setting that does not fit.
        """
        if self.serverless is None:
            return
        if network.in_vpc:
            raise refusal(
                "network", network.subnet_ids, "serverless endpoints cannot be in a VPC; use instances."
            )
        if network.isolation:
            raise refusal(
                "network",
                "isolation=True",
                "serverless endpoints cannot be isolated; give NetworkSettings(isolation=False).",
            )

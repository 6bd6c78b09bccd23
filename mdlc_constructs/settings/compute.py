"""The compute resources of a job: instances, disk, maximum runtime, spot capacity and warm pools."""

from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.instance_type import (
    check_instance_type,
    check_processor,
    has_local_storage,
)
from mdlc_constructs.settings.refusal import refusal

MAX_RUNTIME = timedelta(days=28)
MAX_KEEP_ALIVE = timedelta(seconds=21600)
MAX_VOLUME_GB = 16384


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Managed spot training: cheaper capacity that AWS may interrupt while the job runs.

    Args:
        max_wait: the maximum duration of the job, with waiting for capacity.
        checkpoint: whether the container saves its state under ``/opt/ml/checkpoints`` and resumes from it.
    """

    max_wait: timedelta
    checkpoint: bool = True


@dataclass(frozen=True, kw_only=True)
class Compute:
    """The instances of a job.

    Args:
        instance_type: for example "ml.m5.xlarge".
        instance_count: the number of instances. A training job has several when its algorithm trains on
            several; then each gets its share of the training records. A data job runs on one, because each
            instance would get all rows. A transform job distributes its files among its instances.
        volume_gb: disk size of each instance, in GB. Instance types with local storage ignore it.
        max_runtime: SageMaker stops the job after this time.
        spot: use managed spot capacity (training only).
        keep_alive: how long the instances are kept for the next job in a warm pool (training only); they are
            billed during that time.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    instance_type: str = "ml.m5.xlarge"
    instance_count: int = 1
    volume_gb: int = 30
    max_runtime: timedelta = timedelta(hours=2)
    spot: Spot | None = None
    keep_alive: timedelta | None = None

    def __post_init__(self) -> None:
        check_instance_type("instance_type", self.instance_type)
        for name, most in (("instance_count", 100), ("volume_gb", MAX_VOLUME_GB)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
                raise refusal(name, value, f"give a whole number from 1 to {most}.")
        if not timedelta(0) < self.max_runtime <= MAX_RUNTIME:
            raise refusal(
                "max_runtime",
                self.max_runtime,
                f"give more than nothing and at most {MAX_RUNTIME.days} days.",
            )
        if self.spot and self.keep_alive:
            raise refusal(
                "keep_alive",
                self.keep_alive,
                "a warm pool cannot hold spot instances; choose one of the two.",
            )
        if self.spot and self.spot.max_wait < self.max_runtime:
            raise refusal(
                "max_wait", self.spot.max_wait, f"includes the run itself; give at least {self.max_runtime}."
            )
        if self.keep_alive is not None and not timedelta(0) < self.keep_alive <= MAX_KEEP_ALIVE:
            raise refusal(
                "keep_alive", self.keep_alive, f"give at most {MAX_KEEP_ALIVE}, or None for no warm pool."
            )

    def require(self, use: str, *, image: str | None = None) -> "Compute":
        """The same compute, when SageMaker offers it for the use ("training", "processing" or "transform").

        Args:
            image: whose image runs, when it is one of AWS's for x86-64: "XGBoost's image".

        Raises:
            ValueError: when the instance type does not exist for that use or does not run the image, when
                several instances would do the same work, or when spot or a warm pool is set for a job other
                than training.
        """
        check_instance_type("instance_type", self.instance_type, use)
        if image is not None:
            check_processor("instance_type", self.instance_type, image)
        if use == "processing" and self.instance_count != 1:
            raise refusal(
                "instance_count",
                self.instance_count,
                "each instance of a data job would get all rows; give 1 and a larger instance_type.",
            )
        if use != "training" and (self.spot or self.keep_alive):
            name = "spot" if self.spot else "keep_alive"
            raise refusal(name, getattr(self, name), f"is for training only; leave it out for {use}.")
        return self

    @property
    def encrypts_volume(self) -> bool:
        """Whether the instances' disk takes a KMS key (``VolumeKmsKeyId``).

        SageMaker refuses a key for instance types with local storage; their hardware encrypts it. Source:
        ``VolumeKmsKeyId`` of the API's ResourceConfig, ProcessingClusterConfig and TransformResources.
        """
        return not has_local_storage(self.instance_type)

    @property
    def max_runtime_seconds(self) -> int:
        """The maximum runtime, in whole seconds."""
        return int(self.max_runtime.total_seconds())

    @property
    def max_wait_seconds(self) -> int | None:
        """The maximum duration with waiting for spot capacity, in whole seconds; None without spot."""
        return int(self.spot.max_wait.total_seconds()) if self.spot else None

    @property
    def keep_alive_seconds(self) -> int | None:
        """How long the warm pool is kept, in whole seconds; None without one."""
        return int(self.keep_alive.total_seconds()) if self.keep_alive else None

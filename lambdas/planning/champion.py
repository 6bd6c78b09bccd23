"""The champion that a training compares its model with."""

from typing import Protocol

from lambdas.planning.errors import ChampionLost
from lambdas.planning.steps import Job


class Champion(Protocol):
    """A package version with its SageMaker model."""

    @property
    def version(self) -> int:
        """The version of the package."""
        ...

    @property
    def model(self) -> str:
        """The name of its SageMaker model."""
        ...


def check_model(champion: Champion, model: Job) -> None:
    """Refuse a champion that cannot be compared with.

    Args:
        model: its SageMaker model as it was looked up.

    Raises:
        ChampionLost: when its SageMaker model was deleted.
    """
    if model.status == "Absent":
        raise ChampionLost(
            f"The champion (version {champion.version}) has lost its model {champion.model}: run batch "
            f"inference with package_version {champion.version}, which makes it anew, or reject that version."
        )

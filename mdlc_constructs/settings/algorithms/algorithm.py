"""What every algorithm tells the workflows: its image, its records, and what it needs of a dataset."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from mdlc_constructs.settings.algorithms.hyperparameters import Value, text_of
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.records import RecordsSection


@dataclass(frozen=True, kw_only=True)
class Algorithm(ABC):
    """The algorithm that trains a model and scores with it.

    Workflows ask only what stands here; `resources/images.py` knows where each kind's image comes from.

    Attributes:
        hyperparameters: numbers and booleans become the texts that SageMaker's API takes.
        environment: environment variables of the containers of training and scoring.
    """

    hyperparameters: Mapping[str, Value] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        """The hyperparameters as the texts that SageMaker's API takes."""
        return {name: text_of(value) for name, value in self.hyperparameters.items()}

    @property
    def channels(self) -> Mapping[str, str]:
        """S3 URIs by name of training channels besides the dataset's; by default none."""
        return {}

    @property
    def training_environment(self) -> Mapping[str, str]:
        """The environment variables of the containers of training."""
        return self.environment

    @property
    def serving_environment(self) -> Mapping[str, str]:
        """The environment variables of the containers of scoring."""
        return self.environment

    @property
    def serves_otherwise(self) -> bool:
        """Whether the model is served by another image than the one that trains."""
        return False

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of a built-in algorithm, such as `xgboost`; empty for a container of the team's own."""

    @property
    @abstractmethod
    def x86_image(self) -> str | None:
        """A name of the image for error messages when it is built for x86-64 processors; None if unknown."""

    @abstractmethod
    def records(self, task: str) -> RecordsSection:
        """How the records of training and scoring are written, and how the answers are read."""

    @abstractmethod
    def check_task(self, task: str) -> None:
        """Refuse a task of a dataset that the algorithm does not train for.

        Raises:
            ValueError: naming the argument and the remedy.
        """

    def for_dataset(self, dataset: Dataset) -> Self:
        """The algorithm with the hyperparameters that follow from the dataset; by default unchanged.

        Raises:
            ValueError: when a hyperparameter contradicts the dataset.
        """
        return self

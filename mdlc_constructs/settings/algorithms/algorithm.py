"""What the workflows read of every algorithm: its image, its records, and what it needs of a dataset."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from mdlc_constructs.settings.algorithms.hyperparameters import Value, text_of
from mdlc_constructs.settings.compute import Compute
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.network import NetworkSettings
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.settings.refusal import refusal


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
        return self.serving_image is not None

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

    @property
    def channels(self) -> Mapping[str, str]:
        """The channel of each part of the split, ``train`` and ``validation``; a part may have none."""
        return {"train": "train", "validation": "validation"}

    @property
    def sharded_channels(self) -> tuple[str, ...]:
        """The channels whose files are divided among the instances even when there is only one."""
        return ()

    @property
    def own_channels(self) -> Mapping[str, str]:
        """The URI of each channel that the algorithm brings itself, such as its scripts."""
        return {}

    @property
    def job_texts(self) -> Mapping[str, str]:
        """The hyperparameters of the training job: the user's, and those that tell a container its script."""
        return self.texts

    @property
    def serving_image(self) -> Image | None:
        """The image that scores; None when it is the one that trains."""
        return None

    @property
    def resource_arn(self) -> str | None:
        """The ARN of the algorithm resource that trains instead of an image; None for an image."""
        return None

    def check_network(self, network: NetworkSettings) -> None:
        """Refuse a network that the algorithm does not run in; by default none.

        Raises:
            ValueError: naming the argument and the remedy.
        """
        return

    def check_compute(self, compute: Compute) -> None:
        """Refuse instances that the algorithm does not train on; by default several ones.

        Raises:
            ValueError: naming the argument and the remedy.
        """
        if compute.instance_count != 1:
            raise refusal(
                "instance_count",
                compute.instance_count,
                "only built-in algorithms are known to train on several instances; give 1 and a larger "
                "instance_type.",
            )

    def check_complete(self) -> None:
        """Refuse the lack of a hyperparameter without which no training job runs; by default none is needed.

        Raises:
            ValueError: naming the hyperparameter and its values.
        """
        return

    def for_dataset(self, dataset: Dataset) -> Self:
        """The algorithm with the hyperparameters that follow from the dataset; by default unchanged.

        Raises:
            ValueError: when a hyperparameter contradicts the dataset.
        """
        return self


def check_is_algorithm(value: object) -> None:
    """Refuse what is no algorithm, such as its name, or a constructor that was not called.

    Raises:
        ValueError: with the remedy.
    """
    if isinstance(value, Algorithm):
        return
    if callable(value):
        raise refusal(
            "algorithm",
            getattr(value, "__qualname__", value),
            "call it with its hyperparameters, such as BuiltInAlgorithm.kmeans(k=4).",
        )
    raise refusal(
        "algorithm",
        value,
        "give an algorithm, such as BuiltInAlgorithm.kmeans(k=4) or CustomImage(image_uri=...).",
    )

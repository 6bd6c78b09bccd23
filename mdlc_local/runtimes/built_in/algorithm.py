"""What every stand-in has: its hyperparameters, its training and its answers."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_local.runtimes.built_in import records
from mdlc_local.runtimes.built_in.container import CustomerError, base, model_folder, versions
from mdlc_local.runtimes.built_in.hyperparameters import Parameter
from mdlc_local.runtimes.built_in.records import Vectors

SAME = "same algorithm, other implementation"


@dataclass(frozen=True, kw_only=True)
class TrainingInput:
    """One training job's hyperparameters and channels.

    Attributes:
        values: the checked hyperparameters.
        channels: the content types of its channels by name.
    """

    values: Mapping[str, Any]
    channels: Mapping[str, str]

    @classmethod
    def read(cls, values: Mapping[str, Any], known: Sequence[str]) -> "TrainingInput":
        """The job that the container's configuration describes.

        Args:
            values: the checked hyperparameters.
            known: the channels that the image reads.

        Raises:
            CustomerError: when the channel ``train`` is missing, or there is an unknown one.
        """
        configured = json.loads((base() / "input" / "config" / "inputdataconfig.json").read_text())
        problem = next((f"{name!r} was unexpected" for name in configured if name not in known), None)
        if known[0] not in configured:
            problem = f"{known[0]!r} is a required property"
        if problem:
            raise CustomerError(
                "Unable to initialize the algorithm. Failed to validate input data configuration. "
                f"(caused by ValidationError) Caused by: {problem}"
            )
        types = {
            name: str(channel.get("ContentType", records.RECORDIO)) for name, channel in configured.items()
        }
        return cls(values=values, channels=types)

    def vectors(self, name: str, *, labelled: bool = False) -> Vectors | None:
        """The rows of a channel; None when the job has no such channel.

        Args:
            name: the channel.
            labelled: whether its rows must have a label.

        Raises:
            CustomerError: when its files cannot be read, have no label, or have another number of features.
        """
        if name not in self.channels:
            return None
        rows = records.channel(name, self.channels[name])
        wanted = self.values.get("feature_dim")
        width = rows.features.shape[1]
        if isinstance(wanted, int) and wanted != width:
            raise CustomerError(
                f"The rows of channel {name!r} have {width} features, and feature_dim is {wanted}: for CSV "
                "without a label give the content type text/csv;label_size=0"
            )
        if labelled and rows.labels is None:
            raise CustomerError(f"The rows of channel {name!r} have no label.")
        return rows

    def training(self, *, labelled: bool = False) -> Vectors:
        """The rows of the channel ``train``."""
        rows = self.vectors("train", labelled=labelled)
        assert rows is not None
        return rows


def check_mini_batch(values: Mapping[str, Any], rows: Vectors) -> None:
    """Refuse fewer rows on this host than a mini-batch has, as linear learner and PCA do.

    SageMaker's SDK lowers its default for these two "or training job fails". K-means, k-NN and factorization
    machines train on fewer rows: so do the SDK's integration tests, with their defaults of 1000 and 5000.
    Source: `_prepare_for_training` of `sagemaker.amazon.linear_learner` and of `sagemaker.amazon.pca`.

    Raises:
        CustomerError: naming both numbers and the remedy.
    """
    size, count = values["mini_batch_size"], len(rows.features)
    if count < size:
        raise CustomerError(
            f"The channel 'train' has {count} rows on this instance, which is less than mini_batch_size "
            f"{size}: set mini_batch_size to {count} at most, or train on more rows."
        )


class Predictor(ABC):
    """A model that answers requests."""

    @abstractmethod
    def answer(self, content: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """Status, content type and body of one request's answer."""


class Algorithm(ABC):
    """One built-in algorithm.

    Attributes:
        parameters: its hyperparameters by name.
        packages: the packages that do its work.
        likeness: how the stand-in differs from the image, for its log.
        channels: the channels that the image reads; the first one is required.
    """

    parameters: Mapping[str, Parameter]
    packages: tuple[str, ...]
    likeness: str = SAME
    channels: tuple[str, ...] = ("train", "test")

    @abstractmethod
    def train(self, data: TrainingInput) -> None:
        """Train, print the metrics and write the model."""

    @abstractmethod
    def load(self) -> Predictor:
        """The model that `train` wrote.

        Raises:
            CustomerError: when the model's folder holds no model of this stand-in.
        """

    def describe(self, name: str) -> str:
        """What runs here in place of the image, for the log."""
        return f"local stand-in of the built-in algorithm {name}: {versions(*self.packages)}; {self.likeness}"


def save_estimator(algorithm: str, estimator: Any) -> None:
    """Write a scikit-learn estimator."""
    import joblib

    joblib.dump(estimator, _estimator(algorithm), compress=3)


def load_estimator(algorithm: str) -> Any:
    """The estimator that `save_estimator` wrote.

    Raises:
        CustomerError: when there is none.
    """
    import joblib

    return joblib.load(_existing(_estimator(algorithm), algorithm))


def save(algorithm: str, **arrays: Any) -> None:
    """Write a model's arrays; the images store theirs as MXNet arrays or in other formats of their own."""
    import numpy

    numpy.savez_compressed(_arrays(algorithm), allow_pickle=False, **arrays)


def load(algorithm: str) -> Mapping[str, Any]:
    """The arrays that `save` wrote.

    Raises:
        CustomerError: when there are none.
    """
    import numpy

    with numpy.load(_existing(_arrays(algorithm), algorithm), allow_pickle=False) as stored:
        return dict(stored)


def _arrays(algorithm: str) -> Path:
    return model_folder() / f"mdlc-local-{algorithm}.npz"


def _estimator(algorithm: str) -> Path:
    return model_folder() / f"mdlc-local-{algorithm}.joblib"


def _existing(path: Path, algorithm: str) -> Path:
    if not path.is_file():
        raise CustomerError(
            f"the model has no file {path.name}: only models that were trained by the local stand-in of "
            f"{algorithm} can be served by it"
        )
    return path

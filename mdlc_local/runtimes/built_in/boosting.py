"""Boosted trees that on AWS are JumpStart's scripts: what LightGBM and CatBoost share.

Rows are CSV with the label first. Answers are JSON: ``probabilities``, a list of one a class for each row, or
``prediction``, a number for each row. Source: the pages on both algorithms in the AWS documentation, and the
notebooks that they name.
"""

import json
import os
from abc import abstractmethod
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy

from mdlc_local.runtimes.built_in import records
from mdlc_local.runtimes.built_in.algorithm import Predictor, TrainingInput
from mdlc_local.runtimes.built_in.container import CustomerError, log, model_folder
from mdlc_local.runtimes.built_in.hyperparameters import Parameter
from mdlc_local.runtimes.built_in.records import CSV, JSON, MediaType, Vectors

CHANNELS = ("train", "validation", "code", "model")
TASK = "MDLC_JUMPSTART_TASK"
"""The variable by which the server says which of JumpStart's scripts the job names."""

FRAMEWORK = {
    "sagemaker_program": Parameter(kind="word", used=False),
    "sagemaker_submit_directory": Parameter(kind="word", used=False),
}
"""Hyperparameters of the framework's container, which has no use for them here."""

_TEXT = "text/plain; charset=utf-8"
_HELD = 0.2
"""The share of the training rows that is held out when there is no validation channel."""


def classifies() -> bool:
    """Whether the job's script is JumpStart's for classification."""
    return os.environ.get(TASK, "classification") == "classification"


def parts(data: TrainingInput) -> tuple[Vectors, Vectors]:
    """The rows to train on and those to validate on, as the scripts choose them.

    Raises:
        CustomerError: when there are too few rows, or a channel cannot be read.
    """
    rows = records.channel("train", CSV)
    if "validation" in data.channels:
        return rows, records.channel("validation", CSV)
    order = numpy.random.default_rng(0).permutation(len(rows.labels))
    held = round(len(order) * _HELD)
    if not held:
        raise CustomerError(f"The channel 'train' has {len(order)} rows, too few to hold some out.")
    log(f"{held} of {len(order)} rows are held out, because there is no channel 'validation'")
    last, first = order[:held], order[held:]
    return (
        Vectors(features=rows.features[first], labels=rows.labels[first]),
        Vectors(features=rows.features[last], labels=rows.labels[last]),
    )


def classes_of(labels: Any) -> int:
    """The number of classes.

    Raises:
        CustomerError: when labels are no whole numbers from 0.
    """
    kinds = set(numpy.unique(labels).tolist())
    if not all(kind >= 0 and kind == int(kind) for kind in kinds) or len(kinds) < 2:
        raise CustomerError(
            "The labels of a classification are whole numbers from 0, of two classes or more."
        )
    return int(max(kinds)) + 1


class BoostedTrees(Predictor):
    """A trained model; `width` is the number of features."""

    width: int

    @abstractmethod
    def scores(self, features: Any) -> Any:
        """A number a row, or a probability for each class of each row."""

    def answer(self, content: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        kind = MediaType.read(content_type or CSV)
        if kind.name != CSV:
            text = f"Content type {kind.name} is not supported."
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _TEXT, text.encode()
        try:
            features = records.body(content, kind)
            if features.shape[1] != self.width:
                raise ValueError(f"a row has {features.shape[1]} values, and the model {self.width} features")
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, _TEXT, f"unable to evaluate payload provided: {error}".encode()
        scores = self.scores(features)
        name = "prediction" if scores.ndim == 1 else "probabilities"
        document: dict[str, Any] = {name: scores.tolist()}
        if scores.ndim == 2 and "verbose" in MediaType.read(accept).parameters:
            labels = list(range(scores.shape[1]))
            document |= {"labels": labels, "predicted_label": scores.argmax(1).tolist()}
        return HTTPStatus.OK, JSON, json.dumps(document).encode()


def model_file(algorithm: str) -> Path:
    """The file of a model, in the library's own format."""
    return model_folder() / f"mdlc-local-{algorithm}.model"

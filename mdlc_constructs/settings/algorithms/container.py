"""Containers that are built from a team's directory: functions in Python or R, in this library's template."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from mdlc_constructs.settings.algorithms import container_python, container_r
from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.code_folder import code_files
from mdlc_constructs.settings.algorithms.hyperparameters import Value, check_by_name, check_length, text_of
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.environment import check_environment
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.settings.refusal import refusal

TASKS = ("binary", "multiclass", "regression", "cluster", "anomaly")
"""The tasks whose records are rows of numbers, and whose answers are one number or one list a row."""

VARIABLE = "MDLC_RECORDS_"
"""Variables with the names of the columns, as JSON text in parts."""

PART_CHARACTERS = 512
"""What SageMaker takes as the value of a training job's environment variable.

Source: ``TrainingEnvironmentValue`` in SageMaker's API model.
"""

MAX_PARTS = 24
"""A model takes 16 KB of variables; the others are the team's."""


@dataclass(frozen=True, kw_only=True)
class CustomContainer(Algorithm):
    """A container whose image is this library's template and a team's directory of functions.

    Create one with `CustomContainer.python` or `CustomContainer.r`. The directory's functions train and
    predict; the template does SageMaker's contract for training and serving (`docs/containers.md`).

    Attributes:
        language: of the functions.
        directory: the absolute path of the team's directory.
    """

    language: Literal["python", "r"]
    directory: Path

    @classmethod
    def python(
        cls,
        directory: str | Path,
        *,
        hyperparameters: Mapping[str, Value] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> "CustomContainer":
        """A container in Python.

        Args:
            directory: holds ``model.py`` with the functions ``train`` and ``predict``, and ``features`` if it
                makes features; ``requirements.lock``, the packages with their hashes; and further modules.
            hyperparameters: arguments of ``train`` by the names of its keyword-only parameters, of the types
                of their annotations.
            environment: environment variables of the container.

        Raises:
            ValueError: names the file, the line or the package, and the remedy.
        """
        return cls._of("python", directory, hyperparameters, environment)

    @classmethod
    def r(
        cls,
        directory: str | Path,
        *,
        hyperparameters: Mapping[str, Value] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> "CustomContainer":
        """A container in R.

        Args:
            directory: holds ``model.R`` with the function ``train``, the function that predicts, marked with
                ``#* @post /invocations``, and if features are made in it ``features``; if more packages are
                needed ``packages.txt``, Debian's packages, one a line, such as ``r-cran-ranger``.
            hyperparameters: arguments of ``train`` by name; their types are those of its defaults.
            environment: environment variables of the container.

        Raises:
            ValueError: names the file or the package, and the remedy.
        """
        return cls._of("r", directory, hyperparameters, environment)

    @classmethod
    def _of(
        cls,
        language: Literal["python", "r"],
        directory: str | Path,
        hyperparameters: Mapping[str, Value] | None,
        environment: Mapping[str, str] | None,
    ) -> "CustomContainer":
        if not isinstance(directory, str | os.PathLike) or not os.fspath(directory):
            raise refusal("directory", directory, "give the path of the folder of the model's code.")
        for argument, mapping in (("hyperparameters", hyperparameters), ("environment", environment)):
            if mapping is not None and not isinstance(mapping, Mapping):
                raise refusal(argument, mapping, 'give a dict of names and values, such as {"rounds": 100}.')
        return cls(
            language=language,
            directory=Path(directory),
            hyperparameters={} if hyperparameters is None else hyperparameters,
            environment=dict(environment or {}),
        )

    def __post_init__(self) -> None:
        directory = self.directory.absolute()
        if not directory.is_dir():
            raise refusal(
                "directory",
                str(self.directory),
                "there is no such folder: give the folder of the model's code.",
            )
        object.__setattr__(self, "directory", directory)
        code_files(directory, "directory")
        for name, value in self.hyperparameters.items():
            _check_kind(name, value)
        checks = {"python": container_python.check, "r": container_r.check}
        check_by_name(self.hyperparameters)
        checks[self.language](directory, self.hyperparameters)
        for name, text in self.texts.items():
            check_length(name, text)
        object.__setattr__(self, "hyperparameters", {k: text_of(v) for k, v in self.hyperparameters.items()})
        check_environment(self.environment)

    @property
    def title(self) -> str:
        """The container in messages."""
        return f"{'Python' if self.language == 'python' else 'R'}: {self.directory.name}"

    @property
    def name(self) -> str:
        """Empty: it is no algorithm of AWS."""
        return ""

    @property
    def x86_image(self) -> str:
        """A name of the image for error messages; it is built for x86-64 processors."""
        return f"the container of {self.directory.name}"

    def check_task(self, task: str) -> None:
        """Refuse a task whose records or answers the template does not know.

        Raises:
            ValueError: naming the task and the remedy.
        """
        if task not in TASKS:
            raise refusal(
                "task",
                task,
                f"CustomContainer has {', '.join(TASKS)}: use CustomImage for a container that does it.",
            )

    def records(self, task: str) -> RecordsSection:
        """CSV; the container knows the columns' names from its environment."""
        return RecordsSection()

    def for_dataset(self, dataset: Dataset) -> Self:
        """The container with the names of the dataset's columns in its environment.

        Raises:
            ValueError: when the environment names them itself, or they are too long for it.
        """
        taken = [name for name in self.environment if name.startswith(VARIABLE)]
        if taken:
            raise refusal(
                "environment", taken[0], "the workflow sets this variable from the dataset; leave it out."
            )
        labelled = dataset.task_kind.label == "required"
        if self.language == "python":
            container_python.check_label(self.directory, labelled=labelled)
        calendar = tuple(f"{dataset.timestamp}_{part}" for part in dataset.calendar)
        document = {
            "columns": [*dataset.resolved_features, *calendar],
            "label": dataset.label if labelled else None,
            "weighted": dataset.weighted,
            "task": dataset.task,
            "classes": list(dataset.classes),
        }
        text = json.dumps(document, separators=(",", ":"))
        parts = [text[start : start + PART_CHARACTERS] for start in range(0, len(text), PART_CHARACTERS)]
        if len(parts) > MAX_PARTS:
            raise refusal(
                "dataset",
                f"{len(dataset.resolved_features)} features",
                f"their names have {len(text)} characters and SageMaker takes "
                f"{PART_CHARACTERS * MAX_PARTS} as variables: name fewer in Dataset(features=...), or "
                f"shorten the names.",
            )
        named = {f"{VARIABLE}{number}": part for number, part in enumerate(parts, start=1)}
        return replace(self, environment={**self.environment, **named})


def _check_kind(name: object, value: object) -> None:
    """Refuse a hyperparameter that no text stands for."""
    if not isinstance(name, str) or not name:
        raise refusal("hyperparameters", name, "the name of a hyperparameter is a text.")
    if not isinstance(value, str | int | float):
        raise refusal(name, value, "give a number, a text, True or False.")
    if isinstance(value, float) and not math.isfinite(value):
        raise refusal(name, value, "give a finite number.")

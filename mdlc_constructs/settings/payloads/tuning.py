"""Payloads of a tuning: the planner's settings, its plan, and what is known of the trials."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.payloads.codec import KEY, JsonValue

MAX_NAME_CHARACTERS = 32
"""SageMaker's limit for the name of a tuning job; a training job's is 63."""
DIGEST_CHARACTERS = 10
"""Characters of a digest in a tuning job's name: of 36 letters and digits, so about 51 bits."""
MAX_ATTEMPT = 99
_STEP = "-tune-"
MAX_PREFIX = MAX_NAME_CHARACTERS - len(_STEP) - DIGEST_CHARACTERS - len(f"-{MAX_ATTEMPT}")
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_HASH = 4


def tuning_prefix(model: str) -> str:
    """What the names of a model's tuning jobs begin with, up to and with `-tune-`.

    A name that is too long is cut and gets a hash, so that no two models share one.
    """
    if len(model) > MAX_PREFIX:
        hashed = hashlib.sha256(model.encode()).hexdigest()[:_HASH]
        model = f"{model[: MAX_PREFIX - _HASH - 1].rstrip('-')}-{hashed}"
    return model + _STEP


def tuning_name(model: str, digest: str, attempt: int = 1) -> str:
    """The name of a tuning job: its model, a digest of its work, and from the second attempt on its number.

    Args:
        digest: hexadecimal; the name holds the first part of it.
    """
    number, letters = int(digest, 16), ""
    for _ in range(DIGEST_CHARACTERS):
        number, place = divmod(number, len(_LETTERS))
        letters += _LETTERS[place]
    return f"{tuning_prefix(model)}{letters}" + (f"-{attempt}" if attempt > 1 else "")


def tuning_names_of(model: str, names: Iterable[str]) -> list[str]:
    """Those of the names that may be a `tuning_name` of this model."""
    own = re.compile(rf"{re.escape(tuning_prefix(model))}[0-9a-z]{{{DIGEST_CHARACTERS}}}(-[0-9]+)?")
    return [name for name in names if own.fullmatch(name)]


@dataclass(frozen=True, kw_only=True)
class TuningSection:
    """The tuning in the settings of the planning function.

    Attributes:
        trials: the number of training jobs at most.
        parents: tuning jobs that the team's own warm start names.
        continues: whether a search that was stopped goes on from its trials.
        counts_stopped: whether a trial that was stopped early counts as done.
    """

    trials: int
    parents: tuple[str, ...] = ()
    continues: bool = True
    counts_stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class ParentJob:
    """A parent of a warm start, in SageMaker's format."""

    name: str = field(metadata={KEY: "HyperParameterTuningJobName"})


@dataclass(frozen=True, kw_only=True)
class TuningPlan:
    """The plan of a tuning.

    Attributes:
        jobs: the tuning jobs of this work so far, oldest first, with the current one.
        parents: those that the next one goes on from; empty when it begins anew.
        remaining: how many trials are left.
        attempt: number of the current tuning job, from 1.
    """

    jobs: tuple[str, ...]
    parents: tuple[ParentJob, ...] = ()
    remaining: int = 0
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The outcome of a tuning, as the audit records it: `$tuned` of an execution.

    Attributes:
        job: the training job of the best trial.
        hyperparameters: all of the best trial's, as JSON.
        metric: the objective metric.
        value: its value in the best trial, as text.
        number: how many trials there were.
        trials: each trial's parameters and metric as JSON; empty when that is too long for the audit.
        uri: S3 URI of `trials.json`.
    """

    job: str
    hyperparameters: str
    metric: str
    value: str
    number: int
    trials: str
    uri: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial.

    Attributes:
        name: of its training job.
        tuning_job: the tuning job that started it.
        status: of the training job.
        hyperparameters: those that were searched.
        value: of the objective metric; None without one.
        started: ISO 8601; empty before it ran.
        ended: ISO 8601; empty while it runs.
        reason: why it failed; empty when it did not.
    """

    name: str
    tuning_job: str
    status: str
    hyperparameters: Mapping[str, str]
    value: float | None = None
    started: str = ""
    ended: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Trials:
    """`trials.json`: the trials of a tuning.

    Attributes:
        best: name of the best trial.
        metric: the objective metric.
        hyperparameters: those of all trials that were not searched.
        ranges: SageMaker's `ParameterRanges`.
        trials: by time.
        tuned: the outcome for the audit.
    """

    best: str
    metric: str
    direction: Literal["Maximize", "Minimize"]
    strategy: str
    hyperparameters: Mapping[str, str]
    ranges: Mapping[str, JsonValue]
    trials: tuple[Trial, ...]
    tuned: Tuned


@dataclass(frozen=True, kw_only=True)
class TrialsRequest:
    """What a state sends to the function that collects trials.

    Attributes:
        jobs: the tuning jobs of this work.
        artifact: S3 URI that the best trial's artifact is copied to.
        trials: S3 URI of `trials.json`.
        error: the error after which the failure is explained; empty to collect.
        cause: its cause.
    """

    bucket: str
    jobs: tuple[str, ...]
    artifact: str = ""
    trials: str = ""
    error: str = ""
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class ExplainedFailure:
    """Why a tuning failed, in a sentence."""

    error: str
    cause: str

"""The trials of a tuning, whose best trained the model that is evaluated."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.errors import InputError
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.codec import PayloadError, decode, encode
from mdlc_constructs.settings.payloads.tuning import Trials

FILE = "trials.json"


def read_trials(folder: Path | None) -> Trials | None:
    """The content of the file of trials; None without one.

    Raises:
        InputError: when it is no file of trials.
    """
    path = folder / FILE if folder and folder.is_dir() else folder
    if path is None or not path.is_file():
        return None
    try:
        return decode(Trials, json.loads(path.read_text(encoding="utf-8")), where=FILE)
    except (ValueError, PayloadError) as error:
        raise InputError(
            f"{path} is no file of trials ({error}): let CollectTrials write it anew."
        ) from error


def trained_by_best(plan: Plan, trials: Trials | None) -> Plan:
    """The plan with the training job and the hyperparameters of the best trial."""
    if trials is None:
        return plan
    best = next(trial for trial in trials.trials if trial.name == trials.best)
    return plan.trained_by(trials.best, {**trials.hyperparameters, **best.hyperparameters})


def to_json(trials: Trials) -> Mapping[str, Any]:
    """The trials for ``report.json``."""
    document = encode(trials)
    del document["tuned"]
    return document

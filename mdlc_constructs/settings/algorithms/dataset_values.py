"""The hyperparameters that follow from the dataset: features, classes, what is predicted, steps."""

from collections.abc import Mapping

from mdlc_constructs.settings.algorithms.hyperparameter import Hyperparameter
from mdlc_constructs.settings.algorithms.table import AlgorithmFacts
from mdlc_constructs.settings.algorithms.xgboost import OBJECTIVE_TASKS
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.refusal import refusal

_STEPS: Mapping[str, str] = {
    "min": "min",
    "h": "H",
    "D": "D",
    "W": "W",
    "MS": "M",
    "QS": "3M",
    "YS": "12M",
}
"""DeepAR's name of each frequency of a forecast. Source: ``time_freq`` of its hyperparameters."""

_VALUE = "value:"


def values_of(facts: AlgorithmFacts, texts: Mapping[str, str], dataset: Dataset) -> dict[str, str]:
    """The texts of the hyperparameters that follow from the dataset and are not set yet.

    Raises:
        ValueError: when one is set to another value, or the algorithm cannot take the dataset's weights.
    """
    follows = {name: row for name, row in facts.hyperparameters.items() if row.follows}
    if dataset.weighted and not any(row.follows == "weights" for row in follows.values()):
        raise refusal(
            "algorithm",
            facts.name,
            "takes no weights of rows, and the dataset has weights; leave out weight and class_weights.",
        )
    values: dict[str, str] = {}
    for name, row in follows.items():
        value = _value(facts, row, {**texts, **values}, dataset)
        if name not in texts:
            if value is not None:
                values[name] = row.text(value)
            continue
        if row.follows == "weights":
            _check_weights(texts[name], weighted=dataset.weighted)
        elif value is not None and not row.follows.startswith(_VALUE) and name != "context_length":
            _check_same(facts, row, texts[name], value, dataset)
    return values


def _value(
    facts: AlgorithmFacts, row: Hyperparameter, texts: Mapping[str, str], dataset: Dataset
) -> int | str | None:
    """The value that the dataset gives a hyperparameter; None when it gives none."""
    match row.follows:
        case "features":
            return None if dataset.forecast else len(dataset.resolved_features) + len(dataset.calendar)
        case "classes":
            wanted = facts.name != "xgboost" or "multiclass" in OBJECTIVE_TASKS.get(texts["objective"], ())
            return len(dataset.classes) if dataset.classes and wanted else None
        case "task":
            return facts.task_words.get(dataset.task)
        case "weights":
            return 1 if dataset.weighted else None
        case "horizon":
            return dataset.forecast.horizon if dataset.forecast else None
        case "frequency":
            return _STEPS[dataset.forecast.frequency] if dataset.forecast else None
    return row.follows.removeprefix(_VALUE)


def _check_same(
    facts: AlgorithmFacts, row: Hyperparameter, text: str, value: int | str, dataset: Dataset
) -> None:
    """Refuse a hyperparameter that says otherwise than the dataset."""
    if text == str(value) or (text in row.words and row.kind != "choice"):
        return
    shown = int(text) if row.kind == "integer" else text
    match row.follows:
        case "classes":
            what = f"dataset.classes has {value}"
        case "features":
            what = f"the dataset has {value} features"
        case "task":
            what = f"dataset.task is {dataset.task!r}, which is {value!r} for {facts.title}"
        case _:
            what = f"dataset.forecast says {value!r}"
    raise refusal(row.name, shown, f"{what}: leave {row.name} out, the workflow sets it.")


def _check_weights(text: str, *, weighted: bool) -> None:
    if text != str(int(weighted)):
        raise refusal(
            "csv_weights",
            text,
            "the dataset has weights, so the algorithm must read them; leave it out."
            if weighted
            else "the dataset has no weights; give it weight=... or class_weights=..., or leave it out.",
        )

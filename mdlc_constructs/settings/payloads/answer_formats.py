"""How each algorithm writes its answers as JSON, and one reader of all: numbers in the order of the task's.

The reader goes by the names of the members, which say enough, so that an answer can be read where only the
task is known, such as that of a champion of another algorithm. The table says which those are, and refuses
algorithms whose answers are no numbers.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # This module alone goes with the code of an endpoint (`jobs.serving.archive`).
    from mdlc_constructs.settings.payloads.tasks import Answer

Numbers = tuple[float, ...]
"""The numbers of one row's answer; NaN for what is no finite number."""


@dataclass(frozen=True, kw_only=True)
class AnswerFormat:
    """The members of an algorithm's answers.

    Attributes:
        members: that hold the numbers, in JSON or JSON Lines.
        accept: the content type to ask for, so that a transform job writes a line for each row, or for a
            request an object of all its rows.
        refused: why the answers are not read; empty where they are.
    """

    members: tuple[str, ...] = ()
    accept: str = "application/jsonlines"
    refused: str = ""


ANSWER_FORMATS: Mapping[str, AnswerFormat] = {
    "": AnswerFormat(accept="text/csv"),
    "kmeans": AnswerFormat(members=("closest_cluster", "distance_to_cluster")),
    # Only the verbose answer has the labels of the neighbours, of which the probabilities are made. Source:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/kNN-inference-formats.html
    "knn": AnswerFormat(members=("predicted_label", "labels"), accept="application/jsonlines; verbose=true"),
    "pca": AnswerFormat(members=("projection",)),
    "lda": AnswerFormat(members=("topic_mixture",)),
    "ntm": AnswerFormat(members=("topic_weights",)),
    "linear-learner": AnswerFormat(members=("score",)),
    "factorization-machines": AnswerFormat(members=("score",)),
    "randomcutforest": AnswerFormat(members=("score",)),
    "ipinsights": AnswerFormat(members=("dot_product",)),
    "blazingtext": AnswerFormat(members=("label", "prob", "vector")),
    "object2vec": AnswerFormat(members=("scores", "embeddings")),
    "image-classification": AnswerFormat(members=("probabilities",)),
    "jumpstart": AnswerFormat(members=("probabilities", "prediction"), accept="application/json"),
    "forecasting-deepar": AnswerFormat(members=("quantiles",)),
    "seq2seq": AnswerFormat(refused="its answer is a text"),
    "object-detection": AnswerFormat(refused="its answer is a list of boxes"),
    "semantic-segmentation": AnswerFormat(refused="its answer is an image"),
}
"""The answers of each algorithm, by the key that `RecordsSection.answers` holds; empty for bare numbers.

Source: the pages "Response Formats" and "Inference Formats" of each algorithm in
https://docs.aws.amazon.com/sagemaker/latest/dg/algos.html, and for `jumpstart` the inference scripts of the
tabular models, which answer an object for a whole request.
"""

_WRAPPERS = ("predictions", "projections", "scores")
"""The members that hold a list of answers, one for each row of a request."""

_SCORES = ("score", "dot_product", "prediction")
_CLUSTERS = (("cluster", "distance"), ("closest_cluster", "distance_to_cluster"))
_VECTORS = ("projection", "topic_mixture", "topic_weights", "embeddings", "vector")
_NEIGHBOURS = "labels"
_PREFIX = "__label__"
"""What a class begins with in BlazingText's answers, as in its records."""


def read_answers(document: Any, answer: "Answer", names: Sequence[str] = ()) -> list[Numbers] | None:
    """The answers of a JSON object: usually one; None when it holds none of the kind under a known name.

    Args:
        answer: what is asked for; quantiles are read by `jobs.forecasts`.
        names: the classes, in their order.
    """
    if not isinstance(document, Mapping):
        return None
    for wrapper in _WRAPPERS:
        entries = document.get(wrapper)
        if isinstance(entries, list) and entries and all(isinstance(entry, Mapping) for entry in entries):
            read = [read_answers(entry, answer, names) for entry in entries]
            return None if None in read else [row for rows in read if rows for row in rows]
    return _READERS[answer](document, tuple(names))


def _scores(document: Mapping[str, Any], names: tuple[str, ...]) -> list[Numbers] | None:
    for member in _SCORES:
        value = document.get(member)
        if isinstance(value, list):
            # A list of lists of one number, or of numbers: one for each row of the request.
            return [(_number(row[0] if isinstance(row, list) and len(row) == 1 else row),) for row in value]
        if member in document:
            return [(_number(value),)]
    rows = document.get("probabilities")
    if isinstance(rows, list) and rows:
        # Of two classes: the second one's.
        several = [row if isinstance(row, list) else [row] for row in rows]
        return [(_number(row[-1]),) if 1 <= len(row) <= 2 else (math.nan,) for row in several]
    votes = document.get(_NEIGHBOURS)
    if isinstance(votes, list) and votes:
        numbers = [_number(vote) for vote in votes]
        return [(sum(numbers) / len(numbers),)]
    return [(_number(document["predicted_label"]),)] if "predicted_label" in document else None


def _probabilities(document: Mapping[str, Any], names: tuple[str, ...]) -> list[Numbers] | None:
    for entry in (document, document.get("probabilities"), document.get("quantiles")):
        if isinstance(entry, Mapping) and set(entry) == set(names):
            return [tuple(_number(entry[name]) for name in names)]
    for member in ("probabilities", "score", "scores"):
        value = document.get(member)
        if isinstance(value, list) and value:
            rows = value if isinstance(value[0], list) else [value]
            return [_list(row) for row in rows]
    labels, shares = document.get("label"), document.get("prob")
    if isinstance(labels, list) and isinstance(shares, list):
        known = {
            str(label).removeprefix(_PREFIX): share for label, share in zip(labels, shares, strict=False)
        }
        return [tuple(_number(known.get(name)) for name in names)]
    votes = document.get(_NEIGHBOURS)
    if isinstance(votes, list) and votes:
        return [tuple(sum(_number(vote) == n for vote in votes) / len(votes) for n in range(len(names)))]
    return None


def _clusters(document: Mapping[str, Any], names: tuple[str, ...]) -> list[Numbers] | None:
    for members in _CLUSTERS:
        if all(member in document for member in members):
            return [tuple(_number(document[member]) for member in members)]
    return None


def _vectors(document: Mapping[str, Any], names: tuple[str, ...]) -> list[Numbers] | None:
    for member in _VECTORS:
        if isinstance(document.get(member), list):
            return [_list(document[member])]
    return None


_READERS: Mapping[str, Callable[[Mapping[str, Any], tuple[str, ...]], list[Numbers] | None]] = {
    "score": _scores,
    "probabilities": _probabilities,
    "quantiles": _probabilities,
    "cluster": _clusters,
    "vector": _vectors,
}


def _list(values: Any) -> Numbers:
    return tuple(_number(value) for value in values) if isinstance(values, list) else (math.nan,)


def _number(value: Any) -> float:
    """A finite number, also as text; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def expected_names(answer: "Answer", names: Sequence[str] = ()) -> str:
    """What an answer must hold, for error messages."""
    if answer == "vector":
        return f"a list of numbers, by the name {_VECTORS[-1]!r} or bare"
    if answer == "score":
        return f"one number called {_SCORES[0]!r}, or a bare number"
    known = _CLUSTERS[1] if answer == "cluster" else tuple(names)
    first = ", ".join(repr(name) for name in known[:5]) + (", ..." if len(known) > 5 else "")
    return f"one number for each of {first}, by these names or as a list in this order"

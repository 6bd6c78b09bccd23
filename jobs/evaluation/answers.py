"""The scored rows of challenger and champion, whose classes may be others or in another order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np

from jobs.answer_arrays import read_answers
from jobs.answers import AnswerShape
from jobs.errors import InputError
from jobs.gate import CHAMPION
from jobs.listing import listed
from jobs.metrics.rows import Floats, ScoredRows
from jobs.predictions import faults, load_answers, shape_in
from jobs.serving.program import Program
from jobs.serving.values import canonical


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The models' scored rows by name.

    Attributes:
        incomparable: why the champion is not among them; empty when it is, or when there is none.
        notes: what a reader of the comparison has to know.
    """

    models: Mapping[str, ScoredRows]
    incomparable: str = ""
    notes: tuple[str, ...] = ()


def read_models(
    connection: duckdb.DuckDBPyConnection,
    paths: Mapping[str, Path],
    labels: Floats,
    shape: AnswerShape,
    champion: Program | None,
    *,
    threshold: float,
) -> Answered:
    """Load the models' answers, each into a table with the model's name.

    Args:
        paths: by the model's name, the file of its answers.
        labels: of the holdout's rows, in the order of the answers.
        shape: of an answer to the data set.
        champion: its feature program; None when it is not known.

    Raises:
        InputError: when answers are missing, too many, or not what the task asks for.
    """
    models, notes = dict[str, ScoredRows](), list[str]()
    for name, path in paths.items():
        own = shape
        if name == CHAMPION and champion is not None and shape.task != "forecast":
            if bool(champion.classes) != (shape.task == "multiclass"):
                kind = "of classes" if champion.classes else "of no classes"
                return Answered(
                    models=models,
                    incomparable=f"the champion's answers are {kind}, and the task is {shape.task}",
                )
            own = replace(shape, names=champion.classes or shape.names)
        own = shape_in(connection, path, own)
        load_answers(connection, path, name, own)
        wrong = faults(connection, name, rows=len(labels), shape=own, about=f"The {name}'s answers")
        if wrong and name == CHAMPION and shape.task == "forecast":
            other = "the champion answers other steps or quantile levels than the forecast now asks for"
            return Answered(models=models, incomparable=other)
        if wrong:
            raise InputError(wrong[0])
        scores, answers = read_answers(connection, name, own)
        if answers is not None and shape.task == "multiclass" and own.names != shape.names:
            answers, remarks = _by_name(answers, own.names, shape.names)
            scores = answers.max(axis=1)
            notes += remarks
        models[name] = ScoredRows(
            labels=labels,
            scores=scores,
            task=shape.task,
            threshold=threshold,
            answers=answers,
            names=shape.names if shape.task == "multiclass" else own.names,
        )
    return Answered(models=models, notes=tuple(notes))


def _by_name(answers: Floats, own: Sequence[str], wanted: Sequence[str]) -> tuple[Floats, list[str]]:
    """The champion's probabilities of the wanted classes, and a note on each difference.

    A class that the champion does not know has probability 0. The probability of a class that the data set
    no longer has is divided among the others, as no row is of it.
    """
    places = {canonical(name): place for place, name in enumerate(own)}
    probabilities = np.zeros((len(answers), len(wanted)))
    unknown = []
    for place, name in enumerate(wanted):
        known = places.pop(canonical(name), None)
        if known is None:
            unknown.append(name)
        else:
            probabilities[:, place] = answers[:, known]
    notes = []
    if unknown:
        notes.append(
            f"The champion does not know {listed(unknown)}: its probability of them counts as 0, which "
            "favours the challenger."
        )
    if places:
        gone = [own[place] for place in places.values()]
        total = probabilities.sum(axis=1, keepdims=True)
        shares = np.divide(probabilities, total, out=np.zeros_like(probabilities), where=total > 0)
        probabilities = np.where(total > 0, shares, 1 / len(wanted))
        notes.append(
            f"The data set has no class {listed(gone)} any more: the champion's probability of them is "
            "divided among the other classes."
        )
    return probabilities, notes

"""Sections of `plan.json` for the report of an evaluation and the model card."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ImportanceSection:
    """How permutation importance is measured; see `Evaluation` for its meaning.

    Attributes:
        rows: the number of extra rows that are scored, over all columns and repeats.
        seed: of the sample and the permutations.
    """

    rows: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class AlgorithmSection:
    """What trained the model, for the report and the model card.

    Attributes:
        name: of a built-in algorithm, such as `xgboost`; empty for a container of the team's own.
        image: URI of the image.
    """

    image: str
    hyperparameters: Mapping[str, str]
    name: str = ""

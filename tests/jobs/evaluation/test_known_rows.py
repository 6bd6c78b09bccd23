from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.evaluation.known_rows import known_rows
from jobs.serving.program import Program

SEEDED: dict[str, Any] = {"shares": {"train": 0.7, "validation": 0.1, "holdout": 0.2}, "seed": 1}
RANDOM: dict[str, Any] = {"random": {**SEEDED, "stratify": None}, "drawn_by": ["x", "kind"]}
STRATIFIED: dict[str, Any] = {**RANDOM, "random": {**SEEDED, "stratify": "y"}}
OTHER_SEED: dict[str, Any] = {**RANDOM, "random": {**SEEDED, "seed": 2, "stratify": None}}
UP_TO_MARCH = {"fitted_from": None, "fitted_to": "2024-03-01T00:00:00"}


@pytest.mark.parametrize(
    ("time", "origin", "split", "said"),
    [
        (None, {"split": RANDOM}, RANDOM, ""),
        (
            None,
            {"split": OTHER_SEED},
            RANDOM,
            "at random 70/10/20, seed 2 and this holdout's at random",
        ),
        (
            None,
            {"split": {**RANDOM, "drawn_by": ["x"]}},
            RANDOM,
            "keep the split, its seed and the",
        ),
        (None, {"split": {"prefixes": {"train": "a/"}}}, RANDOM, "divided by prefix and this holdout's at"),
        (None, {"split": RANDOM}, None, "and this holdout's by time"),
        (None, {"split": STRATIFIED, "data_version": "same"}, STRATIFIED, ""),
        (None, {"split": STRATIFIED, "data_version": "old"}, STRATIFIED, "a few rows of the holdout before"),
        (None, UP_TO_MARCH, RANDOM, "the holdout's rows have no time"),
        ("2024-02-01", UP_TO_MARCH, RANDOM, "it may have seen 1 of the 1 holdout rows before"),
        ("2024-04-01", UP_TO_MARCH, RANDOM, ""),
        (None, {}, RANDOM, ""),
    ],
)
def test_the_note_says_by_which_means_rows_may_be_known(
    tmp_path: Path, time: str | None, origin: dict[str, Any], split: dict[str, Any] | None, said: str
) -> None:
    keys = tmp_path / "keys.parquet"
    with duckdb.connect() as connection:
        value = f"TIMESTAMP '{time}'" if time else "NULL::TIMESTAMP"
        connection.execute(f"COPY (SELECT 0 AS row, {value} AS event_time) TO '{keys}' (FORMAT parquet)")
        champion = Program(columns={}, steps=(), origin=origin)
        manifest = {"split": split} if split else {}
        notes = list(known_rows(connection, keys, champion, manifest, "same"))
    assert len(notes) == (1 if said else 0)
    assert said in "".join(notes)

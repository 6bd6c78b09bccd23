from __future__ import annotations

from typing import Any

from mdlc_cli.versions.trials import MAX_TRIALS, rows_of, search_of

TUNING = {"metric": "validation:auc", "value": "0.8", "number": 3, "best": "t-2"}


def trial(number: int, value: float | None, status: str = "Completed") -> dict[str, Any]:
    hyperparameters = {"eta": "0.123456", "booster": "dart"}
    return {"job": f"t-{number}", "status": status, "value": value, "hyperparameters": hyperparameters}


def test_the_best_comes_first_whichever_direction_is_better() -> None:
    trials = [trial(1, 0.7), trial(2, 0.8), trial(3, None, "Failed")]
    assert [row[0] for row in rows_of(trials, TUNING)] == ["t-2", "t-1", "t-3"]
    assert [row[0] for row in rows_of(trials, {**TUNING, "best": "t-1"})] == ["t-1", "t-2", "t-3"]
    assert rows_of(trials, TUNING)[0][1:] == ("0.8", "eta 0.1235, booster dart")
    assert rows_of(trials, TUNING)[2][1] == "failed"


def test_many_trials_are_counted() -> None:
    rows = rows_of([trial(number, number / 100) for number in range(MAX_TRIALS + 5)], TUNING)
    assert len(rows) == MAX_TRIALS + 1 and rows[-1][0] == "and 5 more"


def test_a_search_is_told_in_words_and_nothing_is_made_of_nothing() -> None:
    assert search_of(TUNING) == "best of 3 trials, t-2: validation:auc 0.8"
    assert search_of(None) == search_of({}) == search_of("x") == ""
    assert rows_of(None, None) == rows_of("x", None) == rows_of([3, {}], None) == []

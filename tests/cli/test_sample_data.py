"""The data sample of a new project: the same for everybody, and with a signal."""

from __future__ import annotations

import hashlib
from pathlib import Path
from statistics import mean

from mdlc_cli import sample_data


def test_the_sample_is_the_same_everywhere(tmp_path: Path) -> None:
    sample_data.write(tmp_path / "a.csv")
    content = (tmp_path / "a.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "f5e3585df5d2424e"
    assert content.startswith(b"customer,day,plan,age,months,spent,calls,left\nc00001,2026-05-01,")
    assert len(content) < 150_000


def test_who_calls_more_leaves_more_often() -> None:
    calls = {"0": [], "1": []}  # type: dict[str, list[int]]
    for row in sample_data.rows():
        calls[row[-1]].append(int(row[-2]))
    assert 0.1 < len(calls["1"]) / sample_data.ROWS < 0.3
    assert mean(calls["1"]) > mean(calls["0"]) + 0.7


def test_later_rows_have_keys_of_their_own_and_may_drift() -> None:
    later = [*sample_data.rows(100, first_number=3001, mean_calls=5, seed=8)]
    assert [later[0][0], later[-1][0]] == ["c03001", "c03100"]
    assert mean(int(row[-2]) for row in later) > 4

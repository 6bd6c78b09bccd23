"""The data sample of a new project: the same for everybody, and with a signal."""

from __future__ import annotations

import hashlib
from pathlib import Path
from statistics import mean

from mdlc_cli.beginning import sample_data


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


def test_the_next_month_differs_and_has_keys_of_its_own(tmp_path: Path) -> None:
    sample_data.write_next_month(tmp_path / "b.csv")
    lines = (tmp_path / "b.csv").read_text().splitlines()
    assert (lines[1].split(",")[0], lines[1].split(",")[1]) == ("c03001", "2026-10-28")
    assert lines[-1].split(",")[1] == "2026-11-26"
    calls = [int(line.split(",")[-2]) for line in lines[1:]]
    assert mean(calls) > 2.2


def test_later_rows_have_keys_of_their_own_and_may_drift() -> None:
    later = [*sample_data.rows(100, first_number=3001, mean_calls=5, seed=8)]
    assert [later[0][0], later[-1][0]] == ["c03001", "c03100"]
    assert mean(int(row[-2]) for row in later) > 4

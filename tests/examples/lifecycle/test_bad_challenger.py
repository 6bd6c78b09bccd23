import csv
from datetime import datetime
from pathlib import Path

from examples.flight_lifecycle import bad_challenger


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_labels_of_what_is_learned_from_are_dealt_out_anew_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / "2013-01.csv"
    rows = "".join(f"F{n},2013-01-{1 + n // 24:02d} {n % 24:02d}:00:00,{n % 3 // 2}\n" for n in range(240))
    path.write_text("flight_id,time_hour,late\n" + rows)
    holdout = datetime(2013, 1, 6, 12)
    made = bad_challenger.shuffled(path, tmp_path / "shuffled", before=holdout)
    before, after = read(path), read(made)
    assert [(row["flight_id"], row["time_hour"]) for row in after] == [
        (row["flight_id"], row["time_hour"]) for row in before
    ]
    learned = 5 * 24 + 12
    assert after[learned:] == before[learned:]
    labels = [[row["late"] for row in rows[:learned]] for rows in (before, after)]
    assert sorted(labels[0]) == sorted(labels[1])
    assert labels[0] != labels[1]
    again = bad_challenger.shuffled(path, tmp_path / "again", before=holdout)
    assert again.read_bytes() == made.read_bytes()

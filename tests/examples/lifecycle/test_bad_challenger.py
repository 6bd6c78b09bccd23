import csv
from pathlib import Path

from examples.flight_lifecycle import bad_challenger


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_labels_are_dealt_out_anew_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / "2013-01.csv"
    rows = "".join(f"F{n},{n},{int(n < 30)}\n" for n in range(100))
    path.write_text("flight_id,distance,late\n" + rows)
    made = bad_challenger.shuffled(path, tmp_path / "shuffled")
    before, after = read(path), read(made)
    assert [(row["flight_id"], row["distance"]) for row in after] == [
        (row["flight_id"], row["distance"]) for row in before
    ]
    assert sum(int(row["late"]) for row in after) == 30
    assert [row["late"] for row in after] != [row["late"] for row in before]
    assert bad_challenger.shuffled(path, tmp_path / "again").read_bytes() == made.read_bytes()

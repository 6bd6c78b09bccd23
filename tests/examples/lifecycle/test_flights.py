import json
from pathlib import Path

import pytest

from examples.flight_lifecycle import flights

HEADER = "flight_id,time_hour,distance,temperature,carrier\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "asked").mkdir()
    rows = "".join(f"F{n},2013-05-01 0{n}:00:00,{100 + n},,UA\n" for n in range(5))
    (tmp_path / "asked" / "2013-05.csv").write_text(HEADER + rows)
    return tmp_path


def test_every_so_manieth_flight_is_asked_about_with_values_of_its_columns_types(folder: Path) -> None:
    rows = flights.asked_about(folder, 5, 2)
    assert [row["flight_id"] for row in rows] == ["F0", "F2", "F4"]
    assert rows[1]["distance"] == 102
    assert rows[1]["temperature"] is None


def test_a_request_holds_at_most_so_many_flights_one_a_line(folder: Path) -> None:
    bodies = list(flights.requests(flights.asked_about(folder, 5, 1), 2))
    assert [len(body.splitlines()) for body in bodies] == [2, 2, 1]
    assert json.loads(bodies[0].splitlines()[0])["flight_id"] == "F0"


def test_a_year_that_is_written_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def write(folder: Path, months: object) -> None:
        folder.mkdir(parents=True)
        written.append(folder.name)

    monkeypatch.setattr(flights, "write_dataset", write)
    monkeypatch.setattr(flights, "write_scoring_input", write)
    flights.write_year(tmp_path / "flights")
    flights.write_year(tmp_path / "flights")
    assert written == ["known", "asked"]


def test_at_the_end_of_a_month_its_last_day_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "2013-05.csv"
    path.write_text(HEADER + "F1,2013-05-30 23:00:00,007,,UA\nF2,2013-05-31 00:00:00,5,1.50,UA\n")
    made = flights.all_but_the_last_day(path, tmp_path / "arrived")
    assert made.read_text() == HEADER + "F1,2013-05-30 23:00:00,007,,UA\n"


def test_months_have_names_and_files() -> None:
    assert (flights.month_name(5), flights.file_name(5)) == ("May", "2013-05.csv")

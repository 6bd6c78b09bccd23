import csv
from pathlib import Path

import pytest

from examples.flight_delay.data import planes, write_dataset
from examples.flight_delay.dataset import COLUMNS, PLANE_FACTS


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_celsius_changes_the_two_temperatures_and_nothing_else(tmp_path: Path) -> None:
    (before,) = write_dataset(tmp_path / "before", (2,))
    (after,) = write_dataset(tmp_path / "after", (2,), celsius=True)
    old, new = rows(before), rows(after)
    assert list(old[0]) == list(new[0]) == list(COLUMNS)
    changed = {name for a, b in zip(old, new, strict=True) for name in a if a[name] != b[name]}
    assert changed == {"temperature", "dew_point"}
    told = next(n for n, row in enumerate(old) if row["temperature"])
    fahrenheit, celsius = float(old[told]["temperature"]), float(new[told]["temperature"])
    assert celsius * 1.8 + 32 == pytest.approx(fahrenheit, abs=0.01)


def test_the_register_knows_planes_by_their_tail_numbers() -> None:
    known = planes()
    assert len({plane["tail_number"] for plane in known}) == len(known) == 3322
    assert {name for plane in known for name in plane} == {"tail_number", *PLANE_FACTS}

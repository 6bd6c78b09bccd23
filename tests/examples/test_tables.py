"""The examples of tables that newcomers bring: their data and the length of their stacks."""

import csv
from pathlib import Path
from types import ModuleType

import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from examples.airport_clusters import data as airports_data
from examples.airport_clusters import stack as airports_stack
from examples.diabetes import data as diabetes_data
from examples.diabetes import stack as diabetes_stack
from examples.wine import data as wine_data
from examples.wine import stack as wine_stack
from examples.wine import tuned as tuned_wine_stack


@pytest.mark.parametrize("stack", [wine_stack, tuned_wine_stack, diabetes_stack, airports_stack])
def test_a_stack_is_short(stack: ModuleType) -> None:
    assert len(Path(str(stack.__file__)).read_text().splitlines()) < 40


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_wines_have_their_measures_and_one_of_three_cultivars(tmp_path: Path) -> None:
    rows = read(wine_data.write(tmp_path / "raw" / "wine.csv"))
    assert len(rows) == 178 and list(rows[0]) == [*wine_data.MEASURES, "cultivar"]
    assert {row["cultivar"] for row in rows} == set(wine_data.CLASSES)
    assert list(read(wine_data.write(tmp_path / "new.csv", label=False))[0]) == list(wine_data.MEASURES)


def test_patients_have_their_measures_and_a_number(tmp_path: Path) -> None:
    rows = read(diabetes_data.write(tmp_path / "patients.csv", every=4))
    assert len(rows) == 111 and list(rows[0]) == [*diabetes_data.COLUMNS, "progression"]
    assert {row["sex"] for row in rows} == {"1", "2"}


def test_airports_cluster_better_by_all_columns_than_by_one(tmp_path: Path) -> None:
    rows = read(airports_data.write(tmp_path / "raw" / "airports.csv"))
    assert len(rows) == 1458 and list(rows[0]) == ["faa", *airports_data.COLUMNS]
    assert len(read(airports_data.write(tmp_path / "some.csv", every=10))) == 146
    table = StandardScaler().fit_transform(
        [[float(row[name]) for name in airports_data.COLUMNS] for row in rows]
    )
    alone, together = (
        silhouette_score(table, KMeans(5, n_init=3, random_state=0).fit_predict(columns))
        for columns in (table[:, :1], table)
    )
    # The gate of the example lies between.
    assert alone < 0.22 < 0.35 < together

import json
from pathlib import Path

import duckdb
import pytest

from jobs.errors import InputError
from jobs.records import divide, first_record, record_format, write_records
from jobs.serving.program import Program, Step
from mdlc_constructs.settings.payloads.records import SUFFIXES, RecordFormat
from tests.jobs.record_messages import read_records

PROGRAM = Program(
    columns={"a": "number", "b": "number"},
    steps=tuple(Step(feature=name, column=name, kind="number", fill=0.0) for name in ("a", "b")),
)
ROWS = "(VALUES (2, 1, 0.5, 3.25), (1, 0, 1e-7, NULL)) AS t(id, y, a, b)"


def written(
    folder: Path, kind: RecordFormat, leading: tuple[str, ...] = (), rows: str = ROWS, shards: int = 1
) -> list[Path]:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE rows AS FROM {rows}")
    path = folder / f"train{SUFFIXES[kind]}"
    write_records(connection, PROGRAM, "rows", path, kind=kind, order="raw.id", leading=leading)
    return list(divide(path, shards, kind).values())


@pytest.mark.parametrize(
    ("kind", "leading", "text"),
    [
        ("csv", (), "1e-07,0.0\n0.5,3.25\n"),
        ("csv", ("y",), "0,1e-07,0.0\n1,0.5,3.25\n"),
        ("libsvm", (), "0 0:1e-07 1:0.0\n0 0:0.5 1:3.25\n"),
        ("libsvm", ("y",), "0 0:1e-07 1:0.0\n1 0:0.5 1:3.25\n"),
        ("libsvm", ("y", "0.5"), "0:0.5 0:1e-07 1:0.0\n1:0.5 0:0.5 1:3.25\n"),
    ],
)
def test_records_are_in_order_with_the_label_first(
    kind: RecordFormat, leading: tuple[str, ...], text: str, tmp_path: Path
) -> None:
    (path,) = written(tmp_path, kind, leading)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("leading", "members"),
    [
        ((), [{}, {}]),
        (("y",), [{"label": 0}, {"label": 1}]),
        (("y", "0.5"), [{"label": 0, "weight": 0.5}, {"label": 1, "weight": 0.5}]),
    ],
)
def test_json_lines_name_label_weight_and_features(
    leading: tuple[str, ...], members: list[dict[str, float]], tmp_path: Path
) -> None:
    (path,) = written(tmp_path, "jsonlines", leading)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows == [
        {**first, "features": features}
        for first, features in zip(members, [[1e-7, 0.0], [0.5, 3.25]], strict=True)
    ]


@pytest.mark.parametrize(("leading", "labels"), [((), [[], []]), (("y",), [[0.0], [1.0]])])
def test_recordio_holds_32_bit_tensors(
    leading: tuple[str, ...], labels: list[list[float]], tmp_path: Path
) -> None:
    (path,) = written(tmp_path, "recordio", leading)
    records = read_records(path.read_bytes())
    assert [label for _, label in records] == labels
    assert [features for features, _ in records] == [[pytest.approx(1e-7), 0.0], [0.5, 3.25]]


def test_a_number_beyond_32_bits_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train\.pbr is too large for the 32 bits"):
        written(tmp_path, "recordio", rows="(VALUES (1, 1, 1e300, 0.0)) AS t(id, y, a, b)")


@pytest.mark.parametrize("kind", ["csv", "libsvm", "jsonlines", "recordio"])
def test_shards_are_of_equal_size_and_hold_each_record_once(kind: RecordFormat, tmp_path: Path) -> None:
    rows = "(SELECT i AS id, i AS y, i AS a, 0 AS b FROM range(11) AS r(i))"
    (whole,) = written(tmp_path / "whole", kind, ("y",), rows)
    content, first = whole.read_bytes(), first_record(whole)
    shards = written(tmp_path / "parts", kind, ("y",), rows, shards=3)
    assert [path.name for path in shards] == [f"part-{n:05d}{SUFFIXES[kind]}" for n in range(3)]
    assert sorted(p.name for p in (tmp_path / "parts").iterdir()) == [path.name for path in shards]
    assert sum(len(path.read_bytes()) for path in shards) == len(content)
    assert first_record(shards[0]) == first
    if kind == "csv":
        numbers = [[int(line.split(",")[0]) for line in path.read_text().split()] for path in shards]
        assert numbers == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8]]
    if kind == "recordio":
        assert [len(read_records(path.read_bytes())) for path in shards] == [4, 4, 3]


def test_groups_of_a_ranking_stay_together(tmp_path: Path) -> None:
    path = tmp_path / "train.libsvm"
    path.write_text("".join(f"1 qid:{group} 0:{row}\n" for group in range(3) for row in range(2)))
    shards = divide(path, 2, "libsvm", grouped=True)
    groups = [[line.split()[1] for line in place.read_text().splitlines()] for place in shards.values()]
    assert groups == [["qid:0", "qid:0", "qid:2", "qid:2"], ["qid:1", "qid:1"]]


def test_fewer_records_than_instances_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has 2 records for 3 instances: train with fewer instances"):
        written(tmp_path, "csv", shards=3)


def test_a_format_of_a_later_release_is_refused() -> None:
    with pytest.raises(InputError, match="names records 'avro'"):
        record_format("avro")

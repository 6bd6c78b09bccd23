import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.answers import AnswerShape
from jobs.errors import InputError
from jobs.monitoring.captures import stage_captures
from jobs.names import ANSWER, FAULT, INFERENCE_ID, PLACE, PROBLEMS, ROW_KEY, SCORE, VERSION, at_place
from jobs.roles import pointer
from jobs.serving.values import read
from mdlc_constructs.settings.payloads.moments import Interval
from tests.examples_tried import examples
from tests.jobs.monitoring.windows import END, START, Row, Window, event, opened, rows

pytestmark = pytest.mark.slow

COLUMNS = {
    "id": "text",
    "amount": "number",
    "count": "integer",
    "kind": "category",
    "flag": "boolean",
    "at": "timestamp",
}


def staged(
    folder: Path,
    *files: str | bytes,
    columns: dict[str, str] = COLUMNS,
    task: str = "binary",
    names: tuple[str, ...] = (),
    csv: bool = True,
) -> list[dict[str, Any]]:
    written = []
    for number, content in enumerate(files):
        written.append(f"{number}.jsonl")
        (folder / written[-1]).write_bytes(content if isinstance(content, bytes) else content.encode())
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        stage_captures(
            connection,
            folder,
            written,
            columns,
            folder / "staged.parquet",
            window=Interval(start=START.isoformat() + "Z", end=END.isoformat() + "Z"),
            version=7,
            shape=AnswerShape(task=task, names=names),
            empty_is_missing=csv,
        )
        given = {name: at_place(place) for place, name in enumerate(columns)}
        answer = connection.execute(
            f"SELECT {', '.join([*OURS.values(), *given.values()])} FROM '{folder / 'staged.parquet'}' "
            f"ORDER BY {INFERENCE_ID}, {PLACE}"
        )
        return [dict(zip([*OURS, *given], values, strict=True)) for values in answer.fetchall()]


OURS = {
    "_fault": FAULT,
    "_inference_id": INFERENCE_ID,
    "_score": SCORE,
    "_answer": ANSWER,
    "_version": VERSION,
    "_problems": PROBLEMS,
}


def test_files_are_read_by_their_very_names(window: Window) -> None:
    made = rows(3)
    for name, row in (("e/e1.jsonl", made[2]), ("e/a.jsonl", made[0]), ("e/e[1].jsonl", made[1])):
        window.capture([event(row)], name)
    # As a pattern, the last one's name means the first one, which is of no interest here.
    del window.captured[0]
    with opened(window) as read:
        found = read.query(f"SELECT {ROW_KEY} FROM served ORDER BY 1")
    assert found == sorted((row["id"],) for row in made[:2])


def faults(found: Sequence[Row]) -> list[str | None]:
    return [row["_fault"] for row in found]


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_a_request_of_several_rows(tmp_path: Path, encoding: str) -> None:
    made = rows(3)
    found = staged(tmp_path, event(made, encoding=encoding, identity="call") + "\n")
    assert faults(found) == [None] * 3
    assert [row["_inference_id"] for row in found] == ["call#0", "call#1", "call#2"]
    for got, sent in zip(found, made, strict=True):
        assert {name: got[name] for name in ("id", "amount", "count", "kind", "flag")} == {
            name: sent[name] for name in ("id", "amount", "count", "kind", "flag")
        }
        assert got["at"] == datetime.fromisoformat(sent["at"])
        assert (got["_score"], got["_version"]) == (sent["score"], 7)


def test_ids(tmp_path: Path) -> None:
    first, second = rows(2)
    found = staged(tmp_path, f"{event(first)}\n{event(second, identity='mine')}")
    assert [row["_inference_id"] for row in found] == [f"event-{first['id']}-7-0", "mine"]


def test_half_written_and_strange_lines_are_told_from_good_ones(tmp_path: Path) -> None:
    good = [event(row) for row in rows(2)]
    untimed = event(rows(1)[0]).replace("inferenceTime", "time")
    lines = [good[0], good[1][:200], "", "[1]", '"text"', "{}", untimed, good[0] + good[1], good[1]]
    found = staged(
        tmp_path, "\n".join(lines), b'{"captureData": {"endp', b"", b"\xff\xfe\x00\n" + good[0].encode()
    )
    assert sorted(map(str, faults(found))) == ["None"] * 3 + ["broken"] * 8


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"answers": ['{"score": 0.5}', '{"score": 0.5}']}, "answers"),
        ({"answers": ["not json"]}, "score"),
        ({"answers": ['{"score": [0.5, 0.5]}']}, "several"),
        ({"answers": ['{"score": "0.5"}']}, "score"),
        ({"answers": ['{"score": 1e400}']}, "score"),
        ({"answers": ['{"score": -0.1}']}, "score"),
        ({"answers": ["{}"]}, "score"),
        ({"at": datetime(2024, 2, 29, 23, 59, 59)}, "outside"),
        ({"at": END}, "outside"),
        ({"identity": "probe-1"}, "probe"),
    ],
)
def test_what_is_left_out(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    assert faults(staged(tmp_path, event(rows(1)[0], **change))) == [fault]


def test_bodies_that_are_no_text_or_were_not_captured(tmp_path: Path) -> None:
    document = json.loads(event(rows(1)[0], encoding="BASE64"))
    document["captureData"]["endpointInput"]["data"] = "/w=="
    without = json.loads(event(rows(1)[0]))
    del without["captureData"]["endpointOutput"]
    assert faults(staged(tmp_path, f"{json.dumps(document)}\n{json.dumps(without)}")) == ["body", "body"]


def test_rows_that_are_no_objects(tmp_path: Path) -> None:
    document = json.loads(event(rows(1)[0]))
    document["captureData"]["endpointInput"]["data"] = "1,2,3\n"
    assert faults(staged(tmp_path, json.dumps(document))) == ["row"]


def test_answers_without_a_version_or_in_a_list_of_one(tmp_path: Path) -> None:
    answers = ['{"score": [0.25], "version": 9}', "0.5", "[0.75]"]
    found = staged(tmp_path, event(rows(3), answers=answers))
    assert [(row["_score"], row["_version"]) for row in found] == [(0.25, 9), (0.5, 7), (0.75, 7)]


def test_a_regression_may_answer_any_number(tmp_path: Path) -> None:
    found = staged(tmp_path, event(rows(1)[0], answers=['{"score": -12.5, "version": 7}']), task="regression")
    assert found[0]["_score"] == -12.5


def test_a_value_that_does_not_fit_is_missing_and_noted(tmp_path: Path) -> None:
    found = staged(tmp_path, event({**rows(1)[0], "count": 1.5}))
    assert found[0]["count"] is None and found[0]["_problems"] == "2\x1f1.5"


def test_names_of_columns_may_hold_anything(tmp_path: Path) -> None:
    name = "a/b~\"c'd"
    assert pointer(name) == "/a~1b~0\"c'd"
    document = event({**rows(1)[0], name: 4})
    assert staged(tmp_path, document, columns={name: "integer"})[0][name] == 4


def test_a_line_that_is_too_long_to_read_costs_its_file_only(window: Window) -> None:
    window.capture([event(row) for row in rows(3)], "good.jsonl")
    window.capture(b'{"captureData": "' + b"x" * 35_000_000 + b'"}', "long.jsonl")
    with opened(window) as read:
        assert read.served.rows == 3
        assert read.served.notes == (
            "Capture file long.jsonl has a line of more than 32 MB and is left out.",
        )


def test_a_planned_file_that_is_gone(tmp_path: Path) -> None:
    with (
        duckdb.connect() as connection,
        pytest.raises(InputError, match=r"Capture file gone.jsonl was planned"),
    ):
        stage_captures(
            connection,
            tmp_path,
            ["gone.jsonl"],
            COLUMNS,
            tmp_path / "t.parquet",
            window=Interval(start="2024-01-01", end="2024-01-02"),
            version=7,
            shape=AnswerShape(task="binary"),
            empty_is_missing=True,
        )


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_infinity=False, min_value=-1e12, max_value=1e12),
    st.integers(-(2**53), 2**53).map(str),
    st.sampled_from(["", "5", " 5 ", "5.0", "1_0", "nan", "NaN", "true", "no", "1e3", "x", "2024-05-17"]),
    st.sampled_from(
        ["2024-05-17T08:30:00+02:00", "2024-05-17 08:30", "2024-05-17T08:30:00.123456Z", "naïve\u2028"]
    ),
)


@settings(max_examples=examples(15))
@given(
    values=st.lists(VALUES, min_size=30, max_size=90),
    kind=st.sampled_from(sorted(set(COLUMNS.values()))),
    csv=st.booleans(),
)
def test_values_are_read_as_the_endpoint_read_them(
    values: list[Any], kind: str, csv: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    taken: list[tuple[Any, Any]] = []
    for value in values:
        # A row that does not fit was refused, and nothing of it is captured.
        with suppress(ValueError):
            taken.append((value, read(value, kind, empty_is_missing=csv)))
    if not taken:
        return
    row = rows(1)[0]
    request = [{**row, "place": place, "v": value} for place, (value, _) in enumerate(taken)]
    found = staged(
        tmp_path_factory.mktemp("case"), event(request), columns={"place": "integer", "v": kind}, csv=csv
    )
    for got in found:
        value, expected = taken[got["place"]]
        answer = got["v"]
        if kind in ("category", "text") and isinstance(value, float) and answer is not None:
            expected, answer = (
                float(expected),
                float(answer),
            )  # engines write the same number in their own digits
        assert answer == expected and type(answer) is type(expected)
    assert len(found) == len(taken)


@pytest.mark.parametrize(
    ("answer", "fault", "numbers"),
    [
        (
            '{"prediction": "b", "score": 0.7, "probabilities": {"c": 0.2, "a": 0.1, "b": 0.7}}',
            None,
            [0.1, 0.7, 0.2],
        ),
        ('{"score": [0.1, 0.7, 0.2], "version": 7}', None, [0.1, 0.7, 0.2]),
        ('{"probabilities": [0.1, 0.7, 0.2]}', None, [0.1, 0.7, 0.2]),
        ("[0.1, 0.7, 0.2]", None, [0.1, 0.7, 0.2]),
        ("[[0.1, 0.7, 0.2]]", None, [0.1, 0.7, 0.2]),
        ('{"probabilities": {"a": 0.3, "b": 0.7}}', "numbers", None),
        ('{"probabilities": {"a": 0.1, "b": 0.7, "d": 0.2}}', "numbers", [0.1, 0.7, None]),
        ('{"probabilities": {"a": 0.1, "b": 0.7, "c": 0.2, "d": 0.0}}', "numbers", None),
        ('{"probabilities": {"a": 0.1, "b": 0.7, "c": "0.2"}}', "numbers", [0.1, 0.7, None]),
        ('{"score": 0.7}', "numbers", None),
        ("[0.1, 0.7, 0.4]", "numbers", [0.1, 0.7, 0.4]),
    ],
)
def test_an_answer_has_a_probability_of_each_class(
    tmp_path: Path, answer: str, fault: str | None, numbers: list[float | None] | None
) -> None:
    (found,) = staged(tmp_path, event(rows(1)[0], answers=[answer]), task="multiclass", names=("a", "b", "c"))
    assert (found["_fault"], found["_answer"]) == (fault, numbers)
    assert found["_score"] == (None if fault else 0.7)

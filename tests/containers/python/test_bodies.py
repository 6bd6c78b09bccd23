import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bodies import RequestError, read_csv, version_as_json, write_csv, write_json_lines

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(FLOATS, min_size=width, max_size=width), min_size=1)
    )
)
def test_numbers_are_read_as_they_were_written(rows: list[list[float]]) -> None:
    body = "\n".join(",".join(map(repr, row)) for row in rows).encode()
    assert read_csv(body) == rows
    assert read_csv(body.replace(b"\n", b"\r\n") + b"\r\n") == rows


def test_an_empty_cell_is_a_missing_value() -> None:
    ((first, second, third), _) = read_csv(b"1,,\n4, 5 ,6\n")
    assert first == 1 and math.isnan(second) and math.isnan(third)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"1,2\n3,x", "Line 2, column 2: 'x' is no number."),
        (b"1_000,2", "Line 1, column 1: '1_000' is no number."),
        (b"1,2\n3", "Line 2 has 1 values, line 1 has 2."),
        (b"1,2\n\n3,4", "Line 2 has 1 values, line 1 has 2."),
        (b"", "The body is empty: send one row a line."),
        (b"age,income\n1,2", "Line 1, column 1: 'age' is no number."),
    ],
)
def test_what_is_wrong_is_named(body: bytes, text: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_csv(body)
    assert (str(refused.value), refused.value.status) == (text, 400)


def test_answers_as_csv() -> None:
    assert write_csv([0.5, 0.1]) == b"0.5\n0.1\n"
    assert write_csv([[0.5, 0.25], [1.0, 0.0]]) == b"0.5,0.25\n1.0,0.0\n"


def test_answers_as_json_lines() -> None:
    assert _lines(write_json_lines([0.5, math.inf], "7")) == [
        {"score": 0.5, "version": 7},
        {"score": None, "version": 7},
    ]
    assert _lines(write_json_lines([[0.25, math.nan]], "null")) == [{"score": [0.25, None], "version": None}]


def _lines(body: bytes) -> list[object]:
    return [json.loads(line) for line in body.decode().splitlines()]


@pytest.mark.parametrize(
    ("text", "said"), [(None, None), ("", None), ("7", 7), ("v7", "v7"), ('a"b', 'a"b'), ("٣", "٣")]
)
def test_the_version_as_json(text: str | None, said: object) -> None:
    assert json.loads(version_as_json(text)) == said

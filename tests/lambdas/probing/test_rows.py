"""Which rows are asked, from golden files and from captures as the embedded endpoint writes them."""

import base64
import json
from typing import Any

import pytest

from lambdas.probing.errors import InvalidRows
from lambdas.probing.rows import MAX_ROW_CHARACTERS, Row, captured_rows, distinct, golden_rows

EXPECTED = "row_key,expected\na,0.5\nb,1\n"


def captured(data: str, encoding: str = "JSON", kind: str = "application/jsonlines", **about: str) -> str:
    side = {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding}
    event = {
        "captureData": {"endpointInput": side},
        "eventMetadata": {"eventId": "1", **about},
        "eventVersion": "0",
    }
    return json.dumps(event)


def test_golden_rows_and_answers_go_together_line_by_line() -> None:
    rows = golden_rows(['{"x": 1}', "", '{"x": 2} '], EXPECTED, "application/jsonlines")
    assert [(row.body, row.expected) for row in rows] == [('{"x": 1}', 0.5), ('{"x": 2}', 1.0)]
    assert golden_rows([], "row_key,expected\n", "t") == ()


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("", r"begins with \[\]: give the header"),
        ("key,value\na,1\n", "give the header row_key,expected"),
        ("row_key,expected\na,1\n", "has 1 answers for 2 rows"),
        ("row_key,expected\na,1\nb,\n", "Line 3 of golden/expected.csv is 'b,'"),
        ("row_key,expected\na,nan\nb,1\n", "Line 2 of golden/expected.csv expects 'nan'"),
        ("row_key,expected\na\nb,1\n", "Line 2 .* give row_key,number"),
    ],
)
def test_answers_that_do_not_fit_are_refused_by_their_line(expected: str, said: str) -> None:
    with pytest.raises(InvalidRows, match=said):
        golden_rows(["1", "2"], expected, "text/csv")


def test_a_request_of_several_rows_is_several_rows() -> None:
    text = captured('{"x": 1}\n{"x": 2}\n') + "\n" + captured("1,2\n3,4", "CSV", "text/csv; charset=utf-8")
    assert [row.body for row in captured_rows(text)] == ['{"x": 1}', '{"x": 2}', "1,2", "3,4"]


def test_what_unicode_calls_a_lines_end_ends_no_row() -> None:
    rows = '{"x": "a\u2028b"}\n{"x": "c\x85"}'
    assert [row.body for row in captured_rows(captured(rows))] == rows.split("\n")
    event = json.loads(captured('{"x": 1}')) | {"eventVersion": "0\u2028"}
    assert len(list(captured_rows(json.dumps(event, ensure_ascii=False)))) == 1


def test_a_body_of_another_kind_is_one_row() -> None:
    (row,) = captured_rows(captured('{\n"x": 1}', kind="application/json"))
    assert row == Row(body='{\n"x": 1}', content_type="application/json")


def test_base_64_is_read_where_it_is_text() -> None:
    text = captured(base64.b64encode(b'{"x": 1}').decode(), "BASE64")
    assert [row.body for row in captured_rows(text)] == ['{"x": 1}']
    binary = captured(base64.b64encode(b"\xff\xfe").decode(), "BASE64", "application/x-npy")
    assert list(captured_rows(binary + "\n" + captured("#", "BASE64"))) == []


def test_probes_of_earlier_releases_are_no_recent_rows() -> None:
    lines = [captured("probe", inferenceId="probe-run-1"), captured("caller", inferenceId="order-7")]
    assert [row.body for row in captured_rows("\n".join(lines))] == ["caller"]


@pytest.mark.parametrize(
    "line",
    [
        '{"captureData": {"endpointInp',
        "[1]",
        "{}",
        json.dumps({"captureData": {"endpointOutput": {"data": "1"}}}),
        captured("x" * (MAX_ROW_CHARACTERS + 1)),
        captured("\n \n"),
    ],
)
def test_what_is_no_callers_row_is_passed_over(line: str) -> None:
    assert [row.body for row in captured_rows(line + "\n" + captured("good"))] == ["good"]


def test_a_row_is_taken_once_and_the_first_ones_first() -> None:
    rows = [Row(body=str(n % 3), content_type="t") for n in range(9)]
    assert [row.body for row in distinct(rows, 2)] == ["0", "1"]
    asked: list[Any] = []

    def endless() -> Any:
        for number in range(10**9):
            asked.append(number)
            yield Row(body=str(number), content_type="t")

    assert len(distinct(endless(), 5)) == 5
    assert len(asked) <= 6, "no more is read than is needed"
    golden = Row(body="1", content_type="t", expected=0.1)
    assert distinct([golden, Row(body="1", content_type="t")], 9) == (golden,)


def test_a_text_may_hold_what_unicode_calls_a_lines_end() -> None:
    body = json.dumps({"a": "x\u2028y"}, ensure_ascii=False)
    text = "\n".join(("[" * 100_000, captured(f"{body}\n{body}\r\n")))
    assert [row.body for row in captured_rows(text)] == [body, body]

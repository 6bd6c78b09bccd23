import base64
import json
from typing import Any

import pytest

from lambdas.functions.decide.requests import (
    MAX_ROW_CHARACTERS,
    BadRequest,
    DecisionRequest,
    checked,
    from_event,
)

ROW = {"a": 1, "b": None, "c": "x", "d": True}
GOOD = {"request_id": "r-1", "row": ROW}


def test_a_request_is_read_from_the_event_of_api_gateway() -> None:
    expected = DecisionRequest("r-1", ROW)
    assert from_event({"body": json.dumps(GOOD)}) == expected
    coded = base64.b64encode(json.dumps(GOOD).encode()).decode()
    assert from_event({"body": coded, "isBase64Encoded": True}) == expected


@pytest.mark.parametrize("event", [{}, {"body": None}, {"body": "{"}, {"body": "[" * 100_000}])
def test_a_body_that_is_no_json_is_a_bad_request(event: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="The body is no JSON"):
        from_event(event)


def test_a_body_that_is_no_base64_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="The body is no JSON"):
        from_event({"body": "a", "isBase64Encoded": True})


@pytest.mark.parametrize("text", ["x", "é", "\U0001f600"])
def test_a_row_that_no_record_could_hold_is_a_bad_request(text: str) -> None:
    row = {"a": text * (MAX_ROW_CHARACTERS // len(json.dumps(text)))}
    assert checked({**GOOD, "row": row}).row == row
    with pytest.raises(BadRequest, match=r"row has \d+ characters as JSON: send at most 65536"):
        checked({**GOOD, "row": {"a": text * MAX_ROW_CHARACTERS}})


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_in_json_is_a_bad_request(value: str) -> None:
    with pytest.raises(BadRequest, match=f"{value} is no number"):
        from_event({"body": f'{{"request_id": "r", "row": {{"a": {value}}}}}'})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "The body is not an object of request_id and row"),
        ({"request_id": "r"}, "The body is not an object of request_id and row"),
        ({**GOOD, "rows": []}, "The body is not an object of request_id and row"),
        ({**GOOD, "request_id": 7}, "request_id=7: send up to 64"),
        ({**GOOD, "request_id": "a b"}, "request_id='a b': send up to 64"),
        ({**GOOD, "row": [1]}, r"row=\[1\]: send an object"),
        ({**GOOD, "row": {"a": {}}}, r"row\['a'\]={}: send a text"),
        ({**GOOD, "row": {"a": [1]}}, r"row\['a'\]=\[1\]: send a text"),
        ({**GOOD, "row": {"a": 1e999}}, r"row\['a'\]=inf: send a text"),
    ],
)
def test_what_does_not_fit_is_a_bad_request(content: object, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        checked(content)


@pytest.mark.parametrize("row", [{"a": "x\ud800"}, {"\udfff": 1}])
def test_a_row_that_nothing_can_write_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="half of a surrogate pair") as refused:
        checked({**GOOD, "row": row})
    assert str(refused.value).encode()

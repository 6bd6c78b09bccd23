"""Rows as items and as events."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.functions.deliver_predictions import logic
from lambdas.functions.deliver_predictions.logic import MAX_BYTES, MAX_ENTRIES, Batch
from mdlc_constructs.settings.delivery import LookUpTable, RowEvents

ROW: dict[str, Any] = {
    "key": "AA1",
    "inference_id": "i1",
    "row_key": '{"carrier":"AA"}',
    "entity": None,
    "event_time": "2024-06-01T08:00:00.000000Z",
    "score": 0.25,
    "predicted_at": "2024-06-02T08:00:00.123000Z",
    "model_package_version": 4,
}


def to_table(**changes: Any) -> Batch:
    delivery = replace(LookUpTable().to_plan(), **{"table": "t", **changes})
    return Batch(model="flights", run="abc", delivery=delivery)


def to_bus(**changes: Any) -> Batch:
    return Batch(model="flights", run="abc", delivery=RowEvents(**changes).to_plan())


def test_an_item_holds_the_record_and_no_empty_attributes() -> None:
    request = logic.put(to_table(), {**ROW, "key": '{"carrier":"AA"}'})
    assert request["TableName"] == "t"
    assert request["Item"] == {
        "row_key": {"S": '{"carrier":"AA"}'},
        "inference_id": {"S": "i1"},
        "event_time": {"S": "2024-06-01T08:00:00.000000Z"},
        "model_package_version": {"N": "4"},
        "score": {"N": "0.25"},
        "predicted_at": {"S": "2024-06-02T08:00:00.123000Z"},
        "run": {"S": "abc"},
    }


def test_an_item_is_found_by_its_key_and_expires_behind_its_prediction() -> None:
    item = logic.put(to_table(key="tail_number", columns=[], keep_seconds=60), ROW)["Item"]
    assert set(item) == {"tail_number", "score", "predicted_at", "run", "expires_at"}
    assert item["tail_number"] == {"S": "AA1"}
    assert item["expires_at"] == {"N": str(1717315201 + 60)}


def test_only_a_newer_prediction_keeps_its_place() -> None:
    request = logic.put(to_table(key="id"), ROW)
    assert request["ConditionExpression"] == "attribute_not_exists(#key) OR predicted_at <= :predicted_at"
    assert request["ExpressionAttributeNames"] == {"#key": "id"}
    assert request["ExpressionAttributeValues"] == {":predicted_at": {"S": ROW["predicted_at"]}}


@pytest.mark.parametrize(
    ("score", "text"),
    [(1 / 3, "0.3333333333333333"), (1e-131, "0"), (-1e-200, "0"), (0.0, "0"), (1e21, "1E+21"), (7, "7")],
)
def test_a_score_is_a_number_that_dynamodb_takes(score: float, text: str) -> None:
    assert logic.put(to_table(), {**ROW, "score": score})["Item"]["score"] == {"N": text}


def test_an_event_says_whose_prediction_it_is_and_how_to_tell_it_from_its_repetition() -> None:
    entry = logic.entry(to_bus(columns=("row_key",), detail_type="Late"), ROW)
    assert (entry["Source"], entry["DetailType"]) == ("mdlc", "Late")
    assert json.loads(entry["Detail"]) == {
        "model": "flights",
        "run": "abc",
        "inference_id": "i1",
        "score": 0.25,
        "predicted_at": "2024-06-02T08:00:00.123000Z",
        "row_key": '{"carrier":"AA"}',
    }


@given(st.lists(st.integers(0, 150_000), max_size=40))
def test_requests_hold_what_one_takes_and_lose_nothing(sizes: list[int]) -> None:
    entries: list[Any] = [{"Detail": "x" * size, "Source": str(number)} for number, size in enumerate(sizes)]
    made = list(logic.requests(entries))
    assert [one for request in made for one in request] == entries
    for request in made:
        assert 1 <= len(request) <= MAX_ENTRIES
        size = sum(len(one["Detail"]) + len(one["Source"]) for one in request)
        assert size <= MAX_BYTES or len(request) == 1


def test_letters_count_as_their_bytes() -> None:
    entries: list[Any] = [{"Detail": "ü" * (MAX_BYTES // 4 + 1)} for _ in range(2)]
    assert [len(request) for request in logic.requests(entries)] == [1, 1]


def test_what_the_bus_refuses_is_told_from_what_it_takes() -> None:
    entries: list[Any] = [{"Detail": text} for text in "abc"]
    said = [{"EventId": "1"}, {"ErrorCode": "Busy", "ErrorMessage": "later"}, {"EventId": "3"}]
    some: Any = {"FailedEntryCount": 1, "Entries": said}
    none: Any = {"FailedEntryCount": 0, "Entries": said[:1] * 3}
    assert logic.refused(entries, some) == ([entries[1]], "Busy: later")
    assert logic.refused(entries, none) == ([], "")


def test_lines_without_anything_are_no_rows() -> None:
    assert list(logic.rows([b'{"a":1}', b"", b" \n", b'{"a":2}'])) == [{"a": 1}, {"a": 2}]


def test_classes_are_delivered_where_there_are_some() -> None:
    row = {**ROW, "prediction": "b", "probabilities": {"a": 0.25, "b": 0.75}}
    item = logic.put(to_table(), row)["Item"]
    assert item["prediction"] == {"S": "b"}
    assert item["probabilities"] == {"M": {"a": {"N": "0.25"}, "b": {"N": "0.75"}}}
    detail = json.loads(str(logic.entry(to_bus(), row)["Detail"]))
    assert (detail["prediction"], detail["probabilities"]) == ("b", {"a": 0.25, "b": 0.75})


@pytest.mark.parametrize(
    ("own", "attributes"),
    [
        ({"rank": 2}, {"rank": {"N": "2"}}),
        (
            {"step": 3, "quantiles": {"0.1": 1.5, "0.5": 2.0}},
            {"step": {"N": "3"}, "quantiles": {"M": {"0.1": {"N": "1.5"}, "0.5": {"N": "2.0"}}}},
        ),
        ({"cluster": 3, "distance": 1.5}, {"cluster": {"N": "3"}, "distance": {"N": "1.5"}}),
        ({"vector": [1.5, -2.0]}, {"vector": {"L": [{"N": "1.5"}, {"N": "-2.0"}]}}),
    ],
)
def test_what_only_a_task_has_is_delivered_where_there_is_some(
    own: dict[str, Any], attributes: dict[str, Any]
) -> None:
    item = logic.put(to_table(columns=[]), {**ROW, **own})["Item"]
    assert {name: item[name] for name in attributes} == attributes
    detail = json.loads(str(logic.entry(to_bus(), {**ROW, **own})["Detail"]))
    assert {name: detail[name] for name in own} == own

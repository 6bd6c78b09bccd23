import pytest

from mdlc_constructs.asl.query_language import jsonpath_fields, jsonpath_message


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"Type": "Pass", "InputPath": "$.x"}, ["InputPath"]),
        ({"Type": "Task", "Parameters": {}, "ResultPath": "$.a"}, ["Parameters", "ResultPath"]),
        ({"Type": "Pass", "Result": 1}, ["Result"]),
        ({"Type": "Choice", "Choices": [{"Variable": "$.x", "Next": "A"}]}, ["Choices.Variable"]),
        ({"Type": "Choice", "Choices": [{"And": [], "Next": "A"}]}, ["Choices.And"]),
        ({"Type": "Task", "Catch": [{"ErrorEquals": [], "ResultPath": "$.e"}]}, ["Catch.ResultPath"]),
        ({"Type": "Task", "Arguments": {"a": [{"b.$": "$.x"}]}}, ["Arguments.b.$"]),
        ({"Type": "Pass", "QueryLanguage": "JSONPath"}, ["QueryLanguage"]),
        ({"Type": "Task", "Arguments": {"Result": 1, "Parameters": {}}, "QueryLanguage": "JSONata"}, []),
    ],
)
def test_fields_of_jsonpath(body: dict[str, object], fields: list[str]) -> None:
    assert jsonpath_fields(body) == fields


def test_the_message_names_state_field_and_remedy() -> None:
    message = jsonpath_message("Load", ["ResultPath"])
    assert "'Load'" in message
    assert "ResultPath" in message
    assert ".jsonata()" in message

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from examples.flight_delay.dataset import flights
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.decisions import ActionCall, Decisions, Fallback, FeatureLookup
from mdlc_constructs.settings.payloads.codec import encode

DATASET = Dataset.csv(
    "s3://bucket/prefix/",
    label="late",
    timestamp="time",
    columns={
        "origin": "category",
        "distance": "integer",
        "seats": "integer",
        "wet": "boolean",
        "delay": "number",
    },
    row_key=("flight",),
    entity="plane",
    known_after=("delay",),
    calendar=("hour",),
)
COLUMNS = {name: kind for name, kind in DATASET.columns.items() if name != "late"}
LOOKUP = FeatureLookup(key="plane", defaults={"seats": 150})


def decisions(**changed: Any) -> Decisions:
    given = {"decisions": ("rebook", "wait"), "fallback": Fallback(decision="wait"), "lookup": LOOKUP}
    return Decisions.about(DATASET, **{**given, **changed})


def test_the_row_holds_what_is_known_when_the_prediction_is_asked_for() -> None:
    made = decisions(further={"tier": "category"})
    assert made.columns == {
        "time": "timestamp",
        "flight": "text",
        "plane": "text",
        "origin": "category",
        "distance": "integer",
        "seats": "integer",
        "wet": "boolean",
        "tier": "category",
    }


def test_the_caller_must_send_the_features_that_are_not_looked_up_and_the_key() -> None:
    assert decisions().required == ("origin", "distance", "wet", "time", "plane")
    assert decisions(lookup=None).required == ("origin", "distance", "seats", "wet", "time")
    without_calendar = Decisions.about(
        replace(DATASET, calendar=()), decisions=("a",), fallback=Fallback(decision="a")
    )
    assert "time" not in without_calendar.required


def test_the_schema_is_one_that_api_gateway_reads() -> None:
    schema = decisions().request_schema()
    assert schema["$schema"] == "http://json-schema.org/draft-04/schema#"
    assert schema["required"] == ["request_id", "row"] and schema["additionalProperties"] is False
    row = schema["properties"]["row"]
    types = {name: column["type"] for name, column in row["properties"].items()}
    assert (types["seats"], types["wet"]) == (["integer", "null"], ["boolean", "null"])
    assert (types["time"], types["plane"]) == (["string", "null"], "string")
    assert row["required"] == list(decisions().required) and row["additionalProperties"] is False
    assert "late" not in row["properties"] and "delay" not in row["properties"]
    bare = Decisions(decisions=("a",), fallback=Fallback(decision="a"), columns={"x": "number"})
    assert "required" not in bare.request_schema()["properties"]["row"]


def test_the_schema_says_what_stands_in_for_a_value_that_is_not_sent() -> None:
    row = decisions(further={"tier": "category"}).request_schema()["properties"]["row"]["properties"]
    assert {name: row[name]["description"] for name in ("plane", "seats", "wet", "tier")} == {
        "plane": "text; finds the features that are looked up",
        "seats": "integer, written without a decimal point; absent or null: looked up by plane, else 150",
        "wet": "boolean; null is a missing value",
        "tier": "category; null is a missing value, as is leaving it out",
    }


def test_the_settings_of_the_function_are_json_with_seconds() -> None:
    made = decisions(action=ActionCall(decisions=("rebook",), waits=False), kept=timedelta(days=400))
    assert json.loads(json.dumps(encode(made.to_payload()))) == {
        "decisions": ["rebook", "wait"],
        "fallback": {"decision": "wait", "endpoint_timeout": 1.0, "tries": 2},
        "lookup": {
            "key": "plane",
            "table_key": "plane",
            "key_type": "S",
            "defaults": {"seats": 150},
            "types": {"seats": "integer"},
            "timeout": 0.05,
        },
        "action": {"decisions": ["rebook"], "waits": False, "timeout": 2.0, "again_after": 30.0},
        "rules_age": 10.0,
        "kept": 34_560_000.0,
    }
    assert decisions(lookup=None).to_payload().lookup is None
    assert decisions(action=None).to_payload().action.decisions is None
    by_number = decisions(lookup=FeatureLookup(key="distance", defaults={"seats": 1}))
    lookup = by_number.to_payload().lookup
    assert lookup is not None and lookup.key_type == "N"


def test_the_example_has_decisions() -> None:
    made = Decisions.about(
        flights("s3://bucket/flights/"), decisions=("rebook", "wait"), fallback=Fallback(decision="wait")
    )
    assert "dep_delay" not in made.columns and "time_hour" in made.required


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"fallback": Fallback(decision="weit")},
            "fallback.decision='weit': no such decision; did you mean 'wait'?",
        ),
        (
            {"action": ActionCall(decisions=("rebok",))},
            "action.decisions='rebok': no such decision; did you mean 'rebook'?",
        ),
        ({"further": {"origin": "text"}}, "further='origin': is a column of the dataset; leave it out."),
        (
            {"further": {"tier": "categoric"}},
            "columns['tier']='categoric': no such column type; did you mean 'category'?",
        ),
        (
            {"lookup": FeatureLookup(key="plan", defaults={"seats": 1})},
            "required='plan': no such column; did you mean 'plane'?",
        ),
        (
            {"lookup": FeatureLookup(key="plane", defaults={"seat": 1})},
            "lookup.defaults='seat': no such column; did you mean 'seats'?",
        ),
        (
            {"lookup": FeatureLookup(key="plane", defaults={"seats": "many"})},
            "lookup.defaults['seats']='many': give a value of type integer, or None.",
        ),
        (
            {"lookup": FeatureLookup(key="plane", defaults={"wet": 1})},
            "lookup.defaults['wet']=1: give a value of type boolean, or None.",
        ),
        (
            {"lookup": FeatureLookup(key="wet", defaults={"seats": 1})},
            "lookup.key='wet': is a boolean; a table's key is a text or a number.",
        ),
        ({"rules_age": timedelta(hours=2)}, "rules_age='2:00:00': give a time up to an hour."),
        (
            {"kept": timedelta(hours=2)},
            "kept='2:00:00': give a day or more: a repeated request must find its record.",
        ),
        (
            {"fallback": Fallback(decision="wait", endpoint_timeout=timedelta(seconds=10))},
            "fallback.endpoint_timeout='0:00:10': with all tries and other calls a decision could take "
            "0:00:33.050000, and API Gateway waits 0:00:29; give shorter times or fewer tries.",
        ),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        decisions(**changed)


def test_required_columns_are_known_ones() -> None:
    with pytest.raises(ValueError, match="required='y': no such column"):
        Decisions(decisions=("a",), fallback=Fallback(decision="a"), columns={"x": "number"}, required=("y",))


def test_rules_about_classes_may_name_them() -> None:
    dataset = replace(DATASET, task="multiclass", classes=("early", "late", "never"), columns=COLUMNS)
    made = Decisions.about(dataset, decisions=("wait",), fallback=Fallback(decision="wait"))
    assert "prediction" not in made.columns and decisions().rule_columns == decisions().columns
    assert {name: kind for name, kind in made.rule_columns.items() if name not in made.columns} == {
        "prediction": "class",
        "probability:early": "number",
        "probability:late": "number",
        "probability:never": "number",
    }
    with pytest.raises(ValueError, match="columns='prediction': is what rules call the model's"):
        replace(made, columns={**made.columns, "prediction": "category"})

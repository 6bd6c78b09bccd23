import math
import re
from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.settings.decision_calls import ActionCall, Fallback, FeatureLookup, check_decisions


def lookup(**changed: Any) -> FeatureLookup:
    return FeatureLookup(**{"key": "tail_number", "defaults": {"seats": 150, "engine_type": None}, **changed})


def test_a_lookup_names_its_columns_by_their_defaults() -> None:
    made = lookup()
    assert made.columns == ("seats", "engine_type")
    assert made.table_key == "tail_number"
    assert lookup(table_key="plane").table_key == "plane"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"key": ""}, "key='': name the column whose value finds the item."),
        ({"defaults": {}}, "defaults={}: give each column that is looked up its default."),
        (
            {"defaults": {"seats": [1]}},
            "defaults['seats']=[1]: give a text, a number, True, False or None.",
        ),
        (
            {"defaults": {"seats": math.nan}},
            "defaults['seats']=nan: give a text, a number, True, False or None.",
        ),
        (
            {"defaults": {"tail_number": "N1"}},
            "key='tail_number': the caller sends it; it cannot be looked up as well.",
        ),
        ({"timeout": 0.05}, "timeout=0.05: give a timedelta, for example timedelta(seconds=1)."),
        (
            {"timeout": timedelta(0)},
            "timeout='0:00:00': give a time from 0:00:00.001000 to 0:00:20.",
        ),
    ],
)
def test_a_lookup_that_cannot_be_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        lookup(**changed)


def test_a_fallback_is_a_decision_with_tries_and_time() -> None:
    made = Fallback(decision="wait")
    assert made.endpoint_timeout == timedelta(seconds=1)
    with pytest.raises(ValueError, match="tries=0: give a whole number from 1 to 5"):
        Fallback(decision="wait", tries=0)
    with pytest.raises(ValueError, match="decision='': give a short text of letters"):
        Fallback(decision="")
    with pytest.raises(ValueError, match="endpoint_timeout='0:01:00': give a time from"):
        Fallback(decision="wait", endpoint_timeout=timedelta(minutes=1))


def test_an_action_is_called_again_only_after_its_own_time() -> None:
    with pytest.raises(ValueError, match="again_after='0:00:02': give more than the timeout"):
        ActionCall(again_after=timedelta(seconds=2))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("wait", 'give a tuple of decisions, for example ("rebook", "wait").'),
        ((), 'give a tuple of decisions, for example ("rebook", "wait").'),
        (("wait", "wait"), "name each decision once."),
        (("wait", "re\nbook"), "give a short text of letters, digits, blanks and . _ -."),
    ],
)
def test_decisions_are_distinct_short_texts(values: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        check_decisions("decisions", values)

"""Texts of a definition are what JSON makes of them: in values, keys and paths, of both query languages."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.local.embedded import Role, Server
from tests.local.states.running import events, run
from tests.workflows.settings import TRAINING

Roles = Callable[..., Role]

TEXTS = ['"', "a\nb\tc", "back\\slash", "\u00fc \u20ac \U0001f600", "a/b", "{'x': 1}"]
KEYS = {"Stra\u00dfe": 1, 'a"b': 2, "Tarif (\u20ac/Monat)": 3, "back\\slash": 4}


def machine(language: str, *states: dict[str, Any]) -> dict[str, Any]:
    """States one after the other."""
    names = [f"S{at}" for at in range(len(states))]
    chained = {
        name: {**state, **({"Next": names[at + 1]} if at + 1 < len(names) else {"End": True})}
        for at, (name, state) in enumerate(zip(names, states, strict=True))
    }
    return {"QueryLanguage": language, "StartAt": "S0", "States": chained}


def test_values_and_keys_of_jsonata_keep_their_characters(server: Server, make_role: Roles) -> None:
    definition = machine(
        "JSONata",
        {"Type": "Pass", "Assign": {"texts": TEXTS, "keys": KEYS}},
        {
            "Type": "Map",
            "Items": [1],
            "ItemSelector": {"texts": TEXTS, "keys": KEYS},
            "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}},
        },
        {
            "Type": "Pass",
            "Output": {
                "assigned": ["{% $texts %}", "{% $keys %}"],
                "selected": "{% $states.input %}",
                **KEYS,
            },
        },
    )
    done = run(server, definition, make_role().arn)
    expected = {"assigned": [TEXTS, KEYS], "selected": [{"texts": TEXTS, "keys": KEYS}], **KEYS}
    assert done.output == expected, done.cause


def test_values_and_keys_of_jsonpath_keep_their_characters(server: Server, make_role: Roles) -> None:
    definition = machine(
        "JSONPath",
        {"Type": "Pass", "Assign": {"texts": TEXTS, "keys": KEYS}},
        {
            "Type": "Pass",
            "Parameters": {
                "texts.$": "$texts",
                "keys.$": "$keys",
                "own": TEXTS,
                "Stra\u00dfe.$": "$.Stra\u00dfe",
            },
        },
    )
    done = run(server, definition, make_role().arn, {"Stra\u00dfe": 5})
    assert done.output == {"texts": TEXTS, "keys": KEYS, "own": TEXTS, "Stra\u00dfe": 5}, done.cause


GIVEN = {
    "Stra\u00dfe": {"gr\u00f6\u00dfe": 1, "2nd": 2, "a/b": 3},
    "Tarif (\u20ac/Monat)": 4,
    "rows": [{"gr\u00f6\u00dfe": 5}, {"gr\u00f6\u00dfe": 6}],
}
PATHS = {
    "$.Stra\u00dfe.gr\u00f6\u00dfe": 1,
    "$.Stra\u00dfe.2nd": 2,
    "$.Stra\u00dfe.a/b": 3,
    "$['Tarif (\u20ac/Monat)']": 4,
    "$.rows[*].gr\u00f6\u00dfe": [5, 6],
    "$.rows[1].gr\u00f6\u00dfe": 6,
    "States.Format('{} \u20ac', $.Stra\u00dfe.gr\u00f6\u00dfe)": "1 \u20ac",
    "States.Format('{}', $['Tarif (\u20ac/Monat)'])": "4",
    "States.StringSplit('a\nb', '\n')": ["a", "b"],
}


def test_paths_name_members_with_any_character(server: Server, make_role: Roles) -> None:
    template = {f"p{at}.$": path for at, path in enumerate(PATHS)}
    definition = machine("JSONPath", {"Type": "Pass", "Parameters": template, "ResultPath": "$.\u00fcber.a"})
    done = run(server, definition, make_role().arn, GIVEN)
    expected = {f"p{at}": value for at, value in enumerate(PATHS.values())}
    assert done.output["\u00fcber"]["a"] == expected, done.cause
    assert {**done.output, "\u00fcber": 0} == {**GIVEN, "\u00fcber": 0}


def test_the_history_holds_characters_and_no_escapes(server: Server, make_role: Roles) -> None:
    done = run(server, machine("JSONPath", {"Type": "Pass", "Result": "\u20ac"}), make_role().arn)
    details = [list(event.values()) for event in events(server, done.arn)]
    assert "\u20ac" in json.dumps(details, default=str, ensure_ascii=False)
    assert "\\u20ac" not in json.dumps(details, default=str, ensure_ascii=False)


def test_a_column_named_tariff_in_euro_reaches_the_jobs_plan(server: Server, make_role: Roles) -> None:
    column = "Tarif (\u20ac/Monat)"
    dataset = replace(TRAINING.dataset, columns={**TRAINING.dataset.columns, column: "number"})
    plan = replace(TRAINING, dataset=dataset).to_plan()
    done = run(server, machine("JSONata", {"Type": "Pass", "Output": {"plan": plan}}), make_role().arn)
    assert done.output["plan"]["dataset"]["columns"][column] == "number"
    assert done.output["plan"]["dataset"]["features"] == [*TRAINING.to_plan()["dataset"]["features"], column]  # type: ignore[index]

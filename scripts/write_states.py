"""Write the cases of `mdlc conformance` for the states of the workflows' machines.

The file is mdlc_cli/conformance/states.json.

python scripts/write_states.py RECORDS ...

RECORDS are files of `scripts/record_states.py`. A state that no record has, such as one within a Map, gets
an input that is made from the paths in its expressions.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "mdlc_cli" / "conformance" / "states.json"
MACHINES = {
    "training": "steady-training",
    "channel-training": "plane-words-training",
    "batch-inference": "steady-batch-inference",
    "release": "shadowed-release",
    "scaled-release": "served-release",
    "monitoring": "watched-monitoring",
    "batch-monitoring": "watched-batch-monitoring",
    "retraining": "served-retraining",
    "approval": "decided-approval",
    "decision": "deciding-decisions",
}
"""By workflow: the machine of the end-to-end tests whose states are asked."""

MAX_CASES = 2
MOCKED = ("Task", "Map", "Parallel")
_PATH = re.compile(r"\$(states\.(?:input|result)|[A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)(?![\w(])")
_CONTEXT = re.compile(r"\$states\.context\b")

Json = Any


def states(
    machine: dict[str, Json], language: str = "JSONPath", within: str = ""
) -> Iterator[tuple[str, Json]]:
    """The states of a machine, those within maps and branches too, each with its query language."""
    language = machine.get("QueryLanguage", language)
    for name, state in machine["States"].items():
        yield within + name, {"QueryLanguage": language, **state}
        for inner in (state.get("ItemProcessor"), *state.get("Branches", ())):
            if inner:
                yield from states(inner, language, f"{within}{name}/")


def texts(value: Json) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(item)


def made_up(state: Json) -> dict[str, Json]:
    """Input, variables and result in which each path of the state's expressions is a text."""
    values: dict[str, Json] = {"input": {}, "variables": {}, "result": {}}
    for text in texts({key: value for key, value in state.items() if key != "ItemProcessor"}):
        for root, path in _PATH.findall(text) if text.startswith("{%") else ():
            names = [name for name in path.split(".") if name]
            if root.startswith("states."):
                names.insert(0, root.removeprefix("states."))
            elif root not in ("states",):
                names = ["variables", root, *names]
            if names and names[0] in values:
                _put(values, names)
    return values


def _put(values: dict[str, Json], names: list[str]) -> None:
    *folders, last = names
    for name in folders:
        below = values.setdefault(name, {})
        if not isinstance(below, dict):
            below = values[name] = {}
        values = below
    values.setdefault(last, "1")


def case(state: Json, record: Json | None) -> Json:
    """One case of a state: what TestState gets beside the definition."""
    if record is None:
        values = made_up(state)
        input_, variables, result, error, context = (
            values["input"],
            values["variables"],
            values["result"],
            None,
            {},
        )
        result = [result] if state["Type"] in ("Map", "Parallel") else result
    else:
        input_, variables = json.loads(record["input"]), record["variables"]
        result, error, context = record["result"], record["error"], record["context"]
        result = json.loads(result) if result is not None else {}
    read = " ".join(texts({key: value for key, value in state.items() if key != "ItemProcessor"}))
    variables = {name: value for name, value in variables.items() if f"${name}" in read}
    context = context if _CONTEXT.search(read) else {}
    if state["Type"] in MOCKED:
        if state["Type"] in ("Map", "Parallel") and not isinstance(result, list):
            result = [result]
        mock = {"errorOutput": error} if error else {"result": json.dumps(result)}
        return {"input": input_, "variables": variables, "context": context, "mock": mock}
    # TestState takes a context only with a mock, so it is a variable of the other states.
    if context:
        variables = {**variables, "context": context}
    return {"input": input_, "variables": variables}


def _with_language(value: Json, language: str) -> Json:
    """A copy in which each state says its query language."""
    if isinstance(value, list):
        return [_with_language(item, language) for item in value]
    if not isinstance(value, dict):
        return value
    language = value.get("QueryLanguage", language)
    copied = {name: _with_language(item, language) for name, item in value.items()}
    if isinstance(value.get("States"), dict) and "StartAt" in value:
        copied["States"] = {
            name: {"QueryLanguage": language, **state} for name, state in copied["States"].items()
        }
    return copied


def asked(state: Json) -> Json:
    """The definition as TestState gets it."""
    # A state that is tested alone is in no machine, of which states within it could inherit the language.
    state = _with_language(state, state["QueryLanguage"])
    seconds = state.get("Seconds")
    if isinstance(seconds, int):
        state["Seconds"] = 1
    elif isinstance(seconds, str):
        # TestState runs for five minutes at most; the expression is still evaluated.
        state["Seconds"] = f"{{% $min([1, {seconds.removeprefix('{%').removesuffix('%}').strip()}]) %}}"
    if state["Type"] in MOCKED:
        return state
    return json.loads(_CONTEXT.sub("$context", json.dumps(state)))


def main(paths: list[str]) -> None:
    """Write the file."""
    definitions: dict[str, Json] = {}
    records: dict[tuple[str, str], list[Json]] = {}
    for path in paths:
        for line in Path(path).read_text().splitlines():
            entry = json.loads(line)
            if "definition" in entry:
                definitions[entry["machine"]] = json.loads(entry["definition"])
            else:
                records.setdefault((entry["machine"], entry["state"]), []).append(entry)
    written: dict[str, Json] = {}
    for workflow, machine in MACHINES.items():
        written[workflow] = {}
        for name, state in states(definitions[machine]):
            by_next: dict[str, Json] = {}
            for record in records.get((machine, name), []):
                by_next.setdefault(record["next"], record)
            kept = [*by_next.values()][:MAX_CASES] or [None]
            cases = [case(state, record) for record in kept]
            if state["Type"] == "Task" and (state.get("Catch") or state.get("Retry")):
                error = {"errorOutput": {"error": "Some.Error", "cause": "asked to fail"}}
                if not any("errorOutput" in case_["mock"] for case_ in cases):
                    cases.append({**cases[0], "mock": error})
            written[workflow][name] = {"definition": asked(state), "cases": cases}
    TARGET.write_text(json.dumps(written, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

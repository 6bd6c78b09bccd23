"""Beliefs about JSONata as Step Functions evaluates it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mdlc_cli.conformance.bench import Bench, chosen
from mdlc_cli.conformance.probe import Observation, Probe

SOURCE = "https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"
LANGUAGE = "https://docs.jsonata.org"
PAGE = "real-time-inference.md"

_INPUT: dict[str, Any] = {
    "third": 1 / 3,
    "large": 123456789012345678,
    "items": [{"n": 1}, {"n": 2}],
    "one": [{"n": 1}],
    "none": None,
    "text": "a,b;c",
}


def evaluated(**expressions: str) -> Callable[[Bench], Observation]:
    """A function that evaluates each expression in a state of its own, with the same input."""

    def ask(bench: Bench) -> Observation:
        answer: dict[str, Any] = {}
        notes: dict[str, Any] = {}
        for name, text in expressions.items():
            execution = bench.state({"Type": "Pass", "Output": f"{{% {text} %}}"}, _INPUT)
            answer[name] = execution.get("output", execution.get("error"))
            notes[name] = chosen(execution, "cause")
        return Observation(answer=answer, notes={name: note for name, note in notes.items() if note})

    return ask


def _of(name: str, belief: str, source: str = SOURCE, **expressions: str) -> Probe:
    return Probe(id=name, belief=belief, source=source, page=PAGE, ask=evaluated(**expressions))


_I = "$states.input"

PROBES = (
    _of(
        "jsonata-numbers-as-text",
        "`$string` writes a number with 15 digits, and a whole one by `$formatBase` with all of them.",
        f"{LANGUAGE}/string-functions",
        third=f"$string({_I}.third)",
        large=f"$string({_I}.large)",
        base=f"$formatBase({_I}.large, 10)",
        tiny="$string(0.0000001)",
    ),
    _of(
        "jsonata-sequences",
        "A sequence of one item becomes that item, and a path that finds nothing is undefined.",
        f"{LANGUAGE}/processing",
        one=f"{_I}.one.n",
        many=f"{_I}.items.n",
        kept=f"{_I}.one.n[]",
        nothing=f"{_I}.items.missing",
        count=f"$count({_I}.items.missing)",
    ),
    _of(
        "jsonata-null",
        "JSON's null stays null in an output, `$exists` of it is true, and it equals null.",
        f"{LANGUAGE}/boolean-functions",
        null=f"{{'a': {_I}.none}}",
        exists=f"$exists({_I}.none)",
        equal=f"{_I}.none = null",
    ),
    _of(
        "jsonata-objects-as-text",
        "`$string` of an object writes its members in their order, without blanks.",
        f"{LANGUAGE}/string-functions",
        text="$string({'b': 1, 'a': [true, null, 1.5]})",
        parsed="$parse('{\"b\": [1, 2]}').b",
    ),
    _of(
        "jsonata-functions-of-aws",
        "Step Functions adds `$partition`, `$range`, `$hash` and `$parse`, and has no `$eval`.",
        partition="$partition([1,2,3,4,5], 2)",
        range="$range(0, 4, 2)",
        hash="$hash('text', 'SHA-256')",
        eval="$eval('1+1')",
    ),
    _of(
        "jsonata-dates",
        "`$fromMillis` writes milliseconds and Z, and `$toMillis` reads them.",
        f"{LANGUAGE}/date-time-functions",
        written="$replace($fromMillis(1700000000123), 'T', ' ')",
        read="$toMillis('2023-11-14T22:13:20.123Z')",
        pattern="$fromMillis(1700000000123, '[Y0001]-[M01]-[D01]')",
    ),
    _of(
        "jsonata-texts",
        "`$split` takes regular expressions, `$replace` and `$match` too, and `$substringBefore` the "
        "whole text where nothing is found.",
        f"{LANGUAGE}/string-functions",
        split=f"$split({_I}.text, /[,;]/)",
        replace=f"$replace({_I}.text, /[,;]/, '-')",
        match="$match('v12', /v([0-9]+)/).groups",
        before="$substringBefore('abc', 'x')",
    ),
)

"""Definitions that are no JSON, and the sentence for several reasons."""

import json

from mdlc_local.states.definitions import problems_of, refusal
from tests.local.states.definitions.definitions import PASS


def test_text_that_is_no_json() -> None:
    (problem,) = problems_of("not a definition")
    place = '[Source: (String)"not a definition"; line: 1, column: 4]'
    assert (problem.code, problem.location) == ("INVALID_JSON_DESCRIPTION", place)
    assert problem.message.startswith("Unrecognized token 'not': was expecting (JSON String, Number, Array")
    assert [one.code for one in problems_of('{"StartAt": NaN}')] == ["INVALID_JSON_DESCRIPTION"]
    assert [one.code for one in problems_of('{"StartAt": "A",}')] == ["INVALID_JSON_DESCRIPTION"]


def test_all_reasons_stand_in_one_sentence() -> None:
    states = {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": PASS}
    assert refusal(problems_of(json.dumps({"StartAt": "pass1", "States": states}))) == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at "
        '/States/pass1/Next, MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2\''
    )

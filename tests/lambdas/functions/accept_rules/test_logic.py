import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.functions.accept_rules import logic
from lambdas.functions.accept_rules.logic import Upload
from mdlc_constructs.settings.payloads.decision import RulesUploadRequest
from mdlc_constructs.settings.rules_document import RulesRefusedError

DOCUMENT = {"schema_version": 1, "version": "7", "bands": [{"decision": "wait"}]}


def upload(**changed: str) -> Upload:
    given = {
        "bucket": "home",
        "key": "rules/flights.json",
        "version_id": "v2",
        "sequencer": "0A",
        "written_at": "2026-03-01T12:00:00Z",
    }
    return Upload(**{**given, **changed})


def current(**changed: str) -> dict[str, Any]:
    content = json.dumps(DOCUMENT).encode()
    rules = logic.rules_in(content, ["wait"], {})
    return logic.rules_item(rules, upload(version_id="v1", **changed), content, "2026-03-01T12:00:01Z")


@pytest.mark.parametrize(
    ("changed", "order"),
    [
        ({"sequencer": "0B"}, "newer"),
        ({"sequencer": "0A01"}, "newer"),
        ({"sequencer": "09FF"}, "older"),
        ({"sequencer": "0a"}, "same"),
        ({"sequencer": "0B", "version_id": "v1"}, "same"),
        ({"sequencer": "", "written_at": "2026-03-01T12:00:01Z"}, "newer"),
        ({"sequencer": "", "written_at": "2026-03-01T11:59:59Z"}, "older"),
        ({"sequencer": "", "version_id": "v1"}, "same"),
        ({"sequencer": "no hexadecimal", "written_at": "2026-03-01T12:00:01Z"}, "newer"),
    ],
)
def test_uploads_are_ordered_as_s3_says(changed: dict[str, str], order: str) -> None:
    assert logic.order(upload(**changed), current()) == order


def test_the_first_upload_is_newer() -> None:
    assert logic.order(upload(), None) == "newer"


HEXADECIMAL = st.text("0123456789ABCDEFabcdef", min_size=1, max_size=20)


@given(HEXADECIMAL, HEXADECIMAL)
def test_sequencers_are_ordered_either_way_round(one: str, other: str) -> None:
    forth = logic.order(upload(sequencer=one), current(sequencer=other))
    back = logic.order(upload(sequencer=other), current(sequencer=one))
    assert {forth, back} in ({"newer", "older"}, {"same"})


def test_the_item_leads_back_to_the_upload_and_is_kept_by_content() -> None:
    item = current()
    assert item["pk"] == {"S": "RULES"} and item["version"] == {"S": "7"}
    assert item["source"] == {"S": "s3://home/rules/flights.json"} and item["s3_version"] == {"S": "v1"}
    assert item["rules_version"]["S"] == f"7@{item['digest']['S'][:12]}"
    assert json.loads(item["document"]["S"]) == DOCUMENT
    assert logic.kept_item(item) == {**item, "pk": {"S": f"RULES#{item['digest']['S']}"}}
    assert logic.key() == {"pk": {"S": "RULES"}}


def test_a_mark_of_utf8_at_the_beginning_is_no_fault() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode()
    rules = logic.rules_in(content, ["wait"], {})
    assert json.loads(logic.rules_item(rules, upload(), content, "")["document"]["S"]) == DOCUMENT


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(RulesRefusedError, match=r"no text in UTF-8 \(byte 1\)"):
        logic.rules_in(b"{\xff", ["wait"], {})


def test_a_refusal_says_what_to_mend() -> None:
    refused = RulesRefusedError([f"problem {n}" for n in range(30)])
    request = RulesUploadRequest(
        model="flight-delay", api="flights", table="t", decisions=("wait",), event={}
    )
    detail = logic.refusal_detail(upload(), request, refused)
    assert detail["message"] == "problem 0 (and 29 more)" and len(detail["problems"]) == logic.MAX_PROBLEMS
    assert detail["source"] == "s3://home/rules/flights.json" and detail["s3_version"] == "v2"

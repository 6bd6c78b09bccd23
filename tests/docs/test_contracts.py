"""What the contracts show is what the code reads."""

import json

from lambdas.functions.decide import record
from mdlc_constructs.settings.rules_document import parse
from tests.docs.markdown import ROOT, blocks, prose

CONTRACTS = ROOT / "docs" / "contracts.md"


def test_the_rules_shown_can_be_used() -> None:
    (document,) = (json.loads(block) for block in blocks(CONTRACTS, "json") if "bands" in block)
    rules = parse(document, decisions=("wait", "offer", "rebook"))
    assert rules.decide(0.7, {"tier": "gold", "distance": 1000}).rule == "overrides:gold customers"


def test_every_field_of_an_answer_is_named() -> None:
    section = prose(CONTRACTS).partition("## Decisions")[2]
    assert [name for name in record.ANSWERED if f"`{name}`" not in section] == []

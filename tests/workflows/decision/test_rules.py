"""The rules an API begins with, and what its uploads are offered with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mdlc_constructs.workflows.decision.rules import MAX_TEMPLATE_CHARACTERS, checked_text, upload_template
from tests.workflows.decision.settings import DECISIONS, PLAIN, RULES


def test_a_file_goes_as_it_is_and_a_document_as_json(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text("\ufeff" + json.dumps(RULES, indent=1), encoding="utf-8")
    assert checked_text(file, PLAIN) == json.dumps(RULES, indent=1)
    assert json.loads(checked_text(RULES, PLAIN)) == RULES


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="cannot be read"):
        checked_text(file, PLAIN)


def test_an_upload_is_offered_with_what_its_rules_may_name() -> None:
    template = upload_template("api", "model", "table", DECISIONS)
    known = json.loads(template.replace("<aws.events.event.json>", "0"))
    assert (known["columns"], known["event"]) == (DECISIONS.columns, 0)


def test_more_columns_than_an_event_rule_holds_are_checked_at_deployment_alone() -> None:
    columns = {f"a_column_of_a_wide_dataset_{number}": "number" for number in range(300)}
    template = upload_template("api", "model", "table", replace(PLAIN, columns=columns))
    assert len(template) < MAX_TEMPLATE_CHARACTERS
    assert json.loads(template.replace("<aws.events.event.json>", "0"))["columns"] is None

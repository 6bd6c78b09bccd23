from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from tests.cli.decisions.test_asking import DECIDED, Response, answering
from tests.cli.decisions.test_decision_apis import deployed
from tests.cli.fakes import FakeClient, FakeTarget
from tests.client.test_client import account

ROW = '{"distance": 3, "tail_number": "N1"}'


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> FakeTarget:
    made = deployed(local=True)
    made.clients["sagemaker"] = FakeClient(list_model_packages={"ModelPackageSummaryList": []})
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), made))
    return made


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


def test_the_document_is_printed_or_written(target: FakeTarget, tmp_path: Path) -> None:
    printed = run("openapi")
    assert printed.exit_code == 0, printed.output
    document = json.loads(printed.stdout)
    assert document["openapi"].startswith("3.1") and "version first" in printed.stdout
    file = tmp_path / "openapi.json"
    written = run("openapi", "--output", str(file))
    assert (json.loads(file.read_text()), written.stdout) == (document, "")
    assert "flights-decisions is described in" in written.stderr
    refused = run("openapi", "--output", str(tmp_path))
    assert "cannot be written (Is a directory): give another --output" in str(refused.exception)


def test_an_answer_is_printed_with_its_version_and_what_to_do_next(
    target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = answering(monkeypatch, Response(200, {**DECIDED, "rules_version": "first@1\x1b[31m"}))
    answered = run("ask", ROW, "--request-id", "r-1")
    assert answered.exit_code == 0, answered.output
    lines = dict(line.split(None, 1) for line in answered.stdout.splitlines())
    assert lines.pop("ms").strip().isdigit()
    assert {name: value.strip() for name, value in lines.items()} == {
        "decision": "wait",
        "score": "0.25",
        "version": "7",
        "rules": r"first@1\u001b[31m",
        "request": "r-1",
    }
    assert "Next: `mdlc audit r-1` says where the answer comes from." in answered.stderr
    assert json.loads(sent[0].body)["request_id"] == "r-1"


def test_several_rows_are_a_table_or_json(target: FakeTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = answering(monkeypatch, Response(200, {**DECIDED, "score": None, "fallback": "endpoint down"}))
    asked = run("ask", f"{ROW}\n{ROW}")
    header, *rows = asked.stdout.splitlines()
    assert header.split() == ["decision", "score", "version", "ms", "request"] and len(rows) == 2
    assert all(len(row) <= 80 for row in rows)
    assert "The fallback decided (endpoint down): release a version with `mdlc release`" in asked.stderr
    ids = [json.loads(request.body)["request_id"] for request in sent]
    assert len(set(ids)) == 2 and all(id_.startswith("ask-") for id_ in ids)
    as_json = json.loads(run("ask", f"{ROW}\n{ROW}", "--json").stdout)
    assert (as_json["model"], as_json["asked"]) == ("flights", "flights-decisions")
    assert [each["decision"] for each in as_json["answers"]] == ["wait", "wait"]
    assert as_json["answers"][0]["program"] is None and as_json["answers"][0]["milliseconds"] >= 0


def test_what_was_answered_before_an_error_is_printed(
    target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([Response(200, DECIDED), Response(503, {"message": "It is down."})])
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", lambda self, request: next(answers))
    asked = run("ask", f"{ROW}\n{ROW}")
    assert isinstance(asked.exception, CommandError) and "answered 503 (It is down)" in str(asked.exception)
    assert "wait" in asked.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ROW, "--endpoint", "--api", "x"), "--endpoint and --api x both say whom to ask"),
        ((ROW, "--request-id", "a b"), "--request-id a b is no id: give up to 64 letters, digits"),
        ((f"{ROW}\n{ROW}", "--request-id", "r"), "--request-id r is for one row, not 2: leave it out"),
        ((f'{ROW}\n{{"distance": 3}}',), "row 2 lacks tail_number: give each a value, or null"),
        (('{"distanc": 3}',), "the row has an unknown column 'distanc': did you mean 'distance'?"),
        ((ROW, "--api", "x"), "no decision API is called 'x': choose one of flights-decisions"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_asked(
    arguments: tuple[str, ...], message: str, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = answering(monkeypatch, Response(200, DECIDED))
    asked = run("ask", *arguments)
    assert isinstance(asked.exception, CommandError), asked.output
    assert message in str(asked.exception) and sent == []


def test_a_model_without_an_api_is_asked_at_its_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = account(tmp_path)
    body = io.BytesIO(b'{"score": 0.5, "version": 1}')
    here.clients["sagemaker-runtime"] = FakeClient(invoke_endpoint={"Body": body})
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, here))
    asked = run("ask", '{"age": 3}', "--request-id", "r-1", "--json")
    assert asked.exit_code == 0, (asked.output, asked.exception)
    told = json.loads(asked.stdout)
    assert (told["asked"], told["answers"][0]["score"]) == ("endpoint churn", 0.5)
    assert f"Next: `mdlc audit r-1 --on {datetime.now(UTC):%Y-%m-%d}`" in asked.stderr
    ((_, request),) = here.clients["sagemaker-runtime"].calls
    assert (request["EndpointName"], request["InferenceId"]) == ("churn", "r-1")


def test_a_model_that_was_never_released_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, account(tmp_path, items=[])))
    asked = run("ask", '{"age": 3}')
    assert str(asked.exception) == "churn has no endpoint yet: release a version with `mdlc release`"
    asked = run("ask", '{"age": 3}', "--endpoint", "--model", "chrun")
    assert str(asked.exception) == "no model is called 'chrun': did you mean churn?"
    assert "model chrun has no decision API" in str(run("openapi", "--model", "chrun").exception)

"""One decision API in both shapes on the embedded AWS, asked over HTTP by callers that sign.

The tests tell one story and run in order: rules, decisions, repetitions, refusals, and the endpoint's end.
"""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.decisions import rules as command
from tests.end_to_end import aws_api
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.deciding import NAME, VERSION, Deciding, rules
from tests.end_to_end.described import Described, Sent, Signing, generate_client, send

pytestmark = chapters("decision api")

LATE: dict[str, Any] = {"tail_number": "N1", "delay": 60}
EARLY: dict[str, Any] = {"tail_number": "N9", "delay": 10}

OWN = ("request_id", "inference_id", "at")
"""What differs between two requests about the same row."""

AWKWARD: dict[str, Any] = {
    "tail_number": "it's \"q\" \\ é 𝄞 \n\t$input.json('$') #if(true) ${x} {% $x %} </",
    "delay": 12.345678901234567,
    "seats": 2**53 - 1,
}

SHAPES = pytest.mark.parametrize("express", [False, True], ids=["lambda", "express"])


def without(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in OWN}


@pytest.fixture(scope="module")
def deciding(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Deciding:
    made = Deciding.deployed(aws, tmp_path_factory.mktemp("deciding") / "assembly")
    fleet = {"id": {"S": "N1"}, "seats": {"N": "180"}, "tier": {"S": "silver"}}
    aws.client("dynamodb").put_item(TableName=made.outputs["Fleet"], Item=fleet)
    made.make_endpoint()
    return made


@SHAPES
def test_a_decision_by_score_features_and_rules_is_recorded_and_acted_on(
    deciding: Deciding, express: bool
) -> None:
    request_id = f"late-{express}"
    answer = deciding.ask(request_id, LATE, express=express)
    assert answer.status == 200, answer
    assert answer.content == {
        "request_id": request_id,
        "decision": "rebook",
        "score": pytest.approx(0.78),
        "model_version": VERSION,
        "rules_version": answer.content["rules_version"],
        "fallback": None,
        "inference_id": request_id,
    }
    assert answer.content["rules_version"].startswith("first@")
    record = deciding.record(request_id)
    assert json.loads(record["features"]) == {**LATE, "seats": 180, "tier": "silver"}
    assert (record["rule"], record["action"], record["variant"]) == ("bands[1]", "done", "main")
    assert deciding.times_acted(request_id) == 1


def test_both_shapes_answer_and_record_alike(deciding: Deciding) -> None:
    answers = [deciding.ask(f"early-{express}", EARLY, express=express).content for express in (False, True)]
    assert without(answers[0]) == without(answers[1]) and answers[0]["decision"] == "wait"
    first, second = (deciding.record(f"early-{express}") for express in (False, True))
    assert first.keys() == second.keys() and without(first) == without(second)
    assert json.loads(first["defaults_used"]) == ["seats", "tier"]
    assert (first["action"], deciding.times_acted("early-False")) == ("none", 0)


@SHAPES
def test_a_repeated_request_has_the_same_answer_and_acts_once(deciding: Deciding, express: bool) -> None:
    request_id = f"again-{express}"
    answers = [deciding.ask(request_id, LATE, express=express) for _ in range(3)]
    # The other shape finds the same record.
    answers.append(deciding.ask(request_id, LATE, express=not express))
    assert [one.status for one in answers] == [200] * 4
    assert all(one.content == answers[0].content for one in answers)
    assert deciding.times_acted(request_id) == 1


@SHAPES
def test_whatever_a_row_holds_is_recorded_as_it_was_sent(deciding: Deciding, express: bool) -> None:
    answer = deciding.ask(f"awkward-{express}", AWKWARD, express=express)
    assert answer.status == 200, answer
    record = deciding.record(f"awkward-{express}")
    assert json.loads(record["row"]) == AWKWARD
    assert json.loads(record["features"]) == {**AWKWARD, "tier": None}
    assert json.loads(record["score"]) == answer.content["score"]


@SHAPES
def test_one_id_for_two_rows_is_a_conflict_and_no_failure(deciding: Deciding, express: bool) -> None:
    request_id = f"conflict-{express}"
    deciding.ask(request_id, EARLY, express=express)
    answer = deciding.ask(request_id, LATE, express=express)
    assert answer.status == 409
    assert answer.content == {
        "message": f"request_id='{request_id}' was used for another row: give each request its own."
    }
    # A failed execution would raise an alarm.
    ended = deciding.execute(request_id, LATE)
    assert (ended["status"], json.loads(ended["output"])["error"]) == ("SUCCEEDED", "Conflict")


@SHAPES
@pytest.mark.parametrize(
    "row",
    [{**LATE, "dealy": 3}, {"tail_number": "N1"}, {**LATE, "delay": "long"}],
    ids=["unknown column", "missing column", "wrong type"],
)
def test_a_row_that_does_not_fit_is_refused_before_anything_is_done(
    deciding: Deciding, row: dict[str, Any], express: bool
) -> None:
    assert deciding.ask("unfit", row, express=express).status == 400
    assert deciding.record("unfit") == {}


@SHAPES
def test_who_does_not_sign_is_turned_away(deciding: Deciding, express: bool) -> None:
    assert deciding.ask("stranger", LATE, express=express, signed=False).status == 403
    assert deciding.record("stranger") == {}


def test_rules_of_the_team_take_effect_and_bad_ones_do_not(
    deciding: Deciding, aws: Aws, tmp_path: Path
) -> None:
    (api,) = command.apis(aws.target, "Deciding")
    stricter = tmp_path / "rules.json"
    stricter.write_text(json.dumps(rules("stricter", edge=0.9)))
    command.check(stricter, api.decisions, api.columns)
    command.upload(aws.target, api, stricter)
    assert command.accepted(aws.target, api, stricter)["rules_version"].startswith("stricter@")

    def version(number: int) -> str:
        answer = deciding.ask(f"stricter-{number}", LATE, express=number % 2 == 0)
        return str(answer.content["rules_version"].partition("@")[0])

    deadline, number = time.monotonic() + 60, 0
    while version(number := number + 1) != "stricter" or version(number := number + 1) != "stricter":
        assert time.monotonic() < deadline, "uploaded rules are not taken up"
        time.sleep(0.5)
    for express in (False, True):
        assert deciding.ask(f"waits-{express}", LATE, express=express).content["decision"] == "wait"
    deciding.upload_rules({**rules("broken"), "bands": []})
    gold = {**LATE, "tier": "gold"}
    assert deciding.ask("gold", gold).content["decision"] == "rebook"
    assert deciding.record("gold")["rule"] == "overrides:gold"
    assert version(number + 1) == "stricter"


@pytest.fixture(scope="module")
def described(deciding: Deciding, aws: Aws) -> Described:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(options, "chosen", lambda local: (aws.folder, aws.target))
        printed = CliRunner().invoke(app, ["openapi", "--stack", "Deciding"])
    assert printed.exit_code == 0, printed.output
    return Described(json.loads(printed.stdout))


def test_the_openapi_document_is_true_of_two_hundred_answers(
    deciding: Deciding, described: Described
) -> None:
    sent = send(deciding, many=76)
    assert len(sent) >= 200
    for kind, each in sent:
        described.check(each)
        assert described.accepts(each.body) == (kind != "unfit"), each
        # An Express machine's input cannot hold a number beyond floating point, so it fails.
        failed = kind == "beyond" and each.express
        assert each.answer.status == (200 if kind == "fit" else 503 if failed else 400), (kind, each)
    row = json.dumps({"request_id": "function-0", "row": LATE | {"delay": 61}}).encode()
    for express in (False, True):
        described.check(Sent(row, express, deciding.post(row, express=express)))
        described.check(Sent(row, express, deciding.post(row, express=express, signed=False)))
        described.check(Sent(row, express, deciding.post(row, express=express, content_type="text/plain")))
    assert deciding.post(row).status == 409
    decision = described.document["components"]["schemas"]["Decision"]["properties"]["decision"]
    assert decision["enum"] == ["rebook", "wait"]
    assert "version stricter, make rebook by overrides:gold, bands[1]" in decision["description"]


def test_a_client_that_is_generated_from_the_document_asks_the_api(
    deciding: Deciding, described: Described, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = generate_client(described.document, tmp_path, monkeypatch)
    (server,) = described.document["servers"]
    httpx_arguments = {"auth": Signing(deciding.keys), "trust_env": False}
    with made.AuthenticatedClient(base_url=server["url"], token="", httpx_args=httpx_arguments) as client:
        asked = made.models.Request(request_id="generated", row=made.models.Row(**EARLY))
        answer = made.api.default.decide.sync(client=client, body=asked)
        assert answer.to_dict() == deciding.ask("generated", EARLY).content
        asked.row = made.models.Row(**LATE)
        refused = made.api.default.decide.sync(client=client, body=asked)
    assert isinstance(refused, made.models.Error) and "was used for another row" in refused.message


def test_mdlc_ask_prints_the_decision_and_audit_finds_it(
    deciding: Deciding, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "chosen", lambda local: (aws.folder, aws.target))
    asked = CliRunner().invoke(app, ["ask", json.dumps(EARLY), "--stack", "Deciding", "--json"])
    assert asked.exit_code == 0, asked.output
    (answer,) = json.loads(asked.stdout)["answers"]
    assert (answer["decision"], answer["version"]) == ("wait", VERSION)
    assert deciding.record(answer["request_id"])["decision"] == "wait"
    arguments = ["audit", answer["request_id"], "--stack", "Deciding", "--json"]
    found = CliRunner().invoke(app, arguments)
    assert json.loads(found.stdout)["prediction"]["score"] == answer["score"], found.output
    conflict = ["ask", json.dumps(LATE), "--stack", "Deciding", "--request-id", answer["request_id"]]
    assert "was used for another row" in str(CliRunner().invoke(app, conflict).exception)


def test_the_commands_of_decisions_need_nothing_but_the_api_of_aws(deciding: Deciding, aws: Aws) -> None:
    with aws_api.served(aws.server) as api:
        user = aws_api.account(aws.server, api, "decides", aws_api.POLICY)
        commands = {
            f"ask {json.dumps(EARLY, separators=(',', ':'))} --stack Deciding": "wait",
            "openapi --stack Deciding": "awsSigv4",
            "rules show --stack Deciding": "stricter",
        }
        for command, printed in commands.items():
            status, output = aws_api.given(command.split(" "), user, aws.folder)
            assert status == 0 and printed in output, output
    assert api.refused == []


@SHAPES
def test_without_an_endpoint_the_fallback_is_decided_marked_and_recorded(
    deciding: Deciding, aws: Aws, described: Described, express: bool
) -> None:
    sagemaker = aws.client("sagemaker")
    if sagemaker.list_endpoints(NameContains=NAME)["Endpoints"]:
        sagemaker.delete_endpoint(EndpointName=NAME)
        deadline = time.monotonic() + 60
        while sagemaker.list_endpoints(NameContains=NAME)["Endpoints"]:
            assert time.monotonic() < deadline, "the endpoint does not go"
            time.sleep(0.1)
    answer = deciding.ask(f"down-{express}", LATE, express=express)
    assert answer.status == 200, answer
    assert (answer.content["decision"], answer.content["fallback"]) == ("wait", "endpoint down")
    assert answer.content["score"] is None
    described.check(Sent(b"", express, answer))
    assert deciding.record(f"down-{express}")["fallback"] == "endpoint down"

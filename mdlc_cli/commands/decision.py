"""``mdlc ask`` and ``mdlc openapi``."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from mdlc_cli.aws import models
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.decisions import asking, decision_apis, openapi, programs, questions, rules
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress, terminal
from mdlc_client import audit as records
from mdlc_constructs.settings.request_id import REQUEST_ID_PATTERN

REQUEST_ID = re.compile(REQUEST_ID_PATTERN)

ApiName = Annotated[
    str | None, typer.Option("--api", help="This decision API. Default: the only one.", show_default=False)
]


def write_openapi(
    model: options.Model = None,
    stack: options.Stack = None,
    api: ApiName = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Write it to this file. Default: standard output.", show_default=False),
    ] = None,
    local: options.Local = None,
) -> None:
    """Print the OpenAPI 3.1 document of a deployed decision API, as JSON.

    It has the paths, the row's columns with their types, the decisions, the errors, and how to sign.
    """
    _, target = options.chosen(local)
    chosen_api = decision_apis.choose(target, stack=stack, model=model, name=api)
    document = openapi.document(chosen_api, rules.document_in_use(target, chosen_api.rules))
    if output is None:
        terminal.write_json(document)
        return
    try:
        output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{output} cannot be written ({error.strerror}): give another --output") from error
    progress.stderr_console().print(terminal.line(f"{chosen_api.name} is described in {output}"))


def ask(
    row: Annotated[
        str,
        typer.Argument(
            metavar="ROW",
            help="A row as a JSON object. Several: @FILE.csv, or one a line in @FILE or @- (stdin).",
        ),
    ],
    api: ApiName = None,
    endpoint: Annotated[
        bool, typer.Option("--endpoint", help="Ask the endpoint itself, without rules and without a record.")
    ] = False,
    request_id: Annotated[
        str | None,
        typer.Option("--request-id", help="The request's id. Default: a new one.", show_default=False),
    ] = None,
    model: options.Model = None,
    stack: options.Stack = None,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Ask the decision API about rows, or the endpoint where the model has no API."""
    if endpoint and api is not None:
        raise CommandError(f"--endpoint and --api {api} both say whom to ask: leave one out")
    rows = questions.read(row)
    if request_id is not None and not REQUEST_ID.fullmatch(request_id):
        raise CommandError(f"--request-id {request_id} is no id: give up to 64 letters, digits and . _ : -")
    if request_id is not None and len(rows) > 1:
        raise CommandError(f"--request-id {request_id} is for one row, not {len(rows)}: leave it out")
    _, target = options.chosen(local)
    asked = _whom(target, model=model, stack=stack, api=api, endpoint=endpoint)
    if asked.schema and questions.is_csv(row):
        rows = [questions.typed(each, asked.schema) for each in rows]
    for number, each in enumerate(rows, start=1):
        asked.check(each, f"row {number}" if len(rows) > 1 else "the row")
    answers: list[asking.Answered] = []
    try:
        for each in rows:
            answers.append(asked.ask(request_id or f"ask-{uuid.uuid4().hex[:20]}", each))
    finally:
        # After an error, what was answered before it is printed all the same: it is recorded.
        if answers:
            of_version = programs.Programs(target=target, model=asked.model)
            _print(asked, answers, of_version, as_json=as_json)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What is asked: its name, the model, how it is asked, and the check of a row before that.

    Attributes:
        schema: the JSON schema of a decision API's rows; None for an endpoint, which parses texts itself.
    """

    name: str
    model: str
    ask: asking.Ask
    check: Callable[[questions.Row, str], None]
    follows: str
    schema: Mapping[str, Any] | None = None


def _whom(target: Target, *, model: str | None, stack: str | None, api: str | None, endpoint: bool) -> _Asked:
    """The decision API of the chosen model, or its endpoint."""
    known = [] if endpoint else decision_apis.names(target, stack=stack, model=model)
    if known or api is not None:
        chosen = decision_apis.choose(target, stack=stack, model=model, name=api)
        return _Asked(
            name=chosen.name,
            model=chosen.rules.model,
            ask=asking.by_api(target, chosen),
            check=lambda row, where: questions.check_values(row, chosen.row_schema, where),
            follows="",
            schema=chosen.row_schema,
        )
    chosen_model = models.choose(target, stack=stack, model=model)
    name = asking.endpoint_of(chosen_model.items, chosen_model.name)
    champion = records.champions(chosen_model.items).get(chosen_model.name, {})
    program = programs.Programs(target=target, model=chosen_model.name).of(_number(champion.get("version")))
    remarked: set[str] = set()

    def check(row: questions.Row, where: str) -> None:
        for column in questions.check_names(row, program.columns, where) if program else ():
            if column not in remarked:
                progress.stderr_console().print(terminal.line(f"The model does not read {column}."))
            remarked.add(column)

    return _Asked(
        name=f"endpoint {name}",
        model=chosen_model.name,
        ask=asking.by_endpoint(target, name, model=chosen_model.name),
        check=check,
        follows=f" --on {datetime.now(UTC):%Y-%m-%d}",
    )


def _print(
    asked: _Asked, answers: list[asking.Answered], of_version: programs.Programs, *, as_json: bool
) -> None:
    out = progress.results_console()
    if as_json:
        listed = [_json(each, of_version.of(each.version)) for each in answers]
        terminal.write_json({"model": asked.model, "asked": asked.name, "answers": listed})
    elif len(answers) == 1:
        table = progress.table("", "")
        table.show_header = False
        for name, value in _lines(answers[0], of_version.of(answers[0].version)):
            table.add_row(name, value)
        out.print(table)
    else:
        table = progress.table("decision", "score", "version", "ms", "request")
        for each in answers:
            decision, score = _text(each.content.get("decision")), each.content.get("score")
            # All digits of several scores are in --json; a line fits into 60 columns.
            shown = f"{score:.6g}" if isinstance(score, float) else _text(score)
            table.add_row(decision, shown, _text(each.version), f"{each.milliseconds:.0f}", each.request_id)
        out.print(table)
    errors = progress.stderr_console()
    fallbacks = sorted({str(each.content["fallback"]) for each in answers if each.content.get("fallback")})
    for fallback in fallbacks:
        remedy = _REMEDIES.get(fallback, "look at the API's log")
        errors.print(terminal.line(f"The fallback decided ({fallback}): {remedy}."))
    last = answers[-1].request_id
    errors.print(terminal.line(f"Next: `mdlc audit {last}{asked.follows}` says where the answer comes from."))


_REMEDIES = {
    "endpoint down": "release a version with `mdlc release`, or look at the endpoint",
    "rules missing": "upload rules with `mdlc rules put`",
    "row refused": "the model cannot read the row",
}


def _json(answer: asking.Answered, program: programs.Program | None) -> dict[str, Any]:
    return {
        **answer.content,
        "request_id": answer.request_id,
        "version": answer.version,
        "milliseconds": round(answer.milliseconds, 3),
        "program": None if program is None else {"uri": program.uri, "sha256": program.digest},
    }


def _lines(answer: asking.Answered, program: programs.Program | None) -> list[tuple[str, str]]:
    lines = [
        ("decision", _text(answer.content.get("decision"))),
        ("score", _text(answer.content.get("score"))),
        ("cluster", _text(answer.content.get("cluster"))),
        ("version", _text(answer.version)),
        ("program", "" if program is None else f"sha256 {program.digest[:12]}"),
        ("rules", _text(answer.content.get("rules_version"))),
        ("fallback", _text(answer.content.get("fallback"))),
        ("request", answer.request_id),
        ("ms", f"{answer.milliseconds:.0f}"),
    ]
    return [(name, value) for name, value in lines if value]


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)

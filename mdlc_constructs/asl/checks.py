"""All checks of a machine that run before any resource exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mdlc_constructs.asl.actions import required_actions
from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.body import Body
from mdlc_constructs.asl.expressions import expressions_in, flaw
from mdlc_constructs.asl.foreign import Foreign
from mdlc_constructs.asl.graph import name_findings, structure_findings, trace_findings
from mdlc_constructs.asl.machine import Machine, MachineError
from mdlc_constructs.asl.placeholders import PSEUDO_PARAMETERS, texts_in, unbindable
from mdlc_constructs.asl.query_language import jsonpath_fields, jsonpath_message
from mdlc_constructs.asl.sizes import MAX_DATA_BYTES, least_bytes
from mdlc_constructs.asl.statements import Statement, uncovered
from mdlc_constructs.asl.states import Task

MAX_DEFINITION_BYTES = 1024 * 1024
"""The maximum size of a definition: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


def check(machine: Machine, *, traced: bool = True) -> None:
    """Refuse a machine that AWS would refuse, or that would fail when used.

    Args:
        traced: whether each state that can fail must catch all errors, and a task must record them.

    Raises:
        MachineError: with the findings of all checks.
    """
    sentences = tuple(findings(machine, traced=traced))
    if sentences:
        raise MachineError(sentences)


def findings(machine: Machine, *, traced: bool = True) -> Iterator[str]:
    """All problems of the machine, one sentence each; `traced` as in `check`."""
    yield from name_findings(machine)
    yield from structure_findings(machine)
    yield from _language_findings(machine)
    yield from _expression_findings(machine)
    yield from _argument_findings(machine)
    yield from _size_findings(machine)
    yield from _placeholder_findings(machine)
    yield from _permission_findings(machine)
    size = len(machine.definition().encode())
    if size > MAX_DEFINITION_BYTES:
        yield f"The definition has {size} bytes; AWS takes {MAX_DEFINITION_BYTES}, so split the machine."
    if traced:
        yield from trace_findings(machine)


def _language_findings(machine: Machine) -> Iterator[str]:
    # Our own states have no JSONPath fields; only a key such as `Name.$` in the arguments is possible.
    dotted = '.$":' in machine.definition()
    for state in machine.walk():
        if isinstance(state, Foreign):
            for name, body in ((state.name, state.body), *state.nested()):
                yield from _jsonpath_findings(name, body)
        elif dotted and isinstance(state, Task):
            yield from _jsonpath_findings(state.name, {"Arguments": state.arguments})


def _jsonpath_findings(name: str, body: Mapping[str, object]) -> Iterator[str]:
    fields = jsonpath_fields(body)
    if fields:
        yield jsonpath_message(name, fields)


def _expression_findings(machine: Machine) -> Iterator[str]:
    flawed = {text for text in expressions_in(machine.definition()) if flaw(text) is not None}
    if not flawed:
        return
    for name, body in _bodies(machine):
        for text in sorted({text for text in texts_in(body) if text in flawed}):
            yield f"State {name!r}: {text} {flaw(text)}."


def _argument_findings(machine: Machine) -> Iterator[str]:
    for name, resource, arguments, _ in _calls(machine):
        for problem in problems(resource, arguments):
            yield f"State {name!r}: {problem}"


def _size_findings(machine: Machine) -> Iterator[str]:
    # All states together are smaller than the limit for one state.
    if len(machine.definition()) <= MAX_DATA_BYTES // 2:
        return
    for name, _, arguments, _ in _calls(machine):
        size = least_bytes(arguments)
        if size > MAX_DATA_BYTES:
            yield (
                f"The arguments of state {name!r} have {size} bytes or more as JSON; Step Functions takes "
                f"{MAX_DATA_BYTES}, so put the data into S3 and pass its place."
            )


def _placeholder_findings(machine: Machine) -> Iterator[str]:
    known = PSEUDO_PARAMETERS | machine.bindings.keys() | machine.tokens().keys()
    for name in sorted(machine.placeholders() - known):
        yield f"Placeholder ${{{name}}} is bound to nothing; add it to bindings."
    if unbindable(machine.definition()):
        for name, body in _bodies(machine):
            if any(unbindable(text) for text in texts_in(body)) or unbindable(str(body)):
                yield (
                    f"State {name!r} holds a CDK token as a list or a number, which cannot be substituted "
                    "into text; give its parts as texts, or pass it in the execution's input."
                )


def _permission_findings(machine: Machine) -> Iterator[str]:
    for name, resource, arguments, statements in _calls(machine):
        for action in uncovered(statements, required_actions(resource, arguments)):
            yield (
                f"State {name!r} needs {action}, which none of its statements allows; add a Statement for it."
            )


def _calls(machine: Machine) -> Iterator[tuple[str, str, object, tuple[Statement, ...]]]:
    """The name, resource, arguments and statements of each task, including those inside foreign states."""
    for state in machine.walk():
        if isinstance(state, Task):
            yield state.name, state.resource, state.arguments, state.statements
        elif isinstance(state, Foreign):
            # CDK reports the permissions of a whole chain, not of each state.
            for name, body in ((state.name, state.body), *state.nested()):
                if body.get("Type") == "Task":
                    resource = str(body.get("Resource", ""))
                    yield name, resource, body.get("Arguments", {}), machine.statements()


def _bodies(machine: Machine) -> Iterator[tuple[str, Body]]:
    """The name and body of each top-level state; nested states are part of the body."""
    for state in machine.states:
        yield state.name, state.to_asl()

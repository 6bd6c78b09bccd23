"""Checks workflows (the machine and those inside Map and Parallel states): states, names, transitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mdlc_local.states.definitions import expressions, fields, maps, resources, templates, values
from mdlc_local.states.definitions.places import JSONATA, JSONPATH, Place, Problem

MAX_STATE_NAME_CHARACTERS = 80
MISSING_TARGET = "MISSING_TRANSITION_TARGET"

WHOLE: dict[str, values.Checker] = {
    "Comment": values.text,
    "QueryLanguage": values.one_of(JSONPATH, JSONATA),
    "StartAt": values.text,
    "States": values.mapping,
    "TimeoutSeconds": values.integer(0),
    "Version": values.one_of("1.0"),
}
BRANCH: dict[str, values.Checker] = {name: WHOLE[name] for name in ("Comment", "StartAt", "States")}
PROCESSOR: dict[str, values.Checker] = {**BRANCH, "ProcessorConfig": maps.processor_config}


@dataclass
class WorkflowScope:
    """What all workflows of a definition share.

    Args:
        is_express: whether it is an Express machine.
        language: the machine's query language.
        names: the state names seen so far.
        labels: the labels of Map states seen so far.
    """

    is_express: bool
    language: str
    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)


def language_of(place: Place, inherited: str) -> str:
    """The query language of a machine or state.

    Any value other than `JSONPath` means JSONata here; another check reports an invalid value.
    """
    if not place.has("QueryLanguage"):
        return inherited
    return JSONPATH if place.value["QueryLanguage"] == JSONPATH else JSONATA


def check_fields(workflow: Place, table: dict[str, values.Checker], scope: WorkflowScope) -> None:
    """Report faults in the fields of a workflow and of everything inside it."""
    if not values.fields(workflow, table, ["States", "StartAt"]) or not workflow.has("States"):
        return
    states = workflow.child("States")
    if isinstance(states.value, dict) and not states.value:
        states.fault("Value cannot be empty")
    for state in states.children() if isinstance(states.value, dict) else ():
        _check_state(state, scope)


def _check_state(state: Place, scope: WorkflowScope) -> None:
    if not isinstance(state.value, dict):
        values.mapping(state)
        return
    kind = state.value.get("Type")
    if not state.has("Type"):
        state.fault("These fields are required: [Type]")
        return
    if kind not in fields.TYPES:
        state.child("Type").fault(
            f"The field 'Type' should have one of these values: [{', '.join(fields.TYPES)}]"
        )
        return
    state = state.in_language(language_of(state, scope.language))
    downgraded = scope.language == JSONATA and state.language == JSONPATH
    if downgraded:
        state.fault("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")
    fields.check(state, kind, downgraded=downgraded)
    expressions.check(state)
    if scope.is_express:
        _check_express(state)
    for inner, table in _inner(state):
        # Inner states inherit the query language of the machine, not of the enclosing state.
        check_fields(inner.in_language(scope.language), table, scope)


def _inner(state: Place) -> Iterator[tuple[Place, dict[str, values.Checker]]]:
    """The workflows inside a Map or Parallel state, each with the table of its fields."""
    kind = state.value.get("Type")
    if kind == "Map":
        for name in ("ItemProcessor", "Iterator"):
            if state.has(name) and isinstance(state.value[name], dict):
                yield state.child(name), PROCESSOR
    elif kind == "Parallel" and isinstance(state.value.get("Branches"), list):
        for branch in state.child("Branches").children():
            yield branch, BRANCH


def _check_express(state: Place) -> None:
    resource = state.child("Resource")
    arn = resource.value if isinstance(resource.value, str) else ""
    if resources.is_activity(arn):
        resource.fault("Express state machine does not support Activity ARN")
    elif arn.endswith(".waitForTaskToken"):
        # AWS's message has a space at its end.
        resource.fault("Express state machine does not support '.waitForTaskToken' service integration ")
    elif arn.endswith((".sync", ".sync:2")):
        resource.fault("Express state machine does not support '.sync' service integration")
    for inner, _ in _inner(state):
        if maps.is_distributed(inner.value):
            inner.child("ProcessorConfig").child("Mode").fault(
                "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines"
            )


def check_graph(
    workflow: Place, scope: WorkflowScope, outer: frozenset[str] = frozenset(), *, whole: bool = True
) -> None:
    """Report faults in names, variables and transitions, after `check_fields` found none.

    Args:
        workflow: the workflow.
        scope: what all workflows of the definition share.
        outer: the variables that states of the enclosing workflows assign. Those that a Catch assigns do not
            count: AWS has run a machine whose Parallel state and branch assigned the same variable, the
            Parallel state in its Catch.
        whole: whether it is the machine itself.
    """
    states = workflow.child("States")
    for state in states.children():
        _check_name(state, scope)
    _check_transitions(workflow, whole=whole)
    own = frozenset[str]()
    for state in states.children():
        for name, place in templates.variables(
            state.in_language(language_of(state, scope.language)).child("Assign")
        ):
            own |= {name}
            if name in outer:
                place.fault(
                    f"The variable name '{name}' was already defined in a parent scope.",
                    "DUPLICATE_VARIABLE_NAME",
                )
    for state in states.children():
        for inner, _ in _inner(state):
            # A Distributed Map's items run as child executions, which have their own variables.
            seen = frozenset[str]() if maps.is_distributed(inner.value) else outer | own
            check_graph(inner, scope, seen, whole=False)


def _check_name(state: Place, scope: WorkflowScope) -> None:
    name = state.key
    if len(name) > MAX_STATE_NAME_CHARACTERS:
        state.fault(
            f"Invalid State name: {name} exceeds the {MAX_STATE_NAME_CHARACTERS}-character limit allowed by "
            "the service",
            "INVALID_STATE_NAME",
        )
    if name in scope.names:
        state.fault(f"Duplicate State name: {name}", "DUPLICATE_STATE_NAME")
    scope.names.add(name)
    label = state.value.get("Label")
    if label is not None and label in scope.labels:
        state.child("Label").fault(f"Duplicate Label name: {label}", "DUPLICATE_LABEL_NAME")
    scope.labels.add(label)


def _check_transitions(workflow: Place, *, whole: bool) -> None:
    states = workflow.child("States")
    start = workflow.child("StartAt")
    targets = {state.path: list(_targets(state)) for state in states.children()}
    for target in (start, *(target for state_targets in targets.values() for target in state_targets)):
        if target.value not in states.value:
            target.fault(f"Missing 'Next' target: {target.value}", MISSING_TARGET)
    ends = any(
        state.get("Type") in ("Succeed", "Fail") or state.get("End") is True
        for state in states.value.values()
    )
    if whole and not ends:
        workflow.problems.append(Problem("MISSING_END_STATE", "Workflow has no terminal state", None))
        return
    reached, pending = set[str](), [str(start.value)]
    while pending:
        name = pending.pop()
        if name in states.value and name not in reached:
            reached.add(name)
            pending += [str(target.value) for target in targets[f"{states.path}/{name}"]]
    for name in states.value:
        if name not in reached:
            states.child(name).fault(f'State "{name}" is not reachable.', MISSING_TARGET)


def _targets(state: Place) -> Iterator[Place]:
    for name in ("Next", "Default"):
        if state.has(name):
            yield state.child(name)
    for name in ("Choices", "Catch"):
        for entry in state.child(name).children():
            if entry.has("Next"):
                yield entry.child("Next")

"""States that are already rendered, such as a chain built with CDK's own classes.

This module takes the output of `sfn.StateGraph(start, "").to_graph_json()` and does not import CDK.
`mdlc_constructs.tasks.chain.sequence_from_chain` calls CDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mdlc_constructs.asl.body import Body
from mdlc_constructs.asl.failures import ALL_ERRORS, Catch
from mdlc_constructs.asl.query_language import jsonpath_fields, jsonpath_message
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import State

CAN_FAIL = frozenset({"Task", "Map", "Parallel"})
"""The types of states that may have Retry and Catch."""


@dataclass(frozen=True, kw_only=True)
class Foreign(State):
    """A state given as its complete ASL definition (`body`), in JSONata. `next` is read from the body."""

    body: Mapping[str, object]
    statements: tuple[Statement, ...] = ()

    def __post_init__(self) -> None:
        following = self.body.get("Next")
        if self.next is None and isinstance(following, str):
            object.__setattr__(self, "next", following)

    @property
    def kind(self) -> str:
        """The body's `Type`."""
        return str(self.body.get("Type", ""))

    def to_asl(self) -> Body:
        """The body, with `next` as its `Next`."""
        body = {key: value for key, value in self.body.items() if key not in ("Next", "End")}
        if self.next is not None:
            return {**body, "Next": self.next}
        return {**body, "End": True} if self.body.get("End") is True else body

    def normal_targets(self) -> Iterator[str]:
        """The targets in the body: `Next`, or those of the rules and the default."""
        if self.next is not None:
            yield self.next
        yield from _names(self.body.get("Choices"))
        default = self.body.get("Default")
        if isinstance(default, str):
            yield default

    @property
    def is_open(self) -> bool:
        """Whether the state has no successor yet: it ended its original chain (`End: true`)."""
        return self.next is None and self.body.get("End") is True

    def catchers(self) -> tuple[Catch, ...]:
        """The catchers of the body."""
        return tuple(
            Catch(
                next=str(catcher.get("Next")), errors=tuple(_texts(catcher.get("ErrorEquals"))) or ALL_ERRORS
            )
            for catcher in _members(self.body.get("Catch"))
        )

    def caught(self, catch: Catch) -> State:
        """The state with that catcher in addition, unless it cannot fail or already catches those errors."""
        if self.kind not in CAN_FAIL:
            return self
        catchers: list[Mapping[str, object]] = list(_members(self.body.get("Catch")))
        handled = {error for catcher in catchers for error in _texts(catcher.get("ErrorEquals"))}
        if handled.issuperset(catch.errors):
            return self
        place = len(catchers) - 1 if "States.ALL" in handled else len(catchers)
        catchers.insert(place, catch.to_asl())
        return self._with(body={**self.body, "Catch": catchers})

    def own_statements(self) -> tuple[Statement, ...]:
        """The IAM statements of the state."""
        return self.statements

    def nested(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        """The name and body of every nested state, at any depth."""
        yield from _below(self.body)


def from_graph(graph: Mapping[str, object], statements: Iterable[Statement] = ()) -> tuple[Foreign, ...]:
    """The states of a rendered graph (`{"StartAt": ..., "States": {...}}`), beginning with its start state.

    The start state carries the IAM statements of the whole graph.

    Raises:
        ValueError: naming the state, when it uses JSONPath, or is a distributed Map: CDK adds a distributed
            Map's permissions only to the role of a `StateMachine` of its own.
    """
    start, bodies = graph.get("StartAt"), graph.get("States")
    if not isinstance(bodies, Mapping) or start not in bodies:
        raise ValueError(
            f"graph has no state {start!r} to start with; render it with StateGraph.to_graph_json()."
        )
    states = [
        Foreign(
            name=name,
            body={key: value for key, value in bodies[name].items() if key != "QueryLanguage"}
            if bodies[name].get("QueryLanguage") == "JSONata"
            else bodies[name],
            statements=tuple(statements) if name == start else (),
        )
        for name in (start, *(name for name in bodies if name != start))
    ]
    for state in states:
        for name, body in ((state.name, state.body), *state.nested()):
            fields = jsonpath_fields(body)
            if fields:
                raise ValueError(jsonpath_message(name, fields))
            if _is_distributed(body):
                raise ValueError(
                    f"State {name!r} is a distributed Map; use an inline Map, or start a machine of its own."
                )
    return tuple(states)


def _is_distributed(body: Mapping[str, object]) -> bool:
    processor = body.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, Mapping) else None
    return isinstance(config, Mapping) and config.get("Mode") == "DISTRIBUTED"


def _below(body: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    processors = [body.get("ItemProcessor"), body.get("Iterator"), *_members(body.get("Branches"))]
    for processor in processors:
        states = processor.get("States") if isinstance(processor, Mapping) else None
        for name, inner in states.items() if isinstance(states, Mapping) else ():
            yield name, inner
            yield from _below(inner)


def _members(value: object) -> Iterator[Mapping[str, object]]:
    for member in value if isinstance(value, list) else ():
        if isinstance(member, Mapping):
            yield member


def _names(value: object) -> Iterator[str]:
    for member in _members(value):
        if isinstance(member.get("Next"), str):
            yield str(member["Next"])


def _texts(value: object) -> Iterator[str]:
    for member in value if isinstance(value, list) else ():
        yield str(member)

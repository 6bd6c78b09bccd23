"""States that came from elsewhere, such as a chain built with CDK's own classes.

This is the pure half: it takes what `sfn.StateGraph(start, "").to_graph_json()` renders. The half that calls
CDK is `mdlc_constructs.tasks.chain.sequence_from_chain`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Body, State

_CAN_FAIL = frozenset({"Task", "Map", "Parallel"})
_ENDS_BY_ITSELF = frozenset({"Succeed", "Fail"})


@dataclass(frozen=True, kw_only=True)
class Foreign(State):
    """A state given as its finished body, JSONata form. `next` is read from the body."""

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
        """The body, with what follows filled in."""
        body = {key: value for key, value in self.body.items() if key not in ("Next", "End")}
        if self.kind == "Choice" or self.kind in _ENDS_BY_ITSELF:
            return body
        if self.next is None:
            return {**body, "End": True}
        return {**body, "Next": self.next}

    def targets(self) -> Iterator[str]:
        """As for every state, those of the rules first."""
        if self.next is not None:
            yield self.next
        yield from _names(self.body.get("Choices"))
        default = self.body.get("Default")
        if isinstance(default, str):
            yield default
        yield from _names(self.body.get("Catch"))

    def linked(self, name: str) -> State:
        """The same state, followed by the named one where it left that open."""
        if self.kind in _ENDS_BY_ITSELF or self.next is not None:
            return self
        if self.kind == "Choice":
            return self if "Default" in self.body else replace(self, body={**self.body, "Default": name})
        return replace(self, next=name)

    def caught(self, catch: Catch) -> State:
        """The same state with a catcher added, unless it cannot fail or catches those errors already."""
        if self.kind not in _CAN_FAIL:
            return self
        catchers = list(_members(self.body.get("Catch")))
        handled = {error for catcher in catchers for error in _texts(catcher.get("ErrorEquals"))}
        if handled.issuperset(catch.errors):
            return self
        place = len(catchers) - 1 if "States.ALL" in handled else len(catchers)
        catchers.insert(place, catch.to_asl())
        return replace(self, body={**self.body, "Catch": catchers})

    def own_statements(self) -> tuple[Statement, ...]:
        """The statements given."""
        return self.statements

    def nested(self) -> Iterator[tuple[str, Body]]:
        """Name and body of every state below this one, at any depth."""
        yield from _below(self.body)


def _below(body: Mapping[str, object]) -> Iterator[tuple[str, Body]]:
    processors = [body.get("ItemProcessor"), body.get("Iterator"), *_members(body.get("Branches"))]
    for processor in processors:
        states = processor.get("States") if isinstance(processor, dict) else None
        for name, inner in states.items() if isinstance(states, dict) else ():
            yield name, inner
            yield from _below(inner)


def _members(value: object) -> Iterator[Body]:
    for member in value if isinstance(value, list) else ():
        if isinstance(member, dict):
            yield member


def _names(value: object) -> Iterator[str]:
    for member in _members(value):
        if isinstance(member.get("Next"), str):
            yield str(member["Next"])


def _texts(value: object) -> Iterator[str]:
    for member in value if isinstance(value, list) else ():
        yield str(member)

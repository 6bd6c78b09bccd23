"""A whole state machine as plain data: checked, drawn, costed, snapshotted and run from the same text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mdlc_constructs.asl.body import Body
from mdlc_constructs.asl.foreign import Foreign
from mdlc_constructs.asl.placeholders import PSEUDO_PARAMETERS, bind_tokens, names_in, texts_in
from mdlc_constructs.asl.statements import Statement, merge
from mdlc_constructs.asl.states import State

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False)


class MachineError(ValueError):
    """A machine that AWS would refuse, or that would fail in use. `findings` says what is wrong, one a
    member.
    """

    def __init__(self, findings: Iterable[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(self.findings))


@dataclass(frozen=True)
class Machine:
    """States, the first of which starts unless `start` names another.

    `bindings` gives the values of the placeholders, by name: any object, CDK tokens included; nothing here
    looks at them. `timeout_seconds` ends an execution that runs longer.
    """

    states: tuple[State, ...]
    start: str | None = field(default=None, kw_only=True)
    comment: str = field(default="", kw_only=True)
    timeout_seconds: int | None = field(default=None, kw_only=True)
    bindings: Mapping[str, object] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", tuple(self.states))
        if not self.states:
            raise ValueError("states is empty; a machine needs at least one state.")

    def bind(self, bindings: Mapping[str, object]) -> Machine:
        """The same machine with these bindings added.

        Neither definition nor permissions depend on bindings, so what has been rendered is kept:
        `dataclasses.replace` would render it again.
        """
        bound = object.__new__(Machine)
        bound.__dict__.update(self.__dict__, bindings={**self.bindings, **bindings})
        return bound

    @property
    def entry(self) -> str:
        """Name of the state that an execution enters first."""
        return self.states[0].name if self.start is None else self.start

    def to_asl(self) -> Body:
        """The definition as the Amazon States Language spells it."""
        body: Body = {"QueryLanguage": "JSONata"}
        if self.comment:
            body["Comment"] = self.comment
        if self.timeout_seconds is not None:
            body["TimeoutSeconds"] = self.timeout_seconds
        return body | self.nested_asl()

    def nested_asl(self) -> Body:
        """The part that a Map's processor or a Parallel's branch takes."""
        return {"StartAt": self.entry, "States": {state.name: state.to_asl() for state in self.states}}

    @cached_property
    def _bound(self) -> tuple[str, Mapping[str, str]]:
        return bind_tokens(_ENCODER.encode(self.to_asl()))

    def definition(self) -> str:
        """The definition as compact text, the same for the same states.

        Placeholders stand in it unbound. A CDK token's marker has become a generated placeholder,
        `${Token1}`.
        """
        return self._bound[0]

    def tokens(self) -> Mapping[str, str]:
        """Generated placeholders of the definition, and the CDK token marker that each stands for."""
        return self._bound[1]

    def substitutions(self) -> dict[str, object]:
        """Value of each placeholder of the definition, those generated for CDK tokens included.

        Partition, region and account are left to the stack. Raises MachineError for a placeholder that is
        bound to nothing.
        """
        definition, tokens = self._bound
        values: dict[str, object] = {**self.bindings, **tokens}
        names = names_in(definition) - PSEUDO_PARAMETERS
        unbound = sorted(names - values.keys())
        if unbound:
            raise MachineError(
                f"Placeholder ${{{name}}} is bound to nothing; add it to bindings." for name in unbound
            )
        return {name: values[name] for name in sorted(names)}

    def walk(self) -> Iterator[State]:
        """All states, nested ones after the state that holds them."""
        for state in self.states:
            yield state
            for machine in state.machines():
                yield from machine.walk()

    def state(self, name: str) -> State:
        """The state of that name, nested ones included. Raises KeyError with the names there are."""
        for state in self.walk():
            if state.name == name:
                return state
        raise KeyError(f"No state {name!r}; there are {', '.join(state.name for state in self.walk())}.")

    @cached_property
    def _statements(self) -> tuple[Statement, ...]:
        return merge(statement for state in self.walk() for statement in state.own_statements())

    def statements(self) -> tuple[Statement, ...]:
        """Everything the machine's role must be allowed for its states, nested ones included, merged."""
        return self._statements

    def placeholders(self) -> frozenset[str]:
        """Names of all placeholders, those in statements included."""
        texts = [self.definition()]
        for statement in self.statements():
            texts += statement.resources
            texts += texts_in(statement.conditions)
        return names_in("\n".join(texts))

    def names(self) -> Iterator[str]:
        """Names of all states, those inside foreign states included; a name twice is given twice."""
        for state in self.walk():
            yield state.name
            if isinstance(state, Foreign):
                yield from (name for name, _ in state.nested())

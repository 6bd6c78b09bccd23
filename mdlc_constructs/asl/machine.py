"""A whole state machine as plain data: checks, pictures, cost, snapshots and runs use one definition."""

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
    """AWS would refuse the machine, or it would fail when used. `findings` has one sentence per problem."""

    def __init__(self, findings: Iterable[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(self.findings))


@dataclass(frozen=True)
class Machine:
    """A state machine. It starts with the first of its states, unless `start` names another.

    `bindings` holds the values of the placeholders, by name: any objects, such as CDK tokens; they are not
    used here. `timeout_seconds` is the timeout of an execution.
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
        """The same machine with these bindings in addition.

        Definition and permissions do not depend on bindings, so the cached ones are kept;
        `dataclasses.replace` would compute them again.
        """
        bound = object.__new__(Machine)
        bound.__dict__.update(self.__dict__, bindings={**self.bindings, **bindings})
        return bound

    @property
    def entry(self) -> str:
        """The name of the start state."""
        return self.states[0].name if self.start is None else self.start

    def to_asl(self) -> Body:
        """The definition in the Amazon States Language."""
        body: Body = {"QueryLanguage": "JSONata"}
        if self.comment:
            body["Comment"] = self.comment
        if self.timeout_seconds is not None:
            body["TimeoutSeconds"] = self.timeout_seconds
        return body | self.nested_asl()

    def nested_asl(self) -> Body:
        """The members `StartAt` and `States`, also for a Map's processor or a Parallel's branch."""
        return {"StartAt": self.entry, "States": {state.name: state.to_asl() for state in self.states}}

    @cached_property
    def _bound(self) -> tuple[str, Mapping[str, str]]:
        return bind_tokens(_ENCODER.encode(self.to_asl()))

    def definition(self) -> str:
        """The definition as compact JSON text, always the same for the same states.

        It contains the placeholders; a CDK token is replaced by a generated placeholder such as `${Token1}`.
        """
        return self._bound[0]

    def tokens(self) -> Mapping[str, str]:
        """The CDK token of each generated placeholder of the definition."""
        return self._bound[1]

    def substitutions(self) -> dict[str, object]:
        """The value of each placeholder of the definition, including those generated for CDK tokens.

        Partition, region and account are not included: the stack binds them.

        Raises:
            MachineError: when a placeholder has no value.
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
        """All states; nested states follow the state that contains them."""
        for state in self.states:
            yield state
            for machine in state.machines():
                yield from machine.walk()

    def state(self, name: str) -> State:
        """The state of that name, which may be nested.

        Raises:
            KeyError: when there is none; the message has all names.
        """
        for state in self.walk():
            if state.name == name:
                return state
        raise KeyError(f"No state {name!r}; there are {', '.join(state.name for state in self.walk())}.")

    @cached_property
    def _statements(self) -> tuple[Statement, ...]:
        return merge(statement for state in self.walk() for statement in state.own_statements())

    def statements(self) -> tuple[Statement, ...]:
        """The merged IAM statements of all states, including nested ones, for the machine's role."""
        return self._statements

    def placeholders(self) -> frozenset[str]:
        """The names of all placeholders in the definition and in the statements."""
        texts = [self.definition()]
        for statement in self.statements():
            texts += statement.resources
            texts += texts_in(statement.conditions)
        return names_in("\n".join(texts))

    def names(self) -> Iterator[str]:
        """The names of all states, including those inside foreign states; a duplicate occurs twice."""
        for state in self.walk():
            yield state.name
            if isinstance(state, Foreign):
                yield from (name for name, _ in state.nested())

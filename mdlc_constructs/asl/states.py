"""The states of a machine as frozen dataclasses, with JSONata as their only query language.

A text that starts with `{%` and ends with `%}` is a JSONata expression; every other value is literal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol, Self

from mdlc_constructs.asl.body import Body, plain, put
from mdlc_constructs.asl.failures import THROTTLING_RETRY, Catch, Retry
from mdlc_constructs.asl.placeholders import bind_tokens
from mdlc_constructs.asl.statements import Statement

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)
_FLOW = frozenset({"Next", "End", "Retry", "Catch", "Comment"})


class NestedMachine(Protocol):
    """A machine inside a Map or a Parallel: the part of `asl.Machine` that states use."""

    @property
    def states(self) -> tuple[State, ...]:
        """The states, in order."""

    @property
    def entry(self) -> str:
        """The name of the start state."""

    def nested_asl(self) -> Body:
        """The members `StartAt` and `States` for a Map's processor or a Parallel's branch."""

    def walk(self) -> Iterator[State]:
        """All states; nested states follow the state that contains them."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The members of every state. `next=None` ends the machine, unless a sequence links a next state."""

    name: str
    next: str | None = None
    comment: str = ""

    type: ClassVar[str]
    linkable: ClassVar[bool] = True  # whether the state may have a `next`

    def to_asl(self) -> Body:
        """The state's body in the Amazon States Language; its name is not part of the body."""
        body: Body = {"Type": self.type}
        if self.comment:
            body["Comment"] = self.comment
        self._fill(body)
        if self.linkable:
            body["End" if self.next is None else "Next"] = self.next or True
        return body

    def _fill(self, body: Body) -> None:
        """Adds the members of the state's type to the body."""

    def normal_targets(self) -> Iterator[str]:
        """The names of the states that may follow when no error occurs."""
        if self.next is not None:
            yield self.next

    def targets(self) -> Iterator[str]:
        """The names of all states that may follow; the targets of catchers come last."""
        yield from self.normal_targets()
        for catch in self.catchers():
            yield catch.next

    def catchers(self) -> tuple[Catch, ...]:
        """The catchers; none for a type of state that has no `Catch`."""
        return ()

    @property
    def is_open(self) -> bool:
        """Whether the state has no successor yet, so that a sequence may link one."""
        return self.linkable and self.next is None

    def linked(self, name: str) -> State:
        """The state with that next state, if it is open; otherwise unchanged."""
        return self._with(next=name) if self.is_open else self

    def _with(self, **changes: object) -> Self:
        # dataclasses.replace() would validate again, which is slow; no change made here needs it.
        changed = object.__new__(type(self))
        changed.__dict__.update(self.__dict__, **changes)
        return changed

    def own_statements(self) -> tuple[Statement, ...]:
        """The IAM statements that the state itself needs, without those of nested machines."""
        return ()

    def machines(self) -> tuple[NestedMachine, ...]:
        """The machines nested in the state."""
        return ()

    @property
    def request(self) -> str:
        """The state's body as text, without transitions, error handling and comment; placeholders unbound."""
        return _ENCODER.encode({key: value for key, value in self.to_asl().items() if key not in _FLOW})

    def request_digest(self) -> str:
        """SHA-256 (hex) of `request`: it changes when the work of the state changes."""
        # The numbers of CDK tokens change from synth to synth; as generated placeholders they do not.
        return hashlib.sha256(bind_tokens(self.request)[0].encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Failable(State):
    """A state that can fail, and may have retriers and catchers."""

    output: object = None
    assign: Mapping[str, object] | None = None
    retry: tuple[Retry, ...] = ()
    catch: tuple[Catch, ...] = ()

    def catchers(self) -> tuple[Catch, ...]:
        """The catchers of the state."""
        return self.catch

    def caught(self, catch: Catch) -> State:
        """The state with that catcher in addition, unless it already catches those errors."""
        handled = {error for catcher in self.catch for error in catcher.errors}
        if handled.issuperset(catch.errors):
            return self
        # States.ALL must be the last catcher, so a narrower one goes before it.
        last = self.catch[-1:] if "States.ALL" in handled else ()
        return self._with(catch=(*self.catch[: len(self.catch) - len(last)], catch, *last))

    def _fill_results(self, body: Body) -> None:
        put(body, Output=self.output, Assign=plain(self.assign))
        if self.retry:
            body["Retry"] = [retry.to_asl() for retry in self.retry]
        if self.catch:
            body["Catch"] = [catch.to_asl() for catch in self.catch]


@dataclass(frozen=True, kw_only=True)
class Task(Failable):
    """Calls a service. `resource` is the ARN of a service integration, `arguments` the request.

    `statements` holds the IAM permissions that the call needs; the machine's role gets those of all states.
    """

    type: ClassVar[str] = "Task"
    resource: str
    arguments: Mapping[str, object] | str = field(default_factory=dict)
    retry: tuple[Retry, ...] = THROTTLING_RETRY
    timeout_seconds: int | str | None = None
    heartbeat_seconds: int | str | None = None
    statements: tuple[Statement, ...] = ()

    def _fill(self, body: Body) -> None:
        body["Resource"] = self.resource
        body["Arguments"] = plain(self.arguments)
        put(body, TimeoutSeconds=self.timeout_seconds, HeartbeatSeconds=self.heartbeat_seconds)
        self._fill_results(body)

    def own_statements(self) -> tuple[Statement, ...]:
        """The statements of the task."""
        return self.statements

    @cached_property
    def request(self) -> str:
        """The request as text: resource and arguments, placeholders unbound."""
        return _ENCODER.encode({"resource": self.resource, "arguments": self.arguments})


@dataclass(frozen=True, kw_only=True)
class Pass(State):
    """Sets the output and assigns variables, without calling a service."""

    type: ClassVar[str] = "Pass"
    output: object = None
    assign: Mapping[str, object] | None = None

    def _fill(self, body: Body) -> None:
        put(body, Output=self.output, Assign=plain(self.assign))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a Choice: when the JSONata `condition` is true, the next state is `next`."""

    condition: str
    next: str
    assign: Mapping[str, object] | None = None
    output: object = None

    def to_asl(self) -> Body:
        """The rule in the Amazon States Language."""
        body: Body = {"Condition": self.condition}
        put(body, Assign=plain(self.assign), Output=self.output)
        body["Next"] = self.next
        return body


@dataclass(frozen=True, kw_only=True)
class Choice(State):
    """Goes to the `next` of the first true rule, else to `default`, which a sequence can link."""

    type: ClassVar[str] = "Choice"
    linkable: ClassVar[bool] = False
    rules: tuple[Rule, ...]
    default: str | None = None
    assign: Mapping[str, object] | None = None
    output: object = None

    def __post_init__(self) -> None:
        if not self.rules:
            raise ValueError(
                f"rules of the choice {self.name!r} are empty; a choice needs at least one rule."
            )
        if self.next is not None:
            raise ValueError(f"next={self.next!r} of the choice {self.name!r} is not possible; set default.")

    def _fill(self, body: Body) -> None:
        body["Choices"] = [rule.to_asl() for rule in self.rules]
        put(body, Assign=plain(self.assign), Output=self.output, Default=self.default)

    def normal_targets(self) -> Iterator[str]:
        """The targets of the rules, then the default."""
        for rule in self.rules:
            yield rule.next
        if self.default is not None:
            yield self.default

    @property
    def is_open(self) -> bool:
        """Whether the Choice has no default yet."""
        return self.default is None

    def linked(self, name: str) -> State:
        """The Choice with that state as its default, if it has none; otherwise unchanged."""
        return self._with(default=name) if self.is_open else self


@dataclass(frozen=True, kw_only=True)
class Wait(State):
    """Waits a number of seconds, which may be a JSONata expression."""

    type: ClassVar[str] = "Wait"
    seconds: int | str

    def _fill(self, body: Body) -> None:
        body["Seconds"] = self.seconds


@dataclass(frozen=True, kw_only=True)
class Succeed(State):
    """Ends the machine successfully."""

    type: ClassVar[str] = "Succeed"
    linkable: ClassVar[bool] = False
    output: object = None

    def _fill(self, body: Body) -> None:
        put(body, Output=self.output)


@dataclass(frozen=True, kw_only=True)
class Fail(State):
    """Ends the machine as failed, with an error name and a cause (texts or JSONata)."""

    type: ClassVar[str] = "Fail"
    linkable: ClassVar[bool] = False
    error: str
    cause: str

    def _fill(self, body: Body) -> None:
        body["Error"] = self.error
        body["Cause"] = self.cause


@dataclass(frozen=True, kw_only=True)
class Map(Failable):
    """Runs `processor` once per item, at most `max_concurrency` at a time (0: no limit)."""

    type: ClassVar[str] = "Map"
    items: object
    processor: NestedMachine
    max_concurrency: int | str
    item_selector: Mapping[str, object] | None = None

    def _fill(self, body: Body) -> None:
        body["Items"] = self.items
        put(body, ItemSelector=plain(self.item_selector))
        body["MaxConcurrency"] = self.max_concurrency
        body["ItemProcessor"] = {"ProcessorConfig": {"Mode": "INLINE"}, **self.processor.nested_asl()}
        self._fill_results(body)

    def machines(self) -> tuple[NestedMachine, ...]:
        """The nested machines."""
        return (self.processor,)

    @property
    def request(self) -> str:
        """The requests of the processor's tasks as text, in order."""
        return "".join(state.request for state in self.processor.walk() if isinstance(state, Task))

    def request_digest(self) -> str:
        """SHA-256 (hex) of the digests of the processor's tasks, in order."""
        digests = [state.request_digest() for state in self.processor.walk() if isinstance(state, Task)]
        return hashlib.sha256("".join(digests).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Parallel(Failable):
    """Runs all branches on the same input; its result is the list of their outputs."""

    type: ClassVar[str] = "Parallel"
    branches: tuple[NestedMachine, ...]
    arguments: Mapping[str, object] | str | None = None

    def _fill(self, body: Body) -> None:
        body["Branches"] = [branch.nested_asl() for branch in self.branches]
        put(body, Arguments=plain(self.arguments))
        self._fill_results(body)

    def machines(self) -> tuple[NestedMachine, ...]:
        """The nested machines."""
        return self.branches

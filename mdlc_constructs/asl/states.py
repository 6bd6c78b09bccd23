"""The states of a machine as frozen plain data, JSONata only.

A text that starts with `{%` and ends with `%}` is a JSONata expression; every other value stands for itself.
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
    """What a Map or a Parallel holds: an `asl.Machine`, by what a state asks of it."""

    @property
    def states(self) -> tuple[State, ...]:
        """The states, in order."""

    @property
    def entry(self) -> str:
        """Name of the state that is entered first."""

    def nested_asl(self) -> Body:
        """The part that a Map's processor or a Parallel's branch takes."""

    def walk(self) -> Iterator[State]:
        """All states, nested ones after the state that holds them."""


@dataclass(frozen=True, kw_only=True)
class State:
    """What every state has. `next=None` ends the machine, or is filled in when a sequence links the state."""

    name: str
    next: str | None = None
    comment: str = ""

    type: ClassVar[str]
    linkable: ClassVar[bool] = True  # whether the state may be given a `next`

    def to_asl(self) -> Body:
        """The state as the Amazon States Language spells it, without its name."""
        body: Body = {"Type": self.type}
        if self.comment:
            body["Comment"] = self.comment
        self._fill(body)
        if self.linkable:
            body["End" if self.next is None else "Next"] = self.next or True
        return body

    def _fill(self, body: Body) -> None:
        """Adds what is particular to the type."""

    def normal_targets(self) -> Iterator[str]:
        """Names of the states that may follow when nothing fails."""
        if self.next is not None:
            yield self.next

    def targets(self) -> Iterator[str]:
        """Names of all states that may follow, catchers' targets last."""
        yield from self.normal_targets()
        for catch in self.catchers():
            yield catch.next

    def catchers(self) -> tuple[Catch, ...]:
        """The catchers; none for a type of state that has no `Catch`."""
        return ()

    @property
    def is_open(self) -> bool:
        """Whether what follows the state has been left to the sequence it stands in."""
        return self.linkable and self.next is None

    def linked(self, name: str) -> State:
        """The same state, followed by the named one where it left that open."""
        return self._with(next=name) if self.is_open else self

    def _with(self, **changes: object) -> Self:
        # dataclasses.replace() would check again what has been checked; linking changes nothing that is.
        changed = object.__new__(type(self))
        changed.__dict__.update(self.__dict__, **changes)
        return changed

    def own_statements(self) -> tuple[Statement, ...]:
        """What the state itself needs to be allowed, nested machines not included."""
        return ()

    def machines(self) -> tuple[NestedMachine, ...]:
        """The machines nested in the state."""
        return ()

    @property
    def request(self) -> str:
        """What the state does as text, nothing bound: all of it but where it goes on and what it remarks."""
        return _ENCODER.encode({key: value for key, value in self.to_asl().items() if key not in _FLOW})

    def request_digest(self) -> str:
        """SHA-256 (hex) of the whole request, placeholders unbound: what changes it changes what is done."""
        # Numbers of CDK tokens change from synth to synth; bound, they do not show.
        return hashlib.sha256(bind_tokens(self.request)[0].encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Failable(State):
    """A state that can fail, be retried and be caught."""

    output: object = None
    assign: Mapping[str, object] | None = None
    retry: tuple[Retry, ...] = ()
    catch: tuple[Catch, ...] = ()

    def catchers(self) -> tuple[Catch, ...]:
        """The catchers given."""
        return self.catch

    def caught(self, catch: Catch) -> State:
        """The same state with a catcher added, unless it catches those errors already."""
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
    """Calls a service. `resource` is an integration's ARN, `arguments` its request.

    `statements` says what the call needs to be allowed; a machine gathers them for its role.
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
        """The statements given."""
        return self.statements

    @cached_property
    def request(self) -> str:
        """The whole request as text: resource and arguments, nothing bound."""
        return _ENCODER.encode({"resource": self.resource, "arguments": self.arguments})


@dataclass(frozen=True, kw_only=True)
class Pass(State):
    """Shapes data: sets the output, assigns variables, calls nothing."""

    type: ClassVar[str] = "Pass"
    output: object = None
    assign: Mapping[str, object] | None = None

    def _fill(self, body: Body) -> None:
        put(body, Output=self.output, Assign=plain(self.assign))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One branch of a choice: when the JSONata `condition` is true, go to `next`."""

    condition: str
    next: str
    assign: Mapping[str, object] | None = None
    output: object = None

    def to_asl(self) -> Body:
        """The rule as the Amazon States Language spells it."""
        body: Body = {"Condition": self.condition}
        put(body, Assign=plain(self.assign), Output=self.output)
        body["Next"] = self.next
        return body


@dataclass(frozen=True, kw_only=True)
class Choice(State):
    """Goes where the first true rule says, else to `default` (a sequence fills in the following state)."""

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
        """Those of the rules, then the default."""
        for rule in self.rules:
            yield rule.next
        if self.default is not None:
            yield self.default

    @property
    def is_open(self) -> bool:
        """Whether the choice has no default yet."""
        return self.default is None

    def linked(self, name: str) -> State:
        """The same choice, with the named state as its default where it has none."""
        return self._with(default=name) if self.is_open else self


@dataclass(frozen=True, kw_only=True)
class Wait(State):
    """Waits a number of seconds (or what a JSONata expression gives)."""

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
    """Ends the machine as failed, with the error's name and cause (texts or JSONata)."""

    type: ClassVar[str] = "Fail"
    linkable: ClassVar[bool] = False
    error: str
    cause: str

    def _fill(self, body: Body) -> None:
        body["Error"] = self.error
        body["Cause"] = self.cause


@dataclass(frozen=True, kw_only=True)
class Map(Failable):
    """Runs `processor` once an item, at most `max_concurrency` at a time (0: no bound)."""

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
        """The requests of all tasks of the processor, in order, as text."""
        return "".join(state.request for state in self.processor.walk() if isinstance(state, Task))

    def request_digest(self) -> str:
        """SHA-256 (hex) over the digests of all tasks of the processor, in order."""
        digests = [state.request_digest() for state in self.processor.walk() if isinstance(state, Task)]
        return hashlib.sha256("".join(digests).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Parallel(Failable):
    """Runs all branches on the same input and gives the list of their outputs."""

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

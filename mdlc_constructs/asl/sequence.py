"""Sequences of states: the parts that a seam takes, and of which a machine is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.foreign import Foreign, from_graph
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Failable, State


@dataclass(frozen=True)
class StateSequence:
    """States with one entry, `first`, and open ends that are linked to the state that follows the sequence.

    A state without a next state is an open end. Build a sequence with `StateSequence.of`.
    """

    states: tuple[State, ...] = ()
    open_ends: frozenset[str] = field(default=frozenset(), kw_only=True)
    """Names of the states whose `next` (of a Choice: `default`) will be the state after the sequence."""
    runs_always: bool = field(default=False, kw_only=True)
    """For a seam: whether it runs even when the steps around it are skipped."""

    @classmethod
    def of(cls, *parts: State | StateSequence) -> StateSequence:
        """Joins states and sequences in order. A state keeps its own `next`; empty parts are left out."""
        return cls().then(*parts)

    @classmethod
    def from_graph(cls, graph: Mapping[str, object], statements: Iterable[Statement] = ()) -> StateSequence:
        """The sequence of a graph that `sfn.StateGraph(start, "").to_graph_json()` rendered, with open ends.

        Raises:
            ValueError: for a state that `mdlc_constructs.asl.foreign.from_graph` refuses.
        """
        states = from_graph(graph, statements)
        return cls(states, open_ends=frozenset(state.name for state in states if state.is_open))

    def then(self, *parts: State | StateSequence) -> StateSequence:
        """This sequence followed by other parts; every open end goes to the first state of the next part.

        Raises:
            ValueError: when a state's name occurs twice.
        """
        states = {state.name: state for state in self.states}
        open_ends = self.open_ends
        for part in parts:
            following = part if isinstance(part, StateSequence) else _alone(part)
            if not following.states:
                continue
            entry = following.states[0].name
            for name in open_ends:
                states[name] = states[name].linked(entry)
            for state in following.states:
                if state.name in states:
                    raise ValueError(
                        f"State {state.name!r} occurs twice in a sequence; give one of them another name."
                    )
                states[state.name] = state
            open_ends = following.open_ends
        return StateSequence(tuple(states.values()), open_ends=open_ends)

    def caught(self, catch: Catch) -> StateSequence:
        """The sequence with that catcher on every state that can fail and does not catch those errors yet."""
        states = tuple(
            state.caught(catch) if isinstance(state, (Failable, Foreign)) else state for state in self.states
        )
        return StateSequence(states, open_ends=self.open_ends)

    @property
    def first(self) -> State:
        """The entry state. Raises ValueError when the sequence is empty."""
        if not self.states:
            raise ValueError("An empty sequence has no first state; test it with 'if sequence'.")
        return self.states[0]

    @property
    def last(self) -> State:
        """The last state in order. Raises ValueError when the sequence is empty."""
        if not self.states:
            raise ValueError("An empty sequence has no last state; test it with 'if sequence'.")
        return self.states[-1]

    def __iter__(self) -> Iterator[State]:
        return iter(self.states)

    def __len__(self) -> int:
        return len(self.states)


def _alone(state: State) -> StateSequence:
    return StateSequence((state,), open_ends=frozenset((state.name,)) if state.is_open else frozenset())

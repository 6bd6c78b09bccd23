"""What a state may do: IAM statements as plain data, merged without changing what they grant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, cached_property
from typing import TypeAlias

Conditions: TypeAlias = Mapping[str, Mapping[str, object]]
"""IAM condition operator -> condition key -> value, as in a policy document."""

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+|\*")


@cache
def _no_actions(texts: tuple[str, ...]) -> list[str]:
    return [text for text in texts if not _ACTION.fullmatch(text)]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One `Allow` of an IAM policy.

    Resources are ARNs or ARN patterns, in which `${Name}` placeholders may stand. Raises ValueError for an
    action that is not `service:Action`, or for a statement that allows nothing.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)
    sid: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.resources, tuple) or not self.resources:
            raise ValueError(f"resources={self.resources!r} must be a tuple of at least one text.")
        if not isinstance(self.actions, tuple) or not self.actions:
            raise ValueError(f"actions={self.actions!r} must be a tuple of at least one text.")
        wrong = _no_actions(self.actions)
        if wrong:
            raise ValueError(
                f"actions holds {wrong[0]!r}, which is no IAM action; write it as 'service:Action'."
            )

    @cached_property
    def scope(self) -> tuple[str, str, tuple[str, ...]]:
        """All but the actions, comparable: sid, conditions as text, sorted resources."""
        conditions = json.dumps(self.conditions, sort_keys=True, default=str) if self.conditions else ""
        return self.sid, conditions, tuple(sorted(set(self.resources)))

    def to_policy(self) -> dict[str, object]:
        """The statement as a policy document spells it."""
        policy: dict[str, object] = {"Sid": self.sid} if self.sid else {}
        policy |= {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}
        if self.conditions:
            policy["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return policy


def merge(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The fewest statements that grant the same, sorted, so that equal permissions give equal text.

    Actions on the same resources under the same conditions become one statement, then resources with the same
    actions and conditions do. A statement with a `sid` of its own is joined only with those of the same
    `sid`.
    """
    # Pass one joins actions, pass two joins resources: neither pairs an action with a resource it did not
    # have.
    by_resources: dict[tuple[str, str, tuple[str, ...]], tuple[Conditions, set[str]]] = {}
    # Tasks of one kind share their statements: each object is looked at once.
    for statement in {id(statement): statement for statement in statements}.values():
        by_resources.setdefault(statement.scope, (statement.conditions, set()))[1].update(statement.actions)
    by_actions: dict[tuple[str, str, tuple[str, ...]], tuple[Conditions, set[str]]] = {}
    for (sid, condition_text, resources), (conditions_of, actions) in by_resources.items():
        second = (sid, condition_text, tuple(sorted(actions)))
        by_actions.setdefault(second, (conditions_of, set()))[1].update(resources)
    return tuple(
        Statement(actions=actions_of, resources=tuple(sorted(found)), conditions=conditions_of, sid=sid)
        for (sid, _, actions_of), (conditions_of, found) in sorted(
            by_actions.items(), key=lambda item: (item[0][0], item[0][2], sorted(item[1][1]), item[0][1])
        )
    )


def covers(statements: Iterable[Statement], action: str) -> bool:
    """Whether any of the statements allows the action (on whatever resource), wildcards included."""
    return not uncovered(statements, (action,))


def uncovered(statements: Iterable[Statement], actions: Iterable[str]) -> list[str]:
    """Those of the actions that none of the statements allows."""
    allowed = {pattern for statement in statements for pattern in statement.actions}
    return [
        action
        for action in actions
        if action not in allowed and not any(_matches(pattern, action) for pattern in allowed)
    ]


@cache
def _matches(pattern: str, action: str) -> bool:
    # IAM compares actions without regard to case.
    return fnmatchcase(action.lower(), pattern.lower())

"""The permissions of states: IAM statements as plain data, merged without changing what they grant."""

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

    Resources are ARNs or ARN patterns, which may contain `${Name}` placeholders.

    Raises:
        ValueError: for an action that is not `service:Action`, or a statement without actions or resources.
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
    def condition_text(self) -> str:
        """The conditions as text, equal for equal conditions."""
        return json.dumps(self.conditions, sort_keys=True, default=str) if self.conditions else ""

    def to_policy(self) -> dict[str, object]:
        """The statement as it stands in a policy document."""
        policy: dict[str, object] = {"Sid": self.sid} if self.sid else {}
        policy |= {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}
        if self.conditions:
            policy["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return policy


def merge(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Fewer statements that grant exactly the same, sorted, so that equal permissions have equal text.

    First all actions for one resource with equal conditions are merged, then all resources with equal
    actions. A statement with a `sid` is merged only with those of the same `sid`.
    """
    actions_on: dict[tuple[str, str, str], set[str]] = {}
    conditions: dict[str, Conditions] = {}
    # Tasks of one kind share statement objects; each object is processed once.
    for statement in {id(statement): statement for statement in statements}.values():
        conditions[statement.condition_text] = statement.conditions
        for resource in statement.resources:
            actions_on.setdefault((statement.sid, statement.condition_text, resource), set()).update(
                statement.actions
            )
    resources_of: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for (sid, condition, resource), actions in actions_on.items():
        resources_of.setdefault((sid, tuple(sorted(actions)), condition), []).append(resource)
    return tuple(
        Statement(
            actions=actions, resources=tuple(sorted(resources)), conditions=conditions[condition], sid=sid
        )
        for (sid, actions, condition), resources in sorted(resources_of.items())
    )


def covers(statements: Iterable[Statement], action: str) -> bool:
    """Whether any of the statements allows the action on some resource, also by a wildcard."""
    return not uncovered(statements, (action,))


def uncovered(statements: Iterable[Statement], actions: Iterable[str]) -> list[str]:
    """The actions that none of the statements allows."""
    statements = tuple(statements)
    missing = list(actions)
    for statement in statements:
        missing = [action for action in missing if action not in statement.actions]
    # Only actions that no statement names literally are compared with wildcards.
    return [
        action
        for action in missing
        if not any(_matches(pattern, action) for statement in statements for pattern in statement.actions)
    ]


@cache
def _matches(pattern: str, action: str) -> bool:
    # IAM ignores the case of actions.
    return fnmatchcase(action.lower(), pattern.lower())

"""Values of a definition, with their paths and the shared list of the definition's faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SCHEMA = "SCHEMA_VALIDATION_FAILED"
JSONATA, JSONPATH = "JSONata", "JSONPath"


@dataclass(frozen=True)
class Problem:
    """One reason why Step Functions rejects a definition.

    Args:
        code: AWS's code for this kind of problem.
        message: AWS's message.
        location: the path, such as ``/States/Wait/Seconds``; None for a problem without a single location.
    """

    code: str
    message: str
    location: str | None

    def __str__(self) -> str:
        # AWS prints a missing location as Java's null.
        return f"{self.code}: {self.message} at {'null' if self.location is None else self.location}"


@dataclass(frozen=True)
class Place:
    """A value in a definition.

    Args:
        value: the JSON value.
        path: its path; empty for the whole definition.
        language: the query language that applies to it.
        problems: the list to which faults are added.
        key: the last part of its path: its name in an object, followed by its index if it is in a list.
    """

    value: Any
    path: str
    language: str
    problems: list[Problem] = field(compare=False)
    key: str = ""

    @property
    def location(self) -> str:
        """Its path as AWS writes it."""
        return self.path or "/"

    def fault(self, message: str, code: str = SCHEMA) -> None:
        """Add a problem at this place."""
        self.problems.append(Problem(code, message, self.location))

    def has(self, name: str) -> bool:
        """Whether it is an object with this field."""
        return isinstance(self.value, dict) and name in self.value

    def child(self, name: str) -> Place:
        """A field of this object; its value is None when the object does not have it."""
        return Place(self.value.get(name), f"{self.path}/{name}", self.language, self.problems, name)

    def children(self) -> Iterator[Place]:
        """The fields of this object or the items of this list; nothing for other values."""
        if isinstance(self.value, dict):
            for name in self.value:
                yield self.child(name)
        elif isinstance(self.value, list):
            for index, item in enumerate(self.value):
                number = f"[{index}]"
                yield Place(item, self.path + number, self.language, self.problems, self.key + number)

    def in_language(self, language: str) -> Place:
        """The same place with another query language."""
        return dataclasses.replace(self, language=language)

    @property
    def is_expression(self) -> bool:
        """Whether the value is a JSONata expression and the query language is JSONata."""
        return self.language == JSONATA and isinstance(self.value, str) and self.value.startswith("{%")

"""Values of a definition, with the place where they stand and the list of what is wrong with the whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SCHEMA = "SCHEMA_VALIDATION_FAILED"
JSONATA, JSONPATH = "JSONata", "JSONPath"


@dataclass(frozen=True)
class Problem:
    """One reason why Step Functions refuses a definition.

    Args:
        code: AWS's code for this kind of problem.
        message: the sentence.
        location: where, such as ``/States/Wait/Seconds``; None where there is no one place.
    """

    code: str
    message: str
    location: str | None

    def __str__(self) -> str:
        # AWS prints the missing location as its Java text.
        return f"{self.code}: {self.message} at {'null' if self.location is None else self.location}"


@dataclass(frozen=True)
class Place:
    """A value in a definition.

    Args:
        value: the JSON value.
        path: where it stands; empty for the whole definition.
        language: the query language that applies to it.
        problems: collects what is wrong with the definition.
        key: the last part of its path: its name in an object, and its number in a list of that name.
    """

    value: Any
    path: str
    language: str
    problems: list[Problem] = field(compare=False)
    key: str = ""

    @property
    def location(self) -> str:
        """Where it stands, as AWS writes it."""
        return self.path or "/"

    def fault(self, message: str, code: str = SCHEMA) -> None:
        """Report that something is wrong here."""
        self.problems.append(Problem(code, message, self.location))

    def has(self, name: str) -> bool:
        """Whether it is an object with this field."""
        return isinstance(self.value, dict) and name in self.value

    def child(self, name: str) -> Place:
        """A field of this object; its value is None when the object has it not."""
        return Place(self.value.get(name), f"{self.path}/{name}", self.language, self.problems, name)

    def children(self) -> Iterator[Place]:
        """The fields of this object or the items of this list; none of anything else."""
        if isinstance(self.value, dict):
            for name in self.value:
                yield self.child(name)
        elif isinstance(self.value, list):
            for index, item in enumerate(self.value):
                number = f"[{index}]"
                yield Place(item, self.path + number, self.language, self.problems, self.key + number)

    def in_language(self, language: str) -> Place:
        """The same place under another query language."""
        return dataclasses.replace(self, language=language)

    @property
    def is_expression(self) -> bool:
        """Whether it is a JSONata expression where those are evaluated."""
        return self.language == JSONATA and isinstance(self.value, str) and self.value.startswith("{%")

"""Answers a request: reads its body by content type, calls the model, and writes the answer's body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from serving.bodies import (
    CSV,
    JSON_LINES,
    Answers,
    RequestError,
    read_csv,
    write_csv,
    write_json_lines,
)

Features = list[list[float]]


class Answering(Protocol):
    """What `serving.app` serves."""

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[str, bytes]:
        """The answer's content type and body.

        Raises:
            RequestError: when the request is invalid.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Service:
    """A loaded model with its readers.

    Attributes:
        predict: returns the answers to rows of numbers.
        version: the version of the model package, as JSON text.
        prepare: returns the features of a body of raw rows; None when the model has no feature program.
    """

    predict: Callable[[Features], Answers]
    version: str
    prepare: Callable[[bytes], Features] | None = None
    readers: Mapping[str, Callable[[bytes], Features]] = field(init=False)

    def __post_init__(self) -> None:
        own = {} if self.prepare is None else {JSON_LINES: self.prepare}
        object.__setattr__(self, "readers", {CSV: read_csv, **own})

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[str, bytes]:
        """The answer's content type and body.

        Args:
            body: the request's body.
            content_type: the body's content type; parameters after a semicolon are ignored.
            accept: the requested content type; for any other than CSV and JSON Lines, the body's own is used.

        Raises:
            RequestError: when the request is invalid.
        """
        kind = content_type.partition(";")[0].strip().lower() or CSV
        reader = self.readers.get(kind)
        if reader is None:
            raise RequestError(f"Content type {kind!r} is not known here: {self._known()}.", 415)
        rows = reader(body)
        try:
            answers = self.predict(rows)
        except ValueError as error:
            raise RequestError(str(error)) from error
        if len(answers) != len(rows):
            raise RuntimeError(
                f"predict() in model.py gave {len(answers)} answers to {len(rows)} rows: return one a row"
            )
        accepted = accept.partition(";")[0].strip().lower()
        kind = accepted if accepted in (CSV, JSON_LINES) else kind
        return kind, write_csv(answers) if kind == CSV else write_json_lines(answers, self.version)

    def _known(self) -> str:
        if self.prepare is None:
            return f"send {CSV} (for {JSON_LINES}, pack the feature program beside the model)"
        return f"send {JSON_LINES} or {CSV}"

"""Answers a request with the team's ``features`` and ``predict``."""

import json
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlc_container.artifact import Loaded
from mdlc_container.tables import JSON, READERS
from serving.bodies import CSV, JSON_LINES, RequestError, write_csv, write_json_lines

log = logging.getLogger("serving")


class AnswerError(RequestError):
    """``features`` or ``predict`` answered what is no answer; the message says what, to the caller too."""

    def __init__(self, text: str) -> None:
        super().__init__(text, 500)
        log.error("%s", text)


@dataclass(frozen=True, kw_only=True)
class TableService:
    """A loaded model; has the same method as `serving.service.Service`.

    Attributes:
        loaded: the model with its code.
        version: the version of the model package, as JSON text.
    """

    loaded: Loaded
    version: str

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[str, bytes]:
        """The answer's content type and body.

        Raises:
            RequestError: when the request is invalid.
            AnswerError: when the team's code gave no answer to each row.
        """
        kind = content_type.partition(";")[0].strip().lower() or CSV
        reader = READERS.get(kind)
        if reader is None:
            raise RequestError(f"Content type {kind!r} is not known here: send {', '.join(READERS)}.", 415)
        # An error of the team's code is no mistake of the caller: the application answers 500, and logs it.
        answers = self._predict(reader(body, self.loaded.columns))
        accepted = accept.partition(";")[0].strip().lower()
        own = kind if kind in (CSV, JSON, JSON_LINES) else CSV
        return self._written(answers, accepted if accepted in (CSV, JSON, JSON_LINES) else own)

    def _predict(self, rows: Any) -> list[Any]:
        module, number = self.loaded.module, len(rows)
        features = getattr(module, "features", None)
        prepared = rows if features is None else features(rows)
        if len(prepared) != number:
            raise AnswerError(f"features() gave {len(prepared)} rows for {number}: return one a row.")
        raw = module.predict(self.loaded.model, prepared)
        try:
            answers = np.asarray(raw, dtype="float64")
        except (TypeError, ValueError) as error:
            raise AnswerError(f"predict() gave no numbers: {error}.") from error
        if answers.ndim not in (1, 2) or len(answers) != number:
            count = "one number" if answers.ndim == 0 else f"{len(answers)} answers"
            raise AnswerError(
                f"predict() gave {count} for {number} rows: return one number, or one list, a row."
            )
        if answers.ndim == 2 and answers.shape[1] == 1:
            answers = answers[:, 0]
        bad = ~np.isfinite(answers) if answers.ndim == 1 else ~np.isfinite(answers).all(axis=1)
        if bad.any():
            raise AnswerError(f"predict() gave a NaN or an infinite number for row {int(bad.argmax()) + 1}.")
        listed: list[Any] = answers.tolist()
        return listed

    def _written(self, answers: list[Any], kind: str) -> tuple[str, bytes]:
        if kind == CSV:
            return kind, write_csv(answers)
        if kind == JSON_LINES:
            return kind, write_json_lines(answers, self.version)
        version = json.loads(self.version)
        predictions = [{"score": answer, "version": version} for answer in answers]
        return kind, json.dumps({"predictions": predictions}).encode()

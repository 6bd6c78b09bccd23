"""Predictors whose requests are rows of numbers."""

import os
from abc import abstractmethod
from http import HTTPStatus
from typing import Any

from mdlc_local.runtimes.built_in import records
from mdlc_local.runtimes.built_in.algorithm import Predictor
from mdlc_local.runtimes.built_in.container import CustomerError
from mdlc_local.runtimes.built_in.records import CSV, JSON, JSON_LINES, RECORDIO, MediaType

_TEXT = "text/plain; charset=utf-8"


class VectorPredictor(Predictor):
    """A model that answers each row of numbers with named numbers.

    Attributes:
        width: the number of features.
        top: the key of the list in JSON answers.
        csv_requests: whether the image takes CSV.
        csv_answers: whether the image answers in CSV.
    """

    width: int
    top: str = "predictions"
    csv_requests = True
    csv_answers = False

    @abstractmethod
    def rows(self, features: Any, accept: MediaType) -> list[dict[str, Any]]:
        """The answers of rows."""

    def answer(self, content: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """Status, content type and body; what cannot be read is answered with 400, 406 or 415."""
        kind = MediaType.read(content_type or CSV)
        usual = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        wanted = MediaType.read(accept if accept not in ("", "*/*") else usual)
        if kind.name not in (CSV, JSON, JSON_LINES, RECORDIO) or (kind.name == CSV and not self.csv_requests):
            text = f"Content type {kind.name} is not supported."
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _TEXT, text.encode()
        if wanted.name not in (JSON, JSON_LINES, RECORDIO) and not (wanted.name == CSV and self.csv_answers):
            text = f"Accept type {wanted.name} is not supported."
            return HTTPStatus.NOT_ACCEPTABLE, _TEXT, text.encode()
        try:
            features = records.body(content, kind)
            if features.shape[1] != self.width:
                raise ValueError(
                    f"a row has {features.shape[1]} values, and the model has {self.width} features"
                )
            rows = self.rows(features, wanted)
        except (ValueError, CustomerError) as error:
            return HTTPStatus.BAD_REQUEST, _TEXT, f"unable to evaluate payload provided: {error}".encode()
        return HTTPStatus.OK, wanted.name, records.answer(rows, self.top, wanted, csv=self.csv_answers)

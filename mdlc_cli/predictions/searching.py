"""Searches for a prediction wherever it may be recorded, cheapest source first."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.predictions import captures, decided, published
from mdlc_cli.predictions.prediction import Prediction
from mdlc_client import audit, lineage
from mdlc_client.audit import Item

_OF_A_BATCH = re.compile("[0-9a-f]{32}")


@dataclass(kw_only=True)
class Search:
    """A search for one prediction.

    Attributes:
        stack: search only this stack's resources.
        model: search only this model's predictions.
        run: search only the published batch of this run.
        on: the day in UTC whose data capture is searched; None to search no captures.
        note: called with a progress line for each source.
        looked: the sources searched so far, for the error message.
        unlike_a_batch: whether batches were skipped because the id does not have the form of a batch's ids.
    """

    target: Target
    prediction_id: str
    stack: str | None = None
    model: str | None = None
    run: str | None = None
    on: date | None = None
    note: Callable[[str], None] = lambda line: None
    looked: list[str] = field(default_factory=list)
    unlike_a_batch: bool = False

    def find(self) -> tuple[Prediction, list[Item]]:
        """The prediction, and the audit items of its model.

        Raises:
            CommandError: it was not found; the message names the sources searched and what to try.
        """
        prediction = self._decided() if self.run is None else None
        # A decision names its model, so the items of other models need not be read.
        of_models = self._items(prediction.model if prediction else self.model)
        for model, own in sorted(of_models.items()):
            prediction = prediction or self._of_model(model, own)
        if prediction is None:
            raise CommandError(self._refusal(of_models))
        return prediction, of_models.get(prediction.model, [])

    def _items(self, only: str | None) -> dict[str, list[Item]]:
        """Audit items by model, of all models or only of one."""
        of_models: dict[str, list[Item]] = {}
        for table in stacks.audit_tables(self.target, self.stack):
            for item in audit.items(self.target, table, model=only):
                key = str(item["pk"])
                if key.startswith(audit.MODEL_PREFIX):
                    of_models.setdefault(key.removeprefix(audit.MODEL_PREFIX), []).append(item)
        return of_models

    def _decided(self) -> Prediction | None:
        tables = stacks.decision_tables(self.target, self.stack)
        if not tables:
            return None
        prediction = decided.find(self.target, tables, self.prediction_id)
        self.looked.append(f"{len(tables)} decision {_noun('table', tables)}")
        return prediction if prediction and self.model in (None, prediction.model) else None

    def _of_model(self, model: str, items: Sequence[Item]) -> Prediction | None:
        bucket = lineage.bucket_of(items)
        prediction = None
        if self.on is not None and bucket is not None and self.run is None:
            self.looked.append(f"the captures of {self.on} in s3://{bucket}/{captures.PREFIX}")
            prediction = captures.find(self.target, bucket, model, self.on, self.prediction_id, self.note)
        runs = [item for item in lineage.batch_runs(items) if self.run in (None, item["run"])]
        if prediction is None and runs:
            if self.run is None and not _OF_A_BATCH.fullmatch(self.prediction_id):
                self.unlike_a_batch = True
            else:
                self.looked.append(f"{len(runs)} published {_noun('batch', runs)} of {model}")
                prediction = published.in_batches(self.target, runs, self.prediction_id, self.note)
        if prediction is None and self.run is None:
            windows = [item for item in lineage.windows(items) if self.on is None or _holds(item, self.on)]
            if windows:
                self.looked.append(f"{len(windows)} monitored {_noun('window', windows)} of {model}")
                prediction = published.in_windows(self.target, windows, self.prediction_id, self.note)
        return prediction

    def _refusal(self, models: Container[str]) -> str:
        wanted = self.prediction_id
        if wanted in models:
            return f"{wanted!r} is a model and no prediction: try `mdlc audit --model {wanted}`"
        if self.unlike_a_batch:
            self.looked.append("no batch, because the ids of a batch's predictions are 32 hexadecimal digits")
        nothing = "no decision, batch or window is recorded here"
        if self.run is not None:
            nothing = f"no published batch has the run {self.run!r}"
        where = ", ".join(self.looked) or f"nothing, because {nothing}"
        tries = []
        if self.on is None and self.run is None:
            tries.append(
                "give the day in UTC with --on YYYY-MM-DD, which looks through what endpoints captured"
            )
        if self.run is not None:
            tries.append("leave out --run")
        if self.stack is not None or self.model is not None:
            tries.append("leave out --stack and --model")
        tries.append("name the other AWS with --local or --aws")
        return f"no prediction {wanted!r} was found (looked at: {where}): {', or '.join(tries)}"


def _holds(window: Item, day: date) -> bool:
    start, end = (datetime.fromisoformat(str(window[edge])).astimezone(UTC) for edge in ("start", "end"))
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start.date() <= day and end > first


def _noun(singular: str, counted: Sequence[object]) -> str:
    if len(counted) == 1:
        return singular
    return singular + ("es" if singular.endswith("ch") else "s")

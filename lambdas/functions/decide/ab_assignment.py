"""The A/B test that runs on the endpoint, if any, and the variant that it assigns to an entity.

Read from the audit table's item `EXPERIMENT#<endpoint>`, which the release writes; cached as long as rules.
"""

import json
import time
from collections.abc import Callable, Mapping
from functools import cache

from lambdas.aws import embedded_metrics
from lambdas.functions.decide.calls import CallFailed, get_item
from lambdas.functions.decide.config import load_config
from lambdas.planning.items import Item, audit_key, text_of
from mdlc_constructs.settings.sticky import variant_of

READ_SECONDS = 0.5

Load = Callable[[], Item | None]


class CurrentTest:
    """The A/B test as it was last read.

    Args:
        load: reads the item; returns None when there is none.
        age: seconds after which the item is read again.
        note: logs why it could not be read.
    """

    def __init__(
        self,
        load: Load,
        age: float,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._age = age
        self._note = note
        self._clock = clock
        self._looked: float | None = None
        self._entity = ""
        self._weights: list[tuple[str, float]] = []

    def variant(self, row: Mapping[str, object]) -> str | None:
        """The variant assigned to the row's entity; None when no test runs, or the row has no entity."""
        now = self._clock()
        if self._looked is None or now - self._looked >= self._age:
            self._looked = now
            self._look()
        entity = row.get(self._entity) if self._weights else None
        return None if entity is None else variant_of(str(entity), self._weights)

    def _look(self) -> None:
        try:
            item = self._load()
            # Until the status is running, the endpoint does not have the test's variants.
            if item is None or text_of(item, "kind") != "ab" or text_of(item, "status") != "running":
                self._weights = []
                return
            weights = [(str(name), float(weight)) for name, weight in json.loads(text_of(item, "weights"))]
            self._entity, self._weights = text_of(item, "entity"), weights
        except (CallFailed, KeyError, TypeError, ValueError) as error:
            self._note(f"The test on the endpoint cannot be read, the last one stays: {error}")


@cache
def experiment_in_progress() -> CurrentTest:
    """The process's cached A/B test on its endpoint."""
    config = load_config()
    key = audit_key(config.model, f"EXPERIMENT#{config.endpoint}")
    return CurrentTest(
        lambda: get_item(config.audit_table, key, seconds=READ_SECONDS),
        config.settings.rules_age,
        lambda message: embedded_metrics.note(config.api, message),
    )

"""The current rules: read from the table, cached for some seconds, and used on when they cannot be read."""

import time
from collections.abc import Callable, Sequence
from functools import cache

from lambdas.aws import embedded_metrics
from lambdas.functions.decide.calls import CallFailed, get_item
from lambdas.functions.decide.config import load_config
from lambdas.planning.items import Item, text_of
from mdlc_constructs.settings.rules import Rules
from mdlc_constructs.settings.rules_document import RulesRefusedError, parse, read

KEY = {"pk": {"S": "RULES"}}
"""The key of the current rules in the rules table; `lambdas.functions.accept_rules` writes the item."""

READ_SECONDS = 0.5

Load = Callable[[], Item | None]


class CurrentRules:
    """The last valid rules that were read.

    Args:
        load: reads the item of the current rules; returns None when there is none.
        decisions: the decisions that rules may make; rules with others are invalid.
        age: seconds after which rules are read again.
        note: logs why rules could not be read or are invalid.
    """

    def __init__(
        self,
        load: Load,
        decisions: Sequence[str],
        age: float,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._decisions = decisions
        self._age = age
        self._note = note
        self._clock = clock
        self._rules: Rules | None = None
        self._text: str | None = None
        self._looked: float | None = None

    def get(self) -> Rules | None:
        """The rules; None when no valid ones were ever read.

        Until valid rules are read, every call reads the table.
        """
        now = self._clock()
        if self._rules is None or self._looked is None or now - self._looked >= self._age:
            self._looked = now
            self._look()
        return self._rules

    def _look(self) -> None:
        try:
            item = self._load()
            if item is None:
                self._note("There are no rules yet.")
                return
            text = text_of(item, "document")
            if text != self._text or self._rules is None:
                self._rules = parse(read(text), decisions=self._decisions)
                self._text = text
        except (CallFailed, RulesRefusedError, KeyError) as error:
            self._note(f"The rules cannot be read, those in use stay: {error}")


@cache
def rules_in_use() -> CurrentRules:
    """The process's cached rules."""
    config = load_config()
    return CurrentRules(
        lambda: get_item(config.rules_table, KEY, seconds=READ_SECONDS),
        config.settings.decisions,
        config.settings.rules_age,
        lambda message: embedded_metrics.note(config.api, message),
    )

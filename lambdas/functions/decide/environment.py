"""What a deciding function is told by its environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Names and settings of one decision API.

    Attributes:
        settings: what `mdlc_constructs.settings.decisions.Decisions.to_settings` wrote.
        endpoint: the endpoint's name; empty where the state machine asks it.
        lookup_table: empty when nothing is looked up.
        action: the function that acts; empty when nothing is done.
        audit_table: where tests on the endpoint are noted; empty where none are run.
    """

    api: str
    model: str
    settings: Mapping[str, Any]
    decision_table: str
    rules_table: str
    endpoint: str
    lookup_table: str
    action: str
    audit_table: str = ""

    @property
    def origin(self) -> dict[str, str]:
        """What every record says of where it was made."""
        return {"api": self.api, "model": self.model}


@cache
def environment() -> Environment:
    """The environment, read once."""
    given = os.environ
    return Environment(
        api=given["MDLC_API"],
        model=given["MDLC_MODEL"],
        settings=json.loads(given["MDLC_DECISIONS"]),
        decision_table=given["MDLC_DECISION_TABLE"],
        rules_table=given["MDLC_RULES_TABLE"],
        endpoint=given.get("MDLC_ENDPOINT", ""),
        lookup_table=given.get("MDLC_LOOKUP_TABLE", ""),
        action=given.get("MDLC_ACTION", ""),
        audit_table=given.get("MDLC_AUDIT_TABLE", ""),
    )

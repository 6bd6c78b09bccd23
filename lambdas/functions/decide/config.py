"""The configuration of a decision function, from its environment."""

import json
import os
from dataclasses import dataclass
from functools import cache

from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.decision import DecideSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Names and settings of one decision API.

    Attributes:
        endpoint: the endpoint's name; empty when the state machine calls it.
        lookup_table: name of the features' table; empty when nothing is looked up.
        action: ARN of the action's function; empty without an action.
        audit_table: name of the table that records A/B tests; empty when none are run.
    """

    api: str
    model: str
    settings: DecideSettings
    decision_table: str
    rules_table: str
    endpoint: str
    lookup_table: str
    action: str
    audit_table: str = ""

    @property
    def origin(self) -> dict[str, str]:
        """The names of the API and the model, for every record."""
        return {"api": self.api, "model": self.model}


@cache
def load_config() -> Config:
    """The configuration, read once."""
    variables = os.environ
    return Config(
        api=variables["MDLC_API"],
        model=variables["MDLC_MODEL"],
        settings=decode(DecideSettings, json.loads(variables["MDLC_DECISIONS"]), where="MDLC_DECISIONS"),
        decision_table=variables["MDLC_DECISION_TABLE"],
        rules_table=variables["MDLC_RULES_TABLE"],
        endpoint=variables.get("MDLC_ENDPOINT", ""),
        lookup_table=variables.get("MDLC_LOOKUP_TABLE", ""),
        action=variables.get("MDLC_ACTION", ""),
        audit_table=variables.get("MDLC_AUDIT_TABLE", ""),
    )

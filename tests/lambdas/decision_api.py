"""A decision API as its functions see it: settings, rules and a request's row."""

from typing import Any

SETTINGS: dict[str, Any] = {
    "decisions": ["rebook", "wait"],
    "fallback": {"decision": "wait", "endpoint_timeout": 0.2, "tries": 2},
    "lookup": {
        "key": "plane",
        "table_key": "tail",
        "key_type": "S",
        "defaults": {"seats": 150},
        "types": {"seats": "integer"},
        "timeout": 0.1,
    },
    "action": {"decisions": ["rebook"], "waits": True, "timeout": 0.2, "again_after": 30.0},
    "rules_age": 10.0,
    "kept": None,
}
RULES = {
    "schema_version": 1,
    "version": "7",
    "bands": [{"below": 0.5, "decision": "wait"}, {"from": 0.5, "decision": "rebook"}],
    "deny": [{"column": "seats", "values": [13], "decision": "rebook"}],
}
ROW = {"plane": "N1", "distance": 7}

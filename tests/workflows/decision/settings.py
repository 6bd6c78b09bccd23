"""Decisions and rules that several tests start from."""

from datetime import timedelta

from mdlc_constructs import ActionCall, Decisions, Fallback, FeatureLookup

LOOKUP = FeatureLookup(
    key="tail_number", table_key="id", defaults={"age": 12.5, "seats": 180, "carrier": None, "leased": False}
)
DECISIONS = Decisions(
    decisions=("rebook", "wait"),
    fallback=Fallback(decision="wait"),
    columns={
        "distance": "number",
        "tail_number": "category",
        "age": "number",
        "seats": "integer",
        "carrier": "category",
        "leased": "boolean",
    },
    required=("distance", "tail_number"),
    lookup=LOOKUP,
    action=ActionCall(decisions=("rebook",)),
    kept=timedelta(days=90),
)
PLAIN = Decisions(
    decisions=("rebook", "wait"), fallback=Fallback(decision="wait"), columns={"distance": "number"}
)
RULES = {
    "schema_version": 1,
    "version": "first",
    "bands": [{"below": 0.5, "decision": "wait"}, {"from": 0.5, "decision": "rebook"}],
}

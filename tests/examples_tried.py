"""How many examples property tests try: few in the quick lane, many in the soak."""

import os

VARIABLE = "MDLC_EXAMPLES"
PROFILES = {"quick": 0.25, "ci": 1.0, "soak": 40.0}
"""Each profile's share of the examples that CI tries."""


def profile() -> str:
    """The profile in use: CI's unless the variable `MDLC_EXAMPLES` names another."""
    return os.environ.get(VARIABLE, "ci")


def examples(number: int) -> int:
    """So many examples in CI, fewer or more in the other profiles."""
    return max(round(number * PROFILES[profile()]), 2)

"""Assigns an entity to a variant of an A/B test, by a hash: all callers get the same variant.

It runs for every request, so the module imports nothing else.
"""

import hashlib
from collections.abc import Sequence


def variant_of(entity: str, weights: Sequence[tuple[str, float]]) -> str:
    """The variant for this entity, always the same; over many entities the shares match the weights.

    Args:
        weights: each variant's name with its share, in any unit. Another order gives another assignment.
    """
    digest = hashlib.sha256(entity.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64 * sum(weight for _, weight in weights)
    for name, weight in weights:
        place -= weight
        if place < 0:
            return name
    return weights[-1][0]

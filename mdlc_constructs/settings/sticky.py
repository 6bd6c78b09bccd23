"""Which variant answers for an entity while a test runs: the same one for whoever asks.

The request path asks it for every request, so nothing else is imported here.
"""

import hashlib
from collections.abc import Sequence


def variant_of(entity: str, weights: Sequence[tuple[str, float]]) -> str:
    """The variant that always answers for this entity; over many entities the shares are the weights'.

    Args:
        weights: each variant's name with its share, in any unit; their order counts.
    """
    digest = hashlib.sha256(entity.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64 * sum(weight for _, weight in weights)
    for name, weight in weights:
        place -= weight
        if place < 0:
            return name
    return weights[-1][0]

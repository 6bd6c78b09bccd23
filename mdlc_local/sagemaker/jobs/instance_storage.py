"""Instance types with local storage, which is encrypted by hardware, so that a volume key is rejected."""

import re
from typing import Any

from mdlc_local.errors import invalid

_NAMED = re.compile(r"ml\.[a-z]+\d+[a-z]*d[a-z]*(-[a-z0-9]+)?")
"""Families with local storage, marked by a "d" after the generation: m5d, g4dn, p4de."""

_UNNAMED = re.compile(r"ml\.(g[567]e?|p5(e|en)?|p6e?-[a-z0-9]+|trn1n?|trn2|dl1|i[34](en|i)?)")
"""Families with local storage without that mark in their names."""


def refuse_volume_key(resources: dict[str, Any]) -> None:
    """Check that a request has no volume key for an instance type with local storage.

    The message is that of the API reference on `VolumeKmsKeyId`.

    Args:
        resources: a request's ResourceConfig, ClusterConfig or TransformResources.

    Raises:
        ApiError: ValidationException when it has.
    """
    kind = resources.get("InstanceType", "")
    family = kind.rpartition(".")[0]
    if resources.get("VolumeKmsKeyId") and (_NAMED.fullmatch(family) or _UNNAMED.fullmatch(family)):
        raise invalid(
            f"You can't request a VolumeKmsKeyId when using an instance type with local storage: {kind}"
        )

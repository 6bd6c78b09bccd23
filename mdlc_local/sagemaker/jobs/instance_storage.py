"""Instances whose data lies on disks of their own, encrypted by their hardware: they take no key."""

import re
from typing import Any

from mdlc_local.sagemaker.faults import invalid

_NAMED = re.compile(r"ml\.[a-z]+\d+[a-z]*d[a-z]*(-[a-z0-9]+)?")
"""Families that say so by a "d" behind the generation: m5d, g4dn, p4de."""

_UNNAMED = re.compile(r"ml\.(g[567]e?|p5(e|en)?|p6e?-[a-z0-9]+|trn1n?|trn2|dl1|i[34](en|i)?)")
"""Families with such disks that do not say so in their names."""


def refuse_volume_key(resources: dict[str, Any]) -> None:
    """Refuse a key for the volume of instances with local storage.

    The words are those of the API's reference on `VolumeKmsKeyId`.

    Args:
        resources: a request's ResourceConfig, ClusterConfig or TransformResources.

    Raises:
        SageMakerApiError: ValidationException.
    """
    kind = resources.get("InstanceType", "")
    family = kind.rpartition(".")[0]
    if resources.get("VolumeKmsKeyId") and (_NAMED.fullmatch(family) or _UNNAMED.fullmatch(family)):
        raise invalid(
            f"You can't request a VolumeKmsKeyId when using an instance type with local storage: {kind}"
        )

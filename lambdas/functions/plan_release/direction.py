"""Whether a release leads forward, back, or nowhere: pure decisions over package and champion."""

from collections.abc import Mapping
from typing import Any

from lambdas.aws.packages import Package


def superseded(given: Mapping[str, Any], package: Package, champion: Mapping[str, Any] | None) -> bool:
    """Whether a release that may only go forward has nothing to do any more.

    Approvals are announced at least once and in any order: one that comes late must not lead back to an
    older version, nor to one that was sent back since, nor to one that served and that a person went back
    from: its approval is spent.
    """
    if not given.get("forward_only"):
        return False
    newer = champion is not None and int(champion["version"]) > package.version
    spent = package.served and champion is not None and champion["package_arn"] != package.arn
    return newer or spent or package.status != "Approved"


def goes_back(package: Package, champion: Mapping[str, Any] | None) -> bool:
    """Whether this is the way back to a version that served before the champion.

    It is held to nothing that the champion answers: whoever goes back has a reason not to trust that. What
    never served is no way back, however old.
    """
    return package.served and champion is not None and package.version < int(champion["version"])

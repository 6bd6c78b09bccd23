"""Earlier tuning jobs that a tuning learns from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mdlc_constructs.settings.refusal import refusal, unknown

MAX_PARENTS = 5
"""The most parents of a tuning job. Source: ``ParentHyperParameterTuningJobs`` in SageMaker's API model."""
WARM_STARTS = ("IdenticalDataAndAlgorithm", "TransferLearning")
_JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")


@dataclass(frozen=True, kw_only=True)
class WarmStart:
    """Earlier tuning jobs whose trials the search begins with.

    Args:
        parents: names of one to five tuning jobs that have ended.
        kind: "IdenticalDataAndAlgorithm" when data and image are those of the parents, "TransferLearning"
            when they differ.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    parents: Sequence[str]
    kind: Literal["IdenticalDataAndAlgorithm", "TransferLearning"] = "IdenticalDataAndAlgorithm"

    def __post_init__(self) -> None:
        if not isinstance(self.parents, (tuple, list)):
            raise refusal("parents", self.parents, "give a list of names of tuning jobs.")
        object.__setattr__(self, "parents", tuple(self.parents))
        if not 1 <= len(self.parents) <= MAX_PARENTS:
            raise refusal("parents", list(self.parents), f"give 1 to {MAX_PARENTS} names of tuning jobs.")
        for name in self.parents:
            if not isinstance(name, str) or not _JOB_NAME.fullmatch(name):
                raise refusal("parents", name, "give the name of a tuning job, of at most 32 characters.")
            if self.parents.count(name) > 1:
                raise refusal("parents", name, "occurs twice; give each tuning job once.")
        if self.kind not in WARM_STARTS:
            raise unknown("kind", self.kind, WARM_STARTS, what="kind of warm start")

    def to_request(self) -> dict[str, object]:
        """The API's ``HyperParameterTuningJobWarmStartConfig``."""
        parents = [{"HyperParameterTuningJobName": name} for name in self.parents]
        return {"ParentHyperParameterTuningJobs": parents, "WarmStartType": self.kind}

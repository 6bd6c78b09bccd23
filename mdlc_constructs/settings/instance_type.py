"""The SageMaker instance types, and the uses for which SageMaker offers each."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.token import has_token

USES = ("training", "processing", "transform", "endpoint")


@cache
def _table() -> Any:
    """The generated table (see ``scripts/generate_instance_types.py``)."""
    return json.loads((Path(__file__).parent / "_instance_types.json").read_text())


@cache
def known_instance_types(use: str | None = None) -> frozenset[str]:
    """The instance types that SageMaker offers for a use (one of `USES`), or with None for any use.

    Source: botocore's SageMaker model (see ``scripts/generate_instance_types.py``).
    """
    table = _table()
    return frozenset(
        f"{family}.{size}"
        for offered in USES
        if use in (None, offered)
        for family, sizes in table[offered].items()
        for size in sizes
    )


def has_local_storage(instance_type: str) -> bool:
    """Whether a job's data is on the instance's own disks (instance store), which the hardware encrypts.

    False for a type that is known only at deployment.
    Source: AWS's lists of instance store volumes (see ``scripts/generate_instance_types.py``).
    """
    return instance_type.rsplit(".", 1)[0] in _table()["local_storage"]


def check_instance_type(argument: str, value: str, use: str | None = None) -> None:
    """Refuse an instance type that SageMaker does not offer for the use.

    Raises:
        ValueError: with the most similar type that it does offer.
    """
    known = known_instance_types(use)
    if has_token(value) or value in known:
        return
    if f"ml.{value}" in known:
        raise refusal(
            argument, value, f"SageMaker's instance types begin with 'ml.'; did you mean {'ml.' + value!r}?"
        )
    family = value.rsplit(".", 1)[0]
    same_family = [name for name in known if name.rsplit(".", 1)[0] == family]
    raise unknown(argument, value, same_family or known, what=f"instance type for {use or 'SageMaker jobs'}")


_ARM = re.compile(r"ml\.[a-z]+\d+[a-z]*g[a-z]*\..+|ml\.p6e-gb\d+\..+")
"""Types with Arm processors: a "g" after the generation means AWS Graviton. Source: "Amazon EC2 instance type
naming conventions" in AWS's guide to instance types. P6e-GB200 has NVIDIA's Grace processors, which are Arm,
too.
"""

_ACCELERATORS = re.compile(r"ml\.(inf|trn|dl)\d+[a-z]*\..+")
"""Types with Inferentia, Trainium (AWS Neuron) or Gaudi (DL1): they run models that are compiled for them."""


def check_processor(argument: str, value: str, image: str) -> None:
    """Refuse an instance type that cannot run an image for x86-64, or whose accelerators it would not use.

    A type that is known only at deployment is not refused.

    Args:
        image: the image's name for the error message: "XGBoost's image".

    Raises:
        ValueError: naming the instance type and the remedy.
    """
    if _ARM.fullmatch(value):
        raise refusal(
            argument,
            value,
            f"has Arm processors, and {image} is built for x86-64; give a type such as 'ml.m5.large'.",
        )
    if _ACCELERATORS.fullmatch(value):
        raise refusal(
            argument,
            value,
            f"has accelerators that run compiled models alone, and {image} is built for x86-64 processors; "
            "give a type such as 'ml.m5.large'.",
        )

"""Which SageMaker instance types exist, and for which jobs."""

import json
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
    """The instance types that SageMaker offers for a use (one of `USES`), or for any.

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
    """Whether a job's data lies on disks of the instance itself, which its hardware encrypts.

    False for a type that is known only at deployment.
    Source: AWS's lists of instance store volumes (see ``scripts/generate_instance_types.py``).
    """
    return instance_type.rsplit(".", 1)[0] in _table()["local_storage"]


def check_instance_type(argument: str, value: str, use: str | None = None) -> None:
    """Refuse an instance type that SageMaker does not offer for the use.

    :raises ValueError: with the nearest type that it does offer.
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

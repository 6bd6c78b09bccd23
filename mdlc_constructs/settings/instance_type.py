"""Which SageMaker instance types exist, and for which jobs."""

import json
from functools import cache
from pathlib import Path

from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.token import has_token

USES = ("training", "processing", "transform")


@cache
def known_instance_types(use: str | None = None) -> frozenset[str]:
    """The instance types that SageMaker offers for a use (one of `USES`), or for any.

    Source: botocore's SageMaker model (see ``scripts/generate_instance_types.py``).
    """
    table = json.loads((Path(__file__).parent / "_instance_types.json").read_text())
    return frozenset(
        f"{family}.{size}"
        for offered in USES
        if use in (None, offered)
        for family, sizes in table[offered].items()
        for size in sizes
    )


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

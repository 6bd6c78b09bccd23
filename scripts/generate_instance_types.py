"""Generate mdlc_constructs/settings/_instance_types.json: the instance types in botocore's SageMaker
model, and the families with local instance storage.

python scripts/generate_instance_types.py
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import botocore.session

TARGET = Path(__file__).parent.parent / "mdlc_constructs" / "settings" / "_instance_types.json"
SHAPES = {
    "training": "TrainingInstanceType",
    "processing": "ProcessingInstanceType",
    "transform": "TransformInstanceType",
    "endpoint": "ProductionVariantInstanceType",
}
# "d" among the letters after the generation means "instance store volumes". Source: "Amazon EC2 instance type
# naming conventions" in AWS's guide to instance types.
NAMED_FOR_DISKS = re.compile(r"ml\.[a-z]+\d+[a-ce-z]*d[a-z]*")
# Families with local NVMe disks whose names do not show it; the API models do not show it either. Source: the
# tables "Instance store specifications" under "Accelerated computing" in the same guide. inf1, inf2, p2 and
# p3 have none. dl1 is under "Previous generation instances".
DISKS_UNNAMED = frozenset(
    f"ml.{family}"
    for family in (
        *("g5", "g6", "g6e", "g7", "g7e"),
        *("p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"),
        *("trn1", "trn1n", "trn2", "dl1"),
    )
)


def instance_types() -> dict[str, dict[str, list[str]]]:
    """The sizes of each instance family in the API model, by use (training, processing, ...)."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    table: dict[str, dict[str, list[str]]] = {}
    for use, shape in SHAPES.items():
        families: dict[str, list[str]] = {}
        for name in sorted(model.shape_for(shape).metadata["enum"]):
            family, size = name.rsplit(".", 1)
            families.setdefault(family, []).append(size)
        table[use] = families
    return table


def families_with_local_storage(families: Iterable[str]) -> list[str]:
    """The families whose instances have local storage, sorted."""
    return sorted(name for name in set(families) if name in DISKS_UNNAMED or NAMED_FOR_DISKS.fullmatch(name))


def main() -> None:
    """Write the table."""
    table = instance_types()
    local = families_with_local_storage(family for families in table.values() for family in families)
    lines = [
        f' "{use}": {{\n'
        + ",\n".join(f'  "{family}": {json.dumps(sizes)}' for family, sizes in families.items())
        + "\n }"
        for use, families in table.items()
    ]
    lines.append(f' "local_storage": {json.dumps(local)}')
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()

"""Generate mdlc_constructs/settings/_instance_types.json from botocore's SageMaker model.

python scripts/generate_instance_types.py
"""

import json
from pathlib import Path

import botocore.session

TARGET = Path(__file__).parent.parent / "mdlc_constructs" / "settings" / "_instance_types.json"
SHAPES = {
    "training": "TrainingInstanceType",
    "processing": "ProcessingInstanceType",
    "transform": "TransformInstanceType",
}


def instance_types() -> dict[str, dict[str, list[str]]]:
    """For each use, the sizes of each instance family, as the API model lists them."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    table: dict[str, dict[str, list[str]]] = {}
    for use, shape in SHAPES.items():
        families: dict[str, list[str]] = {}
        for name in sorted(model.shape_for(shape).metadata["enum"]):
            family, size = name.rsplit(".", 1)
            families.setdefault(family, []).append(size)
        table[use] = families
    return table


def main() -> None:
    """Write the table."""
    lines = [
        f' "{use}": {{\n'
        + ",\n".join(f'  "{family}": {json.dumps(sizes)}' for family, sizes in families.items())
        + "\n }"
        for use, families in instance_types().items()
    ]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()

"""Generate mdlc_constructs/settings/_image_accounts.json from sagemaker-core's image tables.

Synthesis must not import the SageMaker SDK, which is large and slow, so the needed values are vendored.

    pip download --no-deps sagemaker-core && unzip sagemaker_core-*.whl -d unpacked
    python scripts/generate_image_accounts.py unpacked/sagemaker/core/image_uri_config
"""

import argparse
import json
from pathlib import Path

TARGET = Path(__file__).parent.parent / "mdlc_constructs" / "settings" / "_image_accounts.json"
FRAMEWORKS = ("xgboost", "sklearn")
SKIPPED_REPOSITORY = "xgboost"  # the image of 2018 (XGBoost 0.72), which lacks today's hyperparameters


def image_table(folder: Path) -> dict[str, object]:
    """Registry accounts by region, and the image tag of every version by repository, for `FRAMEWORKS`."""
    accounts: dict[str, str] = {}
    images: dict[str, dict[str, str]] = {}
    for framework in FRAMEWORKS:
        versions = json.loads((folder / f"{framework}.json").read_text())["training"]["versions"]
        for version, entry in versions.items():
            if entry["repository"] == SKIPPED_REPOSITORY:
                continue
            if accounts and entry["registries"] != accounts:
                raise ValueError(
                    f"{framework} {version} has other registries: give it an account table of its own."
                )
            accounts = entry["registries"]
            parts = [version, *entry.get("processors", [])[:1], *entry.get("py_versions", [])[:1]]
            images.setdefault(entry["repository"], {})[version] = "-".join(parts)
    return {"accounts": dict(sorted(accounts.items())), "images": images}


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="sagemaker-core's folder sagemaker/core/image_uri_config")
    arguments = parser.parse_args()
    TARGET.write_text(json.dumps(image_table(arguments.folder), indent=1) + "\n")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()

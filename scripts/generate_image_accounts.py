"""Generate the settings' _image_accounts.json and _framework_images.json from sagemaker-core.

Synthesis must not import the SageMaker SDK, which is large and slow, so the needed values are vendored.

    pip download --no-deps sagemaker-core && unzip sagemaker_core-*.whl -d unpacked
    python scripts/generate_image_accounts.py unpacked/sagemaker/core/image_uri_config
"""

import argparse
import json
from pathlib import Path
from typing import Any

SETTINGS = Path(__file__).parent.parent / "mdlc_constructs" / "settings"
TARGET = SETTINGS / "_image_accounts.json"
FRAMEWORK_TARGET = SETTINGS / "_framework_images.json"
DEEP_LEARNING = {"pytorch": (2, 0), "tensorflow": (2, 8)}
"""The Deep Learning Containers' frameworks, each with the first version that is listed."""

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


def framework_table(folder: Path) -> dict[str, object]:
    """The Deep Learning Containers: accounts by region, and by version both images' Python and regions.

    Raises:
        ValueError: when two images have different accounts in a region.
    """
    accounts: dict[str, str] = {}
    chosen: dict[str, dict[str, dict[str, Any]]] = {}
    for name, first in DEEP_LEARNING.items():
        read = json.loads((folder / f"{name}.json").read_text())
        sides = {use: read[use]["versions"] for use in ("training", "inference")}
        common = [version for version in sides["training"] if version in sides["inference"]]
        wanted = [version for version in common if tuple(map(int, version.split(".")[:2])) >= first]
        chosen[name] = {version: {use: side[version] for use, side in sides.items()} for version in wanted}
    entries = [entry for versions in chosen.values() for uses in versions.values() for entry in uses.values()]
    for entry in entries:
        for region, account in entry["registries"].items():
            if accounts.setdefault(region, account) != account:
                raise ValueError(
                    f"{region} has accounts {account} and {accounts[region]}: separate the tables."
                )

    def row(entry: Any) -> dict[str, object]:
        return {
            "python": (entry.get("py_versions") or [""])[0],
            "without": sorted(set(accounts) - set(entry["registries"])),
        }

    versions = {
        name: {version: {use: row(entry) for use, entry in uses.items()} for version, uses in rows.items()}
        for name, rows in chosen.items()
    }
    return {"accounts": dict(sorted(accounts.items())), "versions": versions}


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="sagemaker-core's folder sagemaker/core/image_uri_config")
    arguments = parser.parse_args()
    TARGET.write_text(json.dumps(image_table(arguments.folder), indent=1) + "\n")
    FRAMEWORK_TARGET.write_text(json.dumps(framework_table(arguments.folder), indent=1) + "\n")
    print(f"wrote {TARGET} and {FRAMEWORK_TARGET}")


if __name__ == "__main__":
    main()

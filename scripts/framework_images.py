"""The table of the Deep Learning Containers for `Script`, from sagemaker-core's image tables."""

import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "mdlc_constructs" / "settings" / "_framework_images.json"
DEEP_LEARNING = {"pytorch": (2, 0), "tensorflow": (2, 8)}
"""The Deep Learning Containers' frameworks, each with the first version that is listed."""


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

"""Generate the table of algorithms and images, and the constructors of `BuiltInAlgorithm`.

Synthesis must not import the SageMaker SDK, which is large and slow, so the needed values are vendored.
Images, their accounts and their tags come from sagemaker-core's image tables. What an algorithm trains,
takes and computes comes from `algorithm_facts.json`, which is edited by hand; each row has its sources and
the date of their check.

    pip download --no-deps sagemaker-core && unzip sagemaker_core-*.whl -d unpacked
    python -m scripts.generate_algorithms unpacked/sagemaker/core/image_uri_config

Without the folder only the facts are written anew; the images stay as they are.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts import framework_images
from scripts.algorithm_constructors import constructors

ROOT = Path(__file__).parent.parent
FACTS = Path(__file__).parent / "algorithm_facts.json"
TARGET = ROOT / "mdlc_constructs" / "settings" / "algorithms" / "_algorithms.json"
CONSTRUCTORS = TARGET.with_name("constructors.py")

FRAMEWORKS = ("xgboost", "sklearn", "autogluon", "pytorch", "tensorflow")
"""The configurations of frameworks; those of algorithms are named by the facts."""

SKIPPED_REPOSITORY = "xgboost"  # the image of 2018 (XGBoost 0.72), which lacks today's hyperparameters

OLDEST = {"pytorch": (1, 9, 0), "tensorflow": (2, 11, 0), "autogluon": (0, 4, 3)}
"""The first version that is taken of frameworks with long histories."""


def facts() -> dict[str, Any]:
    """The facts that are edited by hand, by algorithm."""
    rows: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return rows


def images(folder: Path, configurations: tuple[str, ...]) -> dict[str, Any]:
    """The accounts of each registry by region, and each repository's registry and tags by version."""
    registries: dict[str, dict[str, str]] = {}
    repositories: dict[str, Any] = {}
    for name in configurations:
        document = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for scope in ("training", "inference"):
            for version, entry in document.get(scope, document).get("versions", {}).items():
                repository = entry.get("repository")
                if repository in (None, SKIPPED_REPOSITORY) or _numbers(version) < OLDEST.get(name, ()):
                    continue
                registry = _registry(registries, repository, entry["registries"])
                row = repositories.setdefault(repository, {"registry": {}, "tags": {}})
                for version_name, tag in _tags(name, version, entry).items():
                    row["tags"][version_name] = tag
                    row["registry"][version_name] = registry
    for row in repositories.values():
        if len(set(row["registry"].values())) == 1:
            row["registry"] = next(iter(row["registry"].values()))
    return {"registries": registries, "images": dict(sorted(repositories.items()))}


def _registry(registries: dict[str, dict[str, str]], repository: str, accounts: Mapping[str, str]) -> str:
    """The name of a registry with these accounts, which is that of the first repository in it."""
    ordered = dict(sorted(accounts.items()))
    for name, known in registries.items():
        if known == ordered:
            return name
    name = repository if repository not in registries else f"{repository}-{len(registries)}"
    registries[name] = ordered
    return name


def _tags(framework: str, version: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a version by the name that it has here: a framework of several processors has one each."""
    pythons = entry.get("py_versions", [])
    if framework in OLDEST:
        processors = entry.get("processors", ["cpu", "gpu"])
        tags = ["-".join([version, processor, *pythons[-1:]]) for processor in processors]
        return {tag: tag for tag in tags}
    return {version: "-".join([version, *entry.get("processors", [])[:1], *pythons[:1]])}


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def rows(facts: Mapping[str, Any], images: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of the table: the facts, with the repository of each training image."""
    table_rows = {}
    for name, fact in facts.items():
        config = fact["config"]
        candidates = [f"{config}-training", f"sagemaker-{config}", config]
        repository = next(candidate for candidate in candidates if candidate in images)
        table_rows[name] = {
            "repository": repository,
            **{key: value for key, value in fact.items() if key != "config"},
        }
    return table_rows


def table(facts: Mapping[str, Any], images: Mapping[str, Any]) -> dict[str, Any]:
    """The whole table."""
    return {**images, "algorithms": rows(facts, images["images"])}


def rendered(document: Mapping[str, Any]) -> str:
    """The table as text: a line for each registry, image and algorithm."""
    sections = (
        f'"{section}":{{\n'
        + ",\n".join(f"{json.dumps(key)}:{_compact(value)}" for key, value in entries.items())
        + "\n}"
        for section, entries in document.items()
    )
    return "{" + ",\n".join(sections) + "}\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    """Write the table and the constructors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder", type=Path, nargs="?", help="sagemaker-core's folder sagemaker/core/image_uri_config"
    )
    folder = parser.parse_args().folder
    known = facts()
    if folder is None:
        old = json.loads(TARGET.read_text(encoding="utf-8"))
        image_table = {key: old[key] for key in ("registries", "images")}
    else:
        configurations = dict.fromkeys((*FRAMEWORKS, *(fact["config"] for fact in known.values())))
        image_table = images(folder, tuple(configurations))
        framework_images.TARGET.write_text(
            json.dumps(framework_images.framework_table(folder), indent=1) + "\n", encoding="utf-8"
        )
    TARGET.write_text(rendered(table(known, image_table)), encoding="utf-8")
    CONSTRUCTORS.write_text(constructors(rows(known, image_table["images"])), encoding="utf-8")
    print(f"wrote {TARGET} and {CONSTRUCTORS}")


if __name__ == "__main__":
    main()

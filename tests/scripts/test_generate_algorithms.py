"""The generated table and constructors are those that the script writes from the committed facts."""

import json
from pathlib import Path

import pytest

from mdlc_constructs.settings.image import Image
from scripts.algorithm_constructors import constructors
from scripts.generate_algorithms import CONSTRUCTORS, FRAMEWORKS, TARGET, facts, images, rendered, rows, table

RAW = Path(__file__).with_name("image_uri_config.json")
"""``sagemaker/core/image_uri_config`` of sagemaker-core 2.27.0: every version that the table has.

The accounts of an entry are a number, their place among ``registries``: most have the same ones.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as the wheel has them."""
    path = tmp_path_factory.mktemp("image_uri_config")
    raw = json.loads(RAW.read_text(encoding="utf-8"))
    for name, document in raw["configurations"].items():
        for scope in (document, *document.values()):
            for entry in scope.get("versions", {}).values() if "versions" in scope else ():
                entry["registries"] = raw["registries"][entry["registries"]]
        (path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return path


def test_the_table_is_written_from_the_facts() -> None:
    committed = json.loads(TARGET.read_text(encoding="utf-8"))
    kept = {key: committed[key] for key in ("registries", "images")}
    assert TARGET.read_text(encoding="utf-8") == rendered(table(facts(), kept))


def test_the_constructors_are_written_from_the_facts() -> None:
    kept = json.loads(TARGET.read_text(encoding="utf-8"))["images"]
    assert CONSTRUCTORS.read_text(encoding="utf-8") == constructors(rows(facts(), kept))


def test_images_and_accounts_are_those_of_sagemaker_core(folder: Path) -> None:
    configurations = dict.fromkeys((*FRAMEWORKS, *(fact["config"] for fact in facts().values())))
    raw = images(folder, tuple(configurations))
    committed = json.loads(TARGET.read_text(encoding="utf-8"))["images"]
    assert committed.keys() == raw["images"].keys()
    checked = 0
    for repository, row in raw["images"].items():
        assert committed[repository]["tags"] == row["tags"]
        for version, tag in row["tags"].items():
            registry = row["registry"]
            image = Image(repository=repository, version=version)
            assert image.tag == tag
            name = registry if isinstance(registry, str) else registry[version]
            assert dict(image.accounts) == raw["registries"][name], f"{repository}:{version}"
            checked += 1
    assert checked == 191


def test_every_row_names_its_sources_and_their_date() -> None:
    for name, fact in facts().items():
        # The guide that most were read in, or the day on which today's page or the image's source was.
        assert fact["date"] in ("2023-06", "2026-11-30"), name
        assert ("June 2023" in fact["source"]) == (fact["date"] == "2023-06"), name
        assert "https://docs.aws.amazon.com/sagemaker/" in fact["source"], name


def test_the_frameworks_are_there() -> None:
    committed = json.loads(TARGET.read_text(encoding="utf-8"))["images"]
    assert {"sagemaker-xgboost", "sagemaker-scikit-learn", "pytorch-training", "tensorflow-training"} <= set(
        committed
    )
    assert set(FRAMEWORKS) == {"xgboost", "sklearn", "autogluon", "pytorch", "tensorflow"}

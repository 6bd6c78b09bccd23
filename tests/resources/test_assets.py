"""Bundles in the cloud assembly, which must be complete when it is deployed elsewhere."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, Environment, Stack

from mdlc_constructs.resources import assets
from mdlc_constructs.resources.bundles import Bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"zipped")
    return Bundle(path=path, digest="d" * 64)


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(outdir=str(tmp_path / "assembly"))


def stack_of(app: App) -> Stack:
    return Stack(app, "Flights", env=Environment(account="111111111111", region="eu-central-1"))


def published(app: App) -> dict[str, str]:
    """Staged file and object key by hash."""
    folder = Path(app.synth().directory)
    manifest = json.loads((folder / "Flights.assets.json").read_text())
    return {
        hash_: entry["source"]["path"]
        for hash_, entry in manifest["files"].items()
        if not entry["source"]["path"].endswith(".template.json")
    }


def test_a_bundle_is_staged_under_its_hash(app: App, bundle: Bundle) -> None:
    location = assets.asset(stack_of(app), bundle)
    files = published(app)
    hash_ = assets.asset_hash(bundle)
    assert files == {hash_: f"asset.{hash_}.zip"}
    assert (Path(app.outdir) / files[hash_]).read_bytes() == b"zipped"
    assert location.object_key == f"{hash_}.zip"
    assert location.file_name == location.object_key
    assert location.uri == f"s3://{location.bucket_name}/{hash_}.zip"


def test_the_same_bundle_is_published_once(app: App, bundle: Bundle) -> None:
    stack = stack_of(app)
    assert assets.asset(stack, bundle) == assets.asset(stack, bundle)
    assert len(published(app)) == 1


def test_what_is_staged_is_a_link_that_the_cdk_leaves_alone(app: App, bundle: Bundle) -> None:
    assets.asset(stack_of(app), bundle)
    app.synth()
    staged = Path(app.outdir) / f"asset.{assets.asset_hash(bundle)}.zip"
    assert staged.samefile(bundle.path)


def test_a_bundle_on_another_file_system_is_copied(
    app: App, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr("os.link", refuse)
    assets.asset(stack_of(app), bundle)
    assert (Path(app.outdir) / f"asset.{assets.asset_hash(bundle)}.zip").read_bytes() == b"zipped"

"""Bundles as file assets of a stack."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import FileAssetPackaging, Stack, Stage
from constructs import Construct

from mdlc_constructs.resources.bundles import Bundle


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where a bundle lies after publishing; texts may hold CDK tokens."""

    bucket_name: str
    object_key: str

    @property
    def uri(self) -> str:
        """The object's S3 URI."""
        return f"s3://{self.bucket_name}/{self.object_key}"


def asset(scope: Construct, bundle: Bundle) -> Location:
    """Publish a bundle with the stack of `scope`; asking again for the same bundle publishes nothing more.

    The synthesizer is asked directly: a bundle knows its hash, so nothing needs to be fingerprinted.
    """
    stage = Stage.of(scope)
    assert stage is not None, "every construct stands in an app"
    name = f"asset.{bundle.digest}{bundle.path.suffix}"
    _stage(bundle.path, Path(stage.asset_outdir) / name)
    published = Stack.of(scope).synthesizer.add_file_asset(
        source_hash=bundle.digest, file_name=name, packaging=FileAssetPackaging.FILE
    )
    return Location(bucket_name=published.bucket_name, object_key=published.object_key)


def _stage(bundle: Path, target: Path) -> None:
    """Put the bundle into the cloud assembly, which must be complete when it is deployed elsewhere."""
    if target.exists():
        return
    try:
        os.link(bundle, target)
    except OSError:
        shutil.copyfile(bundle, target)

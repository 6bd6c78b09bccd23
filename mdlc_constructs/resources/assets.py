"""Bundles as file assets of a stack."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from aws_cdk import FileAssetPackaging, Stack, Stage

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


class _Assets:
    """What a stack has published; its outdir and its synthesizer are asked for once."""

    def __init__(self, stack: Stack) -> None:
        stage = Stage.of(stack)
        assert stage is not None, "every stack stands in an app"
        self._outdir = Path(stage.asset_outdir)
        self._synthesizer = stack.synthesizer
        self._published: dict[str, Location] = {}

    def location(self, bundle: Bundle) -> Location:
        if bundle.digest not in self._published:
            name = f"asset.{bundle.digest}{bundle.path.suffix}"
            _stage(bundle.path, self._outdir / name)
            published = self._synthesizer.add_file_asset(
                source_hash=bundle.digest, file_name=name, packaging=FileAssetPackaging.FILE
            )
            self._published[bundle.digest] = Location(
                bucket_name=published.bucket_name, object_key=published.object_key
            )
        return self._published[bundle.digest]


_assets: WeakKeyDictionary[Stack, _Assets] = WeakKeyDictionary()


def asset(stack: Stack, bundle: Bundle) -> Location:
    """Publish a bundle with a stack; asking again for the same bundle publishes nothing more.

    The synthesizer is asked directly: a bundle knows its hash, so nothing needs to be fingerprinted.
    """
    if stack not in _assets:
        _assets[stack] = _Assets(stack)
    return _assets[stack].location(bundle)


def _stage(bundle: Path, target: Path) -> None:
    """Put the bundle into the cloud assembly, which must be complete when it is deployed elsewhere."""
    if target.exists():
        return
    try:
        os.link(bundle, target)
    except OSError:
        shutil.copyfile(bundle, target)

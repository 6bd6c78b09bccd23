"""Bundles as file assets of a stack."""

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from aws_cdk import AssetHashType, Stack, Stage
from aws_cdk.aws_s3_assets import Asset
from constructs import Construct

from mdlc_constructs.resources.bundles import Bundle

_TOKEN_AT_THE_END = re.compile(r"\$\{Token\[[^\]]*\]\}\Z")


@dataclass(frozen=True, kw_only=True)
class Location:
    """The S3 location of a published bundle; both values may hold CDK tokens."""

    bucket_name: str
    object_key: str

    @property
    def uri(self) -> str:
        """The object's S3 URI."""
        return f"s3://{self.bucket_name}/{self.object_key}"

    @property
    def file_name(self) -> str:
        """The last part of the object's key."""
        # The legacy synthesizer's key is two tokens: the prefix with its slash, and the file name.
        token = _TOKEN_AT_THE_END.search(self.object_key)
        return token[0] if token is not None else self.object_key.rsplit("/", 1)[-1]


class _Assets:
    """The published bundles of a stack. It reads the stage's asset folder once."""

    def __init__(self, stack: Stack) -> None:
        stage = Stage.of(stack)
        assert stage is not None, "every stack stands in an app"
        self._outdir = Path(stage.asset_outdir)
        self._stack = stack
        self._scope = Construct(stack, "Bundles")
        self._published: dict[str, Location] = {}

    def location(self, bundle: Bundle) -> Location:
        if bundle.digest not in self._published:
            self._published[bundle.digest] = self._publish(bundle)
        return self._published[bundle.digest]

    def _publish(self, bundle: Bundle) -> Location:
        # A hard link where the CDK would put its copy of 100 MB.
        _stage(bundle.path, self._outdir / f"asset.{asset_hash(bundle)}{bundle.path.suffix}")
        try:
            # Not `stack.synthesizer.add_file_asset`: jsii returns a user's own synthesizer as an object that
            # is bound to no stack.
            published = Asset(
                self._scope,
                bundle.digest[:16],
                path=str(bundle.path),
                asset_hash=bundle.digest,
                asset_hash_type=AssetHashType.CUSTOM,
            )
        except RuntimeError as error:
            if "BootstraplessSynthesizer" not in str(error):
                raise
            raise ValueError(
                f"The stack {self._stack.stack_name!r} has a BootstraplessSynthesizer, which publishes no "
                f"files, and its functions and jobs need their code: give it another synthesizer, such as "
                f"CliCredentialsStackSynthesizer()."
            ) from None
        return Location(bucket_name=published.s3_bucket_name, object_key=published.s3_object_key)


_assets: WeakKeyDictionary[Stack, _Assets] = WeakKeyDictionary()


def asset(stack: Stack, bundle: Bundle) -> Location:
    """Publish a bundle as a file asset of a stack, once per stack; returns its location.

    Raises:
        ValueError: when the stack's synthesizer publishes no files.
    """
    if stack not in _assets:
        _assets[stack] = _Assets(stack)
    return _assets[stack].location(bundle)


def asset_hash(bundle: Bundle) -> str:
    """The asset hash under which the CDK publishes a bundle: it hashes a custom hash once more."""
    return hashlib.sha256(bundle.digest.encode()).hexdigest()


def _stage(bundle: Path, target: Path) -> None:
    """Put the bundle into the cloud assembly, which must be complete to be deployed on another machine."""
    if target.exists():
        return
    try:
        os.link(bundle, target)
    except OSError:
        shutil.copyfile(bundle, target)

"""URIs of AWS's prebuilt images in the region of a stack, which may be known only at deployment."""

from dataclasses import dataclass
from functools import cache
from typing import cast
from weakref import WeakKeyDictionary

from aws_cdk import Aws, CfnMapping, Stack
from constructs import Construct

from mdlc_constructs.settings import Algorithm, BuiltInAlgorithm, CustomImage, Script
from mdlc_constructs.settings.framework_image import FrameworkImage
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.token import has_token


@dataclass(frozen=True, kw_only=True)
class Registry:
    """The ECR registry of prebuilt images; `account` is None when the known region determines it."""

    region: str
    account: str | None
    url_suffix: str

    def uri(self, image: Image) -> str:
        """The image's URI."""
        if self.account is None:
            return image.uri(self.region)
        return image.uri_from(account=self.account, region=self.region, url_suffix=self.url_suffix)


_registries: WeakKeyDictionary[Stack, Registry] = WeakKeyDictionary()


def registry(stack: Stack) -> Registry:
    """The registry of AWS's prebuilt images for a stack; cached for each stack."""
    if stack not in _registries:
        region = stack.region
        account = _account(stack, region) if has_token(region) else None
        _registries[stack] = Registry(region=region, account=account, url_suffix=_url_suffix())
    return _registries[stack]


def training_image(scope: Construct, algorithm: Algorithm, instance_type: str = "") -> str:
    """The URI of the image that trains, and that scores unless the algorithm serves otherwise.

    Args:
        instance_type: of the training job, for images that exist with and without GPU libraries.

    Raises:
        TypeError: for a kind of algorithm that has no image.
    """
    match algorithm:
        case Script():
            return _framework_uri(Stack.of(scope), algorithm.image("training", instance_type))
        case BuiltInAlgorithm():
            return registry(Stack.of(scope)).uri(algorithm.image)
        case CustomImage():
            return algorithm.image_uri
    raise TypeError(f"algorithm={algorithm!r} must be a BuiltInAlgorithm, a Script or a CustomImage.")


def serving_image(scope: Construct, algorithm: Algorithm, instance_type: str = "") -> str:
    """The URI of the image that scores.

    Args:
        instance_type: of the transform jobs, for images that exist with and without GPU libraries.
    """
    if isinstance(algorithm, Script):
        return _framework_uri(Stack.of(scope), algorithm.image("inference", instance_type))
    return training_image(scope, algorithm)


def _framework_uri(stack: Stack, image: Image | FrameworkImage) -> str:
    if isinstance(image, Image):
        return registry(stack).uri(image)
    region = stack.region
    if not has_token(region):
        return image.uri(region)
    return image.uri_from(account=_framework_account(stack, region), region=region, url_suffix=_url_suffix())


@cache
def _url_suffix() -> str:
    return Aws.URL_SUFFIX


def _account(stack: Stack, region: str) -> str:
    accounts = {name: {"account": account} for name, account in Image.accounts().items()}
    return CfnMapping(stack, "ImageAccounts", mapping=accounts).find_in_map(region, "account")


def _framework_account(stack: Stack, region: str) -> str:
    id_ = "FrameworkImageAccounts"
    mapping = stack.node.try_find_child(id_)
    if mapping is None:
        accounts = {name: {"account": account} for name, account in FrameworkImage.accounts().items()}
        mapping = CfnMapping(stack, id_, mapping=accounts)
    return cast("CfnMapping", mapping).find_in_map(region, "account")

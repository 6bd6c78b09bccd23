"""URIs of AWS's prebuilt images in the region of a stack, which may be known only at deployment."""

from dataclasses import dataclass
from functools import cache
from typing import cast
from weakref import ReferenceType, WeakKeyDictionary, ref

from aws_cdk import Aws, CfnMapping, Stack
from constructs import Construct

from mdlc_constructs.resources.containers import container_image
from mdlc_constructs.settings import (
    Algorithm,
    BuiltInAlgorithm,
    CustomContainer,
    CustomImage,
    MarketplaceAlgorithm,
    Script,
)
from mdlc_constructs.settings.framework_image import FrameworkImage
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.token import has_token

_MAPPING = "ImageAccounts"
"""The id of the mapping of accounts by region of the images of the data jobs and XGBoost; that of another
registry has the registry's name behind it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Registry:
    """The ECR registries of prebuilt images in the region of a stack."""

    stack: ReferenceType[Stack]
    region: str
    url_suffix: str

    def uri(self, image: Image) -> str:
        """The image's URI.

        Raises:
            ValueError: when the region is known, and AWS does not publish the image there.
        """
        if not has_token(self.region):
            return image.uri(self.region)
        account = self._mapping(image).find_in_map(self.region, "account")
        return image.uri_from(account=account, region=self.region, url_suffix=self.url_suffix)

    def _mapping(self, image: Image) -> CfnMapping:
        others = "" if image.registry == Image.jobs().registry else image.registry.title().replace("-", "")
        stack = self.stack()
        assert stack is not None, "whoever asks for an image has the stack"
        known = stack.node.try_find_child(f"{_MAPPING}{others}")
        if isinstance(known, CfnMapping):
            return known
        accounts = {region: {"account": account} for region, account in image.accounts.items()}
        return CfnMapping(stack, f"{_MAPPING}{others}", mapping=accounts)


_registries: WeakKeyDictionary[Stack, Registry] = WeakKeyDictionary()


def registry(stack: Stack) -> Registry:
    """The registries of AWS's prebuilt images for a stack; cached for each stack."""
    if stack not in _registries:
        _registries[stack] = Registry(stack=ref(stack), region=stack.region, url_suffix=_url_suffix())
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
        case MarketplaceAlgorithm():
            # The account does not know the seller's image: the algorithm's ARN stands for it in records.
            return algorithm.algorithm_arn
        case CustomContainer():
            return container_image(scope, algorithm)
    raise TypeError(
        f"algorithm={algorithm!r} must be a BuiltInAlgorithm, a Script, a CustomContainer or a CustomImage."
    )


def serving_image(scope: Construct, algorithm: Algorithm, instance_type: str = "") -> str:
    """The URI of the image that scores.

    Args:
        instance_type: of the transform jobs, for images that exist with and without GPU libraries.
    """
    if isinstance(algorithm, Script):
        return _framework_uri(Stack.of(scope), algorithm.image("inference", instance_type))
    if algorithm.serving_image is not None:
        return registry(Stack.of(scope)).uri(algorithm.serving_image)
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


def _framework_account(stack: Stack, region: str) -> str:
    id_ = "FrameworkImageAccounts"
    mapping = stack.node.try_find_child(id_)
    if mapping is None:
        accounts = {name: {"account": account} for name, account in FrameworkImage.accounts().items()}
        mapping = CfnMapping(stack, id_, mapping=accounts)
    return cast("CfnMapping", mapping).find_in_map(region, "account")

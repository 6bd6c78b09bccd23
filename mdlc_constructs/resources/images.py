"""URIs of AWS's prebuilt images in the region of a stack, which may be known only at deployment."""

from dataclasses import dataclass
from functools import cache
from weakref import ReferenceType, WeakKeyDictionary, ref

from aws_cdk import Aws, CfnMapping, Stack
from constructs import Construct

from mdlc_constructs.resources.containers import container_image
from mdlc_constructs.settings import Algorithm, BuiltInAlgorithm, CustomContainer, CustomImage
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


def training_image(scope: Construct, algorithm: Algorithm) -> str:
    """The URI of the image that trains and scores.

    Raises:
        TypeError: for a kind of algorithm that has no image.
    """
    match algorithm:
        case BuiltInAlgorithm():
            return registry(Stack.of(scope)).uri(algorithm.image)
        case CustomImage():
            return algorithm.image_uri
        case CustomContainer():
            return container_image(scope, algorithm)
    raise TypeError(
        f"algorithm={algorithm!r} must be a BuiltInAlgorithm, a CustomImage or a CustomContainer."
    )


@cache
def _url_suffix() -> str:
    return Aws.URL_SUFFIX

"""URIs of AWS's prebuilt images in the region of a stack, which may be known only at deployment."""

from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

from aws_cdk import Aws, CfnMapping, Stack
from constructs import Construct

from mdlc_constructs.resources.containers import container_image
from mdlc_constructs.settings import Algorithm, BuiltInAlgorithm, CustomContainer, CustomImage
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


def _account(stack: Stack, region: str) -> str:
    accounts = {name: {"account": account} for name, account in Image.accounts().items()}
    return CfnMapping(stack, "ImageAccounts", mapping=accounts).find_in_map(region, "account")

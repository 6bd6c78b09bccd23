"""Algorithms and models bought on AWS Marketplace.

Source of what is refused: "Service restrictions and quotas" for machine learning products in AWS Marketplace,
https://docs.aws.amazon.com/marketplace/latest/userguide/ml-service-restrictions-and-limits.html
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.hyperparameters import check_by_name, check_length, text_of
from mdlc_constructs.settings.compute import Compute
from mdlc_constructs.settings.environment import check_environment
from mdlc_constructs.settings.network import NetworkSettings
from mdlc_constructs.settings.payloads.records import MIME_TYPES, RecordsSection
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.settings.token import has_token

SPOT_WAIT = timedelta(hours=1)
"""How long SageMaker waits for spot capacity for an algorithm of AWS Marketplace; it cannot be changed."""

_ISOLATED = (
    "a container from AWS Marketplace runs without network access only; give NetworkSettings(isolation=True)."
)


@dataclass(frozen=True, kw_only=True)
class MarketplaceAlgorithm(Algorithm):
    """An algorithm that the account subscribed to on AWS Marketplace, or an algorithm resource of its own.

    It trains by its ARN and in network isolation. The embedded AWS cannot run it.

    Args:
        algorithm_arn: ``arn:aws:sagemaker:<region>:<account>:algorithm/<name>``, from the subscription.
        hyperparameters: passed to the algorithm; numbers and booleans become text.
        content_type: the MIME type of the training and scoring records, as the algorithm's page says: one of
            those in which the workflows write records.
        accept: the MIME type of its answers; by default that of the records.
        environment: environment variables of the training container.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    algorithm_arn: str
    content_type: str = "text/csv"
    accept: str = ""

    def __post_init__(self) -> None:
        _check_arn("algorithm_arn", self.algorithm_arn, "algorithm")
        check_by_name(self.hyperparameters)
        if self.content_type not in MIME_TYPES.values():
            raise unknown(
                "content_type", self.content_type, MIME_TYPES.values(), what="content type of written records"
            )
        texts = {name: text_of(value) for name, value in self.hyperparameters.items()}
        for name, text in texts.items():
            check_length(name, text)
        object.__setattr__(self, "hyperparameters", texts)
        check_environment(self.environment)
        object.__setattr__(self, "environment", dict(self.environment))

    @property
    def name(self) -> str:
        """Empty: it is none of AWS's own algorithms."""
        return ""

    @property
    def x86_image(self) -> None:
        """None: the seller says on which instances it runs."""
        return None

    @property
    def resource_arn(self) -> str:
        """The ARN of the algorithm resource."""
        return self.algorithm_arn

    def check_task(self, task: str) -> None:
        """Does nothing: it is not known which tasks the algorithm supports."""

    def check_network(self, network: NetworkSettings) -> None:
        """Refuse jobs with network access.

        Raises:
            ValueError: with the remedy.
        """
        if not network.isolation:
            raise refusal("network", "isolation=False", _ISOLATED)

    def check_compute(self, compute: Compute) -> None:
        """Refuse several instances, and a wait for spot capacity that SageMaker would not keep.

        Raises:
            ValueError: with the remedy.
        """
        super().check_compute(compute)
        if compute.spot is not None and compute.spot.max_wait != SPOT_WAIT:
            raise refusal(
                "max_wait",
                str(compute.spot.max_wait),
                f"SageMaker waits {SPOT_WAIT} for spot capacity for an algorithm of AWS Marketplace; give "
                "that and a shorter max_runtime, or leave spot out.",
            )

    def records(self, task: str) -> RecordsSection:
        """Records of the content type; a bare number, or a list of them, a line is read as an answer."""
        kind = next(kind for kind, mime in MIME_TYPES.items() if mime == self.content_type)
        accept = self.accept or self.content_type
        return RecordsSection(training=kind, scoring=kind, accept=accept, content_type=self.content_type)


@dataclass(frozen=True, kw_only=True)
class MarketplaceModel:
    """A model package that the account has subscribed to on AWS Marketplace.

    Args:
        model_package_arn: ``arn:aws:sagemaker:<region>:<account>:model-package/<name>``, without a version.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    model_package_arn: str

    def __post_init__(self) -> None:
        _check_arn("model_package_arn", self.model_package_arn, "model-package")

    def check_network(self, network: NetworkSettings) -> None:
        """Refuse a model with network access.

        Raises:
            ValueError: with the remedy.
        """
        if not network.isolation:
            raise refusal("network", "isolation=False", _ISOLATED)

    def check_serving(self, serving: Serving) -> None:
        """Refuse an endpoint that AWS does not offer for it; `Serving(marketplace=True)` refuses the rest.

        Raises:
            ValueError: with the remedy.
        """
        if not serving.marketplace:
            raise refusal(
                "serving",
                "marketplace=False",
                "a package of AWS Marketplace has no deployment guardrails, serverless, asynchronous or "
                "multi-container endpoints; give Serving(marketplace=True, prepares=False, "
                "alarms=RollbackAlarms.none()).",
            )

    @property
    def container(self) -> dict[str, str]:
        """The API's `ContainerDefinition`: the package brings its image and its artefact."""
        return {"ModelPackageName": self.model_package_arn}


def _check_arn(argument: str, value: object, kind: Literal["algorithm", "model-package"]) -> None:
    shape = rf"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{{12}}:{kind}/[a-zA-Z0-9](-*[a-zA-Z0-9]){{0,62}}"
    if isinstance(value, str) and (has_token(value) or re.fullmatch(shape, value)):
        return
    versioned = kind == "model-package" and isinstance(value, str) and value.count("/") > 1
    raise refusal(
        argument,
        value,
        "names a version in a group of your own, which the registry releases; give the package's ARN."
        if versioned
        else f'give "arn:aws:sagemaker:<region>:<account>:{kind}/<name>", as the subscription shows it.',
    )

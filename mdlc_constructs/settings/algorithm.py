"""What trains and scores: an algorithm of AWS's, or a container image of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.token import has_token
from mdlc_constructs.settings.xgboost_hyperparameters import Value, rendered

_REGRESSIONS = ("squarederror", "linear", "gamma", "tweedie", "pseudohubererror", "squaredlogerror")
_TASKS = {
    "binary:logistic": "binary",
    "count:poisson": "regression",
    **{f"reg:{name}": "regression" for name in _REGRESSIONS},
}


@dataclass(frozen=True, kw_only=True)
class BuiltInAlgorithm:
    """An algorithm that AWS publishes as an image; make one with `BuiltInAlgorithm.xgboost`.

    ``hyperparameters`` are held as the text that SageMaker wants.
    """

    name: str
    image: Image
    hyperparameters: Mapping[str, str]
    content_type: str = "text/csv"

    @classmethod
    def xgboost(
        cls, *, objective: str, num_round: int, version: str = "3.0-5", **hyperparameters: Value
    ) -> "BuiltInAlgorithm":
        """Gradient-boosted trees.

        :param objective: what is learned, for example "binary:logistic" or "reg:squarederror".
        :param num_round: how many trees are grown one after another.
        :param version: the image's version.
        :param hyperparameters: any others the image knows; the L2 penalty is ``reg_lambda`` (``lambda`` is a
            keyword).
        :raises ValueError: for an unknown hyperparameter (with the nearest right name) or a value out of
            range.
        """
        return cls(
            name="xgboost",
            image=Image(repository="sagemaker-xgboost", version=version),
            hyperparameters=rendered({"objective": objective, "num_round": num_round, **hyperparameters}),
        )

    @property
    def task(self) -> str | None:
        """The dataset task whose metrics suit what this algorithm answers; None when neither does."""
        return _TASKS.get(self.hyperparameters.get("objective", ""))

    def image_uri(self, region: str) -> str:
        """The image's URI in a region."""
        return self.image.uri(region)


@dataclass(frozen=True, kw_only=True)
class CustomImage:
    """A container image of one's own that keeps SageMaker's contract for training and for serving.

    :param image_uri: the image in ECR, with a tag or (better: it can never change) a digest.
    :param hyperparameters: handed to the container; numbers and booleans become text.
    :param content_type: the type of the training and scoring records.
    :param environment: environment variables of the container.
    """

    image_uri: str
    hyperparameters: Mapping[str, Value] = field(default_factory=dict)
    content_type: str = "text/csv"
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.image_uri.rsplit("/", 1)[-1]
        if not has_token(self.image_uri) and ("/" not in self.image_uri or not (":" in name or "@" in name)):
            raise refusal(
                "image_uri",
                self.image_uri,
                'give "<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>".',
            )
        texts = {
            name: ("true" if value else "false") if isinstance(value, bool) else str(value)
            for name, value in self.hyperparameters.items()
        }
        object.__setattr__(self, "hyperparameters", texts)
        object.__setattr__(self, "environment", dict(self.environment))

    @property
    def task(self) -> None:
        """Not known of a custom image."""
        return None


Algorithm = BuiltInAlgorithm | CustomImage

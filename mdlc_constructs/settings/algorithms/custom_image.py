"""The team's own container image."""

from dataclasses import dataclass

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.hyperparameters import check_by_name, check_length, text_of
from mdlc_constructs.settings.environment import check_environment
from mdlc_constructs.settings.payloads.records import MIME_TYPES, RecordsSection
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.token import has_token


@dataclass(frozen=True, kw_only=True)
class CustomImage(Algorithm):
    """The user's own container image, which implements SageMaker's contract for training and for serving.

    Args:
        image_uri: the image in ECR, with a tag or a digest. A digest is better: it can never change.
        hyperparameters: passed to the container; numbers and booleans become text.
        content_type: the MIME type of the training and scoring records. In training records the label is
            the first column; the row's weight is the second one when the dataset has weights.
        environment: environment variables of the container.
    """

    image_uri: str
    content_type: str = "text/csv"

    def __post_init__(self) -> None:
        name = self.image_uri.rsplit("/", 1)[-1]
        if not has_token(self.image_uri) and ("/" not in self.image_uri or not (":" in name or "@" in name)):
            raise refusal(
                "image_uri",
                self.image_uri,
                'give "<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>".',
            )
        check_by_name(self.hyperparameters)
        texts = {name: text_of(value) for name, value in self.hyperparameters.items()}
        for name, text in texts.items():
            check_length(name, text)
        object.__setattr__(self, "hyperparameters", texts)
        check_environment(self.environment)
        object.__setattr__(self, "environment", dict(self.environment))

    @property
    def name(self) -> str:
        """Empty: it is no algorithm of AWS."""
        return ""

    @property
    def x86_image(self) -> None:
        """None: it is not known for which processors the image is built."""
        return None

    def check_task(self, task: str) -> None:
        """Does nothing: it is not known which tasks the container supports."""

    def records(self, task: str) -> RecordsSection:
        """Records of the content type; series of a forecast and features of other tasks."""
        # Of another content type the records are CSV, too: the container knows what it is sent.
        kinds = [kind for kind, content_type in MIME_TYPES.items() if content_type == self.content_type]
        kind = kinds[0] if kinds else "csv"
        return RecordsSection(
            training="libsvm" if task == "ranking" else kind,
            scoring=kind,
            accept=self.content_type,
        )

"""Which of SageMaker's built-in algorithms have a local stand-in, and the environments that they run in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]
_LOCKS = _PACKAGE / "runtimes" / "environments"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The packages of one or more stand-ins.

    Attributes:
        lock: the file that pins them.
        package: the package that does the work.
        megabytes: what is downloaded for it at the first use, as measured.
    """

    lock: Path
    package: str
    megabytes: int

    @classmethod
    def named(cls, name: str, package: str, megabytes: int) -> "Environment":
        """The environment of the lock ``requirements-<name>.lock``."""
        return cls(lock=_LOCKS / f"requirements-{name}.lock", package=package, megabytes=megabytes)

    def title(self) -> str:
        """The package with its version and size, such as ``scikit-learn 1.9.1, 60 MB``."""
        pinned = re.search(rf"(?m)^{re.escape(self.package)}==([^ \n]+)", self.lock.read_text())
        version = pinned[1] if pinned else ""
        return f"{self.package} {version}, {self.megabytes} MB"


_SCIKIT_LEARN = Environment.named("scikit-learn", "scikit-learn", 62)

_FASTTEXT = Environment.named("fasttext", "fasttext-numpy2", 22)
_CATBOOST = Environment.named("catboost", "catboost", 162)
_LIGHTGBM = Environment.named("lightgbm", "lightgbm", 56)
_RIVER = Environment.named("river", "river", 55)

STAND_INS = {
    "blazingtext": _FASTTEXT,
    "catboost": _CATBOOST,
    "factorization-machines": _RIVER,
    "kmeans": _SCIKIT_LEARN,
    "knn": _SCIKIT_LEARN,
    "lda": _SCIKIT_LEARN,
    "lightgbm": _LIGHTGBM,
    "linear-learner": _SCIKIT_LEARN,
    "pca": _SCIKIT_LEARN,
    "randomcutforest": _SCIKIT_LEARN,
}
"""The environment of each algorithm's stand-in, by the repository of its image."""

WITHOUT = (
    "autogluon-inference",
    "autogluon-training",
    "forecasting-deepar",
    "image-classification",
    "ipinsights",
    "ntm",
    "object-detection",
    "object2vec",
    "semantic-segmentation",
    "seq2seq",
)
"""Repositories of AWS's algorithms for which no maintained library stands in honestly."""

OF_JUMPSTART = ("lightgbm", "catboost")
"""Stand-ins of scripts of JumpStart, which on AWS run on a framework's image."""

SERVING_JUMPSTART = "pytorch-inference"
"""The repository of the image that serves their models."""

_BUCKET = "s3://jumpstart-cache-prod-"
_SCRIPTS = re.compile(
    rf"{_BUCKET}[^/]+/source-directory-tarballs/(?P<algorithm>[^/]+)/transfer_learning/(?P<task>[^/]+)/"
)

COMMAND = ("python3", str(_PACKAGE), "runtime")
"""The first words of a stand-in's command."""

# The embedded AWS's own account has images of the user's own, whatever their names.
_AWS_IMAGE = re.compile(r"(?!0{12})\d{12}\.dkr\.ecr\.[^/]+/(?P<repository>[a-z0-9-]+)([:@]|$)")


def repository(image: str) -> str | None:
    """The repository's name of an image in an AWS account's registry; None for any other image."""
    match = _AWS_IMAGE.match(image)
    return match["repository"] if match else None


def is_of_jumpstart(uri: str) -> bool:
    """Whether an object is in JumpStart's bucket, which is AWS's own and not here."""
    return uri.startswith(_BUCKET)


def scripts_of_jumpstart(uris: Iterable[str]) -> tuple[str, str] | None:
    """The algorithm and the task of the scripts that one of a job's channels has; None without any."""
    for uri in uris:
        match = _SCRIPTS.match(uri)
        if match:
            return match["algorithm"], match["task"]
    return None


def model_file(algorithm: str) -> str:
    """The file by which the model of a stand-in of JumpStart's scripts is known."""
    return f"mdlc-local-{algorithm}.model"

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
_RIVER = Environment.named("river", "river", 55)

STAND_INS = {
    "blazingtext": _FASTTEXT,
    "factorization-machines": _RIVER,
    "kmeans": _SCIKIT_LEARN,
    "knn": _SCIKIT_LEARN,
    "lda": _SCIKIT_LEARN,
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

_JUMPSTART = re.compile(r"s3://jumpstart-cache-prod-[^/]+/source-directory-tarballs/(?P<algorithm>[^/]+)/")

COMMAND = ("python3", str(_PACKAGE), "runtime")
"""The first words of a stand-in's command."""

# The embedded AWS's own account has images of the user's own, whatever their names.
_AWS_IMAGE = re.compile(r"(?!0{12})\d{12}\.dkr\.ecr\.[^/]+/(?P<repository>[a-z0-9-]+)([:@]|$)")


def repository(image: str) -> str | None:
    """The repository's name of an image in an AWS account's registry; None for any other image."""
    match = _AWS_IMAGE.match(image)
    return match["repository"] if match else None


def of_jumpstart(uris: Iterable[str]) -> str | None:
    """The algorithm whose scripts one of a job's channels has, from JumpStart's bucket; None without any."""
    for uri in uris:
        match = _JUMPSTART.match(uri)
        if match:
            return match["algorithm"]
    return None

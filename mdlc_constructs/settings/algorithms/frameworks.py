"""The frameworks of Script mode: their images, and what each asks of the script that answers requests."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mdlc_constructs.settings.framework_image import framework_versions
from mdlc_constructs.settings.image import image_versions

_TOOLKIT = frozenset(
    {"numpy", "scipy", "pandas", "boto3", "botocore", "six", "sagemaker_training", "sagemaker_inference"}
)


@dataclass(frozen=True, kw_only=True)
class Framework:
    """A framework that AWS publishes images of.

    Attributes:
        title: its name in sentences.
        versions: the versions that a script may have.
        default: the version without an argument.
        repository: the repository of the one image for training and serving; None when there are two images.
        packages: names of modules that the image imports, which a script must not hide.
        needed: functions without which the image cannot answer requests; any one of a group is enough.
        fixed_program: the name of the script that the image runs to answer requests; empty for any.
    """

    title: str
    versions: tuple[str, ...]
    default: str
    packages: frozenset[str]
    repository: str | None = None
    needed: tuple[tuple[str, ...], ...] = ()
    fixed_program: str = ""

    def missing(self, defined: Collection[str]) -> str:
        """Which function the script lacks, with the remedy; empty when it has all."""
        if not self.needed:
            return ""
        for group in self.needed:
            if all(name in defined for name in group):
                return ""
        wanted = " or ".join(" and ".join(group) for group in self.needed)
        return f"{self.title}'s image needs {wanted} in it; define that, or name another script by serve=."


_SCIKIT_LEARN = "sagemaker-scikit-learn"
_OLD = ("0.20.0", "0.23-1", "1.0-1", "1.4-2")
"""Versions of the scikit-learn image that are not offered: of Python 3.7 and older; 1.4-2 is not published.

Source: sagemaker-core lists 1.4-2 for training only, and scripts are served by the same image.
"""

# The images of scikit-learn and PyTorch have functions of their own for what a script leaves out. Their
# input_fn is not enough: it refuses "text/csv; charset=utf-8", which the container before the model's sends,
# and makes a vector of a single row.
# Sources: sagemaker-containers (_encoders.py, _worker.py), sagemaker-inference-toolkit (decoder.py).
FRAMEWORKS: Mapping[str, Framework] = {
    "scikit-learn": Framework(
        title="scikit-learn",
        versions=tuple(version for version in image_versions(_SCIKIT_LEARN) if version not in _OLD),
        default="1.4-2-py312",
        repository=_SCIKIT_LEARN,
        packages=_TOOLKIT
        | {"sklearn", "joblib", "pyarrow", "flask", "gunicorn", "gevent", "sagemaker_containers"}
        | {"sagemaker_sklearn_container"},
        needed=(("model_fn", "input_fn"), ("model_fn", "transform_fn")),
    ),
    "pytorch": Framework(
        title="PyTorch",
        versions=framework_versions("pytorch"),
        default=framework_versions("pytorch")[-1],
        packages=_TOOLKIT | {"torch", "torchvision", "ts", "sagemaker_pytorch_serving_container"},
        needed=(("input_fn",), ("transform_fn",)),
    ),
    # TensorFlow Serving answers JSON only, and its image runs inference.py by that name before and after it.
    # Source: github.com/aws/sagemaker-tensorflow-serving-container (README, "Pre/Post-Processing").
    "tensorflow": Framework(
        title="TensorFlow",
        versions=framework_versions("tensorflow"),
        default=framework_versions("tensorflow")[-1],
        packages=_TOOLKIT | {"tensorflow", "keras", "falcon", "gunicorn", "sagemaker_tensorflow_container"},
        needed=(("handler",), ("input_handler", "output_handler")),
        fixed_program="inference.py",
    ),
}
"""The frameworks by name."""

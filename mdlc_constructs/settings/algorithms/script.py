"""A team's own script on one of AWS's framework images (SageMaker's Script mode)."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.frameworks import FRAMEWORKS, Framework
from mdlc_constructs.settings.algorithms.instances import has_gpu
from mdlc_constructs.settings.algorithms.script_hyperparameters import as_json, check_hyperparameters
from mdlc_constructs.settings.algorithms.script_source import read_script
from mdlc_constructs.settings.algorithms.source_dir import LAUNCHER, source_files, top_modules
from mdlc_constructs.settings.environment import check_environment
from mdlc_constructs.settings.framework_image import FrameworkImage, FrameworkUse
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.payloads.records import MIME_TYPES, RecordsSection
from mdlc_constructs.settings.refusal import refusal, unknown

CODE_CHANNEL = "code"
"""The training channel that holds the archive: with network isolation a container downloads nothing itself.

Source: sagemaker-training-toolkit (files.py) takes a local archive as ``sagemaker_submit_directory``, and
AWS's test of isolation does so (deep-learning-containers, test/sklearn/sagemaker/test_network_isolation.py).
"""

SCRIPT_CODE, SCRIPT_CODE_FILE = "${ScriptCode}", "${ScriptCodeFile}"
"""Placeholders of the archive's S3 URI and of its file name."""

ENTRY_POINT_VARIABLE = "MDLC_ENTRY_POINT"
"""The environment variable that tells the launcher which script to run."""

SERVED_FROM = "/opt/ml/model/code"
"""Where the code lies in a model's container: the folder ``code`` of its ``model.tar.gz``."""


@dataclass(frozen=True, kw_only=True)
class Script(Algorithm):
    """A script of the team's own that trains on AWS's image of scikit-learn, PyTorch or TensorFlow.

    The script trains by SageMaker's conventions: hyperparameters are its command-line arguments, data lies in
    the folders `SM_CHANNEL_TRAIN` and `SM_CHANNEL_VALIDATION`, and the model goes to `SM_MODEL_DIR`. Its
    functions (`model_fn`, `predict_fn` and others) answer requests. The code is shipped with the model.

    Args:
        framework: "scikit-learn", "pytorch" or "tensorflow".
        entry_point: the script that trains, at the top of `source_dir`; without one, the path of the only
            file.
        source_dir: the folder whose files are packed; hidden files and caches are left out.
        version: the version of the framework's image; by default the data jobs' image of scikit-learn, and
            the newest version of another framework that has images for training and for serving.
        serve: the script at the top of `source_dir` that answers requests; by default the entry point, which
            must then train only below ``if __name__ == "__main__"``.
        hyperparameters: passed as ``--name value``.
        content_type: the MIME type of training and scoring records. In training records the label is the
            first column; the row's weight is the second one when the dataset has weights.
        environment: environment variables of the containers of training and scoring.
        log_level: level of the messages of the image's own toolkit, as Python's logging numbers them.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    framework: str
    entry_point: str
    source_dir: str | None = None
    version: str = ""
    serve: str = ""
    content_type: str = "text/csv"
    log_level: int = 20

    def __post_init__(self) -> None:
        self._check_types()
        if self.framework not in FRAMEWORKS:
            raise unknown("framework", self.framework, FRAMEWORKS, what="framework")
        object.__setattr__(self, "version", self.version or self._framework.default)
        if self.version not in self._framework.versions:
            raise unknown(
                "version", self.version, self._framework.versions, what=f"version of {self.framework}"
            )
        check_hyperparameters(self.hyperparameters)
        object.__setattr__(self, "hyperparameters", dict(self.hyperparameters))
        check_environment(self.environment)
        object.__setattr__(self, "environment", dict(self.environment))
        self._check_code()

    @property
    def _framework(self) -> Framework:
        return FRAMEWORKS[self.framework]

    @property
    def name(self) -> str:
        """Empty: it is no algorithm of AWS."""
        return ""

    @property
    def x86_image(self) -> str:
        """A name of the image for error messages; it is built for x86-64 processors."""
        return f"{self._framework.title}'s image"

    @property
    def job_texts(self) -> Mapping[str, str]:
        """The hyperparameters, with those that the image's toolkit reads.

        The toolkit reads each as JSON where it can, so a text that would be read as something else is quoted.
        Source: sagemaker-training-toolkit (environment.py, ``read_hyperparameters``).
        """
        return {
            **{name: as_json(value) for name, value in self.hyperparameters.items()},
            "sagemaker_program": LAUNCHER,
            "sagemaker_submit_directory": f"/opt/ml/input/data/{CODE_CHANNEL}/{SCRIPT_CODE_FILE}",
            "sagemaker_container_log_level": str(self.log_level),
            "sagemaker_region": "${Region}",
        }

    @property
    def files(self) -> Mapping[str, Path]:
        """The files to pack by their names in the archive."""
        if self.source_dir is None:
            path = Path(self.entry_point)
            return {path.name: path}
        return source_files(Path(self.source_dir))

    @property
    def program(self) -> str:
        """The name of the entry point in the archive."""
        return Path(self.entry_point).name if self.source_dir is None else self.entry_point

    @property
    def serving_program(self) -> str:
        """The name in the archive of the script that answers requests."""
        return self.serve or self._framework.fixed_program or self.program

    @property
    def own_channels(self) -> Mapping[str, str]:
        """The channel of the code."""
        return {CODE_CHANNEL: SCRIPT_CODE}

    @property
    def training_environment(self) -> Mapping[str, str]:
        """The environment variables of training, with the entry point that the launcher runs."""
        return {**self.environment, ENTRY_POINT_VARIABLE: self.program}

    @property
    def serving_environment(self) -> Mapping[str, str]:
        """The environment variables of scoring, with those by which the image finds the code in the model.

        Source: sagemaker-containers (_params.py), sagemaker-inference-toolkit (environment.py).
        """
        return {
            **self.environment,
            "SAGEMAKER_PROGRAM": self.serving_program,
            "SAGEMAKER_SUBMIT_DIRECTORY": SERVED_FROM,
            "SAGEMAKER_CONTAINER_LOG_LEVEL": str(self.log_level),
            "SAGEMAKER_REGION": "${Region}",
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": self.content_type,
        }

    @property
    def serves_otherwise(self) -> bool:
        """Whether the model is served by another image than the one that trains."""
        return self._framework.repository is None

    def image(self, use: FrameworkUse, instance_type: str) -> Image | FrameworkImage:
        """The image of a use on an instance type: one with GPU libraries for instances with GPUs."""
        if self._framework.repository is not None:
            return Image(repository=self._framework.repository, version=self.version)
        return FrameworkImage(
            framework=self.framework, version=self.version, use=use, gpu=has_gpu(instance_type)
        )

    def check_task(self, task: str) -> None:
        """Refuse a script that would answer classes where probabilities are needed, or records of no type.

        Raises:
            ValueError: naming the script and the function to write.
        """
        # On channels a script reads files of any type; the records of a table are written by the workflow.
        if self.content_type not in MIME_TYPES.values():
            raise unknown("content_type", self.content_type, MIME_TYPES.values(), what="type of records")
        defined = read_script("serve", self.files[self.serving_program]).names
        predicts = defined & {"predict_fn", "transform_fn"}
        if self.framework == "scikit-learn" and task in ("binary", "multiclass") and not predicts:
            answer = "model.predict_proba(data)" + ("[:, 1]" if task == "binary" else "")
            raise refusal(
                "serve",
                self.serving_program,
                f"a {task} task is judged by probabilities, and without predict_fn the image answers the "
                f"predicted class; define predict_fn(data, model) that returns {answer}.",
            )

    def records(self, task: str) -> RecordsSection:
        """Records of the content type; series of a forecast and features of other tasks."""
        kind = next(kind for kind, content_type in MIME_TYPES.items() if content_type == self.content_type)
        return RecordsSection(
            training="libsvm" if task == "ranking" else kind, scoring=kind, accept=self.content_type
        )

    def _check_types(self) -> None:
        for name in ("framework", "entry_point", "version", "serve"):
            if not isinstance(getattr(self, name), str):
                raise refusal(name, getattr(self, name), "give text.")
        if self.source_dir is not None and not isinstance(self.source_dir, (str, Path)):
            raise refusal("source_dir", self.source_dir, "give the path of a folder.")
        if not isinstance(self.content_type, str):
            raise refusal("content_type", self.content_type, "give text.")
        check_whole("log_level", self.log_level, 0, 50)

    def _check_code(self) -> None:
        self._check_place()
        files = self.files
        read = {
            argument: read_script(argument, files[name])
            for argument, name in (("entry_point", self.program), ("serve", self.serving_program))
        }
        taken = [
            name
            for name in top_modules(files)
            if name in self._framework.packages or name in sys.stdlib_module_names
        ]
        if taken:
            raise refusal(
                "source_dir",
                f"{taken[0]}.py",
                f"has the name of a module that Python or {self.x86_image} imports, and would be imported in "
                f"its place; rename it.",
            )
        same = self.program == self.serving_program
        if same and not read["entry_point"].guarded:
            raise refusal(
                "entry_point",
                self.program,
                "also answers requests, for which the image imports it, and importing it would train again; "
                'train below if __name__ == "__main__", or give serve=....',
            )
        missing = self._framework.missing(read["serve"].names)
        if missing:
            raise refusal("serve", self.serving_program, missing)

    def _check_place(self) -> None:
        path = Path(self.entry_point)
        if self.source_dir is None:
            if not path.is_file():
                raise refusal("entry_point", self.entry_point, "there is no such file; name the script.")
            if self.serve:
                raise refusal("serve", self.serve, "needs source_dir, the folder of both scripts.")
        else:
            source_files(Path(self.source_dir))
        fixed = self._framework.fixed_program
        if fixed and self.serve not in ("", fixed):
            raise refusal("serve", self.serve, f"{self.x86_image} runs {fixed}; rename it.")
        for argument, name in (("entry_point", self.program), ("serve", self.serving_program)):
            if not name.endswith(".py"):
                raise refusal(argument, name, "is no Python script; name a file that ends in .py.")
            if "/" in name or "\\" in name:
                raise refusal(
                    argument,
                    name,
                    "must stand at the top of source_dir, because the image imports it by its name; "
                    "choose another source_dir or move it.",
                )
            if name not in self.files:
                raise refusal(argument, name, f"there is no such file in {self.source_dir or path.parent}.")

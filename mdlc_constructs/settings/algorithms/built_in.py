"""The algorithms that AWS publishes as images."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.arguments import hyperparameter_of
from mdlc_constructs.settings.algorithms.constructors import Constructors
from mdlc_constructs.settings.algorithms.dataset_values import values_of
from mdlc_constructs.settings.algorithms.hyperparameter_rules import check_together, rendered_by_table
from mdlc_constructs.settings.algorithms.hyperparameters import check_by_name
from mdlc_constructs.settings.algorithms.instances import check_instances
from mdlc_constructs.settings.algorithms.jumpstart import JumpStart
from mdlc_constructs.settings.algorithms.named_constructors import NamedConstructors
from mdlc_constructs.settings.algorithms.record_formats import records_of
from mdlc_constructs.settings.algorithms.table import AlgorithmFacts, algorithm_facts
from mdlc_constructs.settings.algorithms.trained_tasks import check_trained
from mdlc_constructs.settings.algorithms.xgboost import OBJECTIVE_TASKS, check_objective, numbers_of, rendered
from mdlc_constructs.settings.compute import Compute
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.environment import check_environment
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.settings.refusal import refusal

_XGBOOST = "xgboost"


@dataclass(frozen=True, kw_only=True)
class BuiltInAlgorithm(Constructors, Algorithm, metaclass=NamedConstructors):
    """An algorithm that AWS publishes as an image. Create one by its constructor: `BuiltInAlgorithm.kmeans`.

    Attributes:
        algorithm: the name of the algorithm, such as `linear-learner`.
        image: its prebuilt image.
        jumpstart: where its scripts and artefacts are; None for an image that needs none.
    """

    algorithm: str
    image: Image
    jumpstart: JumpStart | None = None

    def __post_init__(self) -> None:
        check_by_name(self.hyperparameters)
        object.__setattr__(self, "hyperparameters", self._checked())
        check_environment(self.environment)
        object.__setattr__(self, "environment", dict(self.environment))

    def _checked(self) -> Mapping[str, str]:
        """The hyperparameters as texts, by the table; those that are texts already stay as they are."""
        facts = algorithm_facts(self.algorithm)
        if self.algorithm == _XGBOOST:
            return rendered(numbers_of(self.hyperparameters), version=self.image.version)
        return rendered_by_table(facts, self.hyperparameters)

    @classmethod
    def create(cls, algorithm: str, arguments: Mapping[str, Any]) -> Self:
        """The algorithm of a name, with the arguments of its constructor; None is one left out.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        facts = algorithm_facts(algorithm)
        check_by_name(arguments)
        options = {name: value for name, value in arguments.items() if name != "cls" and value is not None}
        version = options.pop("version", facts.versions[0])
        uris = {name: options.pop(name) for name in ("code_uri", "model_uri") if name in options}
        image = Image(repository=facts.repository, version=version)
        values = {hyperparameter_of(name): value for name, value in options.items()}
        texts = (
            rendered(values, version=version) if algorithm == _XGBOOST else rendered_by_table(facts, values)
        )
        jumpstart = JumpStart.of(algorithm, **uris) if facts.jumpstart else None
        return cls(algorithm=algorithm, image=image, hyperparameters=texts, jumpstart=jumpstart)

    @property
    def facts(self) -> AlgorithmFacts:
        """The algorithm's row in the table."""
        return algorithm_facts(self.algorithm)

    @property
    def name(self) -> str:
        """The algorithm's name."""
        return self.algorithm

    @property
    def x86_image(self) -> str:
        """A name of the image for error messages; AWS builds it for x86-64 processors."""
        return self.image.title

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that it is for with these hyperparameters; "survival" is no task of a dataset."""
        if self.algorithm == _XGBOOST:
            return OBJECTIVE_TASKS.get(self.texts.get("objective", ""), ())
        return self.facts.tasks_with(self.texts)

    def check_task(self, task: str) -> None:
        """Refuse a task of a dataset that the algorithm does not train for.

        Raises:
            ValueError: naming the argument and the remedy.
        """
        check_trained(self.facts, task)
        if self.algorithm == _XGBOOST:
            check_objective(self.texts.get("objective", ""), task)

    def check_compute(self, compute: Compute) -> None:
        """Refuse instances that the algorithm does not train on.

        Raises:
            ValueError: naming the argument and the remedy.
        """
        check_instances(self.facts, self.texts, compute)
        if self.jumpstart is not None:
            self.jumpstart.check_compute(compute)

    def check_complete(self) -> None:
        """Refuse the lack of a hyperparameter that the algorithm requires, and nothing of the data sets.

        Raises:
            ValueError: naming the hyperparameter and its values.
        """
        for name, row in self.facts.hyperparameters.items():
            if row.required and name not in self.texts:
                what = f", {row.meaning}" if row.meaning else ""
                raise refusal(name, None, f"is required{what}: give {row.described}.")

    def records(self, task: str) -> RecordsSection:
        """How the records of training and scoring are written, and how the answers are read."""
        return records_of(self.facts, task)

    @property
    def serving_environment(self) -> Mapping[str, str]:
        """The environment variables of scoring; of k-NN they ask for the neighbours' labels too.

        In an inference pipeline no request says what the container may answer. That AWS's own algorithms read
        this variable, as its frameworks and those of Autopilot do, was not verified on AWS.
        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/autopilot-deploy-models-realtime.html
        """
        # What trains on files has no records of tables, and so nothing that their answers must say.
        accept = records_of(self.facts, "").accept if self.facts.tasks else ""
        asked = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": accept} if ";" in accept else {}
        return {**self.environment, **asked}

    @property
    def channels(self) -> Mapping[str, str]:
        """The channel of each part of the split: many algorithms take the validation part as ``test``."""
        return self.facts.channel_of_part

    @property
    def sharded_channels(self) -> tuple[str, ...]:
        """The channels that the algorithm takes by ``ShardedByS3Key`` only."""
        return tuple(name for name, channel in self.facts.channels.items() if channel.sharded)

    @property
    def own_channels(self) -> Mapping[str, str]:
        """The scripts and artefacts of an algorithm of JumpStart."""
        return self.jumpstart.channels if self.jumpstart else {}

    @property
    def job_texts(self) -> Mapping[str, str]:
        """The hyperparameters of the training job, with those that name an algorithm's script."""
        return {**self.texts, **self.jumpstart.hyperparameters} if self.jumpstart else self.texts

    @property
    def serving_image(self) -> Image | None:
        """The image that scores, where a framework has two of them."""
        if self.jumpstart is None:
            return None
        return Image(repository=self.jumpstart.serving_repository, version=self.image.version)

    def for_dataset(self, dataset: Dataset) -> Self:
        """The algorithm with the hyperparameters that follow from the dataset; unchanged when all are set.

        Raises:
            ValueError: when a hyperparameter contradicts the dataset.
        """
        values = values_of(self.facts, self.texts, dataset)
        algorithm = self
        if values:
            algorithm = replace(algorithm, hyperparameters={**self.texts, **values})
            check_together(self.facts, algorithm.texts)
        if algorithm.jumpstart is not None:
            algorithm = replace(algorithm, jumpstart=algorithm.jumpstart.for_task(dataset.task))
        if self.algorithm == "forecasting-deepar" and dataset.forecast is not None:
            levels = list(dataset.forecast.to_plan().level_names)
            config = {"num_samples": 200, "output_types": ["mean", "quantiles"], "quantiles": levels}
            algorithm = replace(algorithm, environment={_DEEPAR: json.dumps(config), **self.environment})
        return algorithm

    def image_uri(self, region: str) -> str:
        """The image's URI in a region."""
        return self.image.uri(region)


_DEEPAR = "DEEPAR_INFERENCE_CONFIG"
"""The variable that tells DeepAR's container what to answer in a transform job. Source:
https://docs.aws.amazon.com/sagemaker/latest/dg/deepar-in-formats.html"""

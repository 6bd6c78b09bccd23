"""Models and transform jobs for all workflows."""

from collections.abc import Collection
from dataclasses import replace

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import KEY_ARN
from mdlc_constructs.settings import Compute, Dataset, NetworkSettings, QualityRules
from mdlc_constructs.settings.image import title_of
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.quality import QualitySection
from mdlc_constructs.settings.payloads.records import RecordTypes
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.tasks.model import Container, create_model
from mdlc_constructs.tasks.transform import transform_job
from mdlc_constructs.workflows.data_jobs import patience, volume_key, vpc_of
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import FEW_RETRIES, TAGS, planned_again


def make_model(
    *,
    model: str,
    model_name: str,
    image: str,
    artifact: str,
    environment: object,
    network: NetworkSettings,
    package: str | None = None,
) -> Task:
    """`CreateModel`: the SageMaker model for transform jobs and endpoints.

    Args:
        model: name of the model's home, which is the prefix of all derived names.
        model_name: name of the SageMaker model.
        image: URI of the container's image.
        artifact: S3 URI of the trained artifact.
        environment: the container's environment variables or an expression; None for none.
        network: VPC and isolation.
        package: the name of the model package to make the model from, instead of image and artifact.
    """
    if package is not None:
        container = Container(model_package_arn=package)
    else:
        overrides = {} if environment is None else {"Environment": environment}
        container = Container(image=image, model_data_url=artifact, overrides=overrides)
    return create_model(
        "CreateModel",
        model_name=model_name,
        name_pattern=f"{model}-model-*",
        role_arn="${ModelRole}",
        containers=(container,),
        tags=TAGS,
        vpc=vpc_of(network),
        network_isolation=network.isolation,
        output={},
        retry=FEW_RETRIES,
        catch=(planned_again("CreateModel"), TO_FAILURE),
    )


def check_scoring(compute: Compute, repository_arn: str) -> None:
    """Reject instance types on which the image of the model's packages does not run.

    Args:
        compute: the instances.
        repository_arn: ARN of the image's repository, when a training workflow of the app has set it.

    Raises:
        ValueError: names the instance type.
    """
    title = title_of(repository_arn.rsplit("/", 1)[-1])
    if title is not None:
        compute.require("transform", image=title)


def check_image_known(home: str, algorithm_arn: str | None, *, what: str) -> None:
    """Refuse a model whose image the account does not know.

    Args:
        home: the name of the model's home.
        algorithm_arn: the algorithm resource that the home's training workflow trains by; None for an image.
        what: the workflow as the user named it, such as "an endpoint".

    Raises:
        ValueError: naming the home, the algorithm and what to use instead.
    """
    if algorithm_arn is not None:
        raise refusal(
            "home",
            home,
            f"is trained by {algorithm_arn} of AWS Marketplace, whose image only its seller knows; {what} "
            "makes models from the image of a version; use the SageMaker model that the training made.",
        )


def package_model(model: str, network: NetworkSettings) -> Task:
    """`CreateModel` of the plan's package, for when the model that was trained has been deleted."""
    return make_model(
        model=model,
        model_name="{% $plan.package.model %}",
        image="{% $plan.package.image %}",
        artifact="{% $plan.package.artifact %}",
        environment="{% $plan.package.environment %}",
        network=network,
    )


def unlabelled(dataset: Dataset) -> DatasetSection:
    """A plan's dataset section for rows to score: without the label and columns known only afterwards.

    A forecast keeps its label: what is scored are series with their history.
    """
    forecast = dataset.task == "forecast"
    absent = {*dataset.known_after, *(() if forecast else (dataset.label,))}
    return replace(
        dataset.to_plan(),
        label=dataset.label if forecast else None,
        known_after=(),
        columns={name: kind for name, kind in dataset.columns.items() if name not in absent},
    )


def rules_of(quality: QualityRules, columns: Collection[str]) -> QualitySection:
    """A plan's quality section, restricted to the given columns."""
    return quality.to_plan().about(columns)


def score_task(
    name: str,
    *,
    model: str,
    compute: Compute,
    records: RecordTypes | None = None,
    strategy: str = "MultiRecord",
) -> Task:
    """A transform job over one folder; the map's item has the job's name, the model and the locations.

    Args:
        records: the types of records and answers; None for those of the map's item.
    """
    return ask_in_batch(
        name,
        job_name="{% $states.input.job %}",
        name_pattern=f"{model}-score*",
        model_name="{% $states.input.model %}",
        input_uri="{% $states.input.input %}",
        output_uri="{% $states.input.output %}",
        records=records or planned_records("$states.input.records"),
        compute=compute,
        strategy=strategy,
    )


def planned_records(where: str) -> RecordTypes:
    """The types that a planning function looked up, as JSONata.

    Args:
        where: the path of the `RecordTypes`.
    """
    return RecordTypes(**{name: f"{{% {where}.{name} %}}" for name in ("content_type", "accept", "split")})


def strategy_of(task: str) -> str:
    """The batch strategy of a task's transform jobs.

    A record of a forecast is a whole series, and the models of the field, such as DeepAR, take one a request.
    """
    return "SingleRecord" if task == "forecast" else "MultiRecord"


def ask_in_batch(
    name: str,
    *,
    job_name: str,
    name_pattern: str,
    model_name: str,
    input_uri: str,
    output_uri: str,
    records: RecordTypes,
    compute: Compute,
    output: object = None,
    catch: tuple[Catch, ...] = (),
    comment: str = "",
    strategy: str = "MultiRecord",
) -> Task:
    """A transform job, by default with many rows a request."""
    return transform_job(
        name,
        job_name=job_name,
        name_pattern=name_pattern,
        model_name=model_name,
        input_uri=input_uri,
        output_uri=output_uri,
        content_type=records.content_type,
        accept=records.accept,
        split=records.split,
        strategy=strategy,
        instance_type=compute.instance_type,
        instance_count=compute.instance_count,
        kms_key_id=KEY_ARN,
        volume_kms_key_id=volume_key(compute),
        tags=TAGS,
        # SageMaker has no runtime limit for a transform job.
        timeout_seconds=patience(compute),
        output={} if output is None else output,
        catch=catch,
        comment=comment,
    )

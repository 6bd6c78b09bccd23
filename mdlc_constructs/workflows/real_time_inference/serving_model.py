"""The model that an endpoint serves: the package's feature program, its container, and its version.

While traffic shifts, two versions answer under the same endpoint name, so callers cannot know which version's
feature program must prepare a request. So the model includes the program, as an inference pipeline of three
containers: `docs/decisions/0009-the-feature-program-travels-with-the-model.md`.
"""

from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import JOB_IMAGE
from mdlc_constructs.tasks.model import Container, create_model
from mdlc_constructs.workflows.data_jobs import vpc_of
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import FEW_RETRIES, TAGS, planned_again
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings

PREPARE, STAMP = "prepare", "stamp"
"""Steps of containers around the package's own: rows to features, and answers to scores with a version."""

VERSION = "MDLC_MODEL_VERSION"
"""Environment variable that holds the package's version."""


def _helper(step: str) -> Container:
    """A container of AWS's scikit-learn image that runs the archive stored beside the feature program."""
    return Container(
        image=JOB_IMAGE,
        # The features job writes this archive; the plan's `program` ends in a slash.
        model_data_url="{% $plan.package.program & 'model.tar.gz' %}",
        environment={
            "SAGEMAKER_PROGRAM": "serve.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "MDLC_SERVING_STEP": step,
            VERSION: "{% $string($plan.package.version) %}",
        },
    )


def create_serving_model(settings: ReleaseSettings) -> Task:
    """`CreateModel`: the model of the endpoint and the golden checks; skipped when it exists."""
    own = Container(
        image="{% $plan.package.image %}",
        model_data_url="{% $plan.package.artifact %}",
        overrides={"Environment": "{% $plan.package.environment %}"},
    )
    containers = (_helper(PREPARE), own, _helper(STAMP)) if settings.serving.prepares else (own,)
    return create_model(
        "CreateModel",
        model_name="{% $plan.names.CreateModel %}",
        name_pattern=f"{settings.model}-serving-*",
        role_arn="${HostedModelRole}",
        containers=containers,
        tags=TAGS,
        vpc=vpc_of(settings.network),
        network_isolation=settings.network.isolation,
        output={},
        retry=FEW_RETRIES,
        catch=(planned_again("CreateModel"), TO_FAILURE),
        comment="The package's own program goes with its container" if settings.serving.prepares else "",
    )

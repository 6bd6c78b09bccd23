"""The model that an endpoint serves: the package's feature program, its container, and the version's stamp.

While traffic shifts, two versions answer under one name, so no caller can know which version's program to
prepare a request with. So the program travels with the model: an inference pipeline of three containers,
`docs/decisions/0009-the-feature-program-travels-with-the-model.md`.
"""

from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import JOB_IMAGE
from mdlc_constructs.tasks.model import Container, create_model
from mdlc_constructs.workflows.data_jobs import vpc_of
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import FEW_RETRIES, TAGS, planned_again
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings

PREPARE, STAMP = "prepare", "stamp"
"""What the containers around the package's own do: rows to features, and answers to scores with a version."""

VERSION = "MDLC_MODEL_VERSION"
"""Environment variable that holds the package's version."""


def _helper(step: str) -> Container:
    """A container of AWS's scikit-learn image that runs the archive beside the feature program."""
    return Container(
        image=JOB_IMAGE,
        # The features job writes it; the plan's `program` ends in a slash.
        model_data_url="{% $plan.package.program & 'model.tar.gz' %}",
        environment={
            "SAGEMAKER_PROGRAM": "serve.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "MDLC_SERVING_STEP": step,
            VERSION: "{% $string($plan.package.version) %}",
        },
    )


def create_serving_model(settings: ReleaseSettings) -> Task:
    """`CreateModel`: what the endpoint and the golden checks run; one that exists is passed by."""
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

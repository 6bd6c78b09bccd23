"""Images in the ECR of the embedded AWS: one that is missing, and one that says what runs instead of it."""

import json
import uuid
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from mdlc_cli.tools import local_images
from mdlc_local.sagemaker.containers import repository_images
from tests.local.conftest import Clients
from tests.local.embedded import Role, Server


@pytest.fixture
def repository(client: Clients) -> str:
    name = f"images-{uuid.uuid4().hex[:8]}"
    client("ecr").create_repository(repositoryName=name)
    return name


def test_a_missing_image_is_said_to_be_missing(client: Clients, repository: str) -> None:
    """The CDK CLI builds an image when DescribeImages says so."""
    ecr = client("ecr")
    assert ecr.describe_images(repositoryName=repository)["imageDetails"] == []
    with pytest.raises(ClientError) as refused:
        ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "none"}])
    assert refused.value.response["Error"] == {
        "Code": "ImageNotFoundException",
        "Message": f"The image with imageId {{imageDigest:'null', imageTag:'none'}} does not exist within "
        f"the repository with name '{repository}' in the registry with id '000000000000'",
    }
    ecr.put_image(repositoryName=repository, imageManifest="{}", imageTag="one")
    (found,) = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "one"}])["imageDetails"]
    assert found["imageTags"] == ["one"]


def test_a_role_may_describe_one_repository(
    server: Server, repository: str, make_role: Callable[..., Role]
) -> None:
    """The CDK's role for images is allowed its repository only."""
    arn = f"arn:aws:ecr:us-east-1:000000000000:repository/{repository}"
    role = make_role({"Effect": "Allow", "Action": "ecr:DescribeRepositories", "Resource": arn})
    ecr = server.client("ecr", credentials=role.credentials)
    assert ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    with pytest.raises(ClientError, match="not authorized to perform: ecr:DescribeRepositories"):
        ecr.describe_repositories()


@pytest.mark.parametrize("media_type", [repository_images.MEDIA_TYPE, None])
def test_a_model_runs_what_its_image_says(
    media_type: str | None, client: Clients, repository: str, make_role: Callable[..., Role]
) -> None:
    manifest = json.dumps({"local": {"serve": ["true"]}})
    kind = {"imageManifestMediaType": media_type} if media_type else {}
    client("ecr").put_image(repositoryName=repository, imageManifest=manifest, imageTag="one", **kind)
    uri = f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{repository}:one"
    role = make_role({"Effect": "Allow", "Action": "*", "Resource": "*"}, principal="sagemaker.amazonaws.com")

    def create(image: str) -> None:
        container = {"Image": image}
        name = f"model-{uuid.uuid4().hex[:8]}"
        client("sagemaker").create_model(
            ModelName=name, ExecutionRoleArn=role.arn, PrimaryContainer=container
        )

    if media_type:
        create(uri)
    else:
        with pytest.raises(ClientError, match="no local runtime is registered for image"):
            create(uri)
    with pytest.raises(ClientError, match="no local runtime is registered for image"):
        create(uri.replace(":one", ":two"))


def test_both_sides_name_the_same_media_type() -> None:
    assert local_images.MEDIA_TYPE == repository_images.MEDIA_TYPE

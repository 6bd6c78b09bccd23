"""Images in the ECR of the embedded AWS: one that is missing, and one that says what runs instead of it."""

import json
import uuid
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from mdlc_cli.tools import local_images
from mdlc_local import ecr_scans
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


SCANNED = {"imageScanningConfiguration": {"scanOnPush": True}}


@pytest.mark.parametrize(
    ("manifest", "status", "counts"),
    [
        ({}, "UNSUPPORTED_IMAGE", None),
        ({"scan_findings": {}}, "COMPLETE", {}),
        ({"scan_findings": {"a": "HIGH", "b": "HIGH", "c": "LOW"}}, "COMPLETE", {"HIGH": 2, "LOW": 1}),
    ],
)
def test_a_scan_reports_what_an_image_declares_and_nothing_else(
    client: Clients, manifest: dict[str, object], status: str, counts: dict[str, int] | None
) -> None:
    ecr, name = client("ecr"), f"scanned-{uuid.uuid4().hex[:8]}"
    ecr.create_repository(repositoryName=name, **SCANNED)
    ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageTag="one")
    found = ecr.describe_image_scan_findings(repositoryName=name, imageId={"imageTag": "one"})
    assert found["imageScanStatus"]["status"] == status
    assert found.get("imageScanFindings", {}).get("findingSeverityCounts") == counts
    if counts is None:
        assert "declare scan_findings" in found["imageScanStatus"]["description"]
    else:
        assert all(
            "nothing was scanned" in each["description"] for each in found["imageScanFindings"]["findings"]
        )


def test_without_scan_on_push_a_scan_is_started(
    server: Server, client: Clients, repository: str, make_role: Callable[..., Role]
) -> None:
    client("ecr").put_image(repositoryName=repository, imageManifest="{}", imageTag="one")
    named = {"repositoryName": repository, "imageId": {"imageTag": "one"}}
    with pytest.raises(ClientError, match="Image scan does not exist"):
        client("ecr").describe_image_scan_findings(**named)
    with pytest.raises(ClientError, match="does not exist within the repository"):
        client("ecr").start_image_scan(repositoryName=repository, imageId={"imageTag": "two"})
    client("ecr").start_image_scan(**named)
    arn = f"arn:aws:ecr:us-east-1:000000000000:repository/{repository}"
    role = make_role({"Effect": "Allow", "Action": "ecr:DescribeImageScanFindings", "Resource": arn})
    reader = server.client("ecr", credentials=role.credentials)
    assert reader.describe_image_scan_findings(**named)["imageScanStatus"]["status"] == "UNSUPPORTED_IMAGE"
    with pytest.raises(ClientError, match="not authorized to perform: ecr:StartImageScan"):
        reader.start_image_scan(**named)


def test_a_template_makes_tags_immutable(client: Clients) -> None:
    stack, ecr = f"images-{uuid.uuid4().hex[:8]}", client("ecr")
    properties = {
        "RepositoryName": stack,
        "ImageTagMutability": "IMMUTABLE",
        "ImageScanningConfiguration": {"ScanOnPush": True},
    }
    template = {"Resources": {"Images": {"Type": "AWS::ECR::Repository", "Properties": properties}}}
    client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 0.05}
    )
    ecr.put_image(repositoryName=stack, imageManifest='{"a": 1}', imageTag="one")
    with pytest.raises(ClientError, match="ImageTagAlreadyExistsException"):
        ecr.put_image(repositoryName=stack, imageManifest='{"a": 2}', imageTag="one")
    found = ecr.describe_image_scan_findings(repositoryName=stack, imageId={"imageTag": "one"})
    assert found["imageScanStatus"]["status"] == "UNSUPPORTED_IMAGE"


def test_both_sides_name_the_findings_alike() -> None:
    assert local_images.FINDINGS == ecr_scans.FINDINGS

from typing import Any

import pytest

from lambdas.aws.packages import choose, package_from, record_types
from lambdas.planning.errors import NoPackage
from mdlc_constructs.settings.payloads.records import RecordTypes


def summary(version: int, status: str) -> dict[str, Any]:
    return {
        "ModelPackageVersion": version,
        "ModelApprovalStatus": status,
        "ModelPackageArn": f"arn/{version}",
    }


def test_the_highest_approved_version_is_chosen_unless_one_is_named() -> None:
    versions: Any = [
        summary(1, "Approved"),
        summary(10, "Approved"),
        summary(9, "Approved"),
        summary(11, "Rejected"),
    ]
    assert choose(versions, None, "m") == "arn/10"
    assert choose(versions, 9, "m") == "arn/9"


@pytest.mark.parametrize(
    ("versions", "asked", "message"),
    [
        ([], None, "m has no approved model package"),
        ([summary(1, "Rejected")], None, "m has no approved model package"),
        ([summary(1, "Rejected")], 1, "Version 1 of m is Rejected"),
        ([summary(1, "Approved")], 4, r"m has no version 4: its versions are \[1\]"),
        ([], 4, "none yet"),
    ],
)
def test_a_package_that_cannot_be_used_is_refused_by_name(
    versions: Any, asked: int | None, message: str
) -> None:
    with pytest.raises(NoPackage, match=message):
        choose(versions, asked, "m")


def test_a_package_without_a_feature_program_is_refused() -> None:
    bare: Any = {"ModelPackageArn": "arn/1", "CustomerMetadataProperties": {"run": "r", "model": "m"}}
    with pytest.raises(NoPackage, match="has no 'program' in its metadata"):
        package_from(bare)


@pytest.mark.parametrize(
    ("life", "served"),
    [
        ({"Stage": "Production", "StageStatus": "Deployed"}, True),
        ({"Stage": "Production", "StageStatus": "Pending"}, False),
        (None, False),
    ],
)
def test_the_registry_knows_what_served_once(life: dict[str, str] | None, served: bool) -> None:
    described: Any = {
        "ModelPackageArn": "arn/1",
        "ModelPackageVersion": 1,
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {"program": "p", "run": "r", "model": "m"},
        "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": "u"}]},
        **({"ModelLifeCycle": life} if life else {}),
    }
    assert package_from(described).served is served


@pytest.mark.parametrize(
    ("specification", "expected"),
    [
        ({}, RecordTypes()),
        (
            {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["application/jsonlines"]},
            RecordTypes(accept="application/jsonlines"),
        ),
        (
            {
                "SupportedContentTypes": ["application/x-recordio-protobuf"],
                "SupportedResponseMIMETypes": ["application/jsonlines"],
            },
            RecordTypes(
                content_type="application/x-recordio-protobuf",
                accept="application/jsonlines",
                split="RecordIO",
            ),
        ),
    ],
)
def test_a_package_says_what_records_its_container_takes(
    specification: dict[str, list[str]], expected: RecordTypes
) -> None:
    described: Any = {"InferenceSpecification": specification}
    assert record_types(described) == expected

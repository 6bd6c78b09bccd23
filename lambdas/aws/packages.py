"""Reads model packages, and chooses the version that inference uses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.planning.errors import NoPackage
from mdlc_constructs.settings.payloads.planning import PlannedPackage
from mdlc_constructs.settings.payloads.records import RecordTypes

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        DescribeModelPackageOutputTypeDef,
        ModelPackageSummaryTypeDef,
    )

SERVED = ("Production", "Deployed")
"""Life-cycle stage and status that a release sets when a version serves, and that are never reset."""


CHANNELS = "channels"
"""The value of a package's metadata `data` when it was trained on channels."""

NO_PROGRAM = "none"
"""What the champion's pointer has in place of a feature program; DynamoDB's expressions need some text."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A model package as inference uses it.

    Attributes:
        served: whether it has served after a release.
        records: the types of the records that a transform job scores, and of its answers.
    """

    arn: str
    version: int
    status: str
    image: str
    artifact: str
    environment: Mapping[str, str]
    metadata: Mapping[str, str]
    served: bool = False
    records: RecordTypes = field(default_factory=RecordTypes)

    @property
    def planned(self) -> PlannedPackage:
        """The package as a plan holds it."""
        return PlannedPackage(
            arn=self.arn,
            version=self.version,
            model=self.metadata["model"],
            image=self.image,
            artifact=self.artifact,
            environment=dict(self.environment),
            program=self.metadata.get("program", NO_PROGRAM),
            records=self.records,
        )


def choose(
    versions: "Iterable[ModelPackageSummaryTypeDef]",
    asked: int | None,
    group: str,
    *,
    must_be_approved: bool = True,
) -> str:
    """The ARN of the requested version, or of the highest approved one.

    Args:
        versions: summaries of the group's packages in any order.
        asked: the requested version; None for the highest approved one.
        must_be_approved: whether the requested version must be approved.

    Raises:
        NoPackage: when there is none, or the requested one is not approved.
    """
    known = {int(each["ModelPackageVersion"]): each for each in versions}
    if asked is None:
        approved = [number for number, each in known.items() if each["ModelApprovalStatus"] == "Approved"]
        if not approved:
            raise NoPackage(
                f"{group} has no approved model package: run the training workflow, or approve a version."
            )
        return str(known[max(approved)]["ModelPackageArn"])
    if asked not in known:
        raise NoPackage(f"{group} has no version {asked}: its versions are {sorted(known) or 'none yet'}.")
    status = known[asked]["ModelApprovalStatus"]
    if must_be_approved and status != "Approved":
        raise NoPackage(f"Version {asked} of {group} is {status}: approve it first, or name an approved one.")
    return str(known[asked]["ModelPackageArn"])


def package_from(answer: "DescribeModelPackageOutputTypeDef") -> Package:
    """The package of a DescribeModelPackage response.

    Raises:
        NoPackage: when the package was not registered by a training workflow, and so has no feature program.
    """
    metadata = answer.get("CustomerMetadataProperties") or {}
    if metadata.get("data") == CHANNELS:
        raise NoPackage(
            f"{answer['ModelPackageArn']} was trained on channels and has no feature program: score "
            "files with ChannelBatchInferenceWorkflow, or call the model by an endpoint of your own."
        )
    missing = [key for key in ("program", "model", "run") if key not in metadata]
    if missing:
        raise NoPackage(
            f"{answer['ModelPackageArn']} has no {missing[0]!r} in its metadata: only packages registered by "
            f"a training workflow carry the feature program that inference needs."
        )
    return _package(answer, metadata)


def channels_package(answer: "DescribeModelPackageOutputTypeDef") -> Package:
    """The package of a DescribeModelPackage response that was trained on channels.

    Raises:
        NoPackage: when it was not.
    """
    metadata = answer.get("CustomerMetadataProperties") or {}
    if metadata.get("data") != CHANNELS or "model" not in metadata:
        raise NoPackage(
            f"{answer['ModelPackageArn']} was not registered by ChannelTrainingWorkflow: score tables with "
            "BatchInferenceWorkflow."
        )
    return _package(answer, metadata)


def _package(answer: "DescribeModelPackageOutputTypeDef", metadata: Mapping[str, str]) -> Package:
    container = answer["InferenceSpecification"]["Containers"][0]
    life = answer.get("ModelLifeCycle", {})
    return Package(
        arn=answer["ModelPackageArn"],
        version=int(answer["ModelPackageVersion"]),
        status=answer["ModelApprovalStatus"],
        image=container["Image"],
        artifact=container["ModelDataUrl"],
        environment=container.get("Environment") or {},
        metadata=metadata,
        served=(life.get("Stage"), life.get("StageStatus")) == SERVED,
        records=record_types(answer),
    )


def record_types(answer: "DescribeModelPackageOutputTypeDef") -> RecordTypes:
    """The types of records and answers of a described package, for a transform job."""
    specification = answer.get("InferenceSpecification", {})
    content_types = specification.get("SupportedContentTypes") or ["text/csv"]
    return RecordTypes.of(
        content_types[0], (specification.get("SupportedResponseMIMETypes") or content_types)[0]
    )

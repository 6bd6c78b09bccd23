"""Model packages as inference uses them, and which of them is used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.planning.errors import InvalidInput, NoPackage

SERVED = ("Production", "Deployed")
"""Life-cycle stage and status that a release gives to a version when it serves, and that it keeps."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A model package as inference uses it.

    Attributes:
        served: whether a release brought it into service once.
    """

    arn: str
    version: int
    status: str
    image: str
    artifact: str
    environment: Mapping[str, str]
    metadata: Mapping[str, str]
    served: bool = False


def check_version(given: Mapping[str, Any]) -> None:
    """Refuse a `package_version` in an execution's input that is no version's number.

    Raises:
        InvalidInput: naming the value.
    """
    version = given.get("package_version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 1):
        raise InvalidInput(f"package_version is {version!r}: give the version's number, such as 3.")


def choose(
    versions: Iterable[Mapping[str, Any]], asked: int | None, group: str, *, must_be_approved: bool = True
) -> str:
    """The ARN of the version asked for, or of the highest approved one.

    Args:
        versions: summaries of the group's packages in any order.
        must_be_approved: whether the version asked for must be approved.

    Raises:
        NoPackage: when there is none, or the one asked for was refused.
    """
    found = {int(v["ModelPackageVersion"]): v for v in versions}
    if asked is None:
        approved = [n for n, v in found.items() if v["ModelApprovalStatus"] == "Approved"]
        if not approved:
            raise NoPackage(
                f"{group} has no approved model package: run the training workflow, or approve a version."
            )
        return str(found[max(approved)]["ModelPackageArn"])
    if asked not in found:
        raise NoPackage(f"{group} has no version {asked}: its versions are {sorted(found) or 'none yet'}.")
    status = found[asked]["ModelApprovalStatus"]
    if must_be_approved and status != "Approved":
        raise NoPackage(f"Version {asked} of {group} is {status}: approve it first, or name an approved one.")
    return str(found[asked]["ModelPackageArn"])


def package_from(answer: Mapping[str, Any]) -> Package:
    """A package from DescribeModelPackage's answer.

    Raises:
        NoPackage: when the package was not registered by a training workflow, and so has no feature program.
    """
    metadata = answer.get("CustomerMetadataProperties") or {}
    missing = [key for key in ("program", "model", "run") if key not in metadata]
    if missing:
        raise NoPackage(
            f"{answer['ModelPackageArn']} has no {missing[0]!r} in its metadata: only packages registered by "
            f"a training workflow carry the feature program that inference needs."
        )
    container = answer["InferenceSpecification"]["Containers"][0]
    life = answer.get("ModelLifeCycle") or {}
    return Package(
        arn=answer["ModelPackageArn"],
        version=int(answer["ModelPackageVersion"]),
        status=answer["ModelApprovalStatus"],
        image=container["Image"],
        artifact=container["ModelDataUrl"],
        environment=container.get("Environment") or {},
        metadata=metadata,
        served=(life.get("Stage"), life.get("StageStatus")) == SERVED,
    )

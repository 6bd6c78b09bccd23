"""The model registry: versions of a model package group, their approval, and unversioned packages."""

import copy
from typing import Any

from mdlc_local import clock
from mdlc_local.errors import invalid
from mdlc_local.sagemaker import events, listing, records
from mdlc_local.sagemaker.faults import already_exists
from mdlc_local.sagemaker.records import MODEL_PACKAGE, Record
from mdlc_local.sagemaker.registry import model_cards, model_package_groups
from mdlc_local.scopes import Scope

METADATA_LIMIT = 50
"""The most CustomerMetadataProperties that a package may have."""


def create(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """CreateModelPackage: the next version of the group, or an unversioned package.

    A request with the ClientToken of an earlier request returns the package that the earlier one created.

    Raises:
        ApiError: ValidationException when the names are invalid, the group does not exist, or the
            unversioned package does.
    """
    if ("ModelPackageName" in request) == ("ModelPackageGroupName" in request):
        raise invalid("Exactly one of ModelPackageName and ModelPackageGroupName must be given")
    with records.lock:
        before = _made_by(request.get("ClientToken"), scope)
        if before is not None:
            return {"ModelPackageArn": before["ModelPackageArn"]}
        record = _record(request, scope)
        records.table(MODEL_PACKAGE, scope)[record["ModelPackageName"].lower()] = record
    events.publish(MODEL_PACKAGE, record)
    return {"ModelPackageArn": record["ModelPackageArn"]}


def next_version(group_name: str, scope: Scope) -> int:
    """The version of a group's next package; versions of deleted packages are not used again."""
    group = model_package_groups.existing(group_name, scope)
    return int(group.get("_last_version", 0)) + 1


def _made_by(token: str | None, scope: Scope) -> Record | None:
    if token is None:
        return None
    packages = records.table(MODEL_PACKAGE, scope).values()
    return next((package for package in packages if package.get("ClientToken") == token), None)


def _record(request: dict[str, Any], scope: Scope) -> Record:
    record: Record = copy.deepcopy(request)
    if "ModelCard" in request:
        record["ModelCard"] = model_cards.merged(None, request["ModelCard"])
    if "ModelPackageGroupName" in request:
        group = model_package_groups.existing(request["ModelPackageGroupName"], scope)
        version = next_version(group["ModelPackageGroupName"], scope)
        group["_last_version"] = version
        name = f"{group['ModelPackageGroupName']}/{version}"
        record |= {
            "ModelPackageGroupName": group["ModelPackageGroupName"],
            "ModelPackageVersion": version,
            "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
            "ModelPackageRegistrationType": request.get("ModelPackageRegistrationType", "Logged"),
        }
    else:
        name = request["ModelPackageName"]
        if records.find(MODEL_PACKAGE, name, scope) is not None:
            raise already_exists("model package", records.arn(MODEL_PACKAGE, name, scope))
    return record | {
        "ModelPackageName": name,
        "ModelPackageArn": records.arn(MODEL_PACKAGE, name, scope),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CreationTime": clock.now(),
        "LastModifiedTime": clock.now(),
        "CreatedBy": {},
    }


def existing(name_or_arn: str, scope: Scope) -> Record:
    """The record of the package with that name or ARN.

    Raises:
        ApiError: ValidationException when there is none.
    """
    record = records.find(MODEL_PACKAGE, name_or_arn, scope)
    if record is None:
        arn = records.arn(MODEL_PACKAGE, records.bare(name_or_arn), scope)
        raise invalid(f"ModelPackage {arn} does not exist.")
    return record


def update(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """UpdateModelPackage: fields are replaced, metadata properties merged; a change publishes an event.

    Raises:
        ApiError: ValidationException when the package does not exist or the change is invalid.
    """
    record = existing(request["ModelPackageArn"], scope)
    changes = copy.deepcopy(request)
    changes.pop("ModelPackageArn")
    changes.pop("ClientToken", None)
    removed = changes.pop("CustomerMetadataPropertiesToRemove", [])
    added = changes.pop("AdditionalInferenceSpecificationsToAdd", [])
    properties = {
        **record.get("CustomerMetadataProperties", {}),
        **changes.pop("CustomerMetadataProperties", {}),
    }
    properties = {key: value for key, value in properties.items() if key not in removed}
    if len(properties) > METADATA_LIMIT:
        raise invalid(f"CustomerMetadataProperties can have at most {METADATA_LIMIT} entries")
    if "ModelApprovalStatus" in changes and "ModelPackageVersion" not in record:
        raise invalid("ModelApprovalStatus can only be set for versioned model packages")
    with records.changing(record):
        before = copy.deepcopy(record)
        if "ModelCard" in changes:
            changes["ModelCard"] = model_cards.merged(record.get("ModelCard"), changes["ModelCard"])
        record.update(changes, LastModifiedTime=clock.now(), LastModifiedBy={})
        if properties or "CustomerMetadataProperties" in record:
            record["CustomerMetadataProperties"] = properties
        if added:
            record.setdefault("AdditionalInferenceSpecifications", []).extend(added)
        changed = [
            name
            for name in (*request, "AdditionalInferenceSpecifications")
            if record.get(name) != before.get(name)
        ]
    if changed:
        # SageMaker's documentation does not mention this member; real events have it.
        events.publish(MODEL_PACKAGE, record, {"UpdatedModelPackageFields": changed})
    return {"ModelPackageArn": record["ModelPackageArn"]}


def describe(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeModelPackage."""
    record = existing(request["ModelPackageName"], scope)
    if request.get("IncludedData") == "MetadataOnly" and "ModelCard" in record:
        return record | {"ModelCard": model_cards.metadata_only(record["ModelCard"])}
    return record


def list_packages(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListModelPackages of a group, or else by type; without both, the unversioned packages, as on AWS."""
    with records.lock:
        if "ModelPackageGroupName" in request:
            group = model_package_groups.existing(request["ModelPackageGroupName"], scope)
            every = model_package_groups.versions(group, scope)
        else:
            kind = request.get("ModelPackageType", "Unversioned")
            every = [
                package
                for package in records.table(MODEL_PACKAGE, scope).values()
                if kind == "Both" or ("ModelPackageVersion" in package) == (kind == "Versioned")
            ]
        wanted = request.get("ModelApprovalStatus")
        fitting = [package for package in every if wanted in (None, package.get("ModelApprovalStatus"))]
        summaries, token = listing.page(request, MODEL_PACKAGE, fitting)
    return {"ModelPackageSummaryList": summaries, "NextToken": token}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteModelPackage."""
    record = existing(request["ModelPackageName"], scope)
    with records.lock:
        records.table(MODEL_PACKAGE, scope).pop(record["ModelPackageName"].lower(), None)
    return {}

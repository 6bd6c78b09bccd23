"""Applies the encryption properties of buckets and tables, which ministack's CloudFormation ignores."""

from collections.abc import Callable
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

from mdlc_local import patches

PROVISIONERS = "ministack.services.cloudformation.provisioners"
S3 = "ministack.services.s3"
DYNAMODB = "ministack.services.dynamodb"
S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
TABLE_TYPE = "AWS::DynamoDB::Table"


def install(app: ModuleType) -> None:
    """Patch the provisioning of buckets and tables."""
    del app
    patches.wrap(PROVISIONERS, "_s3_apply_configurations", "name props old_props", _encrypting_buckets)
    handlers = patches.take(PROVISIONERS, "_RESOURCE_HANDLERS")[TABLE_TYPE]
    create, update = handlers["create"], handlers["update"]

    def created(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        name, attributes = create(logical_id, props, stack_name)
        _encrypt_table(name, props)
        return name, attributes

    def updated(physical_id: str, old_props: Any, new_props: Any, *rest: Any, **keywords: Any) -> Any:
        answer = update(physical_id, old_props, new_props, *rest, **keywords)
        _encrypt_table(answer[0], new_props)
        return answer

    handlers.update(create=created, update=updated)


def _encrypting_buckets(apply: Callable[..., None]) -> Callable[..., None]:
    def applied(name: str, props: dict[str, Any], old_props: dict[str, Any] | None = None) -> None:
        apply(name, props, old_props)
        configurations = patches.take(S3, "_bucket_encryption")
        if "BucketEncryption" in props:
            configurations[name] = encryption_xml(props["BucketEncryption"])
        elif "BucketEncryption" in (old_props or {}):
            configurations.pop(name, None)

    return applied


def encryption_xml(encryption: dict[str, Any]) -> str:
    """A template's `BucketEncryption` as the body of PutBucketEncryption."""
    root = ElementTree.Element("ServerSideEncryptionConfiguration", xmlns=S3_NAMESPACE)
    for rule_document in encryption["ServerSideEncryptionConfiguration"]:
        rule = ElementTree.SubElement(root, "Rule")
        default = rule_document.get("ServerSideEncryptionByDefault")
        if default:
            apply = ElementTree.SubElement(rule, "ApplyServerSideEncryptionByDefault")
            for name in ("SSEAlgorithm", "KMSMasterKeyID"):
                if name in default:
                    ElementTree.SubElement(apply, name).text = str(default[name])
        if "BucketKeyEnabled" in rule_document:
            ElementTree.SubElement(rule, "BucketKeyEnabled").text = str(
                rule_document["BucketKeyEnabled"]
            ).lower()
    return ElementTree.tostring(root, encoding="unicode")


def _encrypt_table(name: str, props: dict[str, Any]) -> None:
    specification = props.get("SSESpecification")
    describe = patches.take(DYNAMODB, "_sse_description_from_spec", "spec")
    table = patches.take(DYNAMODB, "_tables").get(name)
    if table is not None:
        enabled = str((specification or {}).get("SSEEnabled")).lower() == "true"
        table["SSEDescription"] = describe({**specification, "Enabled": enabled}) if specification else None

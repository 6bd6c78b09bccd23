"""Checks the caller's KMS permissions when S3 and DynamoDB use a key on the caller's behalf.

S3 calls GenerateDataKey when an object is written with SSE-KMS, and Decrypt when one is read; DynamoDB calls
Decrypt for the table's key. Identity policies and the key policy apply as for a direct call; the CDK's
default key policy delegates to the account's identity policies.
"""

import contextvars
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import iam, options, patches

S3 = "ministack.services.s3"

ENCRYPTION = "x-amz-server-side-encryption"
KEY_ID = "x-amz-server-side-encryption-aws-kms-key-id"
AWS_MANAGED_ALIAS = "alias/aws/"
"""The alias prefix of AWS managed keys, which all principals with access to the service may use."""

Headers = dict[str, str]

_head_without_checksum: contextvars.ContextVar[bool] = contextvars.ContextVar("mdlc_head", default=False)


def install(app: ModuleType) -> None:
    """Patch S3 and DynamoDB to check the caller's permissions on keys."""
    patches.wrap(S3, "_resolve_sse_write_headers", "headers bucket_name", _with_managed_key)
    if options.current().iam:
        _guard_s3()
        app.SERVICE_HANDLERS["dynamodb"] = _guarded_dynamodb(app.SERVICE_HANDLERS["dynamodb"])


def _with_managed_key(write: Callable[..., Any]) -> Callable[..., Any]:
    """Use the account's AWS managed key for a write with SSE-KMS that names no key."""

    def writing(headers: Headers, bucket_name: str) -> Any:
        if headers.get(ENCRYPTION) == "aws:kms" and not headers.get(KEY_ID):
            responses = importlib.import_module("ministack.core.responses")
            key = f"arn:aws:kms:{responses.get_region()}:{responses.get_account_id()}:{AWS_MANAGED_ALIAS}s3"
            headers = {**headers, KEY_ID: key}
        applied, wrong = write(headers, bucket_name)
        # S3 encrypts every object, by default with its own keys (SSE-S3).
        return ({ENCRYPTION: "AES256"} if applied == {} else applied), wrong

    return writing


def _key_arn(key_id: str) -> str | None:
    """The ARN of a customer managed key by its id, ARN or alias; None for any other key."""
    if not key_id or AWS_MANAGED_ALIAS in key_id:
        return None
    record = importlib.import_module("ministack.services.kms")._resolve_key(key_id)
    return str(record["Arn"]) if record else None


def _refusal(headers: Headers, action: str, key_id: str, service: str, context: dict[str, Any]) -> str | None:
    router = importlib.import_module("ministack.core.router")
    arn = _key_arn(key_id)
    if arn is None:
        return None
    region = router.extract_region(headers)
    via = {"kms:ViaService": f"{service}.{region}.amazonaws.com", **context}
    return iam.denial_of_key(
        router.extract_access_key_id(headers, {}), action, arn, region=region, context=via
    )


def _guard_s3() -> None:
    s3 = importlib.import_module(S3)
    write = patches.take(S3, "_resolve_sse_write_headers", "headers bucket_name")
    read = patches.take(S3, "_check_sse_read_headers", "headers obj")
    source = patches.take(S3, "_check_sse_c_copy_source", "headers src_obj")
    part = patches.take(S3, "_check_sse_c_part", "headers upload")
    head_object = patches.take(S3, "_head_object", "bucket_name key headers query_params")

    def context(bucket: str) -> dict[str, Any]:
        # With an S3 Bucket Key, which the CDK enables for SSE-KMS, the encryption context is the bucket.
        return {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}"}

    def refused(headers: Headers, action: str, stored: Headers, bucket: str = "") -> Any | None:
        if not stored.get(ENCRYPTION, "").startswith("aws:kms") or _head_without_checksum.get():
            return None
        reason = _refusal(headers, action, stored.get(KEY_ID, ""), "s3", context(bucket) if bucket else {})
        return None if reason is None else s3._error("AccessDenied", reason, 403)

    def guarded_write(headers: Headers, bucket_name: str) -> Any:
        stored, error = write(headers, bucket_name)
        if error is not None:
            return stored, error
        error = refused(headers, "kms:GenerateDataKey", stored, bucket_name)
        return (None, error) if error is not None else (stored, None)

    def guarded_read(headers: Headers, obj: dict[str, Any]) -> Any:
        return read(headers, obj) or refused(headers, "kms:Decrypt", obj.get("preserved_headers", {}))

    def guarded_source(headers: Headers, src_obj: dict[str, Any]) -> Any:
        return source(headers, src_obj) or refused(
            headers, "kms:Decrypt", src_obj.get("preserved_headers", {})
        )

    def guarded_part(headers: Headers, upload: dict[str, Any]) -> Any:
        stored = upload.get("preserved_headers") or {}
        return part(headers, upload) or refused(headers, "kms:Decrypt", stored)

    def head(bucket_name: str, key: str, headers: Headers | None = None, query_params: Any = None) -> Any:
        # Metadata are not encrypted: HeadObject needs the key only for checksums.
        asked = (headers or {}).get("x-amz-checksum-mode", "").upper() == "ENABLED"
        token = _head_without_checksum.set(not asked)
        try:
            return head_object(bucket_name, key, headers, query_params)
        finally:
            _head_without_checksum.reset(token)

    patches.replace(S3, "_head_object", head)
    patches.replace(S3, "_resolve_sse_write_headers", guarded_write)
    patches.replace(S3, "_check_sse_read_headers", guarded_read)
    patches.replace(S3, "_check_sse_c_copy_source", guarded_source)
    patches.replace(S3, "_check_sse_c_part", guarded_part)


def _guarded_dynamodb(handler: Callable[..., Any]) -> Callable[..., Any]:
    """DynamoDB's handler that first checks `kms:Decrypt` on the key of every table in the request."""
    actions = importlib.import_module("ministack.core.iam_actions")
    responses = importlib.import_module("ministack.core.responses")

    async def handle(method: str, path: str, headers: Headers, body: bytes, query: dict[str, Any]) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action in DATA_ACTIONS:
            region, account = responses.get_region(), responses.get_account_id()
            checks = actions.dynamodb_transaction_checks(f"dynamodb:{action}", body, region, account)
            arns = [arn for _, arn in checks] or actions.dynamodb_resource_arns(body, region, account)
            for name in dict.fromkeys(
                arn.split(":table/")[-1].split("/")[0] for arn in arns if ":table/" in arn
            ):
                reason = _refusal(
                    headers,
                    "kms:Decrypt",
                    _table_key(name),
                    "dynamodb",
                    {"kms:EncryptionContext:aws:dynamodb:tableName": name},
                )
                if reason is not None:
                    return responses.error_response_json(
                        "AccessDeniedException", f"KMS key access denied error: {reason}", 400
                    )
        return await handler(method, path, headers, body, query)

    return handle


DATA_ACTIONS = {
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
}
"""The operations that read or write a table's data."""


def _table_key(name: str) -> str:
    table = importlib.import_module("ministack.services.dynamodb")._tables.get(name) or {}
    return str((table.get("SSEDescription") or {}).get("KMSMasterKeyArn") or "")

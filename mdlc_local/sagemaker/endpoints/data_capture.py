"""Data capture: requests and answers as JSON lines in S3, in the layout that SageMaker writes.

``<DestinationS3Uri>/<endpoint>/<variant>/<yyyy>/<mm>/<dd>/<hh>/<mm-ss-mmm-uuid>.jsonl``, written in the
background with the model's role, so that an error here does not affect a request.
"""

import base64
import datetime
import json
import logging
import random
import threading
import uuid
from dataclasses import dataclass
from typing import Any

from mdlc_local import clients
from mdlc_local.sagemaker import storage
from mdlc_local.sagemaker.job import SESSION
from mdlc_local.scopes import Scope

log = logging.getLogger("mdlc_local.sagemaker")

MAX_WAITING = 20_000
"""The most captures that wait to be written; more are dropped, as on an instance with a full disk."""

_MODES = {"Input": ("INPUT",), "Output": ("OUTPUT",), "InputAndOutput": ("INPUT", "OUTPUT")}


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer.

    Attributes:
        event_id: a new id per invocation; the same for a production variant and its shadow.
        inference_id: the caller's inference id, or None.
        custom_attributes: the caller's custom attributes, or None.
        request: the request's body.
        request_type: its content type.
        answer: the answer's body.
        answer_type: its content type.
    """

    event_id: str
    inference_id: str | None
    custom_attributes: str | None
    request: bytes
    request_type: str
    answer: bytes
    answer_type: str


@dataclass(frozen=True)
class _File:
    config: str
    role_arn: str
    variant: str
    hour: str


class DataCapture:
    """The captures of one endpoint."""

    def __init__(self, endpoint_name: str, scope: Scope) -> None:
        self._endpoint_name = endpoint_name
        self._scope = scope
        self._lock = threading.Lock()
        self._waiting: dict[_File, list[str]] = {}
        self._count = 0

    @staticmethod
    def samples(config: dict[str, Any] | None) -> bool:
        """Whether to capture this request, decided at random by the sampling percentage."""
        if not config or not config.get("EnableCapture", True):
            return False
        return random.random() * 100 < float(config["InitialSamplingPercentage"])

    def add(self, config: dict[str, Any], role_arn: str, variant: str, exchange: Exchange) -> None:
        """Queue one exchange, which `flush` writes."""
        now = datetime.datetime.now(datetime.UTC)
        file = _File(json.dumps(config, sort_keys=True), role_arn, variant, f"{now:%Y/%m/%d/%H}")
        line = json.dumps(captured(config, exchange, now))
        with self._lock:
            if self._count < MAX_WAITING:
                self._waiting.setdefault(file, []).append(line)
                self._count += 1

    def clear(self) -> None:
        """Discard the queued captures."""
        with self._lock:
            self._waiting, self._count = {}, 0

    def flush(self) -> None:
        """Write the queued captures, one file for each variant and hour."""
        with self._lock:
            waiting, self._waiting, self._count = self._waiting, {}, 0
        for file, lines in waiting.items():
            try:
                self._write(file, lines)
            except Exception as error:
                # boto3 and s3transfer raise many types of errors; none may end the reporting thread.
                log.warning("%d captures of endpoint %s are lost: %s", len(lines), self._endpoint_name, error)

    def _write(self, file: _File, lines: list[str]) -> None:
        config = json.loads(file.config)
        bucket, prefix = storage.parse(config["DestinationS3Uri"])
        now = datetime.datetime.now(datetime.UTC)
        name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        parts = (prefix.strip("/"), self._endpoint_name, file.variant, file.hour, name)
        key = config.get("KmsKeyId")
        s3 = clients.client("s3", role_arn=file.role_arn, region=self._scope.region, session=SESSION)
        s3.put_object(
            Bucket=bucket,
            Key="/".join(part for part in parts if part),
            Body="".join(f"{line}\n" for line in lines).encode(),
            **({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}),
        )


def captured(config: dict[str, Any], exchange: Exchange, at: datetime.datetime) -> dict[str, Any]:
    """One line of a capture file."""
    modes = {mode for option in config["CaptureOptions"] for mode in _MODES[option["CaptureMode"]]}
    data: dict[str, Any] = {}
    if "INPUT" in modes:
        data["endpointInput"] = _side(config, exchange.request, exchange.request_type, "INPUT")
    if "OUTPUT" in modes:
        data["endpointOutput"] = _side(config, exchange.answer, exchange.answer_type, "OUTPUT")
    about: dict[str, Any] = {"eventId": exchange.event_id}
    if exchange.custom_attributes:
        about["customAttributes"] = [exchange.custom_attributes]
    if exchange.inference_id:
        about["inferenceId"] = exchange.inference_id
    about["inferenceTime"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return {"captureData": data, "eventMetadata": about, "eventVersion": "0"}


def _side(config: dict[str, Any], body: bytes, content_type: str, mode: str) -> dict[str, Any]:
    """A captured body: text if its content type is declared as CSV or JSON, else base64, as on AWS."""
    kind = content_type.split(";")[0].strip().lower()
    declared = config.get("CaptureContentTypeHeader", {})
    encoding = "BASE64"
    if kind in (media_type.lower() for media_type in declared.get("CsvContentTypes", [])):
        encoding = "CSV"
    elif kind in (media_type.lower() for media_type in declared.get("JsonContentTypes", [])):
        encoding = "JSON"
    text = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", "replace")
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}

"""Runs a batch transform job: serves the model locally and writes one output file per input file."""

import contextlib
import http
import json
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_local import clock
from mdlc_local.log_streams import LogStream
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.containers import job_permissions
from mdlc_local.sagemaker.containers.definitions import PRIMARY, Container, containers_of
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.containers.pipeline import ConnectionLostError, Pipeline
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import Job
from mdlc_local.sagemaker.jobs import payloads
from mdlc_local.sagemaker.records import MODEL, Record
from mdlc_local.sagemaker.storage import Source

_BODY_SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How input files are split and sent as requests.

    Attributes:
        strategy: MultiRecord or SingleRecord.
        max_megabytes: the size limit of a request; 0 for none.
        concurrent: the most requests at the same time.
        timeout_seconds: the timeout of one request.
        retries: how often a failed request is repeated.
    """

    strategy: str
    max_megabytes: int
    concurrent: int
    timeout_seconds: int
    retries: int

    @classmethod
    def of(cls, record: Record, offered: dict[str, Any]) -> "Plan":
        """The plan by the job's request, else by the container's answer, else by SageMaker's defaults.

        Args:
            record: the transform job.
            offered: the container's answer to GET /execution-parameters.
        """
        client = record.get("ModelClientConfig", {})
        strategies = {"MULTI_RECORD": "MultiRecord", "SINGLE_RECORD": "SingleRecord"}
        offer = strategies.get(str(offered.get("BatchStrategy")), "MultiRecord")
        return cls(
            strategy=record.get("BatchStrategy", offer),
            max_megabytes=record.get("MaxPayloadInMB", offered.get("MaxPayloadInMB", 6)),
            concurrent=record.get("MaxConcurrentTransforms") or offered.get("MaxConcurrentTransforms") or 1,
            timeout_seconds=client.get("InvocationsTimeoutInSeconds", 600),
            retries=client.get("InvocationsMaxRetries", 3),
        )


def run(job: Job, images: Images) -> None:
    """Run the job until it is Completed or Stopped; an exception makes it Failed."""
    record = job.record
    served = records.find(MODEL, record["ModelName"], job.scope)
    if served is None:
        raise JobFailedError(f"ClientError: model {record['ModelName']} was deleted")
    job.update(TransformStartTime=clock.now())
    instance = f"i-{uuid.uuid4().hex[:17]}"
    containers = containers_of(served, job.scope)
    with contextlib.ExitStack() as open_logs:
        data_log = open_logs.enter_context(job.logs(f"{instance}/data-log"))
        logs = [
            open_logs.enter_context(
                job.logs(instance if len(containers) == 1 else f"{instance}/{container.name}")
            )
            for container in containers
        ]
        if not job.stop.is_set():
            _transform(job, served, containers, images, logs, data_log)
    job.update(
        TransformEndTime=clock.now(), TransformJobStatus="Stopped" if job.stop.is_set() else "Completed"
    )


def _transform(
    job: Job,
    served: Record,
    containers: list[Container],
    images: Images,
    logs: list[LogStream],
    data_log: LogStream,
) -> None:
    record = job.record
    source = record["TransformInput"]["DataSource"]["S3DataSource"]
    for container in containers:
        job_permissions.check(
            job,
            image=container.image,
            volume_key=record["TransformResources"].get("VolumeKmsKeyId"),
            vpc=served.get("VpcConfig"),
        )
    inputs = job.storage.sources(source["S3Uri"], source["S3DataType"])
    variables = {"SAGEMAKER_BATCH": "true", **_platform_variables(record), **record.get("Environment", {})}
    isolate = bool(served.get("EnableNetworkIsolation"))
    writes = [log.write for log in logs]
    with Pipeline(job, containers, images, variables, writes, isolate=isolate) as server:
        plan = Plan.of(record, _offered(server))
        try:
            _all_files(job, server, plan, inputs)
        except JobFailedError as failure:
            data_log.write(str(failure))
            raise


def _platform_variables(record: Record) -> dict[str, str]:
    """The environment variables by which SageMaker describes the job to the container."""
    names = {
        "MaxPayloadInMB": "SAGEMAKER_MAX_PAYLOAD_IN_MB",
        "BatchStrategy": "SAGEMAKER_BATCH_STRATEGY",
        "MaxConcurrentTransforms": "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
    }
    return {variable: str(record[field]) for field, variable in names.items() if field in record}


def _offered(server: Pipeline) -> dict[str, Any]:
    try:
        answer = server.offered(timeout_seconds=5)
        offered = json.loads(answer.body) if answer.status == http.HTTPStatus.OK else {}
    except (OSError, ValueError):
        return {}
    return offered if isinstance(offered, dict) else {}


def _all_files(job: Job, server: Pipeline, plan: Plan, inputs: list[Source]) -> None:
    """Send every file's requests, at most `plan.concurrent` at once; answers keep the order of records."""
    with ThreadPoolExecutor(plan.concurrent) as pool:
        waiting: deque[tuple[Source, Future[bytes] | None]] = deque()
        try:
            for source, body in _requests(job, plan, inputs):
                answer = None if body is None else pool.submit(_invoke, job, server, plan, source, body)
                waiting.append((source, answer))
                while len(waiting) > 2 * plan.concurrent:
                    _settle(job, *waiting.popleft())
            while waiting:
                _settle(job, *waiting.popleft())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _requests(job: Job, plan: Plan, inputs: list[Source]) -> Iterator[tuple[Source, bytes | None]]:
    """Each file's request bodies, followed by None at the end of the file."""
    split_type = job.record["TransformInput"].get("SplitType", "None")
    for source in inputs:
        if job.stop.is_set():
            return
        path = job.folder / "in" / source.relative
        job.storage.fetch(source, path)
        for body in payloads.split(
            path,
            split_type=split_type,
            single=plan.strategy == "SingleRecord",
            max_megabytes=plan.max_megabytes,
        ):
            if job.stop.is_set():
                return
            yield source, body
        path.unlink()
        yield source, None


def _settle(job: Job, source: Source, answer: "Future[bytes] | None") -> None:
    """Append one answer to its file's output; at the end of the file, upload the output."""
    output = job.record["TransformOutput"]
    path: Path = job.folder / "out" / f"{source.relative}.out"
    path.parent.mkdir(parents=True, exist_ok=True)
    if answer is not None:
        with path.open("ab") as file:
            file.write(payloads.joined(answer.result(), by_line=output.get("AssembleWith", "None") == "Line"))
        return
    path.touch()
    uri = f"{output['S3OutputPath'].rstrip('/')}/{source.relative}.out"
    job.storage.upload(path, uri, output.get("KmsKeyId") or None)
    path.unlink()


def _invoke(job: Job, server: Pipeline, plan: Plan, source: Source, body: bytes) -> bytes:
    headers = {
        "Content-Type": job.record["TransformInput"].get("ContentType", "application/octet-stream"),
        "Accept": job.record["TransformOutput"].get("Accept", "*/*"),
    }
    problem = ""
    for _ in range(plan.retries + 1):
        if job.stop.is_set():
            return b""
        try:
            outcome = server.invoke(body, headers, plan.timeout_seconds)
        except ConnectionLostError as error:
            problem = f"AlgorithmError: no answer from the {error.container} container: {error}"
            continue
        status, answer = outcome.answer.status, outcome.answer.body
        if status < http.HTTPStatus.BAD_REQUEST:
            return answer
        message = answer[:_BODY_SHOWN].decode("utf-8", "replace")
        party = "ClientError" if status < http.HTTPStatus.INTERNAL_SERVER_ERROR else "AlgorithmError"
        where = "" if outcome.container == PRIMARY else f" of {outcome.container}"
        message = f"Bad HTTP status from invoke{where}: {status}: {message}"
        problem = f"{party}: See job logs for more information. {message}"
        if status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
            break
    raise JobFailedError(f"{problem} (input s3://{source.bucket}/{source.key})")

"""Runs a processing job with the processing container's file layout and environment variables."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from mdlc_local import clock
from mdlc_local.log_streams import LogStream
from mdlc_local.sagemaker.containers import job_permissions, job_wheels, opt_ml, process
from mdlc_local.sagemaker.containers.images import Images, Runtime
from mdlc_local.sagemaker.containers.preparation import PullStoppedError
from mdlc_local.sagemaker.containers.process import Ended
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import Job

MESSAGE_CHARACTERS = 1024
"""The length to which /opt/ml/output/message is cut for the ExitMessage."""


def run(job: Job, images: Images) -> None:
    """Run the job until it is Completed or Stopped; an exception makes it Failed."""
    record = job.record
    application = record["AppSpecification"]
    runtime = images.find(application["ImageUri"])
    entrypoint = application.get("ContainerEntrypoint") or runtime.process
    argv = [*entrypoint, *application.get("ContainerArguments", [])]
    job.update(ProcessingStartTime=clock.now())
    if job.stop.is_set():
        _close(job, Ended(0, stopped=True))
        return
    network = record.get("NetworkConfig", {})
    job_permissions.check(
        job,
        image=application["ImageUri"],
        volume_key=record["ProcessingResources"]["ClusterConfig"].get("VolumeKmsKeyId"),
        vpc=network.get("VpcConfig"),
    )
    with job.logs() as log:
        try:
            runtime = runtime.prepared(log.write, job.stop)
            _prepare(job)
            inputs = job.base / "processing" / "input"
            runtime = job_wheels.with_packages(runtime, inputs, job.folder, log.write, job.stop)
        except PullStoppedError:
            _close(job, Ended(0, stopped=True))
            return
        ended, tail = _run(job, runtime, argv, log)
    message = job.base / "output" / "message"
    if message.is_file():
        job.update(ExitMessage=message.read_text(errors="replace")[:MESSAGE_CHARACTERS])
    failed = ended.code != 0 and not ended.stopped and not ended.timed_out
    if failed:
        _upload(job, only="Continuous")
        raise JobFailedError(
            f"AlgorithmError: See job logs for more information, {process.describe_exit(ended.code)}. "
            f"Last lines:\n{tail}"
        )
    _upload(job)
    _close(job, ended)


def _run(job: Job, runtime: Runtime, argv: list[str], log: LogStream) -> tuple[Ended, str]:
    """Run the job's command; returns how it ended, and its last lines."""
    record = job.record
    network = record.get("NetworkConfig", {})
    isolate = bool(network.get("EnableNetworkIsolation"))
    variables = {"PROCESSING_JOB_NAME": job.name, "PROCESSING_JOB_ARN": record["ProcessingJobArn"]}
    variables |= record.get("Environment", {})
    seconds = record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    started, reader = process.launch(job, runtime, argv, variables, log.write, isolate=isolate)
    return process.wait(job, started, reader, seconds), log.tail()


def _prepare(job: Job) -> None:
    record, base = job.record, job.base
    for entry in record.get("ProcessingInputs", []):
        source = entry["S3Input"]
        if "LocalPath" in source:
            folder = opt_ml.inside(source["LocalPath"], base)
            job.storage.download(source["S3Uri"], source["S3DataType"], folder)
    for entry in _outputs(job):
        opt_ml.inside(entry["S3Output"]["LocalPath"], base).mkdir(parents=True, exist_ok=True)
    for name in ("config", "output"):
        (base / name).mkdir(exist_ok=True)
    _write(base / "config" / "processingjobconfig.json", record)
    _write(base / "config" / "resourceconfig.json", {"current_host": "algo-1", "hosts": ["algo-1"]})


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, default=_text))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _outputs(job: Job) -> list[dict[str, Any]]:
    outputs = job.record.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return [entry for entry in outputs if "S3Output" in entry and "LocalPath" in entry["S3Output"]]


def _upload(job: Job, only: str | None = None) -> None:
    key = job.record.get("ProcessingOutputConfig", {}).get("KmsKeyId") or None
    for entry in _outputs(job):
        output = entry["S3Output"]
        if only is None or output["S3UploadMode"] == only:
            job.storage.upload_folder(opt_ml.inside(output["LocalPath"], job.base), output["S3Uri"], key)


def _close(job: Job, ended: Ended) -> None:
    job.update(ProcessingEndTime=clock.now())
    if ended.timed_out:
        job.update(
            FailureReason="ClientError: Job exceeded MaxRuntimeInSeconds", ProcessingJobStatus="Stopped"
        )
    else:
        job.update(ProcessingJobStatus="Stopped" if ended.stopped else "Completed")

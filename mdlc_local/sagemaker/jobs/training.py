"""Runs a training job with the training container's file layout and environment variables."""

import json
import threading
from pathlib import Path
from typing import Any

from mdlc_local.sagemaker import model, storage
from mdlc_local.sagemaker.containers import job_permissions, opt_ml, process
from mdlc_local.sagemaker.containers.images import Images, Runtime
from mdlc_local.sagemaker.containers.logs import LogStream
from mdlc_local.sagemaker.containers.preparation import PullStoppedError
from mdlc_local.sagemaker.containers.process import Ended
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import Job
from mdlc_local.sagemaker.jobs.training_metrics import Metrics, Observer
from mdlc_local.sagemaker.records import Record

CHECKPOINTS = "/opt/ml/checkpoints"
"""A job's checkpoint folder when CheckpointConfig has no LocalPath."""

_SYNC_SECONDS = 5.0
_CUSTOMER_ERROR = 2


def enter(job: Job, status: str, message: str) -> None:
    """Set the job's secondary status and add the transition to it."""
    now = model.now()
    transitions = [dict(entry) for entry in job.record["SecondaryStatusTransitions"]]
    if transitions:
        transitions[-1].setdefault("EndTime", now)
    transitions.append({"Status": status, "StartTime": now, "StatusMessage": message})
    if status in ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded"):
        transitions[-1]["EndTime"] = now
    job.update(SecondaryStatus=status, SecondaryStatusTransitions=transitions)


def run(job: Job, images: Images, observe: Observer | None = None) -> None:
    """Run the job until it is Completed or Stopped; an exception makes it Failed."""
    try:
        _run(job, images, observe)
    except Exception as error:
        enter(job, "Failed", str(error)[:256])
        raise


def _run(job: Job, images: Images, observe: Observer | None) -> None:
    record = job.record
    specification = record["AlgorithmSpecification"]
    runtime = images.find(specification["TrainingImage"])
    argv = [*specification.get("ContainerEntrypoint", []), *specification.get("ContainerArguments", [])]
    metrics = Metrics(specification.get("MetricDefinitions", []), runtime.metrics, observe)
    enter(job, "Starting", "Preparing the instances for training")
    if job.stop.is_set():
        _close(job, Ended(0, stopped=True))
        return
    job_permissions.check(
        job,
        image=specification["TrainingImage"],
        volume_key=record["ResourceConfig"].get("VolumeKmsKeyId"),
        vpc=record.get("VpcConfig"),
    )
    job.update(TrainingStartTime=model.now())
    with job.logs() as log:
        try:
            runtime = runtime.prepared(lambda line: _pulling(job, log, line), job.stop)
        except PullStoppedError:
            _close(job, Ended(0, stopped=True))
            return
        enter(job, "Downloading", "Downloading input data")
        variables = _prepare(job)
        _restore_checkpoints(job)
        enter(job, "Training", "Training image download completed. Training in progress.")
        ended = _train(job, runtime, argv or list(runtime.train), variables, metrics, log)
        tail = log.tail()
    job.update(FinalMetricDataList=metrics.final())
    _save_checkpoints(job)
    if ended.code != 0 and not ended.stopped and not ended.timed_out:
        raise JobFailedError(_reason(job.base, ended.code, tail, is_built_in=runtime.is_built_in))
    enter(job, "Uploading", "Uploading generated training model")
    _upload(job)
    _close(job, ended)


def _pulling(job: Job, log: LogStream, line: str) -> None:
    log.write(line)
    if job.record["SecondaryStatus"] == "Downloading":
        return
    enter(job, "Downloading", line)


def _train(
    job: Job, runtime: Runtime, argv: list[str], variables: dict[str, str], metrics: Metrics, log: LogStream
) -> Ended:
    def take(line: str) -> None:
        log.write(line)
        metrics.read(line)

    isolate = bool(job.record.get("EnableNetworkIsolation"))
    started, reader = process.launch(job, runtime, argv, variables, take, isolate=isolate)
    over = threading.Event()
    syncing = threading.Thread(target=_keep_checkpoints, args=(job, over), daemon=True)
    if "CheckpointConfig" in job.record:
        syncing.start()
    try:
        return process.wait(job, started, reader, job.record["StoppingCondition"].get("MaxRuntimeInSeconds"))
    finally:
        over.set()
        if syncing.is_alive():
            syncing.join()


def _prepare(job: Job) -> dict[str, str]:
    """Write the configuration and download the channels; returns the container's environment variables."""
    record, base = job.record, job.base
    for folder in ("input/config", "input/data", "model", "output/data", "code"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    resources = record["ResourceConfig"]
    channels: dict[str, Any] = {}
    variables = {
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": record["TrainingJobArn"],
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_HPS": json.dumps(record.get("HyperParameters", {})),
        "SM_CURRENT_HOST": "algo-1",
        "SM_HOSTS": '["algo-1"]',
    }
    for channel in record.get("InputDataConfig", []):
        name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
        job.storage.download(source["S3Uri"], source["S3DataType"], base / "input" / "data" / name)
        channels[name] = {
            "TrainingInputMode": "File",
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
        variables[f"SM_CHANNEL_{name.upper()}"] = f"/opt/ml/input/data/{name}"
    variables["SM_CHANNELS"] = json.dumps(sorted(channels))
    written = {
        "hyperparameters": record.get("HyperParameters", {}),
        "inputdataconfig": channels,
        "resourceconfig": {
            "current_host": "algo-1",
            "hosts": ["algo-1"],
            "network_interface_name": "lo",
            "current_instance_type": resources.get("InstanceType"),
            "current_group_name": "homogeneousCluster",
        },
        **({"checkpointconfig": record["CheckpointConfig"]} if "CheckpointConfig" in record else {}),
    }
    for name, content in written.items():
        (base / "input" / "config" / f"{name}.json").write_text(json.dumps(content))
    return {**variables, **record.get("Environment", {})}


def _checkpoints(record: Record, base: Path) -> tuple[str, Path] | None:
    config = record.get("CheckpointConfig")
    if config is None:
        return None
    return config["S3Uri"], opt_ml.inside(config.get("LocalPath", CHECKPOINTS), base)


def _restore_checkpoints(job: Job) -> None:
    """Download the checkpoints that an earlier job saved to the same S3 location."""
    place = _checkpoints(job.record, job.base)
    if place is None:
        return
    uri, folder = place
    folder.mkdir(parents=True, exist_ok=True)
    bucket, key = storage.parse(uri.rstrip("/") + "/")
    listed = job.storage.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    if listed.get("KeyCount"):
        job.storage.download(f"s3://{bucket}/{key}", "S3Prefix", folder)


def _save_checkpoints(job: Job) -> None:
    place = _checkpoints(job.record, job.base)
    if place is not None:
        job.storage.upload_folder(place[1], place[0], None)


def _keep_checkpoints(job: Job, over: threading.Event) -> None:
    """Upload changed checkpoints while the job trains."""
    place = _checkpoints(job.record, job.base)
    if place is None:
        return
    uri, folder = place
    seen: dict[Path, float] = {}
    while not over.wait(_SYNC_SECONDS):
        for path in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
            if seen.get(path) != path.stat().st_mtime:
                seen[path] = path.stat().st_mtime
                name = path.relative_to(folder).as_posix()
                job.storage.upload(path, f"{uri.rstrip('/')}/{name}", None)


def _reason(base: Path, code: int, tail: str, *, is_built_in: bool) -> str:
    failure = base / "output" / "failure"
    message = failure.read_text(errors="replace").strip() if failure.is_file() else ""
    # The built-in algorithms end with status 2 when the request or the data is wrong.
    error = "ClientError" if is_built_in and code == _CUSTOMER_ERROR else "AlgorithmError"
    return f"{error}: {message or 'See job logs for more information'}, {process.describe_exit(code)}" + (
        "" if message else f". Last lines:\n{tail}"
    )


def _upload(job: Job) -> None:
    output = job.record["OutputDataConfig"]
    prefix = f"{output['S3OutputPath'].rstrip('/')}/{job.name}/output"
    for folder, name in (("model", "model.tar.gz"), ("output/data", "output.tar.gz")):
        archive = job.folder / name
        if storage.pack(job.base / folder, archive):
            job.storage.upload(archive, f"{prefix}/{name}", output.get("KmsKeyId") or None)
    job.update(ModelArtifacts={"S3ModelArtifacts": f"{prefix}/model.tar.gz"})


def _close(job: Job, ended: Ended) -> None:
    now = model.now()
    seconds = max(1, round((now - job.record.get("TrainingStartTime", now)).total_seconds()))
    job.update(TrainingEndTime=now, TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds)
    if ended.timed_out:
        enter(job, "MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided")
        job.update(TrainingJobStatus="Stopped")
    elif ended.stopped:
        enter(job, "Stopped", "Training job stopped")
        job.update(TrainingJobStatus="Stopped")
    else:
        enter(job, "Completed", "Training job completed")
        job.update(TrainingJobStatus="Completed")

"""Runs a training job with the training container's file layout and environment variables."""

import contextlib
import functools
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_local import children, clock
from mdlc_local.log_streams import LogStream
from mdlc_local.sagemaker import storage
from mdlc_local.sagemaker.containers import job_permissions, process
from mdlc_local.sagemaker.containers.images import Images, Runtime
from mdlc_local.sagemaker.containers.preparation import PullStoppedError
from mdlc_local.sagemaker.containers.process import Ended
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import Job
from mdlc_local.sagemaker.jobs import checkpoints, training_hosts
from mdlc_local.sagemaker.jobs.training_hosts import Host
from mdlc_local.sagemaker.jobs.training_metrics import Metrics, Observer
from mdlc_local.sagemaker.records import Record

_CUSTOMER_ERROR = 2


def enter(job: Job, status: str, message: str) -> None:
    """Set the job's secondary status and add the transition to it."""
    now = clock.now()
    transitions = [dict(entry) for entry in job.record["SecondaryStatusTransitions"]]
    if transitions:
        transitions[-1].setdefault("EndTime", now)
    transitions.append({"Status": status, "StartTime": now, "StatusMessage": message})
    if status in ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded"):
        transitions[-1]["EndTime"] = now
    job.update(SecondaryStatus=status, SecondaryStatusTransitions=transitions)


def uris(record: Record) -> list[str]:
    """The URIs of the channels."""
    sources = [
        channel["DataSource"].get("S3DataSource") or {} for channel in record.get("InputDataConfig", [])
    ]
    return [str(source.get("S3Uri", "")) for source in sources]


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
    runtime = images.of_training(specification["TrainingImage"], uris(record))
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
    job.update(TrainingStartTime=clock.now())
    hosts = training_hosts.hosts_of(job)
    with contextlib.ExitStack() as stack:
        now = int(time.time())
        logs = [stack.enter_context(job.logs(f"{host.name}-{now}")) for host in hosts]
        try:
            runtime = runtime.with_packages().prepared(lambda line: _pulling(job, logs[0], line), job.stop)
        except PullStoppedError:
            _close(job, Ended(0, stopped=True))
            return
        enter(job, "Downloading", "Downloading input data")
        variables = [host.prepare() for host in hosts]
        for host in hosts:
            checkpoints.restore(host.job)
        enter(job, "Training", "Training image download completed. Training in progress.")
        commands = _Commands(runtime, argv or list(runtime.train), variables)
        ended, first = _train(job, hosts, commands, metrics, logs)
        tail = logs[first].tail()
        job.update(FinalMetricDataList=metrics.final())
        for host in hosts:
            checkpoints.save(host.job)
        if ended.code != 0 and not ended.stopped and not ended.timed_out:
            base = hosts[first].job.base
            raise JobFailedError(_reason(base, ended.code, tail, is_built_in=runtime.is_built_in))
        enter(job, "Uploading", "Uploading generated training model")
        _upload(job, hosts, logs[0])
    _close(job, ended)


def _pulling(job: Job, log: LogStream, line: str) -> None:
    log.write(line)
    if job.record["SecondaryStatus"] == "Downloading":
        return
    enter(job, "Downloading", line)


@dataclass(frozen=True)
class _Commands:
    """What the hosts run: the same command, each with its own environment variables."""

    runtime: Runtime
    argv: list[str]
    variables: list[dict[str, str]]


def _train(
    job: Job, hosts: list[Host], commands: _Commands, metrics: Metrics, logs: list[LogStream]
) -> tuple[Ended, int]:
    """Run the hosts' processes; returns how they ended, and the number of the host that says so."""
    isolate = bool(job.record.get("EnableNetworkIsolation"))
    names = training_hosts.write_hosts_file(job, hosts)
    running: list[tuple[subprocess.Popen[Any], threading.Thread]] = []
    over = threading.Event()
    syncing: list[threading.Thread] = []
    try:
        for host, variables, log in zip(hosts, commands.variables, logs, strict=True):
            running.append(
                process.launch(
                    host.job,
                    commands.runtime,
                    commands.argv,
                    variables,
                    functools.partial(_take, log, metrics, host.number == 0),
                    isolate=isolate,
                    hosts=names,
                    network_of=running[0][0].pid if running else None,
                )
            )
            if "CheckpointConfig" in job.record:
                thread = threading.Thread(target=checkpoints.keep, args=(host.job, over), daemon=True)
                thread.start()
                syncing.append(thread)
        return process.wait_all(job, running, job.record["StoppingCondition"].get("MaxRuntimeInSeconds"))
    except JobFailedError:
        # A host that cannot be started leaves the ones before it without a partner.
        for started, _ in running:
            children.end(started)
        raise
    finally:
        over.set()
        for thread in syncing:
            thread.join()


def _take(log: LogStream, metrics: Metrics, is_first: bool, line: str) -> None:
    log.write(line)
    metrics.read(line, observed=is_first)


def _reason(base: Path, code: int, tail: str, *, is_built_in: bool) -> str:
    failure = base / "output" / "failure"
    message = failure.read_text(errors="replace").strip() if failure.is_file() else ""
    # The built-in algorithms end with status 2 when the request or the data is wrong.
    error = "ClientError" if is_built_in and code == _CUSTOMER_ERROR else "AlgorithmError"
    return f"{error}: {message or 'See job logs for more information'}, {process.describe_exit(code)}" + (
        "" if message else f". Last lines:\n{tail}"
    )


def _upload(job: Job, hosts: list[Host], log: LogStream) -> None:
    """Upload what the hosts wrote, in one archive; of several files of one name the first host's is kept.

    AWS does not say which one it keeps: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html
    """
    output = job.record["OutputDataConfig"]
    prefix = f"{output['S3OutputPath'].rstrip('/')}/{job.name}/output"
    for folder, name in (("model", "model.tar.gz"), ("output/data", "output.tar.gz")):
        first, *others = (host.job.base / folder for host in hosts)
        for other in others:
            for clash in storage.merge(other, first):
                log.write(f"several hosts wrote {clash}: the file of {hosts[0].name} is kept")
        archive = job.folder / name
        if storage.pack(first, archive):
            job.storage.upload(archive, f"{prefix}/{name}", output.get("KmsKeyId") or None)
    job.update(ModelArtifacts={"S3ModelArtifacts": f"{prefix}/model.tar.gz"})


def _close(job: Job, ended: Ended) -> None:
    now = clock.now()
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

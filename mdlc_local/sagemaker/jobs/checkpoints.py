"""A training job's checkpoints, which SageMaker copies between their folder and S3."""

import threading
from pathlib import Path

from mdlc_local.sagemaker import storage
from mdlc_local.sagemaker.containers import opt_ml
from mdlc_local.sagemaker.job import Job
from mdlc_local.sagemaker.records import Record

DEFAULT_PATH = "/opt/ml/checkpoints"
"""The folder when CheckpointConfig has no LocalPath."""

_SYNC_SECONDS = 5.0


def _place(record: Record, base: Path) -> tuple[str, Path] | None:
    config = record.get("CheckpointConfig")
    if config is None:
        return None
    return config["S3Uri"], opt_ml.inside(config.get("LocalPath", DEFAULT_PATH), base)


def restore(job: Job) -> None:
    """Download the checkpoints that an earlier job saved to the same S3 location."""
    place = _place(job.record, job.base)
    if place is None:
        return
    uri, folder = place
    folder.mkdir(parents=True, exist_ok=True)
    bucket, key = storage.parse(uri.rstrip("/") + "/")
    listed = job.storage.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    if listed.get("KeyCount"):
        job.storage.download(f"s3://{bucket}/{key}", "S3Prefix", folder)


def save(job: Job) -> None:
    """Upload all checkpoints."""
    place = _place(job.record, job.base)
    if place is not None:
        job.storage.upload_folder(place[1], place[0], None)


def keep(job: Job, over: threading.Event) -> None:
    """Upload changed checkpoints while the job trains."""
    place = _place(job.record, job.base)
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

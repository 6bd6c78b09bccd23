"""Beliefs about jobs: how they fail in a machine, and the names of what they write."""

from __future__ import annotations

import json
from typing import Any

from mdlc_cli.conformance import images
from mdlc_cli.conformance.bench import Bench, UnansweredError, chosen, one_state
from mdlc_cli.conformance.probe import JOBS, Observation, Probe
from mdlc_cli.conformance.probes.tasks import GUIDE, task, wait_until

PATIENCE = 1800.0
_PROGRAM = (
    "import pathlib, sys; pathlib.Path('/opt/ml/output/message').write_text('the message'); sys.exit(3)"
)


def _processing(bench: Bench, name: str) -> dict[str, Any]:
    return {
        "ProcessingJobName": name,
        "RoleArn": bench.outputs["Jobs"],
        "AppSpecification": {
            "ImageUri": images.image(bench),
            "ContainerEntrypoint": ["python3", "-c", _PROGRAM],
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": images.INSTANCE, "VolumeSizeInGB": 5}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def failed_job(bench: Bench) -> Observation:
    """Runs a processing job that writes a message and exits with 3, and then one of the same name."""
    name = bench.name("job")
    machine = bench.machine(one_state(task("sagemaker:createProcessingJob.sync", _processing(bench, name))))
    first = bench.ended(bench.start(machine), PATIENCE)
    again = bench.ended(bench.start(machine), PATIENCE)
    cause = json.loads(first.get("cause", "{}"))
    answer = {
        "first": chosen(first, "status", "error"),
        "cause": chosen(cause, "ProcessingJobStatus", "ExitMessage"),
        "same name": chosen(again, "status", "error"),
    }
    notes = {
        "FailureReason": cause.get("FailureReason"),
        "members": sorted(cause),
        "again": again.get("cause"),
    }
    return Observation(answer=answer, notes=notes)


# A member of an entry point has at most 256 characters.
_LIST = (
    "import json,os;r='/opt/ml/processing/input/manifest';"
    "n=sorted(os.path.relpath(os.path.join(d,f),r) for d,_,s in os.walk(r) for f in s);"
    "open('/opt/ml/output/message','w').write(json.dumps(n));raise SystemExit(3)"
)


def manifest_names(bench: Bench) -> Observation:
    """Lists the files that a processing job gets by a manifest of two objects in folders."""
    bucket, name = bench.outputs["Bucket"], bench.name("manifest")
    s3, client = bench.client("s3"), bench.client("sagemaker")
    for file in ("day=1/a.csv", "day=2/b.csv"):
        s3.put_object(Bucket=bucket, Key=f"{name}/{file}", Body=b"one\n")
    manifest = [{"prefix": f"s3://{bucket}/{name}/"}, "day=1/a.csv", "day=2/b.csv"]
    s3.put_object(Bucket=bucket, Key=f"{name}.manifest", Body=json.dumps(manifest).encode())
    request = _processing(bench, name)
    request["AppSpecification"]["ContainerEntrypoint"] = ["python3", "-c", _LIST]
    request["ProcessingInputs"] = [
        {
            "InputName": "manifest",
            "S3Input": {
                "S3Uri": f"s3://{bucket}/{name}.manifest",
                "LocalPath": "/opt/ml/processing/input/manifest",
                "S3DataType": "ManifestFile",
                "S3InputMode": "File",
            },
        }
    ]
    client.create_processing_job(**request)

    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = client.describe_processing_job(ProcessingJobName=name)
        return job if job["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    ended = wait_until(bench, look, PATIENCE)
    if not ended.get("ExitMessage"):
        raise UnansweredError(f"the processing job says nothing: {ended.get('FailureReason', '')}")
    return Observation(answer={"files": json.loads(ended["ExitMessage"])})


def transformed(bench: Bench) -> Observation:
    """Scores two files in a folder by a transform job and lists what it wrote."""
    bucket, name = bench.outputs["Bucket"], bench.name("transform")
    s3, client = bench.client("s3"), bench.client("sagemaker")
    for file in ("a.csv", "deep/b.csv"):
        s3.put_object(Bucket=bucket, Key=f"{name}/in/{file}", Body=b"one\ntwo\n")
    client.create_transform_job(
        TransformJobName=name,
        ModelName=images.model(bench),
        BatchStrategy="SingleRecord",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{name}/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{bucket}/{name}/out/", "AssembleWith": "Line"},
        TransformResources={"InstanceType": images.INSTANCE, "InstanceCount": 1},
    )

    def look() -> dict[str, Any] | None:
        job = client.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    ended = wait_until(bench, look, PATIENCE)
    if ended["TransformJobStatus"] != "Completed":
        raise UnansweredError(f"the transform job ended as {ended['TransformJobStatus']}")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{name}/out/").get("Contents", [])
    written = {
        item["Key"].removeprefix(f"{name}/out/"): s3.get_object(Bucket=bucket, Key=item["Key"])["Body"]
        .read()
        .decode()
        for item in listed
    }
    return Observation(answer={"written": written})


PROBES = (
    Probe(
        id="failed-job-in-a-machine",
        belief="A failed job is `States.TaskFailed` with the description of the job, ExitMessage "
        "included, as its cause; a job of a name that exists is `SageMaker.ResourceInUse`.",
        source=f"{GUIDE}/connect-sagemaker.html",
        page="embedded-aws.md",
        ask=failed_job,
        group=JOBS,
        seconds=420,
        instance_minutes={images.INSTANCE: 5},
    ),
    Probe(
        id="names-of-a-manifest",
        belief="The files of a manifest have their names below the manifest's prefix inside the container.",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html",
        page="monitoring.md",
        ask=manifest_names,
        group=JOBS,
        seconds=420,
        instance_minutes={images.INSTANCE: 5},
    ),
    Probe(
        id="files-of-a-transform-job",
        belief="A transform job writes one file for each input, named as the input with `.out`, below "
        "the same folders, and each line's answer ends with a line feed.",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html",
        page="results.md",
        ask=transformed,
        group=JOBS,
        seconds=600,
        instance_minutes={images.INSTANCE: 8},
    ),
)

import io
import subprocess
import tarfile

from tests.local.sagemaker.lab import Lab, table

BASE = 'import os\nBASE = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")\n'


def members(lab: Lab, uri: str) -> dict[str, bytes]:
    key = uri.removeprefix(f"s3://{lab.bucket}/")
    body = lab.server.client("s3").get_object(Bucket=lab.bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        files = [(entry.name, tar.extractfile(entry)) for entry in tar.getmembers()]
        return {name: file.read() for name, file in files if file is not None}


def lives(pid: int) -> bool:
    """Whether the process runs; one that ended may still wait to be taken note of by its parent."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_xgboost_trains_for_real(lab: Lab) -> None:
    train = lab.put("xgb/train/a.csv", table(400)).removesuffix("a.csv")
    lab.put("xgb/train/b.csv", table(400, seed=2))
    validation = lab.put("xgb/validation/v.csv", table(300, seed=3))
    request = lab.training({"train": train, "validation": validation})
    ended = lab.run("training", request)
    name = request["TrainingJobName"]
    assert ended["TrainingJobStatus"] == ended["SecondaryStatus"] == "Completed", ended
    metrics = {entry["MetricName"]: entry["Value"] for entry in ended["FinalMetricDataList"]}
    assert set(metrics) == {"train:auc", "train:logloss", "validation:auc", "validation:logloss"}
    assert 0.95 < metrics["validation:auc"] <= 1
    artifacts = ended["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifacts == f"s3://{lab.bucket}/models/{name}/output/model.tar.gz"
    assert set(members(lab, artifacts)) == {"xgboost-model"}
    assert [entry["Status"] for entry in ended["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    lines = lab.log("training", name)
    assert lines[0].startswith("local stand-in of the built-in algorithm xgboost: xgboost ")
    assert lines[1] == "Train matrix has 800 rows and 3 columns"
    assert any(line.startswith("[9]#011train-auc:") for line in lines)
    head = lab.server.client("s3").head_object(Bucket=lab.bucket, Key=f"models/{name}/output/model.tar.gz")
    assert head["SSEKMSKeyId"] == lab.key_arn


def test_what_the_algorithm_tells_becomes_the_failure_reason(lab: Lab) -> None:
    train = lab.put("bad/train/a.csv", "late,x\n1,2\n")
    ended = lab.run("training", lab.training({"train": train}))
    assert ended["TrainingJobStatus"] == ended["SecondaryStatus"] == "Failed"
    assert ended["FailureReason"].startswith(
        "AlgorithmError: Failed to load csv data: could not convert string"
    )
    assert ended["FailureReason"].endswith("exit code: 1")


def test_a_program_of_ones_own_with_metrics_output_and_environment(lab: Lab) -> None:
    code = (
        BASE
        + """
import json
config = json.load(open(BASE + "/input/config/hyperparameters.json"))
rows = open(os.environ["SM_CHANNEL_TRAIN"] + "/a.csv").read().split()
print("loss=0.75;", flush=True)
print("loss=0.25;", flush=True)
open(BASE + "/model/weights", "w").write(config["depth"] + rows[0] + os.environ["EXTRA"])
open(BASE + "/output/data/report", "w").write("fine")
"""
    )
    request = lab.script(
        code,
        HyperParameters={"depth": "3"},
        Environment={"EXTRA": "!"},
        EnableNetworkIsolation=True,
    )
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "loss", "Regex": "loss=([0-9.]+);"}]
    ended = lab.run("training", request)
    assert ended["TrainingJobStatus"] == "Completed", ended
    assert [(entry["MetricName"], entry["Value"]) for entry in ended["FinalMetricDataList"]] == [
        ("loss", 0.25)
    ]
    artifacts = ended["ModelArtifacts"]["S3ModelArtifacts"]
    assert members(lab, artifacts) == {"weights": b"37!"}
    assert members(lab, artifacts.replace("model.tar.gz", "output.tar.gz")) == {"report": b"fine"}


def test_checkpoints_are_restored_and_kept_with_spot(lab: Lab) -> None:
    code = (
        BASE
        + """
path = BASE + "/checkpoints/step"
step = int(open(path).read()) if os.path.exists(path) else 0
open(path, "w").write(str(step + 1))
open(BASE + "/model/m", "w").write(str(step + 1))
"""
    )
    for step in ("1", "2"):
        request = lab.script(
            code,
            CheckpointConfig={"S3Uri": f"s3://{lab.bucket}/checkpoints/"},
            EnableManagedSpotTraining=True,
            StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120},
        )
        ended = lab.run("training", request)
        assert ended["TrainingJobStatus"] == "Completed", ended
        assert lab.get("checkpoints/step") == step
    assert ended["EnableManagedSpotTraining"] is True
    assert ended["BillableTimeInSeconds"] >= 1


def test_running_too_long_keeps_what_was_trained(lab: Lab) -> None:
    code = BASE + 'open(BASE + "/model/m", "w").write("half")\nimport time\ntime.sleep(120)'
    request = lab.script(
        code,
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    ended = lab.run("training", request)
    assert (ended["TrainingJobStatus"], ended["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert members(lab, ended["ModelArtifacts"]["S3ModelArtifacts"]) == {"m": b"half"}


def test_stopping_a_job_ends_its_processes(lab: Lab) -> None:
    code = (
        BASE
        + """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
print("child", child.pid, os.getpid(), flush=True)
child.wait()
"""
    )
    request = lab.script(code)
    name = request["TrainingJobName"]
    lab.sagemaker.create_training_job(**request)
    found = lab.await_output(name)
    lab.sagemaker.stop_training_job(TrainingJobName=name)
    ended = lab.wait("training", name)
    assert (ended["TrainingJobStatus"], ended["SecondaryStatus"]) == ("Stopped", "Stopped")
    for pid in found[0].split()[1:3]:
        assert not lives(int(pid))

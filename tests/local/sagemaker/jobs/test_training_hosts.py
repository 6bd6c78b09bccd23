"""Jobs on several hosts: what each gets, and what becomes of what they write."""

import json

import numpy
import pytest
from sklearn.datasets import load_breast_cancer

from mdlc_local.sagemaker.containers import opt_ml
from tests.local.sagemaker.jobs.test_training import BASE, members
from tests.local.sagemaker.lab import Lab, unique

CELLS, BENIGN = load_breast_cancer(return_X_y=True)
TWO = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 10}

TALK = (
    BASE
    + """
import json, pathlib, socket, time
here = pathlib.Path(BASE)
config = json.loads((here / "input/config/resourceconfig.json").read_text())
name, names = config["current_host"], config["hosts"]
other = next(host for host in names if host != name)
# Both listen on the same port, each at its own address.
server = socket.create_server((socket.gethostbyname(name), 7777))
server.settimeout(30)
deadline = time.monotonic() + 30
while True:
    try:
        client = socket.create_connection((other, 7777), timeout=5)
        break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.05)
client.sendall(name.encode())
partner = server.accept()[0].recv(100).decode()
files = sorted(path.name for path in (here / "input/data/train").iterdir())
print(name, "got", files, "and heard from", partner)
(here / "model" / f"{name}.txt").write_text(partner)
(here / "model" / "both.txt").write_text(name)
"""
)


def shards(lab: Lab, request: dict[str, object], count: int) -> None:
    """Put more objects into the train channel, and have it split among the hosts."""
    (channel,) = (entry for entry in request["InputDataConfig"] if entry["ChannelName"] == "train")  # type: ignore[attr-defined]
    source = channel["DataSource"]["S3DataSource"]
    key = source["S3Uri"].removeprefix(f"s3://{lab.bucket}/")
    for number in range(1, count):
        lab.put(f"{key}{'bcdefg'[number - 1]}.csv", "7\n")
    source["S3DataDistributionType"] = "ShardedByS3Key"


@pytest.mark.parametrize("isolated", [False, True])
def test_hosts_share_the_objects_and_reach_each_other(lab: Lab, isolated: bool) -> None:
    assert opt_ml.literal(isolate=True), "these tests need the right to mount, which CI has"
    request = lab.script(TALK, ResourceConfig=TWO, EnableNetworkIsolation=isolated)
    shards(lab, request, 3)
    ended = lab.run("training", request)
    assert ended["TrainingJobStatus"] == "Completed", ended
    lines = lab.log("training", request["TrainingJobName"])
    assert "algo-1 got ['a.csv', 'c.csv'] and heard from algo-2" in lines
    assert "algo-2 got ['b.csv'] and heard from algo-1" in lines
    assert "several hosts wrote both.txt: the file of algo-1 is kept" in lines
    files = members(lab, ended["ModelArtifacts"]["S3ModelArtifacts"])
    assert files == {"algo-1.txt": b"algo-2", "algo-2.txt": b"algo-1", "both.txt": b"algo-1"}
    streams = lab.server.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{request['TrainingJobName']}/"
    )["logStreams"]
    hosts = [stream["logStreamName"].rpartition("/")[2].rpartition("-")[0] for stream in streams]
    assert sorted(hosts) == ["algo-1", "algo-2"]


def test_one_that_fails_ends_all(lab: Lab) -> None:
    code = (
        BASE
        + """
import json, sys, time
config = json.load(open(BASE + "/input/config/resourceconfig.json"))
if config["current_host"] == "algo-2":
    import os
    os.makedirs(BASE + "/output", exist_ok=True)
    open(BASE + "/output/failure", "w").write("algo-2 gave up")
    sys.exit(3)
time.sleep(300)
"""
    )
    ended = lab.run("training", lab.script(code, ResourceConfig=TWO))
    assert ended["TrainingJobStatus"] == "Failed"
    assert ended["FailureReason"] == "AlgorithmError: algo-2 gave up, exit code: 3"


def test_stopping_stops_all(lab: Lab) -> None:
    request = lab.script("import time; print('up', flush=True); time.sleep(300)", ResourceConfig=TWO)
    name = request["TrainingJobName"]
    lab.sagemaker.create_training_job(**request)
    lab.await_output(name, hosts=2)
    lab.sagemaker.stop_training_job(TrainingJobName=name)
    assert lab.wait("training", name)["TrainingJobStatus"] == "Stopped"


def area(lab: Lab, hosts: int, files: int) -> tuple[float, list[str]]:
    """The AUC on the validation channel of XGBoost trained on shards."""
    rows = numpy.column_stack([BENIGN, CELLS])
    train, held = rows[:380], rows[380:]
    place = unique("shards")
    for number in range(files):
        body = "".join(",".join(map(str, row)) + "\n" for row in train[number::files])
        lab.put(f"{place}/train/part-{number}.csv", body)
    body = "".join(",".join(map(str, row)) + "\n" for row in held)
    validation = lab.put(f"{place}/validation/part-0.csv", body)
    request = lab.training(
        {"train": f"s3://{lab.bucket}/{place}/train/", "validation": validation},
        HyperParameters={
            "num_round": "20",
            "objective": "binary:logistic",
            "eval_metric": "auc",
            "max_depth": "3",
        },
        ResourceConfig={**TWO, "InstanceCount": hosts},
        EnableNetworkIsolation=True,
    )
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    ended = lab.run("training", request)
    assert ended["TrainingJobStatus"] == "Completed", ended["FailureReason"]
    assert list(members(lab, ended["ModelArtifacts"]["S3ModelArtifacts"])) == ["xgboost-model"]
    metrics = {entry["MetricName"]: entry["Value"] for entry in ended["FinalMetricDataList"]}
    return metrics["validation:auc"], lab.log("training", request["TrainingJobName"])


def test_xgboost_on_two_hosts_is_as_good_as_on_one(lab: Lab) -> None:
    """Both train one model: the difference of their AUCs lies within the standard error of one of them."""
    alone, _ = area(lab, 1, 2)
    together, lines = area(lab, 2, 2)
    assert sum(line.startswith("Train matrix has 190 rows and 30 columns") for line in lines) == 2
    positive = int(BENIGN[380:].sum())
    negative = len(BENIGN[380:]) - positive
    # Hanley and McNeil, 1982.
    first, second = alone / (2 - alone), 2 * alone**2 / (1 + alone)
    variance = (
        alone * (1 - alone) + (positive - 1) * (first - alone**2) + (negative - 1) * (second - alone**2)
    )
    assert abs(together - alone) < (variance / (positive * negative)) ** 0.5
    assert together > 0.95


def test_a_host_without_a_file_does_not_take_part(lab: Lab) -> None:
    score, lines = area(lab, 3, 2)
    assert score > 0.95
    assert "algo-3 has no rows and does not take part" in lines


def test_fast_file_mode_shows_files(lab: Lab) -> None:
    code = BASE + "print(open(BASE + '/input/config/inputdataconfig.json').read())"
    request = lab.script(code)
    request["AlgorithmSpecification"]["TrainingInputMode"] = "FastFile"
    request["InputDataConfig"][1]["InputMode"] = "File"
    lab.run("training", request)
    (line,) = lab.log("training", request["TrainingJobName"])
    modes = {name: channel["TrainingInputMode"] for name, channel in json.loads(line).items()}
    assert modes == {"train": "FastFile", "code": "File"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"InputMode": "Pipe"},
            r"channel 'train': input mode 'Pipe' is not run locally: use File or FastFile",
        ),
        ({"CompressionType": "Gzip"}, r"channel 'train': CompressionType is used in Pipe mode only"),
    ],
)
def test_what_is_refused_of_a_channel(lab: Lab, change: dict[str, str], sentence: str) -> None:
    request = lab.script("")
    request["InputDataConfig"][0] |= change
    with pytest.raises(lab.sagemaker.exceptions.ClientError, match=sentence):
        lab.sagemaker.create_training_job(**request)


def test_mlflow_is_for_aws_only(lab: Lab) -> None:
    app = "arn:aws:sagemaker:us-east-1:000000000000:mlflow-app/app-1"
    request = lab.script("", MlflowConfig={"MlflowResourceArn": app})
    with pytest.raises(
        lab.sagemaker.exceptions.ClientError, match="MlflowConfig: MLflow is for AWS only, so"
    ):
        lab.sagemaker.create_training_job(**request)


def test_what_is_refused_of_hosts(lab: Lab) -> None:
    group = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "InstanceGroupName": "a"}
    request = lab.script("", ResourceConfig={"VolumeSizeInGB": 1, "InstanceGroups": [group]})
    with pytest.raises(lab.sagemaker.exceptions.ClientError, match="InstanceGroups are not run locally"):
        lab.sagemaker.create_training_job(**request)
    request = lab.script("", ResourceConfig=TWO)
    image = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"
    request["AlgorithmSpecification"]["TrainingImage"] = image
    with pytest.raises(lab.sagemaker.exceptions.ClientError, match="trains on one host, so use 1"):
        lab.sagemaker.create_training_job(**request)

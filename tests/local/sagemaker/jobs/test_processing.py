import json
import time

from tests.local.sagemaker.lab import Lab

BASE = 'import os\nBASE = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")\n'

COPY = (
    BASE
    + """
import json, shutil, sys
print("arguments", sys.argv[1:], flush=True)
shutil.copytree(BASE + "/processing/input/data", BASE + "/processing/output/result", dirs_exist_ok=True)
with open(BASE + "/processing/output/result/environment.json", "w") as file:
    json.dump(dict(os.environ), file)
with open(BASE + "/output/message", "w") as file:
    json.dump({"passed": True, "rows": 2}, file)
"""
)


def test_inputs_arguments_outputs_and_exit_message(lab: Lab) -> None:
    data = lab.put("copy/in/sub/a.csv", "1\n2\n").removesuffix("sub/a.csv")
    request = lab.processing(COPY, Environment={"LEVEL": "info"})
    request["AppSpecification"]["ContainerArguments"] = ["quality", "--strict"]
    request["ProcessingInputs"].append(lab.input("data", data))
    ended = lab.run("processing", request)
    name = request["ProcessingJobName"]
    assert ended["ProcessingJobStatus"] == "Completed", ended
    assert json.loads(ended["ExitMessage"]) == {"passed": True, "rows": 2}
    assert ended["CreationTime"] <= ended["ProcessingStartTime"] <= ended["ProcessingEndTime"]
    assert lab.get(f"{name}/result/sub/a.csv") == "1\n2\n"
    seen = json.loads(lab.get(f"{name}/result/environment.json"))
    assert seen["LEVEL"] == "info"
    assert seen["FROM_IMAGE"] == "yes"
    assert seen["PROCESSING_JOB_NAME"] == name
    assert seen["AWS_ENDPOINT_URL"] == lab.server.endpoint
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert lab.log("processing", name) == ["arguments ['quality', '--strict']"]


def test_outputs_are_encrypted_with_the_key_of_the_request(lab: Lab) -> None:
    key = lab.server.client("kms").create_key()["KeyMetadata"]["Arn"]
    code = BASE + 'open(BASE + "/processing/output/result/a", "w").write("1")'
    request = lab.processing(code)
    request["ProcessingOutputConfig"]["KmsKeyId"] = key
    refused = lab.run("processing", request)
    assert refused["ProcessingJobStatus"] == "Failed"
    assert "kms:GenerateDataKey" in refused["FailureReason"]
    assert key in refused["FailureReason"]
    request = lab.processing(code)
    assert lab.run("processing", request)["ProcessingJobStatus"] == "Completed"
    head = lab.server.client("s3").head_object(
        Bucket=lab.bucket, Key=f"{request['ProcessingJobName']}/result/a"
    )
    assert head["SSEKMSKeyId"] == lab.key_arn


def test_network_isolation_gives_no_credentials(lab: Lab) -> None:
    code = BASE + 'print(sorted(name for name in os.environ if name.startswith("AWS_")))'
    request = lab.processing(code, NetworkConfig={"EnableNetworkIsolation": True})
    assert lab.run("processing", request)["ProcessingJobStatus"] == "Completed"
    (line,) = lab.log("processing", request["ProcessingJobName"])
    assert "AWS_REGION" in line
    assert not {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"} & set(line.split("'"))


def test_a_failing_program(lab: Lab) -> None:
    code = BASE + 'open(BASE + "/output/message", "w").write("why"); print("last words"); raise SystemExit(3)'
    ended = lab.run("processing", lab.processing(code))
    assert ended["ProcessingJobStatus"] == "Failed"
    assert ended["ExitMessage"] == "why"
    assert ended["FailureReason"].startswith(
        "AlgorithmError: See job logs for more information, exit code: 3"
    )
    assert "last words" in ended["FailureReason"]
    assert not lab.keys(f"{ended['ProcessingJobName']}/result")


def test_an_input_with_no_objects(lab: Lab) -> None:
    request = lab.processing("print(1)")
    request["ProcessingInputs"].append(lab.input("data", f"s3://{lab.bucket}/none/"))
    ended = lab.run("processing", request)
    assert ended["ProcessingJobStatus"] == "Failed"
    assert f'No S3 objects found under S3 URL "s3://{lab.bucket}/none/"' in ended["FailureReason"]


def test_stopping_and_running_too_long(lab: Lab) -> None:
    code = 'print("waiting", flush=True)\nimport time\ntime.sleep(120)'
    request = lab.processing(code)
    name = request["ProcessingJobName"]
    lab.sagemaker.create_processing_job(**request)
    deadline = time.monotonic() + 20
    files = lab.server.state_dir / "logs" / "sagemaker" / "ProcessingJobs" / name
    while not any("waiting" in path.read_text() for path in files.glob("*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    lab.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert lab.wait("processing", name)["ProcessingJobStatus"] == "Stopped"

    ended = lab.run("processing", lab.processing(code, StoppingCondition={"MaxRuntimeInSeconds": 1}))
    assert ended["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntimeInSeconds" in ended["FailureReason"]

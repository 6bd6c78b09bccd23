import json

from mdlc_local.sagemaker.containers import process
from tests.local.sagemaker.lab import Lab


def test_exit_codes_in_the_words_of_aws() -> None:
    assert process.describe_exit(3) == "exit code: 3"
    assert process.describe_exit(-15) == "exit code: 143"
    assert process.describe_exit(-9).startswith("exit code: 137")


def test_nothing_of_the_users_own_environment_reaches_a_job(lab: Lab) -> None:
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    request = lab.processing(code)
    lab.run("processing", request)
    (line,) = lab.log("processing", request["ProcessingJobName"])
    seen = json.loads(line)
    assert seen["HOME"].endswith("/home")
    assert seen["AWS_CONFIG_FILE"] == "/dev/null"
    assert "MDLC_EMBEDDED_PYTHON" not in seen
    assert "AWS_PROFILE" not in seen


def test_a_command_that_does_not_exist(lab: Lab) -> None:
    request = lab.processing("print(1)")
    request["AppSpecification"]["ContainerEntrypoint"] = ["no-such-command"]
    ended = lab.run("processing", request)
    assert ended["ProcessingJobStatus"] == "Failed"
    assert "no-such-command" in ended["FailureReason"]

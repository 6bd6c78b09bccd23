from tests.local.sagemaker.lab import ECHO, Lab, unique


def test_a_server_that_never_gets_well(lab: Lab) -> None:
    name = unique("sick")
    url = lab.archive(
        f"{name}/model.tar.gz", {"serve.py": "print('cannot', flush=True); raise SystemExit(4)"}
    )
    container = {"Image": ECHO, "ModelDataUrl": url}
    lab.sagemaker.create_model(ModelName=name, ExecutionRoleArn=lab.role.arn, PrimaryContainer=container)
    request = lab.transform(name, lab.put(f"{name}/in/a.csv", "1\n"))
    ended = lab.run("transform", request)
    assert ended["TransformJobStatus"] == "Failed"
    assert "The primary container did not answer GET /ping with 200" in ended["FailureReason"]
    assert lab.log("transform", request["TransformJobName"])[0] == "cannot"

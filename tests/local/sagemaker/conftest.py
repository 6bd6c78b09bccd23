"""One server with images for the tests of jobs."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.embedded import Role, Server, embedded_python, start
from tests.local.sagemaker.lab import ECHO, SCRIPT, Lab, encryption, job_statements, policy, unique
from tests.local.sagemaker.serving import Serving, may_look_at_alarms


@pytest.fixture(scope="package")
def images_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("images") / "images.json"
    content = {
        "prepare": [sys.executable, "-P", "-m", "mdlc_cli.tools.image_environment"],
        "scikit-learn": {"python": embedded_python(), "environment": {"FROM_IMAGE": "yes"}},
        "images": [
            {
                "match": f"^{ECHO}$",
                "serve": ["python3", "/opt/ml/model/serve.py"],
                "python": embedded_python(),
            },
            {"match": "/team/mine:", "python": embedded_python()},
            {
                "match": f"^{SCRIPT}$",
                "train": ["python3", "/opt/ml/input/data/code/main.py"],
                "python": embedded_python(),
            },
        ],
    }
    path.write_text(json.dumps(content))
    return path


@pytest.fixture(scope="package")
def jobs_server(tmp_path_factory: pytest.TempPathFactory, images_file: Path) -> Iterator[Server]:
    running = start(tmp_path_factory.mktemp("embedded-jobs"), "--images", str(images_file))
    yield running
    running.end()


def make_lab(server: Server) -> Lab:
    """A bucket under a customer-managed key, and a role for jobs with just what they need."""
    bucket = unique("lab")
    key_arn = server.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3, iam = server.client("s3"), server.client("iam")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption(key_arn))
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    arn = iam.create_role(RoleName=bucket, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    statements = job_statements(bucket, key_arn, arn.split(":")[4])
    iam.put_role_policy(RoleName=bucket, PolicyName="job", PolicyDocument=policy(*statements))
    return Lab(server, bucket, key_arn, Role(arn, bucket, {}))


@pytest.fixture(scope="package")
def lab(jobs_server: Server) -> Lab:
    return make_lab(jobs_server)


@pytest.fixture(scope="package")
def serving(tmp_path_factory: pytest.TempPathFactory, images_file: Path) -> Iterator[Serving]:
    """Endpoints on a server whose time runs sixty times as fast."""
    state_dir = tmp_path_factory.mktemp("embedded-serving")
    running = start(state_dir, "--images", str(images_file), "--time-scale", "60")
    lab = make_lab(running)
    may_look_at_alarms(lab)
    yield Serving(lab)
    running.end()

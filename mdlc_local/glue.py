"""Glue jobs: Python shell jobs run as processes with their role's credentials; all others are rejected.

ministack would run a script with the server's own keys, and report SUCCEEDED for a Spark job without running
it.
"""

import importlib
import importlib.metadata
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from botocore.exceptions import ClientError

from mdlc_local import children, clients, environment, options, patches, trust
from mdlc_local.log_streams import LogStream

SERVICE = "ministack.services.glue"
PRINCIPAL = "glue.amazonaws.com"
PYTHON_SHELL = "pythonshell"
MODULES = "--additional-python-modules"
LOG_GROUP = "/aws-glue/python-jobs/output"
DEFAULT_TIMEOUT_MINUTES = 2880
"""Source: https://docs.aws.amazon.com/glue/latest/webapi/API_StartJobRun.html"""

_SCRIPT = re.compile(r"s3://([^/]+)/(.+)")
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
_ERROR_CHARACTERS = 2000


def install(app: ModuleType) -> None:
    """Run the jobs that can run as on AWS, and reject the others."""
    del app
    patches.take(SERVICE, "_is_spark_job", "job")
    patches.take(SERVICE, "_execute_subprocess", "run job args resolved")
    patches.replace(SERVICE, "_execute_subprocess", _execute)
    # Only pass the script's location on: it is downloaded with the job's role when the run starts.
    patches.take(SERVICE, "_resolve_script", "script_location")
    patches.replace(SERVICE, "_resolve_script", lambda script_location: f"{script_location}#.py")
    patches.wrap(SERVICE, "_start_job_run", "data", _checked)


def _checked(start: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def start_job_run(data: dict[str, Any]) -> Any:
        service = importlib.import_module(SERVICE)
        job = service._jobs.get(data.get("JobName"))
        refused = None if job is None else refusal(job, {**_defaults(job), **data.get("Arguments", {})})
        if refused is not None:
            responses = importlib.import_module("ministack.core.responses")
            return responses.error_response_json("InvalidInputException", refused, 400)
        return start(data)

    return start_job_run


def refusal(job: Mapping[str, Any], arguments: Mapping[str, str]) -> str | None:
    """The reason why a job cannot run here, or None when it can."""
    command = job.get("Command", {}).get("Name", "")
    if command != PYTHON_SHELL:
        return (
            f"The job {job['Name']!r} is a {command} job, and the embedded AWS runs no Spark and no Ray: it "
            f"runs jobs whose command is {PYTHON_SHELL}."
        )
    wanted = [
        requirement.strip() for requirement in arguments.get(MODULES, "").split(",") if requirement.strip()
    ]
    missing = [requirement for requirement in wanted if not _installed(requirement)]
    if missing:
        return (
            f"The job {job['Name']!r} wants {missing[0]} installed ({MODULES}), and the embedded AWS "
            f"installs nothing for Glue jobs: its own environment has boto3, numpy, scipy and xgboost."
        )
    return None


def _installed(requirement: str) -> bool:
    name = _REQUIREMENT.match(requirement)
    if name is None:
        return False
    # The CPU build is another distribution of the same module.
    names = (name[0], f"{name[0]}-cpu")
    return any(_has(name) for name in names)


def _has(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _defaults(job: Mapping[str, Any]) -> dict[str, str]:
    defaults: dict[str, str] = job.get("DefaultArguments") or {}
    return defaults


def _execute(run: dict[str, Any], job: Mapping[str, Any], args: Mapping[str, str], resolved: str) -> None:
    """Run the script to its end and set the state and error message of `run`."""
    try:
        state, message = _ran(run, job, args, resolved.removesuffix("#.py"))
    except (ClientError, OSError, RuntimeError) as error:
        state, message = "FAILED", str(error)
    run["JobRunState"], run["ErrorMessage"] = state, message[-_ERROR_CHARACTERS:]


def _ran(
    run: Mapping[str, Any], job: Mapping[str, Any], arguments: Mapping[str, str], script: str
) -> tuple[str, str]:
    responses = importlib.import_module("ministack.core.responses")
    account, region = responses.get_account_id(), responses.get_region()
    role = str(job.get("Role", ""))
    role_arn = role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"
    source_arn = f"arn:aws:glue:{region}:{account}:job/{job['Name']}"
    if not trust.may_assume(role_arn, PRINCIPAL, account=account, source_arn=source_arn, region=region):
        return "FAILED", f"The role {role_arn} does not trust {PRINCIPAL} to assume it."
    place = _SCRIPT.fullmatch(script)
    if place is None:
        return "FAILED", f"ScriptLocation is {script!r}: give the S3 URI of the script."
    s3 = clients.client("s3", role_arn=role_arn, region=region, session="GlueJobRunnerSession")
    folder = options.current().state_dir / "temporary" / "glue" / str(run["Id"])
    folder.mkdir(parents=True)
    path = folder / Path(place[2]).name
    path.write_bytes(s3.get_object(Bucket=place[1], Key=place[2])["Body"].read())
    logs = clients.client("logs", role_arn=role_arn, region=region, session="GlueJobRunnerSession")
    log_file = options.current().state_dir / "logs" / f"glue-{job['Name']}-{run['Id']}.log"
    process = children.start(
        [sys.executable, str(path), *(word for pair in arguments.items() for word in map(str, pair))],
        cwd=folder,
        env={
            **environment.for_code(),
            "HOME": str(folder),
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": options.current().endpoint,
            **clients.role_credentials(role_arn, "GlueJobRunnerSession"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    late = threading.Event()
    minutes = int(run.get("Timeout") or job.get("Timeout") or DEFAULT_TIMEOUT_MINUTES)

    def end() -> None:
        late.set()
        children.end(process)

    timer = threading.Timer(60.0 * minutes, end)
    timer.daemon = True
    timer.start()
    with LogStream(logs, LOG_GROUP, str(run["Id"]), log_file) as stream:
        for line in process.stdout or ():
            stream.write(line.rstrip("\r\n"))
        code = process.wait()
        tail = stream.tail()
    timer.cancel()
    if late.is_set():
        return "TIMEOUT", "Job execution timed out"
    return ("SUCCEEDED", "") if code == 0 else ("FAILED", tail or f"Exit code {code}")

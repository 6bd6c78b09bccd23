"""Runs builds: each is a thread that runs the buildspec's commands with the project's role."""

import contextlib
import contextvars
import datetime
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from mdlc_local import clients, iam, options
from mdlc_local.code_build import archives, buildspec, reports
from mdlc_local.code_build.archives import ArtifactError, SourceError
from mdlc_local.code_build.buildspec import ABORT, Buildspec, BuildspecError
from mdlc_local.code_build.container import BuildContainer, source_variables
from mdlc_local.code_build.shell import Shell, Stopped
from mdlc_local.sagemaker import host, model
from mdlc_local.sagemaker.containers.logs import LogStream
from mdlc_local.sagemaker.records import Scope

log = logging.getLogger("mdlc_local.code_build")

SUCCEEDED, FAILED, STOPPED, TIMED_OUT, IN_PROGRESS = (
    "SUCCEEDED",
    "FAILED",
    "STOPPED",
    "TIMED_OUT",
    "IN_PROGRESS",
)
SESSION = "AWSCodeBuild"
_RUN = ("INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD")
DEFAULT_BUILDSPEC = "buildspec.yml"


class PhaseFailed(Exception):  # noqa: N818 - the outcome of a phase
    """A phase failed; AWS's status code, and a message for its context."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(eq=False)
class Build:
    """A running build.

    Attributes:
        record: the build as the API shows it.
        scope: account and region.
        stop: set by StopBuild.
        seconds: how long it may run.
    """

    record: dict[str, Any]
    scope: Scope
    seconds: float
    stop: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.monotonic)
    spec: Buildspec = field(default_factory=Buildspec)

    @property
    def late(self) -> bool:
        """Whether it has run for too long."""
        return time.monotonic() - self.started > self.seconds

    @property
    def identifier(self) -> str:
        """The part of the build's id after the project's name."""
        return str(self.record["id"]).partition(":")[2]

    def client(self, service: str) -> Any:
        """A client with the permissions of the project's role."""
        role, session = self.record["serviceRole"], f"{SESSION}-{self.identifier}"
        return clients.client(service, role_arn=role, region=self.scope.region, session=session)

    def ends(self) -> bool:
        """Whether it must end now."""
        return self.stop.is_set() or self.late


def start(build: Build) -> None:
    """Run a build in a new thread, in the current request's context."""
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(_run, build), daemon=True, name=f"build {build.record['id']}"
    ).start()


def _run(build: Build) -> None:
    container = BuildContainer(options.current().state_dir / "temporary" / "builds" / build.identifier)
    try:
        _publish(build)
        status = _phases(build, container)
    except Exception as error:
        log.exception("build %s broke", build.record["id"])
        build.record["phases"][-1].update(_ended(FAILED, "INTERNAL_SERVICE_ERROR", repr(error)))
        status = FAILED
    container.remove()
    with contextlib.suppress(PhaseFailed), _phase(build, "FINALIZING"):
        pass
    build.record["phases"].append({"phaseType": "COMPLETED", "startTime": model.now()})
    build.record.update(currentPhase="COMPLETED", endTime=model.now(), buildStatus=status, buildComplete=True)
    _publish(build)


def _phases(build: Build, container: BuildContainer) -> str:
    """Run all phases; returns the build's status."""
    path = options.current().state_dir / "logs" / f"build-{build.identifier}.log"
    where = build.record["logs"]
    try:
        with _phase(build, "PROVISIONING"):
            container.make()
            if where.get("groupName"):
                _create_stream(build)
        with contextlib.ExitStack() as stack:
            client = build.client("logs") if where.get("groupName") else _NoLogs()
            stream = stack.enter_context(
                LogStream(client, where.get("groupName", ""), where.get("streamName", ""), path, exists=True)
            )
            with _phase(build, "DOWNLOAD_SOURCE", stream):
                _download(build, container)
            return _commands(build, container, stream)
    except PhaseFailed as failed:
        return _status(build, failed)


def _status(build: Build, failed: PhaseFailed) -> str:
    if build.stop.is_set():
        return STOPPED
    return TIMED_OUT if failed.code == "BUILD_TIMED_OUT" else FAILED


def _download(build: Build, container: BuildContainer) -> None:
    record = build.record
    s3 = build.client("s3")
    try:
        if record["source"]["type"] == "S3":
            archives.download(s3, record["source"]["location"], container.source)
        for source in record.get("secondarySources", ()):
            archives.download(s3, source["location"], container.secondary(source["sourceIdentifier"]))
        build.spec = buildspec.parse(_buildspec(build, container.source))
        container.set_up_python(build.spec.python)
        container.set_up_docker(
            options.current().docker, privileged=bool(record["environment"].get("privilegedMode"))
        )
    except SourceError as error:
        raise PhaseFailed("CLIENT_ERROR", str(error)) from error
    except BuildspecError as error:
        raise PhaseFailed("YAML_FILE_ERROR", str(error)) from error


def _buildspec(build: Build, source: Path) -> str:
    """The buildspec's text: the project's own, or a file of the source."""
    named = str(build.record["source"].get("buildspec") or DEFAULT_BUILDSPEC)
    if "\n" in named or named.lstrip().startswith("{"):
        return named
    path = (source / named).resolve()
    if not path.is_relative_to(source.resolve()) or not path.is_file():
        raise BuildspecError(f"stat {named}: no such file or directory")
    return path.read_text(encoding="utf-8", errors="replace")


def _commands(build: Build, container: BuildContainer, stream: LogStream) -> str:
    """Run the phases of the buildspec and upload what they made; returns the build's status."""
    shell = Shell(
        program=build.spec.shell,
        folder=container.commands,
        directory=container.source,
        environment=_variables(build, container),
        write=stream.write,
        ends=build.ends,
    )
    failure: PhaseFailed | None = None
    try:
        for name in _RUN:
            section = build.spec.phases.get(name.lower())
            if failure is not None and name != "POST_BUILD":
                continue
            try:
                with _phase(build, name, stream):
                    shell.environment["CODEBUILD_BUILD_SUCCEEDING"] = "0" if failure else "1"
                    if section is not None:
                        _run_phase(shell, section, stream, succeeding=failure is None)
            except PhaseFailed as failed:
                failure = failure or failed
                aborts = section is not None and section.on_failure == ABORT
                if build.ends() or (aborts and name in ("INSTALL", "PRE_BUILD")):
                    return _status(build, failed)
        build.record["exportedEnvironmentVariables"] = [
            {"name": name, "value": shell.environment[name]}
            for name in build.spec.exported
            if name in shell.environment
        ]
    finally:
        shell.end()
    try:
        with _phase(build, "UPLOAD_ARTIFACTS", stream):
            _report(build, container)
            _upload(build, container)
    except PhaseFailed as failed:
        failure = failure or failed
    return SUCCEEDED if failure is None else _status(build, failure)


def _run_phase(shell: Shell, section: buildspec.Phase, stream: LogStream, *, succeeding: bool) -> None:
    failed: PhaseFailed | None = None
    for command in section.commands:
        failed = _run_command(shell, command, stream, succeeding=succeeding)
        if failed is not None:
            break
    for command in section.last:
        also = _run_command(shell, command, stream, succeeding=succeeding and failed is None)
        failed = failed or also
    if failed is not None:
        raise failed


def _run_command(shell: Shell, command: str, stream: LogStream, *, succeeding: bool) -> PhaseFailed | None:
    stream.write(f"[Container] Running command {command}")
    try:
        status = shell.run(f"export CODEBUILD_BUILD_SUCCEEDING={int(succeeding)}\n{command}")
    except Stopped:
        raise PhaseFailed("BUILD_TIMED_OUT", "Build has timed out.") from None
    if status == 0:
        return None
    message = f"Error while executing command: {command}. Reason: exit status {status}"
    return PhaseFailed("COMMAND_EXECUTION_ERROR", message)


def _variables(build: Build, container: BuildContainer) -> dict[str, str]:
    record = build.record
    of_project = {
        each["name"]: each["value"] for each in record["environment"].get("environmentVariables", ())
    }
    secondary = {each["sourceIdentifier"]: each for each in record.get("secondarySources", ())}
    session = f"{SESSION}-{build.identifier}"
    return {
        **build.spec.variables,
        **container.variables(record["serviceRole"], session, build.scope),
        **source_variables(container, secondary),
        "CODEBUILD_BUILD_ID": record["id"],
        "CODEBUILD_BUILD_ARN": record["arn"],
        "CODEBUILD_BUILD_NUMBER": str(record["buildNumber"]),
        "CODEBUILD_BUILD_IMAGE": record["environment"]["image"],
        "CODEBUILD_INITIATOR": record["initiator"],
        "CODEBUILD_KMS_KEY_ID": record.get("encryptionKey", ""),
        "CODEBUILD_RESOLVED_SOURCE_VERSION": record.get("resolvedSourceVersion", ""),
        "CODEBUILD_SOURCE_VERSION": record.get("sourceVersion", ""),
        "CODEBUILD_START_TIME": str(int(record["startTime"].timestamp() * 1000)),
        **of_project,
    }


def _report(build: Build, container: BuildContainer) -> None:
    for section in build.spec.reports:
        base = container.source / section.base_directory
        files = sorted({path for pattern in section.files for path in base.glob(pattern) if path.is_file()})
        project = build.record["projectName"]
        group = section.group if section.group.startswith("arn:") else f"{project}-{section.group}"
        arn = group if group.startswith("arn:") else reports.group_arn(group, build.scope)
        for action in ("codebuild:CreateReport", "codebuild:BatchPutTestCases"):
            reason = iam.denial(build.record["serviceRole"], action, arn, region=build.scope.region)
            if reason is not None:
                raise PhaseFailed(
                    "CLIENT_ERROR", f"Error in UPLOAD_ARTIFACTS phase: [{section.group}: {reason}]"
                )
        report = reports.add_report(arn, build.record["arn"], files, build.scope)
        build.record.setdefault("reportArns", []).append(report)


def _upload(build: Build, container: BuildContainer) -> None:
    record, spec = build.record, build.spec
    wanted = [(record["artifacts"], spec.artifacts, container.source)]
    for destination in record.get("secondaryArtifacts", ()):
        identifier = destination["artifactIdentifier"]
        wanted.append((destination, spec.secondary_artifacts.get(identifier), container.source))
    for destination, artifacts, source in wanted:
        if destination.get("type") != "S3":
            continue
        if artifacts is None:
            name = destination.get("artifactIdentifier", "artifacts")
            raise PhaseFailed("CLIENT_ERROR", f"the buildspec has no {name}: name its files")
        try:
            described = archives.upload(
                build.client("s3"), source, artifacts, destination, record.get("encryptionKey", "")
            )
        except ArtifactError as error:
            raise PhaseFailed("CLIENT_ERROR", str(error)) from error
        destination.update(described)


def _create_stream(build: Build) -> None:
    logs, where = build.client("logs"), build.record["logs"]
    for create, names in (
        (logs.create_log_group, {"logGroupName": where["groupName"]}),
        (logs.create_log_stream, {"logGroupName": where["groupName"], "logStreamName": where["streamName"]}),
    ):
        try:
            create(**names)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            # The group may be that of a stack, which the role may not create.
            if code == "ResourceAlreadyExistsException" or "logStreamName" not in names:
                continue
            raise PhaseFailed(
                "ACCESS_DENIED",
                f"Service role {build.record['serviceRole']} does not allow AWS CodeBuild to create Amazon "
                f"CloudWatch Logs log streams for build {build.record['arn']}. Error message: {error}",
            ) from error


class _NoLogs:
    """Takes the calls of a log that is written to a file only."""

    def __getattr__(self, name: str) -> Any:
        return lambda **_: None


@contextlib.contextmanager
def _phase(build: Build, name: str, stream: LogStream | None = None) -> Iterator[None]:
    """A phase in the build's record; a failure ends it and is raised again."""
    phase: dict[str, Any] = {"phaseType": name, "phaseStatus": IN_PROGRESS, "startTime": model.now()}
    build.record["phases"].append(phase)
    build.record["currentPhase"] = name
    if stream is not None:
        stream.write(f"[Container] Entering phase {name}")
    try:
        yield
    except PhaseFailed as failed:
        stopped = build.stop.is_set()
        late = failed.code == "BUILD_TIMED_OUT"
        status = STOPPED if stopped else TIMED_OUT if late else FAILED
        phase.update(_ended(status, failed.code, "" if stopped else failed.message, phase["startTime"]))
        if stream is not None:
            stream.write(f"[Container] Phase complete: {name} State: {status}")
            stream.write(f"[Container] Phase context status code: {failed.code} Message: {failed.message}")
        raise
    phase.update(_ended(SUCCEEDED, "", "", phase["startTime"]))
    if stream is not None:
        stream.write(f"[Container] Phase complete: {name} State: {SUCCEEDED}")


def _ended(status: str, code: str, message: str, began: datetime.datetime | None = None) -> dict[str, Any]:
    end = model.now()
    return {
        "phaseStatus": status,
        "endTime": end,
        "durationInSeconds": int((end - (began or end)).total_seconds()),
        "contexts": [{"statusCode": code, "message": message}],
    }


def _publish(build: Build) -> None:
    record = build.record
    host.put_event(
        "CodeBuild Build State Change",
        {
            "build-status": record["buildStatus"],
            "project-name": record["projectName"],
            "build-id": record["arn"],
            "current-phase": record["currentPhase"],
            "version": "1",
        },
        record["arn"],
        source="aws.codebuild",
    )

"""Runs builds: each is a thread that runs the buildspec's commands with the project's role."""

import contextlib
import contextvars
import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from mdlc_local import clients, clock, iam, options, service_events
from mdlc_local.code_build import archives, buildspec, leftovers, phases, reports
from mdlc_local.code_build.archives import ArtifactError, SourceError
from mdlc_local.code_build.buildspec import Buildspec, BuildspecError
from mdlc_local.code_build.container import BuildContainer, source_variables
from mdlc_local.code_build.phases import PhaseFailed
from mdlc_local.code_build.shell import Shell
from mdlc_local.log_streams import LogStream
from mdlc_local.scopes import Scope

log = logging.getLogger("mdlc_local.code_build")

SESSION = "AWSCodeBuild"
DEFAULT_BUILDSPEC = "buildspec.yml"


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
        build.record["phases"][-1].update(phases.ended(phases.FAILED, "INTERNAL_SERVICE_ERROR", repr(error)))
        status = phases.FAILED
    container.remove()
    with contextlib.suppress(PhaseFailed), phases.phase(build.record, "FINALIZING"):
        pass
    build.record["phases"].append({"phaseType": "COMPLETED", "startTime": clock.now()})
    build.record.update(currentPhase="COMPLETED", endTime=clock.now(), buildStatus=status, buildComplete=True)
    _publish(build)


def _phases(build: Build, container: BuildContainer) -> str:
    """Run all phases; returns the build's status."""
    path = options.current().state_dir / "logs" / f"build-{build.identifier}.log"
    where = build.record["logs"]
    try:
        with phases.phase(build.record, "PROVISIONING"):
            container.make()
            if where.get("groupName"):
                _create_stream(build)
        with contextlib.ExitStack() as stack:
            client = build.client("logs") if where.get("groupName") else _NoLogs()
            stream = stack.enter_context(
                LogStream(client, where.get("groupName", ""), where.get("streamName", ""), path, exists=True)
            )
            with phases.phase(build.record, "DOWNLOAD_SOURCE", stream.write):
                _download(build, container)
            return _commands(build, container, stream)
    except PhaseFailed as failed:
        return failed.status


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
    declared = str(build.record["source"].get("buildspec") or DEFAULT_BUILDSPEC)
    if "\n" in declared or declared.lstrip().startswith("{"):
        return declared
    path = (source / declared).resolve()
    if not path.is_relative_to(source.resolve()) or not path.is_file():
        raise BuildspecError(f"stat {declared}: no such file or directory")
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
    if build.spec.cached:
        stream.write("[BuildContainer] The embedded AWS keeps no cache: every build begins without one.")
    try:
        failure, uploads = phases.run(
            build.spec, shell, build.record, stream.write, stopped=build.stop.is_set
        )
        build.record["exportedEnvironmentVariables"] = [
            {"name": name, "value": shell.environment[name]}
            for name in build.spec.exported
            if name in shell.environment
        ]
    finally:
        # First what left the shell's group, which may hold the pipe of its output.
        leftovers.end(build.record["id"])
        shell.end()
    if uploads:
        try:
            with phases.phase(build.record, "UPLOAD_ARTIFACTS", stream.write):
                _report(build, container)
                _upload(build, container)
        except PhaseFailed as failed:
            failure = failure or failed
    return phases.SUCCEEDED if failure is None else failure.status


def _variables(build: Build, container: BuildContainer) -> dict[str, str]:
    record = build.record
    variables = record["environment"].get("environmentVariables", ())
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
        **{each["name"]: each["value"] for each in variables},
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


def _publish(build: Build) -> None:
    record = build.record
    service_events.put_event(
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

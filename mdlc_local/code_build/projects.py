"""CodeBuild's projects and the operations on builds."""

import copy
import threading
import uuid
from typing import Any

from mdlc_local import clock, trust
from mdlc_local.code_build import builds, phases
from mdlc_local.code_build.builds import Build
from mdlc_local.errors import ApiError
from mdlc_local.scopes import Scope

PRINCIPAL = "codebuild.amazonaws.com"
DEFAULT_MINUTES = 60
_INVALID = "InvalidInputException"

_REFUSED = {
    "secondarySourceVersions": "versions of secondary sources",
    "fileSystemLocations": "file systems",
    "buildBatchConfig": "batch builds",
    "vpcConfig": "a VPC",
    "autoRetryLimit": "automatic retries",
    "concurrentBuildLimit": "a limit of concurrent builds",
}
"""Members of a project that would change what a build does, and are not done here."""

_ENVIRONMENT_OVERRIDES = {
    "environmentTypeOverride": "type",
    "imageOverride": "image",
    "computeTypeOverride": "computeType",
    "privilegedModeOverride": "privilegedMode",
}
_OVERRIDES = {
    *("projectName", "idempotencyToken", "sourceVersion", "sourceTypeOverride", "sourceLocationOverride"),
    *("buildspecOverride", "environmentVariablesOverride", "secondarySourcesOverride", "artifactsOverride"),
    *("secondaryArtifactsOverride", "serviceRoleOverride", "logsConfigOverride", "timeoutInMinutesOverride"),
    *("encryptionKeyOverride", "cacheOverride", "queuedTimeoutInMinutesOverride"),
    *_ENVIRONMENT_OVERRIDES,
}
"""The members of a request to StartBuild that mean here what they mean on AWS."""

_lock = threading.RLock()
_projects: dict[tuple[Scope, str], dict[str, Any]] = {}
_builds: dict[tuple[Scope, str], Build] = {}
_tokens: dict[tuple[Scope, str], str] = {}


def project_arn(name: str, scope: Scope) -> str:
    """The ARN of a project."""
    return f"arn:aws:codebuild:{scope.region}:{scope.account}:project/{name}"


def create(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """CreateProject."""
    _check(request)
    name = request["name"]
    with _lock:
        if (scope, name) in _projects:
            raise ApiError(
                "ResourceAlreadyExistsException", f"Project already exists: {project_arn(name, scope)}"
            )
        _check_role(request["serviceRole"], name, scope)
        now = clock.now()
        project = {
            "arn": project_arn(name, scope),
            "created": now,
            "lastModified": now,
            "builds": 0,
            **request,
        }
        _projects[scope, name] = project
    return {"project": project}


def update(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """UpdateProject."""
    with _lock:
        project = _project(request["name"], scope)
        changed = {**project, **request}
        _check(changed)
        _check_role(changed["serviceRole"], request["name"], scope)
        project.update(request, lastModified=clock.now())
    return {"project": project}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteProject; its builds stay, as on AWS."""
    with _lock:
        _projects.pop((scope, request["name"]), None)
    return {}


def get(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """BatchGetProjects."""
    names = [name.rpartition("/")[2] for name in request["names"]]
    return {
        "projects": [_projects[scope, name] for name in names if (scope, name) in _projects],
        "projectsNotFound": [name for name in names if (scope, name) not in _projects],
    }


def list_projects(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListProjects."""
    return {"projects": sorted(name for owner, name in _projects if owner == scope)}


def start_build(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """StartBuild, with the overrides that a pipeline gives."""
    name = request["projectName"].rpartition("/")[2]
    token = request.get("idempotencyToken")
    for member in sorted(set(request) - _OVERRIDES):
        raise ApiError(_INVALID, f"{member}: the embedded AWS starts builds without it: leave it out")
    with _lock:
        if token and (scope, token) in _tokens:
            return {"build": _builds[scope, _tokens[scope, token]].record}
        project = _project(name, scope)
        record = _record(project, request, scope)
        _check(record)
        if "CODEPIPELINE" in (record["source"]["type"], record["artifacts"]["type"]):
            raise ApiError(
                _INVALID,
                f"project {name} takes its source from a pipeline: start the pipeline, or override the types "
                "of its source and artifacts",
            )
        _check_role(record["serviceRole"], name, scope)
        project["builds"] += 1
        build = Build(record=record, scope=scope, seconds=60.0 * record["timeoutInMinutes"])
        _builds[scope, record["id"]] = build
        if token:
            _tokens[scope, token] = record["id"]
    builds.start(build)
    return {"build": record}


def stop_build(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """StopBuild; the build's processes end shortly afterwards."""
    build = _builds.get((scope, _id(request["id"])))
    if build is None:
        raise ApiError("ResourceNotFoundException", f"Build does not exist: {request['id']}")
    build.stop.set()
    return {"build": build.record}


def get_builds(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """BatchGetBuilds."""
    ids = [_id(each) for each in request["ids"]]
    return {
        "builds": [_builds[scope, id_].record for id_ in ids if (scope, id_) in _builds],
        "buildsNotFound": [id_ for id_ in ids if (scope, id_) not in _builds],
    }


def list_builds(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListBuilds and ListBuildsForProject, the latest first unless `sortOrder` says otherwise."""
    project = request.get("projectName")
    if project is not None:
        _project(project, scope)
    ids = [
        id_
        for (owner, id_), build in _builds.items()
        if owner == scope and project in (None, build.record["projectName"])
    ]
    return {"ids": ids if request.get("sortOrder") == "ASCENDING" else ids[::-1]}


def clear() -> None:
    """Stop all builds and forget all projects."""
    with _lock:
        for build in _builds.values():
            build.stop.set()
        for table in (_projects, _builds, _tokens):
            table.clear()


def resource(operation: str, request: dict[str, Any], scope: Scope) -> str:
    """The ARN for the evaluation of a request; a build's is that of its project."""
    named = request.get("projectName") or request.get("name")
    ids = request.get("ids") or [request.get("id")]
    arns = request.get("reportGroupArns") or request.get("reportArns") or []
    arn = (
        request.get("reportGroupArn") or request.get("reportArn") or request.get("arn") or (arns or [None])[0]
    )
    if operation.endswith("ReportGroup") and isinstance(named, str):
        return f"arn:aws:codebuild:{scope.region}:{scope.account}:report-group/{named}"
    if isinstance(named, str):
        return project_arn(named.rpartition("/")[2], scope)
    if isinstance(ids[0], str):
        return project_arn(_id(ids[0]).partition(":")[0], scope)
    if isinstance(arn, str):
        group = arn.replace(":report/", ":report-group/")
        return group if ":report/" not in arn else group.rpartition(":")[0]
    names = request.get("names") or [None]
    return project_arn(str(names[0]).rpartition("/")[2], scope) if names[0] else "*"


def _project(name: str, scope: Scope) -> dict[str, Any]:
    project = _projects.get((scope, name))
    if project is None:
        raise ApiError("ResourceNotFoundException", f"Project cannot be found: {project_arn(name, scope)}")
    return project


def _id(name: str) -> str:
    """A build's id, of the id or the ARN."""
    return name.partition(":build/")[2] or name


def _record(project: dict[str, Any], request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """A new build of a project, with the request's overrides."""
    id_ = f"{project['name']}:{uuid.uuid4()}"
    source = {**project["source"]}
    for member, name in (("sourceTypeOverride", "type"), ("sourceLocationOverride", "location")):
        if member in request:
            source[name] = request[member]
    if request.get("buildspecOverride"):
        source["buildspec"] = request["buildspecOverride"]
    environment = copy.deepcopy(project["environment"])
    for member, own in _ENVIRONMENT_OVERRIDES.items():
        if member in request:
            environment[own] = request[member]
    variables = {each["name"]: each for each in environment.get("environmentVariables", ())}
    variables |= {each["name"]: each for each in request.get("environmentVariablesOverride", ())}
    environment["environmentVariables"] = list(variables.values())
    logs_config = request.get("logsConfigOverride") or project.get("logsConfig") or {}
    return {
        "id": id_,
        "arn": f"arn:aws:codebuild:{scope.region}:{scope.account}:build/{id_}",
        "buildNumber": project["builds"] + 1,
        "startTime": clock.now(),
        "currentPhase": "SUBMITTED",
        "buildStatus": phases.IN_PROGRESS,
        "buildComplete": False,
        "projectName": project["name"],
        "phases": [
            {"phaseType": name, "startTime": clock.now(), **phases.ended(phases.SUCCEEDED, "", "")}
            for name in ("SUBMITTED", "QUEUED")
        ],
        "source": source,
        "sourceVersion": request.get("sourceVersion", ""),
        "resolvedSourceVersion": request.get("sourceVersion", ""),
        "secondarySources": copy.deepcopy(
            request.get("secondarySourcesOverride", project.get("secondarySources", []))
        ),
        "artifacts": copy.deepcopy(request.get("artifactsOverride", project["artifacts"])),
        "secondaryArtifacts": copy.deepcopy(
            request.get("secondaryArtifactsOverride", project.get("secondaryArtifacts", []))
        ),
        "environment": environment,
        "serviceRole": request.get("serviceRoleOverride", project["serviceRole"]),
        "logs": _logs(project["name"], id_, logs_config.get("cloudWatchLogs") or {}),
        "timeoutInMinutes": request.get(
            "timeoutInMinutesOverride", project.get("timeoutInMinutes", DEFAULT_MINUTES)
        ),
        "logsConfig": logs_config,
        "initiator": "user",
        "encryptionKey": request.get("encryptionKeyOverride", project.get("encryptionKey", "")),
    }


def _logs(project: str, id_: str, config: dict[str, Any]) -> dict[str, Any]:
    if config.get("status") == "DISABLED":
        return {"cloudWatchLogs": {"status": "DISABLED"}}
    uuid_ = id_.partition(":")[2]
    prefix = config.get("streamName")
    return {
        "groupName": config.get("groupName") or f"/aws/codebuild/{project}",
        "streamName": f"{prefix}/{uuid_}" if prefix else uuid_,
        "cloudWatchLogs": {"status": "ENABLED", **config},
    }


def _check(project: dict[str, Any]) -> None:
    """Refuse what the embedded AWS would not do as AWS does."""
    for member, words in _REFUSED.items():
        if project.get(member):
            raise ApiError(_INVALID, f"{member}: the embedded AWS builds without {words}: leave it out")
    for source in (project["source"], *project.get("secondarySources", ())):
        if source["type"] not in ("S3", "NO_SOURCE", "CODEPIPELINE"):
            raise ApiError(
                _INVALID,
                f"source type {source['type']} is not in the embedded AWS, whose builds take sources from S3 "
                "or from a pipeline",
            )
    if project["source"]["type"] == "NO_SOURCE" and not project["source"].get("buildspec"):
        raise ApiError(_INVALID, "a project with source type NO_SOURCE needs a buildspec")
    for variable in project["environment"].get("environmentVariables", ()):
        if variable.get("type", "PLAINTEXT") != "PLAINTEXT":
            raise ApiError(
                _INVALID,
                f"environment variable {variable['name']} is of type {variable['type']}, which the embedded "
                "AWS does not read: use PLAINTEXT",
            )
    kind = project["environment"]["type"]
    if kind not in ("LINUX_CONTAINER", "ARM_CONTAINER", "LINUX_EC2", "ARM_EC2"):
        raise ApiError(_INVALID, f"environment type {kind} is not in the embedded AWS: use LINUX_CONTAINER")
    if (project.get("logsConfig") or {}).get("s3Logs", {}).get("status") == "ENABLED":
        raise ApiError(_INVALID, "the embedded AWS writes no build logs to S3: use CloudWatch Logs")


def _check_role(role_arn: str, project: str, scope: Scope) -> None:
    source = project_arn(project, scope)
    if not trust.may_assume(
        role_arn, PRINCIPAL, account=scope.account, source_arn=source, region=scope.region
    ):
        raise ApiError(_INVALID, f"CodeBuild is not authorized to perform: sts:AssumeRole on {role_arn}")

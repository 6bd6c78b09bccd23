"""Checks a pipeline's declaration as CodePipeline does, and refuses what the embedded AWS does not run.

Sources: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipeline-requirements.html and
https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-valid-providers.html
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mdlc_local.errors import ApiError

ALARM_RULE = "CloudWatchAlarm"


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An action provider that runs here.

    Attributes:
        category: the category of its actions.
        required: its required configuration keys.
        optional: its further configuration keys; others are refused.
        inputs: the least and the most input artifacts.
        outputs: the least and the most output artifacts.
    """

    category: str
    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    inputs: tuple[int, int] = (0, 0)
    outputs: tuple[int, int] = (0, 0)


PROVIDERS = {
    "CodeStarSourceConnection": Provider(
        category="Source",
        required=frozenset({"ConnectionArn", "FullRepositoryId", "BranchName"}),
        optional=frozenset({"OutputArtifactFormat", "DetectChanges"}),
        outputs=(1, 1),
    ),
    "CodeCommit": Provider(
        category="Source",
        required=frozenset({"RepositoryName", "BranchName"}),
        optional=frozenset({"PollForSourceChanges", "OutputArtifactFormat"}),
        outputs=(1, 1),
    ),
    "CodeBuild": Provider(
        category="Build",
        required=frozenset({"ProjectName"}),
        optional=frozenset({"PrimarySource", "EnvironmentVariables"}),
        inputs=(1, 5),
        outputs=(0, 5),
    ),
    "CloudFormation": Provider(
        category="Deploy",
        required=frozenset({"ActionMode", "StackName"}),
        optional=frozenset(
            {
                *("ChangeSetName", "TemplatePath", "Capabilities", "RoleArn"),
            }
        ),
        inputs=(0, 10),
        outputs=(0, 0),
    ),
    "Manual": Provider(
        category="Approval",
        required=frozenset(),
        optional=frozenset({"NotificationArn", "CustomData", "ExternalEntityLink"}),
    ),
    "StepFunctions": Provider(
        category="Invoke",
        required=frozenset({"StateMachineArn"}),
        optional=frozenset({"ExecutionNamePrefix", "InputType", "Input"}),
    ),
}
"""The action providers that run here; every other one is refused by name."""

MODES = ("CREATE_UPDATE", "CHANGE_SET_REPLACE", "CHANGE_SET_EXECUTE")
_CATEGORIES = {"CodeBuild": ("Build", "Test")}
_NAME = re.compile(r"[A-Za-z0-9.@\-_]{1,100}")
_VARIABLE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")


def structure(message: str) -> ApiError:
    """An InvalidStructureException."""
    return ApiError("InvalidStructureException", message)


def action_error(message: str) -> ApiError:
    """An InvalidActionDeclarationException."""
    return ApiError("InvalidActionDeclarationException", message)


def check(pipeline: dict[str, Any]) -> None:
    """Check a declaration.

    Raises:
        ApiError: with CodePipeline's error code, naming what is wrong or what does not run here.
    """
    _check_kind(pipeline)
    stages = pipeline["stages"]
    if len(stages) < 2:
        raise structure("Pipeline should contain at least two stages")
    repeated = [name for name, count in Counter(stage["name"] for stage in stages).items() if count > 1]
    if repeated:
        raise structure(f"Stage name {repeated[0]} is not unique within the pipeline")
    produced: set[str] = set()
    namespaces: set[str] = {"codepipeline", "variables"}
    for position, stage in enumerate(stages):
        _check_stage(stage, first=position == 0)
        _check_conditions(stage)
        for group in groups(stage):
            for action in group:
                _check_action(stage, action, produced, namespaces)
            for action in group:
                produced |= {artifact["name"] for artifact in action.get("outputArtifacts", ())}
                namespaces |= {action["namespace"]} if action.get("namespace") else set()


def groups(stage: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The actions of a stage that run at the same time, in the order of `runOrder`."""
    for order in sorted({action.get("runOrder", 1) for action in stage["actions"]}):
        yield [action for action in stage["actions"] if action.get("runOrder", 1) == order]


def variables_of(text: str) -> list[tuple[str, str]]:
    """The variables that a configuration value refers to: namespace and name."""
    return _VARIABLE.findall(text)


def resolved(text: str, values: dict[str, dict[str, str]]) -> str:
    """A configuration value with its variables replaced; an unknown one is empty, as on AWS."""
    return _VARIABLE.sub(lambda match: values.get(match[1], {}).get(match[2], ""), text)


def _check_kind(pipeline: dict[str, Any]) -> None:
    if pipeline.get("pipelineType", "V1") != "V2":
        raise structure("pipelineType V1 is not run by the embedded AWS: declare PipelineType V2")
    if pipeline.get("executionMode", "SUPERSEDED") != "QUEUED":
        raise structure(
            f"executionMode {pipeline.get('executionMode', 'SUPERSEDED')} is not run by the embedded AWS: "
            "declare QUEUED, in which every commit is released in its order"
        )
    for member in ("variables", "triggers"):
        if pipeline.get(member):
            raise structure(f"{member} of pipelines are not done by the embedded AWS: leave them out")
    if bool(pipeline.get("artifactStore")) == bool(pipeline.get("artifactStores")):
        raise structure("A pipeline must have either artifactStore or artifactStores")


def _check_stage(stage: dict[str, Any], *, first: bool) -> None:
    if not _NAME.fullmatch(stage["name"]):
        raise structure(f"Stage name {stage['name']!r} must match {_NAME.pattern}")
    if stage.get("blockers"):
        raise structure(f"blockers of stage {stage['name']} are not done by the embedded AWS: leave them out")
    if not stage["actions"]:
        raise structure(f"Stage {stage['name']} must have at least one action")
    repeated = [
        name for name, count in Counter(action["name"] for action in stage["actions"]).items() if count > 1
    ]
    if repeated:
        raise structure(f"Action name {repeated[0]} is not unique within the stage {stage['name']}")
    for action in stage["actions"]:
        is_source = action["actionTypeId"]["category"] == "Source"
        if is_source != first:
            raise structure(
                f"Action {action['name']} in stage {stage['name']}: only the first stage can contain source "
                "actions, and it can contain nothing else"
            )


def _check_conditions(stage: dict[str, Any]) -> None:
    failure = stage.get("onFailure") or {}
    if failure.get("conditions"):
        raise structure(
            f"onFailure of stage {stage['name']}: the embedded AWS has results and no conditions there"
        )
    if failure.get("result") not in (None, "ROLLBACK"):
        raise structure(
            f"onFailure of stage {stage['name']}: the embedded AWS does {failure['result']} not: use ROLLBACK"
        )
    if stage.get("beforeEntry"):
        raise structure(f"beforeEntry of stage {stage['name']} is not done by the embedded AWS: leave it out")
    for condition in (stage.get("onSuccess") or {}).get("conditions", ()):
        if condition.get("result") != "ROLLBACK":
            raise structure(f"onSuccess of stage {stage['name']}: the embedded AWS has the result ROLLBACK")
        for rule in condition.get("rules", ()):
            _check_rule(rule, f"onSuccess of stage {stage['name']}")


def _check_rule(rule: dict[str, Any], where: str) -> None:
    provider = rule["ruleTypeId"]["provider"]
    if provider != ALARM_RULE:
        raise structure(f"{where}: the rule {provider} is not in the embedded AWS, which has {ALARM_RULE}")
    configuration = rule.get("configuration") or {}
    for key in ("AlarmName", "AlarmStates"):
        if not configuration.get(key):
            raise structure(f"{where}: the rule {rule['name']} has no {key}")
    unknown = set(configuration) - {"AlarmName", "AlarmStates", "WaitTime"}
    if unknown:
        raise structure(
            f"{where}: the rule {rule['name']} has {min(unknown)}, which {ALARM_RULE} does not take"
        )


def _check_action(
    stage: dict[str, Any], action: dict[str, Any], produced: set[str], namespaces: set[str]
) -> None:
    kind, name = action["actionTypeId"], f"{action['name']} in stage {stage['name']}"
    provider = PROVIDERS.get(kind["provider"]) if kind["owner"] == "AWS" else None
    if provider is None:
        raise action_error(
            f"Action {name}: the provider {kind['owner']}/{kind['provider']} does not run here, which "
            f"has {', '.join(PROVIDERS)}"
        )
    if kind["category"] not in _CATEGORIES.get(kind["provider"], (provider.category,)):
        raise action_error(f"Action {name}: {kind['provider']} is not of category {kind['category']}")
    if action.get("commands") or action.get("environmentVariables") or action.get("outputVariables"):
        raise action_error(f"Action {name} has members of the Commands provider, which does not run here")
    _check_configuration(name, kind["provider"], provider, action)
    for member, (least, most) in (("inputArtifacts", provider.inputs), ("outputArtifacts", provider.outputs)):
        count = len(action.get(member, ()))
        if not least <= count <= most:
            raise action_error(
                f"Action {name} has {count} {member}, and {kind['provider']} takes {least} to {most}"
            )
    for artifact in action.get("inputArtifacts", ()):
        if artifact["name"] not in produced:
            raise action_error(
                f"Action {name} uses the artifact {artifact['name']}, which no action before it produces"
            )
    for artifact in action.get("outputArtifacts", ()):
        if artifact["name"] in produced:
            raise structure(f"Output artifact {artifact['name']} is produced by more than one action")
    for value in (action.get("configuration") or {}).values():
        for namespace, variable in variables_of(value):
            if namespace not in namespaces:
                raise action_error(
                    f"Action {name} uses #{{{namespace}.{variable}}}, which no action before it sets"
                )
    if action.get("namespace") in namespaces:
        raise structure(f"Namespace {action['namespace']} is not unique within the pipeline")


def _check_configuration(name: str, provider_name: str, provider: Provider, action: dict[str, Any]) -> None:
    configuration = action.get("configuration") or {}
    missing = provider.required - set(configuration)
    if missing:
        raise action_error(
            f"Action configuration for action '{name}' is missing required configuration '{min(missing)}'"
        )
    unknown = set(configuration) - provider.required - provider.optional
    if unknown:
        raise action_error(
            f"Action configuration for action '{name}' contains '{min(unknown)}', which {provider_name} does "
            "not take in the embedded AWS"
        )
    if provider_name == "CloudFormation":
        mode = configuration["ActionMode"]
        if mode not in MODES:
            raise action_error(
                f"Action {name}: the mode {mode} does not run here, which has {', '.join(MODES)}"
            )
        needed = {
            "CREATE_UPDATE": ("TemplatePath", "RoleArn"),
            "CHANGE_SET_REPLACE": ("TemplatePath", "RoleArn", "ChangeSetName"),
            "CHANGE_SET_EXECUTE": ("ChangeSetName",),
        }
        for key in needed.get(mode, ()):
            if not configuration.get(key):
                raise action_error(f"Action {name} with ActionMode {mode} needs {key}")
    if provider_name in ("CodeStarSourceConnection", "CodeCommit"):
        form = configuration.get("OutputArtifactFormat", "CODE_ZIP")
        if form != "CODE_ZIP":
            raise action_error(
                f"Action {name}: OutputArtifactFormat {form} is not in the embedded AWS: use CODE_ZIP"
            )
    if configuration.get("InputType", "Literal") != "Literal":
        raise action_error(
            f"Action {name}: InputType {configuration['InputType']} does not run here: use Literal"
        )
    if (
        provider_name == "CodeBuild"
        and len(action.get("inputArtifacts", ())) > 1
        and not configuration.get("PrimarySource")
    ):
        raise action_error(f"Action {name} has several input artifacts: name one as PrimarySource")

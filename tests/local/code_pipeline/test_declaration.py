"""Declarations are checked as CodePipeline does, and what does not run here is refused by name."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from mdlc_local.code_pipeline import declaration
from mdlc_local.errors import ApiError


def action(name: str, category: str, provider: str, **more: Any) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, **more}


GOOD: dict[str, Any] = {
    "name": "team",
    "roleArn": "arn:aws:iam::000000000000:role/pipeline",
    "pipelineType": "V2",
    "executionMode": "QUEUED",
    "artifactStore": {"type": "S3", "location": "store"},
    "stages": [
        {
            "name": "Source",
            "actions": [
                action(
                    *("Commit", "Source", "CodeCommit"),
                    configuration={"RepositoryName": "team", "BranchName": "main"},
                    outputArtifacts=[{"name": "Source"}],
                    namespace="Source",
                )
            ],
        },
        {
            "name": "Build",
            "actions": [
                action(
                    *("Build", "Build", "CodeBuild"),
                    configuration={
                        "ProjectName": "build",
                        "EnvironmentVariables": '[{"value": "#{Source.CommitId}"}]',
                    },
                    inputArtifacts=[{"name": "Source"}],
                    outputArtifacts=[{"name": "Assembly"}],
                )
            ],
            "onSuccess": {
                "conditions": [
                    {
                        "result": "ROLLBACK",
                        "rules": [
                            {
                                "name": "Watch",
                                "ruleTypeId": {"category": "Rule", "provider": "CloudWatchAlarm"},
                                "configuration": {"AlarmName": "a", "AlarmStates": "ALARM", "WaitTime": "5"},
                            }
                        ],
                    }
                ]
            },
        },
    ],
}

Change = Callable[[dict[str, Any]], Any]


def stage(document: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = document["stages"][number]
    return found


def first(document: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = stage(document, number)["actions"][0]
    return found


def rule(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = stage(document, 1)["onSuccess"]["conditions"][0]["rules"][0]
    return found


def test_a_good_declaration_passes() -> None:
    declaration.check(copy.deepcopy(GOOD))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.update(pipelineType="V1"), "pipelineType V1"),
        (lambda p: p.update(executionMode="PARALLEL"), "executionMode PARALLEL"),
        (lambda p: p.pop("executionMode"), "executionMode SUPERSEDED"),
        (lambda p: p.update(triggers=[{}]), "triggers of pipelines"),
        (lambda p: p.pop("artifactStore"), "either artifactStore or artifactStores"),
        (lambda p: p["stages"].pop(), "at least two stages"),
        (lambda p: stage(p, 1).update(name="Source"), "Source is not unique"),
        (lambda p: stage(p, 1).update(actions=[]), "at least one action"),
        (lambda p: stage(p, 1)["actions"].append(first(p, 1)), "Build is not unique"),
        (lambda p: p["stages"].reverse(), "only the first stage can contain source"),
        (lambda p: stage(p, 1).update(onFailure={"result": "RETRY"}), "RETRY"),
        (lambda p: stage(p, 1).update(beforeEntry={"conditions": [{}]}), "beforeEntry of stage Build"),
        (
            lambda p: stage(p, 1)["onSuccess"]["conditions"][0].update(result="FAIL"),
            "has the result ROLLBACK",
        ),
        (lambda p: stage(p, 1).update(blockers=[{}]), "blockers of stage Build"),
        (lambda p: rule(p)["ruleTypeId"].update(provider="LambdaInvoke"), "the rule LambdaInvoke is not"),
        (lambda p: rule(p)["configuration"].pop("AlarmName"), "has no AlarmName"),
        (lambda p: rule(p)["configuration"].update(Period="1"), "Period"),
        (lambda p: first(p, 1)["actionTypeId"].update(provider="Jenkins"), "AWS/Jenkins does not run here"),
        (lambda p: first(p, 1)["actionTypeId"].update(owner="Custom"), "Custom/CodeBuild does not run here"),
        (lambda p: first(p, 1)["actionTypeId"].update(category="Deploy"), "is not of category Deploy"),
        (
            lambda p: first(p, 1)["configuration"].pop("ProjectName"),
            "missing required configuration 'ProjectName'",
        ),
        (lambda p: first(p, 1)["configuration"].update(BatchEnabled="true"), "'BatchEnabled'"),
        (lambda p: first(p, 1).pop("inputArtifacts"), "has 0 inputArtifacts"),
        (
            lambda p: first(p, 1).update(inputArtifacts=[{"name": "Nowhere"}]),
            "Nowhere, which no action before",
        ),
        (lambda p: first(p, 1).update(outputArtifacts=[{"name": "Source"}]), "produced by more than one"),
        (lambda p: first(p, 0).pop("namespace"), "#{Source.CommitId}"),
        (lambda p: first(p, 1).update(namespace="Source"), "Namespace Source is not unique"),
        (
            lambda p: first(p, 0)["configuration"].update(OutputArtifactFormat="CODEBUILD_CLONE_REF"),
            "use CODE_ZIP",
        ),
        (lambda p: first(p, 1).update(commands=["ls"]), "Commands provider"),
    ],
)
def test_a_wrong_declaration_is_refused(change: Change, said: str) -> None:
    document = copy.deepcopy(GOOD)
    change(document)
    with pytest.raises(ApiError) as refused:
        declaration.check(document)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        ({"ActionMode": "REPLACE_ON_FAILURE", "StackName": "s"}, "the mode REPLACE_ON_FAILURE"),
        ({"ActionMode": "DELETE_ONLY", "StackName": "s"}, "the mode DELETE_ONLY"),
        (
            {"ActionMode": "CREATE_UPDATE", "StackName": "s", "ParameterOverrides": "{}"},
            "'ParameterOverrides'",
        ),
        ({"ActionMode": "CREATE_UPDATE", "StackName": "s", "RoleArn": "r"}, "needs TemplatePath"),
        ({"ActionMode": "CHANGE_SET_EXECUTE", "StackName": "s"}, "needs ChangeSetName"),
    ],
)
def test_a_deployment_without_what_it_needs_is_refused(configuration: dict[str, str], said: str) -> None:
    document = copy.deepcopy(GOOD)
    deploy = action("Deploy", "Deploy", "CloudFormation", configuration=configuration)
    document["stages"].append({"name": "Prod", "actions": [deploy]})
    with pytest.raises(ApiError) as refused:
        declaration.check(document)
    assert said in str(refused.value)


def test_variables_are_replaced_and_unknown_ones_are_empty() -> None:
    values = {"Source": {"CommitId": "abc"}}
    assert declaration.resolved("at #{Source.CommitId}, by #{Source.Nobody}.", values) == "at abc, by ."

"""`DecisionApi` as resources: who may ask, what is checked, what each role may do, what is refused."""

import json
import re
from importlib import import_module
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from syrupy.assertion import SnapshotAssertion

from mdlc_constructs.settings.payloads.codec import encode
from tests.synthesized import Synthesized
from tests.workflows.decision.settings import DECISIONS
from tests.workflows.decision.stacks import (
    HERE,
    JUDGE,
    POOL,
    REBOOK,
    STACKS,
    WEB_ACL,
    acting,
)

HERE_ARN = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:"


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    """Every stack in one app, synthesized once."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    for name, (build, env) in STACKS.items():
        build(Stack(app, name, env=env))
    return Synthesized.all_of(app)


@pytest.fixture
def stack() -> Stack:
    """A stack for what is refused before anything is synthesized."""
    return Stack(App(), "Refused", env=HERE)


def methods(stack: Synthesized) -> list[dict[str, Any]]:
    return [one["Properties"] for one in stack.of_type("AWS::ApiGateway::Method").values()]


def test_logical_ids_are_a_contract(stacks: dict[str, Synthesized], snapshot: SnapshotAssertion) -> None:
    resources = stacks["Both"].resources
    assert {
        re.sub(r"[0-9a-f]{16}(?=[0-9A-F]{8}$)", "<content>", name): resource["Type"]
        for name, resource in resources.items()
        if name.startswith("Api")
    } == snapshot


def test_every_function_has_the_handler_that_it_names(stacks: dict[str, Synthesized]) -> None:
    handlers = {
        function["Properties"]["Handler"]
        for stack in stacks.values()
        for function in stack.of_type("AWS::Lambda::Function").values()
        if function["Properties"]["Handler"].startswith("lambdas.")
    }
    assert len(handlers) >= 3
    for handler in handlers:
        module, _, name = handler.rpartition(".")
        assert callable(getattr(import_module(module), name))


def test_by_default_callers_sign_with_what_iam_grants(stacks: dict[str, Synthesized]) -> None:
    (method,) = methods(stacks["Lambda"])
    assert (method["HttpMethod"], method["AuthorizationType"]) == ("POST", "AWS_IAM")
    assert not stacks["Lambda"].of_type("AWS::ApiGateway::Authorizer")


def test_a_user_pool_checks_tokens_and_scopes(stacks: dict[str, Synthesized]) -> None:
    (method,) = methods(stacks["Express"])
    assert (method["AuthorizationType"], method["AuthorizationScopes"]) == ("COGNITO_USER_POOLS", ["ask"])
    authorizer = stacks["Express"].properties("AWS::ApiGateway::Authorizer")
    assert (authorizer["Type"], authorizer["ProviderARNs"]) == ("COGNITO_USER_POOLS", [POOL])


def test_a_function_judges_and_may_be_called_by_its_authorizer_alone(stacks: dict[str, Synthesized]) -> None:
    (method,) = methods(stacks["Judged"])
    assert method["AuthorizationType"] == "CUSTOM"
    authorizer = stacks["Judged"].properties("AWS::ApiGateway::Authorizer")
    assert authorizer["Type"] == "TOKEN" and JUDGE in json.dumps(authorizer["AuthorizerUri"])
    (permission,) = (
        one["Properties"]
        for one in stacks["Judged"].of_type("AWS::Lambda::Permission").values()
        if one["Properties"]["FunctionName"] == JUDGE
    )
    assert "/authorizers/" in json.dumps(permission["SourceArn"])


def test_bodies_are_held_against_the_requests_schema(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["Both"]
    assert stack.properties("AWS::ApiGateway::Model")["Schema"] == DECISIONS.request_schema()
    validator = stack.properties("AWS::ApiGateway::RequestValidator")
    assert validator["ValidateRequestBody"] is True
    assert all("RequestValidatorId" in method for method in methods(stack))
    # Without a default, a body of another type would be handed on as it is.
    (model,) = stack.of_type("AWS::ApiGateway::Model")
    named = {"application/json": {"Ref": model}, "$default": {"Ref": model}}
    assert [method["RequestModels"] for method in methods(stack)] == [named] * 2


def test_both_shapes_stand_side_by_side(stacks: dict[str, Synthesized]) -> None:
    kinds = {method["Integration"]["Type"] for method in methods(stacks["Both"])}
    assert kinds == {"AWS_PROXY", "AWS"}
    parts = {
        one["Properties"]["PathPart"] for one in stacks["Both"].of_type("AWS::ApiGateway::Resource").values()
    }
    assert parts == {"decisions", "express"}


def test_the_stage_logs_traces_throttles_and_serves_a_deployment_of_this_content(
    stacks: dict[str, Synthesized],
) -> None:
    stack = stacks["Lambda"]
    stage = stack.properties("AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("ERROR", False)
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (500, 1000)
    assert stage["TracingEnabled"] is True
    assert "row" not in stage["AccessLogSetting"]["Format"]
    json.loads(stage["AccessLogSetting"]["Format"])
    (deployment,) = stack.of_type("AWS::ApiGateway::Deployment").items()
    assert stage["DeploymentId"] == {"Ref": deployment[0]}
    assert set(stack.of_type("AWS::ApiGateway::Method")) <= set(deployment[1]["DependsOn"])


def test_every_log_group_and_table_is_encrypted_and_kept_within_bounds(
    stacks: dict[str, Synthesized],
) -> None:
    for stack in stacks.values():
        groups = stack.of_type("AWS::Logs::LogGroup").values()
        assert groups
        for group in groups:
            assert group["Properties"]["KmsKeyId"] and group["Properties"]["RetentionInDays"] == 365
        for table in stack.of_type("AWS::DynamoDB::Table").values():
            assert table["Properties"]["SSESpecification"]["SSEType"] == "KMS"
            assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
            assert table["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_warm_function_may_do_what_its_steps_do(stacks: dict[str, Synthesized]) -> None:
    allowed = stacks["Both"].allowed("ApiDecideRole")
    tables = {
        name: f"<{id_}.Arn>"
        for id_, table in stacks["Both"].of_type("AWS::DynamoDB::Table").items()
        for name in ("ApiDecisions", "ApiRules")
        if id_.startswith(name)
    }
    fleet = "arn:aws:dynamodb:eu-central-1:111111111111:table/fleet"
    assert {pair for pair in allowed if pair[0].startswith(("dynamodb", "sagemaker", "lambda", "s3"))} == {
        ("dynamodb:GetItem", tables["ApiRules"]),
        *((f"dynamodb:{action}Item", tables["ApiDecisions"]) for action in ("Get", "Put", "Update")),
        ("dynamodb:GetItem", fleet),
        ("sagemaker:InvokeEndpoint", HERE_ARN.format("sagemaker") + "endpoint/flights"),
        ("lambda:InvokeFunction", REBOOK),
    }


def test_the_rules_function_reads_the_rules_and_nothing_else(stacks: dict[str, Synthesized]) -> None:
    allowed = {
        pair for pair in stacks["Both"].allowed("ApiExecuteRulesRole") if pair[0].startswith("dynamodb")
    }
    assert {action for action, _ in allowed} == {"dynamodb:GetItem"}
    assert len(allowed) == 1
    assert not [
        a for a, _ in stacks["Both"].allowed("ApiExecuteRulesRole") if a.startswith(("sagemaker", "lambda"))
    ]


def test_rules_are_read_from_two_places_and_replaced_in_one_table(stacks: dict[str, Synthesized]) -> None:
    allowed = stacks["Lambda"].allowed("ApiAcceptRulesRole")
    read = {resource for action, resource in allowed if action == "s3:GetObject"}
    assert len(read) == 2
    assert any(resource.endswith("/rules/flights-decisions.json") for resource in read)
    assert not [resource for resource in read if "*" in resource]


def test_api_gateway_starts_this_machine_and_reads_with_its_key_for_it_alone(
    stacks: dict[str, Synthesized],
) -> None:
    stack = stacks["Both"]
    (machine,) = stack.of_type("AWS::StepFunctions::StateMachine")
    by_action = {one["Action"][0]: one for one in stack.statements("ApiStartRole")}
    assert by_action.keys() == {"states:StartSyncExecution", "kms:Decrypt"}
    assert by_action["states:StartSyncExecution"]["Resource"] == [f"<{machine}>"]
    assert by_action["kms:Decrypt"]["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": {"Ref": machine}}
    }


def test_api_gateway_may_call_the_function_for_this_path_alone(stacks: dict[str, Synthesized]) -> None:
    (permission,) = (
        one["Properties"]
        for one in stacks["Lambda"].of_type("AWS::Lambda::Permission").values()
        if one["Properties"]["Principal"] == "apigateway.amazonaws.com"
    )
    assert permission["SourceArn"]["Fn::Join"][1][-1] == "/live/POST/decisions"


def test_the_machine_logs_errors_without_rows_unless_asked(stacks: dict[str, Synthesized]) -> None:
    quiet = stacks["Both"].properties("AWS::StepFunctions::StateMachine")
    assert quiet["StateMachineType"] == "EXPRESS"
    logging = quiet["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    asked = stacks["Express"].properties("AWS::StepFunctions::StateMachine")["LoggingConfiguration"]
    assert (asked["Level"], asked["IncludeExecutionData"]) == ("ALL", True)
    assert quiet["EncryptionConfiguration"]["Type"] == "CUSTOMER_MANAGED_KMS_KEY"


@pytest.mark.parametrize("name", ["Both", "Agnostic", "Express"])
def test_the_definition_is_a_literal_with_every_placeholder_bound(
    stacks: dict[str, Synthesized], name: str
) -> None:
    machine = stacks[name].properties("AWS::StepFunctions::StateMachine")
    text = machine["DefinitionString"]
    for placeholder in machine["DefinitionSubstitutions"]:
        text = text.replace(f"${{{placeholder}}}", "")
    assert "${" not in text and "Token[" not in text


def test_warm_instances_stand_behind_an_alias_that_is_called(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["Warm"]
    alias = stack.properties("AWS::Lambda::Alias")
    assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 2}
    (id_,) = stack.of_type("AWS::Lambda::Alias")
    (method,) = methods(stack)
    assert {"Ref": id_} in method["Integration"]["Uri"]["Fn::Join"][1]
    functions = [one["Properties"] for one in stack.of_type("AWS::Lambda::Function").values()]
    (decide,) = (one for one in functions if one["Handler"] == "lambdas.functions.decide.handler.handler")
    assert decide["VpcConfig"]["SubnetIds"] == ["subnet-01234567"]


def test_a_web_acl_stands_in_front_of_the_stage(stacks: dict[str, Synthesized]) -> None:
    association = stacks["Warm"].properties("AWS::WAFv2::WebACLAssociation")
    assert association["WebACLArn"] == WEB_ACL
    assert not stacks["Lambda"].of_type("AWS::WAFv2::WebACLAssociation")


def test_the_accounts_log_role_stays_and_is_made_only_where_asked(stacks: dict[str, Synthesized]) -> None:
    assert stacks["Lambda"].only("AWS::ApiGateway::Account")["DeletionPolicy"] == "Retain"
    for name in ("Warm", "Express", "Judged"):
        assert not stacks[name].of_type("AWS::ApiGateway::Account"), name


def test_logs_need_the_accounts_role_and_are_off_unless_one_is_asked_for(
    stacks: dict[str, Synthesized],
) -> None:
    # Without the account's role API Gateway refuses a stage that logs.
    without = stacks["Warm"].properties("AWS::ApiGateway::Stage")
    assert without["MethodSettings"][0]["LoggingLevel"] == "OFF"
    assert "AccessLogSetting" not in without
    of_the_account = stacks["Express"].properties("AWS::ApiGateway::Stage")
    assert of_the_account["MethodSettings"][0]["LoggingLevel"] == "ERROR"
    assert of_the_account["AccessLogSetting"]["DestinationArn"]


def test_first_rules_are_there_before_anything_decides(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["Both"]
    (first,) = stack.of_type("Custom::MdlcRules")
    for resource in stack.of_type("AWS::Lambda::Function").values():
        if resource["Properties"]["Handler"].startswith("lambdas.functions.decide."):
            assert first in resource["DependsOn"]
    properties = stack.resources[first]["Properties"]
    assert properties["Decisions"] == ["rebook", "wait"]
    assert properties["Columns"] == DECISIONS.columns


def test_uploads_at_one_key_are_offered_to_the_function_that_accepts(stacks: dict[str, Synthesized]) -> None:
    (rule,) = (
        one["Properties"]
        for one in stacks["Lambda"].of_type("AWS::Events::Rule").values()
        if "aws.s3" in one["Properties"]["EventPattern"]["source"]
    )
    assert rule["EventPattern"]["detail"]["object"] == {"key": ["rules/flights-decisions.json"]}
    template = rule["Targets"][0]["InputTransformer"]["InputTemplate"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "table" for part in template)
    known = json.loads(text.replace("<aws.events.event.json>", "{}"))
    assert known == {
        "api": "flights-decisions",
        "model": "flights",
        "table": "table",
        "bus": "default",
        "decisions": ["rebook", "wait"],
        "columns": {"distance": "number"},
        "event": {},
    }


def test_functions_are_told_names_and_settings(stacks: dict[str, Synthesized]) -> None:
    functions = [one["Properties"] for one in stacks["Both"].of_type("AWS::Lambda::Function").values()]
    (decide,) = (one for one in functions if one["Handler"] == "lambdas.functions.decide.handler.handler")
    told = decide["Environment"]["Variables"]
    assert json.loads(told["MDLC_DECISIONS"]) == json.loads(json.dumps(encode(DECISIONS.to_payload())))
    assert (told["MDLC_ENDPOINT"], told["MDLC_ACTION"], told["MDLC_LOOKUP_TABLE"]) == (
        "flights",
        REBOOK,
        "fleet",
    )
    assert (told["MDLC_API"], told["MDLC_MODEL"]) == ("flights-decisions", "flights")
    assert "ApiDecisions" in told["MDLC_DECISION_TABLE"]["Ref"]


def test_a_grant_names_the_paths(stack: Stack) -> None:
    api = acting(stack)
    role = iam.Role(stack, "Caller", assumed_by=iam.AccountRootPrincipal())
    api.grant_invoke(role)
    (policy,) = (child for child in role.node.find_all() if isinstance(child, iam.CfnPolicy))
    text = json.dumps(stack.resolve(policy.policy_document))
    assert '/live/POST/decisions"' in text and '/live/POST/decisions/express"' in text
    assert "execute-api:Invoke" in text


def test_attributes_name_what_was_made(stack: Stack) -> None:
    api = acting(stack)
    assert api.function is not None and api.rules_function is not None and api.state_machine is not None
    assert api.machine is not None and api.machine.entry == "CollectFeatures"
    assert "execute-api" in json.dumps(stack.resolve(api.url))
    assert "rules/flights-decisions.json" in json.dumps(stack.resolve(api.rules_uri))

"""A CloudFormation template with a REST API: an Express machine and a function behind it."""

import json
from typing import Any

from tests.local.api_gateway.app_texts import (
    ACCESS_LOG,
    BODY,
    FUNCTION,
    MACHINE,
    REQUEST_TEMPLATE,
    RESPONSE_TEMPLATE,
)

REGION_ACCOUNT = "${AWS::Region}:${AWS::AccountId}"


def _role(service: str, *statements: dict[str, Any]) -> dict[str, Any]:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    policies = [{"PolicyName": "statements", "PolicyDocument": document}] if statements else []
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": trust, "Policies": policies},
    }


def _allow(actions: list[str] | str, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _sub(text: str) -> dict[str, str]:
    return {"Fn::Sub": text}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _method(resource: Any, integration: dict[str, Any], **more: Any) -> dict[str, Any]:
    properties = {
        "RestApiId": _ref("Api"),
        "ResourceId": resource,
        "HttpMethod": "POST",
        "AuthorizationType": "NONE",
        "Integration": integration,
        **more,
    }
    return {"Type": "AWS::ApiGateway::Method", "Properties": properties}


def _resource(part: str, parent: Any = None) -> dict[str, Any]:
    root = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    properties = {"RestApiId": _ref("Api"), "ParentId": parent or root, "PathPart": part}
    return {"Type": "AWS::ApiGateway::Resource", "Properties": properties}


def template(*, machine_allowed: bool = True, function_allowed: bool = True) -> dict[str, Any]:
    """The template.

    Resources of the API: ``/decisions`` (machine, validated), ``/limited`` (the same, two requests at once),
    ``/signed`` (function, AWS_IAM), ``/token`` and ``/scoped`` (function, user pool), ``/open/{kind}``
    (function), ``/slow`` (function, within 0.3 s), ``/named`` and ``/whatever`` (function, validated by a
    model for JSON, for any type).

    Args:
        machine_allowed: whether the integration's role may start the machine.
        function_allowed: whether the function's policy lets the API invoke it.
    """
    machine_integration = {
        "Type": "AWS",
        "IntegrationHttpMethod": "POST",
        "Uri": _sub("arn:aws:apigateway:${AWS::Region}:states:action/StartSyncExecution"),
        "Credentials": {"Fn::GetAtt": ["ApiRole", "Arn"]},
        "PassthroughBehavior": "NEVER",
        "RequestTemplates": {"application/json": _sub(REQUEST_TEMPLATE)},
        "IntegrationResponses": [
            {"StatusCode": "200", "ResponseTemplates": {"application/json": RESPONSE_TEMPLATE}},
            {
                "StatusCode": "500",
                "SelectionPattern": "[45]\\d{2}",
                "ResponseTemplates": {"application/json": '{"error": "refused"}'},
                "ResponseParameters": {"method.response.header.X-Kind": "'backend'"},
            },
        ],
    }
    function_integration = {
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Uri": _sub(
            "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
        ),
    }
    validated = {
        "RequestValidatorId": _ref("Validator"),
        "RequestModels": {"application/json": _ref("Body")},
    }
    pool = {"AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": _ref("Authorizer")}
    resources: dict[str, Any] = {
        "Api": {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {
                "Name": _sub("${AWS::StackName}"),
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
            },
        },
        "Body": {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {
                "RestApiId": _ref("Api"),
                "Name": "Body",
                "ContentType": "application/json",
                "Schema": BODY,
            },
        },
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {"RestApiId": _ref("Api"), "ValidateRequestBody": True},
        },
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {}},
        "Authorizer": {
            "Type": "AWS::ApiGateway::Authorizer",
            "Properties": {
                "RestApiId": _ref("Api"),
                "Name": "people",
                "Type": "COGNITO_USER_POOLS",
                "IdentitySource": "method.request.header.Authorization",
                "ProviderARNs": [{"Fn::GetAtt": ["Pool", "Arn"]}],
            },
        },
        "LogGroup": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
        "Account": {
            "Type": "AWS::ApiGateway::Account",
            "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": ["LogRole", "Arn"]}},
        },
        "LogRole": _role("apigateway.amazonaws.com", _allow(["logs:CreateLogStream", "logs:PutLogEvents"])),
        "ApiRole": _role(
            "apigateway.amazonaws.com",
            *([_allow("states:StartSyncExecution", _ref("Machine"))] if machine_allowed else ()),
        ),
        "MachineRole": _role("states.amazonaws.com"),
        "FunctionRole": _role("lambda.amazonaws.com"),
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineType": "EXPRESS",
                "DefinitionString": json.dumps(MACHINE),
                "RoleArn": {"Fn::GetAtt": ["MachineRole", "Arn"]},
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["FunctionRole", "Arn"]},
                "Code": {"ZipFile": FUNCTION},
                "Timeout": 10,
            },
        },
        "Decisions": _resource("decisions"),
        "Limited": _resource("limited"),
        "Signed": _resource("signed"),
        "Token": _resource("token"),
        "Scoped": _resource("scoped"),
        "Open": _resource("open"),
        "Kind": _resource("{kind}", _ref("Open")),
        "Hasty": _resource("slow"),
        "DecisionsPost": _method(_ref("Decisions"), machine_integration, **validated),
        "LimitedPost": _method(_ref("Limited"), machine_integration),
        "SignedPost": _method(_ref("Signed"), function_integration, AuthorizationType="AWS_IAM"),
        "TokenPost": _method(_ref("Token"), function_integration, **pool),
        "ScopedPost": _method(_ref("Scoped"), function_integration, **pool, AuthorizationScopes=["a/b"]),
        "OpenPost": _method(_ref("Kind"), function_integration),
        "Named": _resource("named"),
        "Whatever": _resource("whatever"),
        "NamedPost": _method(_ref("Named"), function_integration, **validated),
        "WhateverPost": _method(
            _ref("Whatever"),
            function_integration,
            **{**validated, "RequestModels": {"$default": _ref("Body")}},
        ),
        "HastyPost": _method(_ref("Hasty"), {**function_integration, "TimeoutInMillis": 300}),
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": {"RestApiId": _ref("Api")},
            "DependsOn": [
                f"{name}Post"
                for name in (
                    *("Decisions", "Limited", "Signed", "Token", "Scoped", "Open", "Hasty"),
                    *("Named", "Whatever"),
                )
            ],
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "DependsOn": ["Account"],
            "Properties": {
                "RestApiId": _ref("Api"),
                "DeploymentId": _ref("Deployment"),
                "StageName": "live",
                "TracingEnabled": True,
                "AccessLogSetting": {
                    "DestinationArn": {"Fn::GetAtt": ["LogGroup", "Arn"]},
                    "Format": ACCESS_LOG,
                },
                "MethodSettings": [
                    {
                        "ResourcePath": "/*",
                        "HttpMethod": "*",
                        "ThrottlingRateLimit": 1000,
                        "ThrottlingBurstLimit": 500,
                    },
                    {
                        "ResourcePath": "/~1limited",
                        "HttpMethod": "POST",
                        "ThrottlingRateLimit": 1,
                        "ThrottlingBurstLimit": 2,
                    },
                ],
            },
        },
        "Acl": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            "Properties": {
                "ResourceArn": _sub("arn:aws:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Stage}"),
                "WebACLArn": _sub(f"arn:aws:wafv2:{REGION_ACCOUNT}:regional/webacl/mine/1"),
            },
        },
    }
    if function_allowed:
        resources["Permission"] = {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]},
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": _sub(f"arn:aws:execute-api:{REGION_ACCOUNT}:${{Api}}/live/POST/*"),
            },
        }
    outputs = {
        "Url": _sub("https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}/"),
        "Api": _ref("Api"),
        "Pool": _ref("Pool"),
        "Machine": _ref("Machine"),
        "LogGroup": _ref("LogGroup"),
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": resources,
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }

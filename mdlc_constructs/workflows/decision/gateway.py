"""The REST API of a decision API: authorization, request validation, throttling and logs."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from aws_cdk import Aws, CfnResource, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.trust import trust_policy
from mdlc_constructs.workflows.decision.authorizer import Authorizer
from mdlc_constructs.workflows.decision.throttle import Throttle

STAGE = "live"
PATH = "decisions"

_ACCESS_LOG = json.dumps(
    {
        name: f"$context.{value}"
        for name, value in {
            "request_id": "requestId",
            "time": "requestTime",
            "caller": "identity.userArn",
            "subject": "authorizer.claims.sub",
            "path": "resourcePath",
            "status": "status",
            "milliseconds": "responseLatency",
            "integration_milliseconds": "integrationLatency",
            "integration_error": "integrationErrorMessage",
            "error": "error.message",
            "trace": "xrayTraceId",
        }.items()
    }
)
"""Caller, time and result of a request, without its row. The error log says where a body does not match the
schema: API Gateway writes that as text that would break a line of JSON.
"""


@dataclass(frozen=True, kw_only=True)
class Route:
    """A path below `/decisions`, or `/decisions` itself when it is empty, and its integration.

    Attributes:
        integration: the `Integration` property of `AWS::ApiGateway::Method`.
        statuses: status codes that the integration may return; none for a proxy, which sets its own.
        needs: resources that must exist before the route is deployed.
    """

    path: str
    integration: Mapping[str, Any]
    statuses: Sequence[str] = ()
    needs: Sequence[CfnResource] = field(default_factory=tuple)


class Gateway:
    """The API's resources, created in the given scope.

    Attributes:
        url: base URL of requests, with a slash at the end; append `decisions`.
        name: the API's name, a dimension of its metrics.
    """

    def __init__(
        self,
        scope: Construct,
        home: ModelHome,
        *,
        name: str,
        schema: Mapping[str, Any],
        authorizer: Authorizer,
        throttle: Throttle,
        web_acl_arn: str | None,
        logs: bool,
        account_log_role: bool,
    ) -> None:
        self.name = name
        self._scope, self._home = scope, home
        self._authorizer, self._throttle = authorizer, throttle
        self._web_acl_arn = web_acl_arn
        self._logs = logs
        self._account = _account_log_role(scope) if account_log_role else None
        self._api = apigateway.CfnRestApi(
            scope,
            "Api",
            name=name,
            description=f"Decisions by the model {home.name}",
            endpoint_configuration={"types": ["REGIONAL"]},
        )
        self.id = self._api.ref
        self._content: list[object] = [schema, dataclasses.asdict(authorizer)]
        self._schema = schema

    def deploy(self, routes: Iterable[Route]) -> None:
        """Create the routes and the stage that serves them."""
        api = self._api
        model = apigateway.CfnModel(
            self._scope, "Request", rest_api_id=self.id, content_type="application/json", schema=self._schema
        )
        validator = apigateway.CfnRequestValidator(
            self._scope,
            "Validator",
            rest_api_id=self.id,
            validate_request_body=True,
            validate_request_parameters=True,
        )
        methods = []
        root = apigateway.CfnResource(
            self._scope, "Path", rest_api_id=self.id, parent_id=api.attr_root_resource_id, path_part=PATH
        ).ref
        authorization = self._authorization()
        for route in routes:
            parent = root
            if route.path:
                parent = apigateway.CfnResource(
                    self._scope,
                    f"Path{route.path.title()}",
                    rest_api_id=self.id,
                    parent_id=root,
                    path_part=route.path,
                ).ref
            method = apigateway.CfnMethod(
                self._scope,
                f"Post{route.path.title()}",
                rest_api_id=self.id,
                resource_id=parent,
                http_method="POST",
                request_validator_id=validator.ref,
                # Without `$default`, a body of another content type would not be validated.
                request_models={"application/json": model.ref, "$default": model.ref},
                integration=dict(route.integration),
                method_responses=[{"statusCode": status} for status in route.statuses] or None,
                **authorization,
            )
            for needed in route.needs:
                method.add_resource_dependency(needed)
            methods.append(method)
            self._content += [route.path, route.integration, route.statuses]
        self._make_stage(methods)

    @property
    def url(self) -> str:
        """The URL of the stage."""
        return f"https://{self.id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}/{STAGE}/"

    def arn(self, path: str = "*") -> str:
        """The ARN for `execute-api:Invoke`: all POST methods of the stage, or the one of a path."""
        return f"arn:{Aws.PARTITION}:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.id}/{STAGE}/POST/{path}"

    def _authorization(self) -> dict[str, Any]:
        chosen = self._authorizer
        if chosen.kind == "iam":
            return {"authorization_type": "AWS_IAM"}
        common: dict[str, Any] = {
            "rest_api_id": self.id,
            "name": self.name,
            "identity_source": "method.request.header.Authorization",
        }
        if chosen.kind == "user_pool":
            authorizer = apigateway.CfnAuthorizer(
                self._scope, "Authorizer", type="COGNITO_USER_POOLS", provider_arns=[chosen.arn], **common
            )
            scopes = {"authorization_scopes": list(chosen.scopes)} if chosen.scopes else {}
            return {"authorization_type": "COGNITO_USER_POOLS", "authorizer_id": authorizer.ref, **scopes}
        authorizer = apigateway.CfnAuthorizer(
            self._scope,
            "Authorizer",
            type="TOKEN",
            authorizer_uri=_function_uri(chosen.arn),
            authorizer_result_ttl_in_seconds=chosen.cache_seconds,
            **common,
        )
        lambda_.CfnPermission(
            self._scope,
            "AuthorizerPermission",
            action="lambda:InvokeFunction",
            function_name=chosen.arn,
            principal="apigateway.amazonaws.com",
            source_arn=f"arn:{Aws.PARTITION}:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.id}"
            f"/authorizers/{authorizer.ref}",
        )
        return {"authorization_type": "CUSTOM", "authorizer_id": authorizer.ref}

    def _make_stage(self, methods: Iterable[CfnResource]) -> None:
        # A deployment is an immutable snapshot of the API, so changed content needs a new deployment with a
        # new logical id. Tokens differ between synths, so the digest is computed of the resolved content. It
        # includes the name, because a renamed function or machine may resolve to the same token.
        content = Stack.of(self._scope).resolve(json.loads(json.dumps([self.name, *self._content])))
        text = json.dumps(content, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        deployment = apigateway.CfnDeployment(self._scope, f"Deployment{digest}", rest_api_id=self.id)
        for resource in methods:
            deployment.add_resource_dependency(resource)
        access: dict[str, Any] | None = None
        groups: list[CfnResource] = []
        if self._logs:
            access_group = self._home.log_group(self._scope, "AccessLogs")
            access = {"destinationArn": access_group.attr_arn, "format": _ACCESS_LOG}
            # Otherwise API Gateway creates this group itself, without encryption and retention.
            groups = [
                self._home.log_group(
                    self._scope, "ErrorLogs", f"API-Gateway-Execution-Logs_{self.id}/{STAGE}"
                )
            ]
        stage = apigateway.CfnStage(
            self._scope,
            "Stage",
            rest_api_id=self.id,
            deployment_id=deployment.ref,
            stage_name=STAGE,
            tracing_enabled=True,
            access_log_setting=access,
            method_settings=[
                {
                    "httpMethod": "*",
                    "resourcePath": "/*",
                    # Errors only, without bodies: rows may be personal data.
                    "loggingLevel": "ERROR" if self._logs else "OFF",
                    "dataTraceEnabled": False,
                    "metricsEnabled": True,
                    "throttlingRateLimit": self._throttle.rate,
                    "throttlingBurstLimit": self._throttle.burst,
                }
            ],
        )
        for needed in (*groups, *((self._account,) if self._account is not None else ())):
            stage.add_resource_dependency(needed)
        if self._web_acl_arn is not None:
            wafv2.CfnWebACLAssociation(
                self._scope,
                "WebAcl",
                resource_arn=f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}::/restapis/{self.id}"
                f"/stages/{stage.ref}",
                web_acl_arn=self._web_acl_arn,
            )


def _function_uri(function_arn: str) -> str:
    return (
        f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}:lambda:path/2015-03-31/functions/"
        f"{function_arn}/invocations"
    )


def proxy(function_arn: str, timeout_ms: int) -> dict[str, Any]:
    """A Lambda proxy integration: request and response are passed through unchanged."""
    return {
        "type": "AWS_PROXY",
        "integrationHttpMethod": "POST",
        "uri": _function_uri(function_arn),
        "timeoutInMillis": timeout_ms,
    }


def _account_log_role(scope: Construct) -> CfnResource:
    """The `AWS::ApiGateway::Account` with the role by which API Gateway writes logs in this region.

    It is shared by all APIs of the account in the region, so it is retained when the stack is deleted.
    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """
    stack = Stack.of(scope)
    if stack not in _accounts:
        role = iam.CfnRole(
            stack,
            "ApiGatewayLogRole",
            assume_role_policy_document=trust_policy("apigateway.amazonaws.com", Aws.ACCOUNT_ID),
            managed_policy_arns=[
                f"arn:{Aws.PARTITION}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
            ],
        )
        account = apigateway.CfnAccount(stack, "ApiGatewayAccount", cloud_watch_role_arn=role.attr_arn)
        for resource in (role, account):
            resource.apply_removal_policy(RemovalPolicy.RETAIN)
        _accounts[stack] = account
    return _accounts[stack]


_accounts: WeakKeyDictionary[Stack, CfnResource] = WeakKeyDictionary()

"""`DecisionApi`: an API that makes a decision about a row from a model's score and a team's rules."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings.decisions import Decisions
from mdlc_constructs.settings.network import NetworkSettings
from mdlc_constructs.signatures import ConstructorSignature
from mdlc_constructs.workflows.decision import alarms, arguments, permissions
from mdlc_constructs.workflows.decision.alarms import Watched, make_alarms
from mdlc_constructs.workflows.decision.arguments import Shape
from mdlc_constructs.workflows.decision.authorizer import Authorizer
from mdlc_constructs.workflows.decision.express import machine_route, make_machine
from mdlc_constructs.workflows.decision.functions import DecisionFunction, make_function
from mdlc_constructs.workflows.decision.gateway import PATH, Gateway, Route, proxy
from mdlc_constructs.workflows.decision.machine import decision_machine
from mdlc_constructs.workflows.decision.mapping import MAX_INTEGRATION_MS
from mdlc_constructs.workflows.decision.rules import accept_rules, checked_text, rules_key
from mdlc_constructs.workflows.decision.settings import DecisionSettings
from mdlc_constructs.workflows.decision.throttle import Throttle

EXPRESS_PATH = "express"


class Endpoint(Protocol):
    """An endpoint that returns scores: a `RealTimeInferenceWorkflow` or any object with its name."""

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name."""


class DecisionApi(Construct):
    """Collects features, invokes the endpoint, executes rules, records the decision, and performs an action.

    `POST <url>decisions` with `{"request_id": ..., "row": {...}}` returns the decision. A repeated request
    returns the recorded decision, and its action is performed only once.

    Args:
        endpoint: the endpoint that is invoked for a score.
        decisions: the row's columns, the possible decisions, and the fallback when a step fails.
        rules: the initial rules: a JSON file or its content. A deployment replaces rules that came from an
            earlier deployment, but never rules that the team has since uploaded to `rules_uri`.
        name: prefix of the names of its resources; by default the model's name with `-decisions`.
        feature_table: the DynamoDB table in which `decisions.lookup` reads items.
        action: the Lambda function that acts on a decision; it must do nothing for a `request_id` that it
            has already handled.
        shape: `lambda`, one warm function: the lowest latency, and the only shape that keeps an entity on its
            variant in an `ABTest`. `express`, an Express state machine: every step is visible. `both`, with
            the machine at `decisions/express`, to compare their cost and latency.
        authorizer: who may send requests; by default principals that IAM allows, see `grant_invoke`.
        throttle: limits of the request rate.
        web_acl_arn: ARN of a regional AWS WAF web ACL to associate with the API.
        memory_mb: memory of the function; its share of CPU is proportional to it.
        provisioned: provisioned concurrency of the function; it is billed by the hour.
        network: subnets and security groups of the function; DynamoDB, SageMaker and Lambda must be
            reachable from there.
        slowest: an alarm is raised when the 99th percentile of the latency is above this.
        log_rows: log every step of the Express machine with its data, which includes rows.
        logs: have API Gateway log callers and errors, without rows. It needs a role that is set once for an
            account and region, so by default it logs only with `account_log_role`. With `logs=True` alone,
            the deployment fails unless the account already has that role.
        account_log_role: create that role and set it for the account. It replaces the role that the account
            has, and is retained when the stack is deleted.

    Raises:
        ValueError: names the argument, its value and the remedy.

    Attributes:
        url: base URL of requests, with a slash at the end: `url + "decisions"`.
        api_id: the REST API's id.
        table_name: the table of decisions; its key is `request_id`.
        rules_uri: S3 URI to which the team uploads rules.
        function: the warm function; None in the Express shape.
        rules_function: the function with which the Express machine executes rules; None in the Lambda shape.
        state_machine: the Express machine; None in the Lambda shape.
        machine: its definition as plain data, for drawing, counting states or reading.
        alarms: fallback decisions, failed records, rules and actions, errors, latency, throttling.
    """

    __signature__ = ConstructorSignature()

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        endpoint: Endpoint,
        decisions: Decisions,
        rules: Path | Mapping[str, Any],
        name: str | None = None,
        feature_table: dynamodb.ITable | None = None,
        action: lambda_.IFunction | None = None,
        shape: Shape = "lambda",
        authorizer: Authorizer | None = None,
        throttle: Throttle | None = None,
        web_acl_arn: str | None = None,
        memory_mb: int = 1024,
        provisioned: int = 0,
        network: NetworkSettings | None = None,
        slowest: timedelta = timedelta(seconds=1),
        log_rows: bool = False,
        logs: bool | None = None,
        account_log_role: bool = False,
    ) -> None:
        # Validate before any resource exists, so that an invalid argument leaves nothing behind.
        self.name = name or f"{home.name}-decisions"
        self.decisions, self.shape, self._home = decisions, shape, home
        self._endpoint, self._action, self._features = endpoint, action, feature_table
        arguments.check(
            name=self.name,
            shape=shape,
            decisions=decisions,
            feature_table=feature_table,
            acts=action is not None,
            memory_mb=memory_mb,
            provisioned=provisioned,
            slowest=slowest,
            web_acl_arn=web_acl_arn,
        )
        arguments.check_task(endpoint)
        arguments.check_alone(scope, id_, self.name)
        self._tests = arguments.tests_variants(endpoint, shape)
        text = checked_text(rules, decisions)
        self.machine: Machine | None = decision_machine(self._settings()) if shape != "lambda" else None
        environment = arguments.environment(
            api=self.name,
            model=home.name,
            decisions=decisions,
            endpoint_name=endpoint.endpoint_name,
            feature_table=feature_table,
            action=action,
        )
        super().__init__(scope, id_)
        self._options: dict[str, Any] = {
            "timeout_seconds": MAX_INTEGRATION_MS // 1000,
            "memory_mb": memory_mb,
            "provisioned": provisioned,
            "network": network,
        }
        table = home.table(self, "Decisions", "request_id", expires="expires_at")
        kept_rules = home.table(self, "Rules", "pk")
        self.table_name: str = table.ref
        self.rules_uri = f"s3://{home.bucket_name}/{rules_key(self.name)}"
        self._bindings = self._bound(table, kept_rules)
        self._environment = {
            **environment,
            "MDLC_DECISION_TABLE": table.ref,
            "MDLC_RULES_TABLE": kept_rules.ref,
            **({"MDLC_AUDIT_TABLE": home.audit_table_name} if self._tests else {}),
        }
        self._gateway = Gateway(
            self,
            home,
            name=self.name,
            schema=decisions.request_schema(),
            authorizer=authorizer or Authorizer.iam(),
            throttle=throttle or Throttle(),
            web_acl_arn=web_acl_arn,
            logs=account_log_role if logs is None else logs,
            account_log_role=account_log_role,
        )
        self._accept, self._first_rules = accept_rules(
            self, home, api=self.name, table=kept_rules, decisions=decisions, text=text
        )
        self.function: lambda_.CfnFunction | None = None
        self.rules_function: lambda_.CfnFunction | None = None
        self.state_machine: sfn.StateMachine | None = None
        self._gateway.deploy(self._routes(log_rows))
        self.url = self._gateway.url
        self.api_id = self._gateway.id
        self.alarms = make_alarms(self, self.name, self._watched(slowest))

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a principal to request decisions, with requests signed by AWS credentials."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=[self._gateway.arn(path) for path in self._paths()],
        )

    @property
    def role_names(self) -> tuple[str, ...]:
        """Ids of the roles below this construct."""
        named = {
            "DecideRole": self.function,
            "ExecuteRulesRole": self.rules_function,
            "MachineRole": self.state_machine,
            "StartRole": self.state_machine,
        }
        return ("AcceptRulesRole", *(name for name, function in named.items() if function is not None))

    def _settings(self) -> DecisionSettings:
        return DecisionSettings(
            api=self.name,
            model=self._home.name,
            endpoint_name=self._endpoint.endpoint_name,
            decisions=self.decisions,
            feature_key=self._feature_key is not None,
            acts=self._action is not None,
        )

    @property
    def _feature_key(self) -> kms.IKey | None:
        return None if self._features is None else self._features.encryption_key

    def _bound(self, table: dynamodb.CfnTable, kept_rules: dynamodb.CfnTable) -> dict[str, str]:
        bindings = {
            "DecisionTable": table.ref,
            "DecisionTableArn": table.attr_arn,
            "RulesTableArn": kept_rules.attr_arn,
        }
        if self._features is not None:
            bindings |= {
                "FeatureTable": self._features.table_name,
                "FeatureTableArn": self._features.table_arn,
            }
        if self._feature_key is not None:
            bindings["FeatureKeyArn"] = self._feature_key.key_arn
        if self._action is not None:
            bindings["ActionFunction"] = self._action.function_arn
        return bindings

    def _routes(self, log_rows: bool) -> list[Route]:
        routes = []
        if self.shape != "express":
            routes.append(self._function_route())
        if self.machine is not None:
            self.machine = self.machine.bind({**self._home.bindings, **self._bindings})
            rules = self._make_function("ExecuteRules", "express_handler", permissions.reading_rules())
            self.rules_function = rules.resource
            self.machine = self.machine.bind({"RulesFunction": rules.arn})
            check(self.machine)
            self.state_machine = make_machine(
                self, self._home, self.machine, name=self.name, log_rows=log_rows
            )
            path = EXPRESS_PATH if self.shape == "both" else ""
            routes.append(machine_route(self, self._home, self.state_machine.state_machine_arn, path=path))
        return routes

    def _function_route(self) -> Route:
        statements = permissions.deciding(
            endpoint_name=self._endpoint.endpoint_name,
            looks_up=self._features is not None,
            feature_key=self._feature_key is not None,
            acts=self._action is not None,
            tests=self._tests,
        )
        function = self._make_function("Decide", "handler", statements)
        self.function = function.resource
        permission = lambda_.CfnPermission(
            self,
            "DecidePermission",
            action="lambda:InvokeFunction",
            function_name=function.arn,
            principal="apigateway.amazonaws.com",
            source_arn=self._gateway.arn(PATH),
        )
        return Route(path="", integration=proxy(function.arn, MAX_INTEGRATION_MS), needs=(permission,))

    def _make_function(self, id_: str, module: str, statements: Any) -> DecisionFunction:
        function = make_function(
            self,
            id_,
            self._home,
            handler=f"lambdas.functions.decide.{module}.handler",
            description=f"{self.name}: {'all steps' if module == 'handler' else 'the rules'} of a decision",
            statements=statements,
            bindings=self._bindings,
            environment=self._environment,
            **self._options,
        )
        # If the initial rules are invalid, the deployment fails before it changes the function.
        function.resource.add_resource_dependency(self._first_rules)
        return function

    def _paths(self) -> tuple[str, ...]:
        return (PATH, f"{PATH}/{EXPRESS_PATH}") if self.shape == "both" else (PATH,)

    def _watched(self, slowest: timedelta) -> list[Watched]:
        functions = {"Decide": self.function, "ExecuteRules": self.rules_function}
        return alarms.of_api(
            self.name,
            slowest=slowest,
            accepts=self._accept.name,
            functions={id_: function.ref for id_, function in functions.items() if function is not None},
            machine_arn=None if self.state_machine is None else self.state_machine.state_machine_arn,
            action=None if self._action is None else self._action.function_name,
            looks_up=self._features is not None,
        )

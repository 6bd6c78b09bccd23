"""`DecisionApi`: an API that decides about a row by a model's score and a team's rules."""

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
    """What answers with a score: a `RealTimeInferenceWorkflow`, or whatever else names an endpoint."""

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name."""


class DecisionApi(Construct):
    """Collects features, asks the endpoint, executes rules, records the decision, and performs an action.

    `POST <url>decisions` with `{"request_id": ..., "row": {...}}` answers with the decision. The same request
    again answers with the recorded decision, and acts once.

    Args:
        endpoint: what is asked for a score.
        decisions: the row, what may be decided, and what stands in when a step fails.
        rules: the rules to begin with: a JSON file or its content. A deployment replaces rules that came with
            a deployment, never those that the team has uploaded since to `rules_uri`.
        name: begins the names of its parts; the model's name with `-decisions` unless given.
        feature_table: where `decisions.lookup` finds its items.
        action: acts on a decision; it must do nothing for a `request_id` that it has acted on.
        shape: one warm function (lowest latency; the only one that keeps an entity to its variant in an
            `ABTest`), an Express state machine (every step visible), or both, the
            machine then at `decisions/express`, to compare what they cost and how long they take.
        authorizer: who may ask; by default those whom IAM lets: see `grant_invoke`.
        throttle: how many requests are taken.
        web_acl_arn: a web ACL of AWS WAF (regional) to put in front.
        memory_mb: of the function; its share of a processor grows with it.
        provisioned: instances of the function that are kept warm; they are paid by the hour.
        network: subnets and security groups of the function, which must reach DynamoDB, SageMaker and Lambda
            from there.
        slowest: an alarm is raised when one request in a hundred takes longer.
        log_rows: log every step of the Express machine with its data, which rows are part of.
        logs: have API Gateway log who asked and what failed, without rows. It writes by a role that is a
            setting of the whole account in a region, so that by default it logs only where `account_log_role`
            is asked for. With `logs=True` alone the account must have its role; a deployment fails without.
        account_log_role: make that role and set it for the account. It replaces the role that the account
            has, and stays when the stack goes.

    Raises:
        ValueError: naming the argument, its value and the remedy.

    Attributes:
        url: where to post requests, with a slash at the end: `url + "decisions"`.
        api_id: the REST API's id.
        table_name: the table of decisions; its key is `request_id`.
        rules_uri: where the team uploads rules.
        function: the warm function; None in the Express shape.
        rules_function: what the Express machine executes rules with; None in the Lambda shape.
        state_machine: the Express machine; None in the Lambda shape.
        machine: the same as plain data; draw it, count it, read it.
        alarms: fallback decisions, records, rules and actions that failed, errors, slowness, throttling.
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
        # Before any resource exists, so that a refused argument leaves nothing behind.
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
        """Let somebody ask for decisions, with requests signed by AWS credentials."""
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
        # A deployment after which the rules in use could not be used fails before it changes anything.
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

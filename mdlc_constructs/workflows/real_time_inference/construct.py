"""The real-time inference workflow as a construct: it adds roles, alarms and rules to the pure machine."""

from collections.abc import Mapping

from aws_cdk import Annotations, Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from mdlc_constructs.asl.states import State
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.names import claim
from mdlc_constructs.settings import Compute, Dataset, NetworkSettings
from mdlc_constructs.settings.experiment import ABTest, Experiment, Shadow
from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.probes import Probes
from mdlc_constructs.settings.rollout import Deployment
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.construct import DATA_LOCK, Workflow, source_of, without_none
from mdlc_constructs.workflows.real_time_inference import function_roles, serving_model
from mdlc_constructs.workflows.real_time_inference import golden as golden_steps
from mdlc_constructs.workflows.real_time_inference.alarms import alarm_name, rollback_alarm
from mdlc_constructs.workflows.real_time_inference.endpoint_config import create_config
from mdlc_constructs.workflows.real_time_inference.event_rules import approval_rule, endpoint_change_rule
from mdlc_constructs.workflows.real_time_inference.experiments import (
    FUNCTION,
    judging,
    looking_at_executions,
)
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.real_time_inference.probe_states import prober_statements
from mdlc_constructs.workflows.real_time_inference.retention import retention_statements
from mdlc_constructs.workflows.real_time_inference.settings import STEPS, WORKFLOW, ReleaseSettings
from mdlc_constructs.workflows.scoring import check_image_known
from mdlc_constructs.workflows.seams import Seam, tasks_of

GOLDEN = GoldenChecks()
"""The default golden checks."""


class RealTimeInferenceWorkflow(Workflow):
    """Releases approved packages to an endpoint, and rolls back versions that fail.

    The endpoint takes raw rows, one JSON object a line (`application/jsonlines`), and answers each with
    `{"score": ..., "version": ...}`: the package's own feature program runs in front of its container.

    A release checks the new version on recorded rows before it gets traffic, then shifts traffic as
    `rollout` says while alarms and probes watch. It ends with the new version as champion, or with the old
    version in service and the package Rejected. The execution's input is `{package_version, forward_only,
    reason, trigger, request_id}`, all optional: `docs/contracts.md`.

    Golden rows are in the model's bucket: `golden/rows.jsonl`, with their expected answers in
    `golden/expected.csv`. The first release needs none, because no version existed to record answers of; its
    audit item and its event say `golden: none recorded`. Once an endpoint serves, a release
    without them fails (`NoGolden`), because nothing else checks a version before it gets traffic.

    Args:
        home: the model's home, in which a training workflow registers packages.
        dataset: the data that the model was trained on; its row key identifies golden rows.
        serving: the endpoint: instances, scaling, capture, alarms.
        rollout: how traffic shifts to a new version; `Shadow` and `ABTest` first try it beside the serving
            one. A first release serves at once.
        golden: how close answers to golden rows must be to the expected ones; None checks nothing.
        probes: requests sent to the endpoint while a new version bakes, for alarms on its answers.
        endpoint_name: name of the endpoint; by default the model's name.
        retained: number of earlier releases to keep, so that one execution can go back to them.
        starts_on_approval: whether a version's approval starts its release. Otherwise start the machine.
        job_compute: instances of the golden check.
        scoring_compute: instances of the transform job that scores golden rows.
        network: VPC, isolation, encryption between containers.
        seams: states before and after steps, such as `{"after_deploy": chain}`, which runs when the new
            version serves.

    Raises:
        ValueError: names the argument, its value and the remedy.

    Attributes:
        endpoint_name: the endpoint, which the first release creates.
        endpoint_arn: its ARN, for your own policies.
        rollback_alarms: the alarms that roll a release back, by `AlarmSpec.key`.
    """

    steps: tuple[str, ...] = STEPS

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        dataset: Dataset,
        serving: Serving | None = None,
        rollout: Deployment | Experiment | None = None,
        golden: GoldenChecks | None = GOLDEN,
        probes: Probes | None = None,
        endpoint_name: str | None = None,
        retained: int = ReleaseSettings.retained,
        starts_on_approval: bool = True,
        job_compute: Compute | None = None,
        scoring_compute: Compute | None = None,
        network: NetworkSettings | None = None,
        seams: Mapping[str, Seam] | None = None,
    ) -> None:
        # Validate before any resource exists, so that an invalid setting leaves nothing behind.
        check_image_known(home.name, home.algorithm_arn, what="an endpoint")
        self.settings = ReleaseSettings(
            model=home.name,
            dataset=dataset,
            golden=golden,
            endpoint=endpoint_name,
            retained=retained,
            **without_none(
                serving=serving,
                rollout=rollout,
                probes=probes,
                job_compute=job_compute,
                scoring_compute=scoring_compute,
                network=network,
            ),
        )
        self.endpoint_name = self.settings.endpoint_name
        self.source = source_of(home, dataset, None)
        super().__init__(scope, id_, home=home, workflow=WORKFLOW)
        # SageMaker compares endpoint names case-insensitively.
        holder = claim(scope, id_, "endpoint", self.endpoint_name.lower())
        if holder is not None:
            raise ValueError(
                f"endpoint_name is {self.endpoint_name!r}, to which {holder} releases in the same account "
                f"and region: give each an endpoint of its own."
            )
        self.steps = self.settings.steps
        machine = self.put_together(release_machine, self.settings, seams)
        self.rollback_alarms: Mapping[str, cloudwatch.CfnAlarm] = {
            spec.key: rollback_alarm(
                self, spec, endpoint_name=self.endpoint_name, variant=self.settings.serving.variant
            )
            for spec in self.settings.serving.alarms.specs()
        }
        self._alarm_names = {
            spec.key: alarm_name(spec, self.endpoint_name) for spec in self.settings.serving.alarms.specs()
        }
        self.build(machine, bindings={**self._jobs(), **self._functions()})
        home.ends_endpoint(self.endpoint_name)
        self._warn_of_shadow()
        endpoint_change_rule(
            self,
            endpoint_name=self.endpoint_name,
            model=home.name,
            table=home.audit_table_name,
            function_arn=self.function("ResumeExecutions", function_roles.resume_statements(), {}),
        )
        if starts_on_approval:
            approval_rule(
                self, group=home.package_group_name, machine_arn=self.state_machine.state_machine_arn
            )

    def _warn_of_shadow(self) -> None:
        if isinstance(self.settings.rollout, Shadow) and self.settings.serving.prepares:
            # https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
            Annotations.of(self).add_warning_v2(
                "mdlc:shadow-of-pipeline",
                "rollout=Shadow() is asked of an endpoint whose model is an inference pipeline "
                "(serving.prepares), and SageMaker offers no shadow tests for endpoints with multiple "
                "containers; whether that means pipelines its documentation does not say: try it on an "
                "endpoint of yours, or give prepares=False and a container that carries its own program.",
            )

    @property
    def tests_variants(self) -> bool:
        """Whether callers must set the variant of each entity, because an `ABTest` compares versions."""
        return isinstance(self.settings.rollout, ABTest)

    @property
    def endpoint_arn(self) -> str:
        """The endpoint's ARN, in which the endpoint's name is always in lower case."""
        here = f"{Aws.REGION}:{Aws.ACCOUNT_ID}"
        return f"arn:{Aws.PARTITION}:sagemaker:{here}:endpoint/{self.endpoint_name.lower()}"

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a principal to invoke the endpoint."""
        action = (
            "sagemaker:InvokeEndpoint"
            if self.settings.serving.asynchronous is None
            else "sagemaker:InvokeEndpointAsync"
        )
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=[action], resource_arns=[self.endpoint_arn]
        )

    def _jobs(self) -> dict[str, str]:
        """Create roles and code of the jobs and the hosted model's role; returns bindings of placeholders."""
        settings, home = self.settings, self.home
        job_image = self.image_uri(Image.jobs())
        bindings = {"JobImage": job_image, **self.network_bindings(settings.network)}
        if settings.golden is not None:
            bundled, places = self.bundle_bindings(DATA_LOCK)
            code, wheels = places["JobCode"], places["DataWheels"]
            self.job_role(
                "CheckGoldenRole",
                job_roles.job_code(code.bucket_name, code.object_key, wheels.object_key),
                job_roles.running("ProcessingJobs", self.repository_arn(job_image), settings.network),
                job_roles.volumes(),
                job_roles.model_bucket(reads=("runs", "golden", "golden-scores"), writes=("quality",)),
            )
            bindings |= bundled
        self.job_role(
            "HostedModelRole",
            job_roles.hosted_model(
                home.model_repository_arn,
                self.repository_arn(job_image),
                self.endpoint_name,
                settings.network,
                asynchronous=settings.serving.asynchronous is not None,
                golden=settings.golden is not None,
                alarms=self._alarm_names.values(),
            ),
        )
        roles = {name: role.arn for name, role in self.roles.items()}
        return {**bindings, **roles}

    def _functions(self) -> dict[str, str]:
        """Create the machine's functions; returns bindings of their placeholders and of the alarms'."""
        settings, home = self.settings, self.home
        planner = function_roles.planning(home.name, self.endpoint_name, golden=settings.golden is not None)
        bindings = {
            "PlanReleaseFunction": self.function("PlanRelease", planner, {}),
            "RetireReleasesFunction": self.function("RetireReleases", retention_statements(home.name), {}),
            **{f"{key}Alarm": name for key, name in self._alarm_names.items()},
        }
        if settings.experiment is not None:
            self.function("PlanRelease", looking_at_executions(f"{home.name}-{WORKFLOW}"), {})
            bindings[f"{FUNCTION}Function"] = self.function(FUNCTION, judging(settings), {})
        if settings.watched.probed:
            prober = prober_statements(settings.watched)
            bindings["ProbeAnswersFunction"] = self.function("ProbeAnswers", prober, {})
        return bindings

    def tasks_of_steps(self) -> dict[str, State]:
        """The task of every step but `deploy`, which consists of many states and cannot be replaced."""
        return tasks_of(self, [step for step in self.steps if step != "deploy"])

    def create_create_model_task(self) -> State:
        """The model used by the endpoint and the golden checks."""
        return serving_model.create_serving_model(self.settings)

    def create_score_golden_task(self) -> State:
        """The transform job that scores golden rows with the new version."""
        return golden_steps.score_golden(self.settings)

    def create_check_golden_task(self) -> State:
        """The comparison of the answers with the expected ones."""
        return golden_steps.check_golden(self.settings)

    def create_create_config_task(self) -> State:
        """The endpoint's configuration."""
        return create_config(self.settings)

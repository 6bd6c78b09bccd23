"""The retraining workflow as a construct: it adds rules, roles and the fleet to the pure machine."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from aws_cdk import Stack
from constructs import Construct

from mdlc_constructs.asl.states import State
from mdlc_constructs.resources.bucket_events import warn_without_events
from mdlc_constructs.resources.fleet import Fleet, leasing
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.patience import Patience
from mdlc_constructs.settings.training_window import TrainingWindow
from mdlc_constructs.settings.triggers import OnCodeChange, OnNewData, OnSchedule, Trigger
from mdlc_constructs.workflows.construct import Workflow, without_none
from mdlc_constructs.workflows.monitoring.construct import MonitoringWorkflow
from mdlc_constructs.workflows.real_time_inference import function_roles as release_roles
from mdlc_constructs.workflows.real_time_inference.construct import RealTimeInferenceWorkflow
from mdlc_constructs.workflows.retraining import code_change, event_rules, function_roles
from mdlc_constructs.workflows.retraining.lease import FUNCTION
from mdlc_constructs.workflows.retraining.machine import STEPS, retraining_machine, steps_of
from mdlc_constructs.workflows.retraining.release import release
from mdlc_constructs.workflows.retraining.settings import WORKFLOW, RetrainingSettings
from mdlc_constructs.workflows.retraining.training import train
from mdlc_constructs.workflows.seams import Seam
from mdlc_constructs.workflows.training.construct import TrainingWorkflow

NOT_NOTICED = "no new data starts a retraining"
"""The consequence of a bucket that sends no events to EventBridge, for warnings."""


class RetrainingWorkflow(Workflow):
    """Retrains a model when a trigger fires, and releases the challenger when it wins.

    All triggers start the same machine. It coalesces the other triggers that fire, takes the model's lease
    and its share of the fleet's budget, and starts the training machine on a fresh window. It waits for an
    approval where a person decides, starts the release machine, and follows that to the end of its bake. When
    the challenger loses, the champion stays and the cool-down grows. The execution's input is
    `{window, holdout, labelled_until, drifted_at, reason, trigger, request_id}`, all optional:
    `docs/contracts.md`.

    Args:
        home: the model's home.
        training: the workflow that trains the model; its gate decides whether a challenger wins.
        triggers: what starts a retraining; the machine can also be started by hand.
        window: the rows that a retraining trains on; left out for a dataset without a timestamp, of which
            all rows are used.
        release: the workflow that releases a winner; without it the next batch run scores with the winner.
        monitoring: the workflow whose windows `OnDrift` and `OnAccuracyLoss` watch; used to check that it is
            of the same model and reports what they watch.
        fleet: the fleet whose budget retrainings share; by default one for this model alone.
        patience: debounce and cool-down.
        instances: the instances that a retraining takes of the budget; by default the training job's.
        label_delay: how late labels arrive, for triggers that do not know until when they are complete.
        approval_within: how long a person may take to decide.
        without_comparison: why the training's gate does not compare a challenger with the champion; it is
            written to the audit table. Without this reason such a training is an error.
        seams: states before and after steps, such as `{"before_train": chain}`.

    Raises:
        ValueError: names the argument, its value and the remedy.
    """

    steps: tuple[str, ...] = STEPS

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        training: TrainingWorkflow,
        triggers: Sequence[Trigger],
        window: TrainingWindow | None = None,
        release: RealTimeInferenceWorkflow | None = None,
        monitoring: Workflow | None = None,
        fleet: Fleet | None = None,
        patience: Patience | None = None,
        instances: int | None = None,
        label_delay: timedelta = RetrainingSettings.label_delay,
        approval_within: timedelta = RetrainingSettings.approval_within,
        without_comparison: str | None = None,
        seams: Mapping[str, Seam] | None = None,
    ) -> None:
        # Validate before any resource exists, so that an invalid setting leaves nothing behind.
        if not isinstance(training, TrainingWorkflow):
            raise ValueError(
                f"training is a {type(training).__name__}: a retraining needs the rows of a table; pass a "
                "TrainingWorkflow, and start a training on channels by a rule of your own."
            )
        for name, workflow in (("training", training), ("release", release), ("monitoring", monitoring)):
            if workflow is not None and workflow.home is not home:
                raise ValueError(
                    f"{name} is a workflow of {workflow.home.name!r} and home is that of {home.name!r}: "
                    "pass workflows of the same home."
                )
        self.settings = RetrainingSettings(
            model=home.name,
            triggers=triggers,
            window=window,
            instances=training.settings.training_compute.instance_count if instances is None else instances,
            label_delay=label_delay,
            approval_within=approval_within,
            by_time=training.settings.chosen_split.intervals is not None,
            has_time=training.settings.dataset.timestamp is not None,
            releases=release is not None,
            compares=training.settings.gate.better_than_champion is not None,
            without_comparison=without_comparison,
            training_seconds=training.machine.timeout_seconds or 0,
            release_seconds=0 if release is None else release.machine.timeout_seconds or 0,
            fleet=RetrainingSettings.fleet if fleet is None else fleet.name,
            budget=Budget() if fleet is None else fleet.budget,
            task=training.settings.dataset.task,
            classes=training.settings.dataset.classes,
            alarmed=(
                monitoring.settings.alarmed_by_class if isinstance(monitoring, MonitoringWorkflow) else ()
            ),
            **without_none(patience=patience),
        )
        forecast = training.settings.dataset.forecast
        if forecast is not None and window is not None:
            forecast.check_holdout("window.holdout", window.holdout, window.holdout)
        super().__init__(scope, id_, home=home, workflow=WORKFLOW)
        self.training, self.source = training, training.source
        self.fleet = fleet or Fleet(self, "Fleet", key=home.key)
        self.steps = steps_of(self.settings)
        machine = self.put_together(retraining_machine, self.settings, seams)
        bindings = {**self.source_bindings, **self.fleet.bindings}
        planner = self.function(FUNCTION, (*function_roles.planning(self.settings), *leasing()), bindings)
        self.build(machine, bindings={**bindings, f"{FUNCTION}Function": planner})
        event_rules.decision_rule(
            self,
            group=home.package_group_name,
            model=home.name,
            table=home.audit_table_name,
            function_arn=self.function("ResumeExecutions", release_roles.resume_statements(), {}),
        )
        self._record_triggers()

    def _recorder(self, plan: Mapping[str, object]) -> str:
        """The ARN of the function that records triggers, with a schedule that restarts dead retrainings."""
        function = self.function(
            "RecordTrigger", function_roles.resuming(self.settings.model), self.source_bindings
        )
        event_rules.resume_rule(self, model=self.home.name, plan=plan, function_arn=function)
        alarm = event_rules.failing_alarm(self, model=self.home.name, function_arn=function)
        self.alarms = (*self.alarms, alarm)
        return function

    def _record_triggers(self) -> None:
        """Create a rule for each declared source of triggers."""
        settings, home = self.settings, self.home
        schedules, new_data = settings.of_kind(OnSchedule), settings.of_kind(OnNewData)
        changes = settings.of_kind(OnCodeChange)
        plan: dict[str, object] = {
            "table": home.audit_table_name,
            "model": home.name,
            "machine": self.state_machine.state_machine_arn,
        }
        function = self._recorder(plan)
        if not (schedules or new_data or changes or settings.watches):
            return
        self.function(
            "RecordTrigger",
            (*function_roles.recording_triggers(settings), *(function_roles.counting() if new_data else ())),
            self.source_bindings,
        )
        plan["dataset"] = f"s3://{self.source.bucket}/{self.source.prefix}"
        for schedule in schedules:
            event_rules.trigger_rule(
                self,
                "Schedule",
                description=f"{home.name} retrains on a schedule",
                triggers=schedules,
                plan=plan,
                function_arn=function,
                schedule=schedule.schedule,
            )
        if new_data:
            rule = event_rules.trigger_rule(
                self,
                "NewData",
                description=f"New data of {home.name} may start a retraining",
                triggers=new_data,
                plan=plan,
                function_arn=function,
                pattern=event_rules.uploaded(self.source.bucket, self.source.prefix),
            )
            if self.source.bucket == home.bucket_name:
                home.warn_without_events(rule, what=NOT_NOTICED)
            else:
                warn_without_events(rule, self.source.construct, self.source.bucket, what=NOT_NOTICED)
        if settings.watches:
            event_rules.trigger_rule(
                self,
                "Monitored",
                description=f"A window of {home.name} may start a retraining",
                triggers=settings.watches,
                plan=plan,
                function_arn=function,
                pattern=event_rules.monitored(home.name),
            )
        for change in changes:
            resource = code_change.code_change(
                self._scope_of_code_change(),
                trigger=change,
                plan=plan,
                digest=code_change.work_digest(self.training.machine),
                function_arn=function,
            )
            # The trigger must fire after both machines are updated, so that it starts the new training.
            resource.node.add_dependency(self.training.state_machine, self.state_machine)

    def _scope_of_code_change(self) -> Construct:
        """The scope of the custom resource that must be deployed after the new training.

        It is the training's construct when its stack is deployed after this one, which holds the home.
        """
        stack, of_training = Stack.of(self), Stack.of(self.training)
        return self.training if of_training is not stack and Stack.of(self.home) is stack else self

    def create_train_task(self) -> State:
        """The task that executes the training machine."""
        return train(self.settings)

    def create_release_task(self) -> State:
        """The task that executes the release machine."""
        return release(self.settings)

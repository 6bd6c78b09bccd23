"""The monitoring workflow as a construct: roles, rules, alarms and a dashboard for the pure machine."""

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import State
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.places import DATASET_BUCKET, DATASET_PREFIX
from mdlc_constructs.settings import Compute, Dataset, Evaluation, NetworkSettings, QualityRules
from mdlc_constructs.settings.consistency import Consistency
from mdlc_constructs.settings.drift_thresholds import DriftThresholds
from mdlc_constructs.settings.experiment import Shadow
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.labels import Labels
from mdlc_constructs.settings.monitor_alarms import MonitorAlarms
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.batch_inference.construct import BatchInferenceWorkflow
from mdlc_constructs.workflows.construct import MONITOR_LOCK, Source, Workflow, source_at, without_none
from mdlc_constructs.workflows.monitoring import event_rules, roles
from mdlc_constructs.workflows.monitoring import machine as template
from mdlc_constructs.workflows.monitoring.alarms import monitor_alarms, new_dashboard
from mdlc_constructs.workflows.monitoring.machine import monitoring_machine, steps_of
from mdlc_constructs.workflows.monitoring.roles import LABELS_BUCKET, LABELS_PREFIX
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from mdlc_constructs.workflows.real_time_inference.construct import RealTimeInferenceWorkflow
from mdlc_constructs.workflows.scoring import check_scoring, package_model
from mdlc_constructs.workflows.seams import Seam

CONSISTENCY = Consistency()
"""The default settings of replayed requests."""


class MonitoringWorkflow(Workflow):
    """Compares a model's requests and answers with its baseline, the previous window, and labels.

    Serving time is divided into windows. One job computes each window once, from an endpoint's captures or
    from published batches: drift of columns, of predictions and of all columns together; accuracy, also by
    segment, as far as labels have arrived; an estimate of accuracy without labels; skew between served and
    recomputed features; data quality. Then captured requests are replayed, because the same input must get
    the same answer. Missed windows are computed later, and late labels update the windows they belong to.

    The execution's input is `{window, package_version, reason, trigger, request_id}`, all optional:
    `docs/contracts.md`.

    Args:
        home: the model's home, in which a training workflow registers packages with their baselines.
        dataset: the data that the model was trained on: columns, key, label.
        endpoint: the endpoint to monitor; give this or `batch`.
        batch: the batch inference whose published predictions are monitored.
        labels: where labels arrive; without it, drift, skew and quality are judged, and accuracy is only
            estimated.
        every: a window's length, in whole hours. Windows of a day begin at midnight in UTC.
        scheduled: whether a schedule starts the machine after each window's end and, for batch, each
            publication does.
        settling: how long after a window's end its captures may still be written.
        thresholds: the smallest effects that count as drift.
        segments: columns by whose values accuracy is reported, the worst first.
        protected: protected attributes: columns by whose values fairness is reported.
        consistency: how many captured requests are replayed, and how close answers must stay; None replays
            none.
        quality: the rules that served rows must satisfy.
        evaluation: threshold, bootstrap and seed of the metrics of accuracy, which count each row once.
        least_rows: rows needed to publish effects and shares to CloudWatch, and labelled rows needed to
            publish metrics of accuracy.
        joint: whether a classifier looks for drift of all columns together.
        baseline_uri: folder of `statistics.json` and `constraints.json` below `baselines/` of the model's
            bucket, such as Model Monitor writes them, to use instead of the packages' own.
        alarms: thresholds of the alarms.
        content_type: content type of the records that the package's container takes; by default what the
            package was registered with.
        max_parallel: number of windows that are computed at the same time.
        job_compute: instances of the monitor job.
        scoring_compute: instances of the transform job that replays requests.
        network: VPC, isolation, encryption between containers.
        labels_bucket: the bucket that holds the labels, needed when it has its own encryption key.
        seams: states before and after steps, such as `{"after_monitor_windows": chain}`.

    Raises:
        ValueError: names the argument, its value and the remedy.

    Attributes:
        monitor_alarms: alarms on monitored metrics, by `MonitorAlarmSpec.key`; `alarms` are those on
            executions.
        dashboard: the dashboard; it has the machine's name.
        rules: the EventBridge rules that start the machine.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        home: ModelHome,
        dataset: Dataset,
        endpoint: RealTimeInferenceWorkflow | None = None,
        batch: BatchInferenceWorkflow | None = None,
        labels: Labels | None = None,
        every: timedelta = MonitoringSettings.every,
        scheduled: bool = True,
        settling: timedelta = MonitoringSettings.settling,
        thresholds: DriftThresholds | None = None,
        segments: tuple[str, ...] = (),
        protected: tuple[str, ...] = (),
        consistency: Consistency | None = CONSISTENCY,
        quality: QualityRules | None = None,
        evaluation: Evaluation | None = None,
        least_rows: int = MonitoringSettings.least_rows,
        joint: bool = MonitoringSettings.joint,
        baseline_uri: str | None = None,
        alarms: MonitorAlarms | None = None,
        content_type: str | None = None,
        max_parallel: int = MonitoringSettings.max_parallel,
        job_compute: Compute | None = None,
        scoring_compute: Compute | None = None,
        network: NetworkSettings | None = None,
        labels_bucket: s3.IBucket | None = None,
        seams: Mapping[str, Seam] | None = None,
    ) -> None:
        _check_monitored(home, endpoint, batch)
        _check_baseline(home, baseline_uri)
        # Validate before any resource exists, so that an invalid setting leaves nothing behind.
        self.settings = MonitoringSettings(
            model=home.name,
            dataset=dataset,
            kind="endpoint" if endpoint is not None else "batch",
            endpoint=endpoint.endpoint_name if endpoint is not None else "",
            variants=_variants(endpoint),
            labels=labels,
            labels_uri=f"s3://{LABELS_BUCKET}/{LABELS_PREFIX}" if labels is not None else "",
            raw_uri=f"s3://{DATASET_BUCKET}/{DATASET_PREFIX}" if batch is not None else "",
            baseline=baseline_uri or "",
            every=every,
            settling=settling,
            segments=segments,
            protected=protected,
            consistency=consistency,
            least_rows=least_rows,
            joint=joint,
            content_type=content_type,
            max_parallel=max_parallel,
            **without_none(
                thresholds=thresholds,
                quality=quality,
                evaluation=evaluation,
                alarms=alarms,
                job_compute=job_compute,
                scoring_compute=scoring_compute,
                network=network,
            ),
        )
        check_scoring(self.settings.scoring_compute, home.model_repository_arn)
        self._raw = batch.source if batch is not None else None
        self._labels = (
            source_at(home, labels.uri, labels_bucket, argument="labels") if labels is not None else None
        )
        super().__init__(scope, id_, home=home, workflow=self.settings.workflow)
        self.steps = steps_of(self.settings)
        machine = self.put_together(monitoring_machine, self.settings, seams)
        self.build(machine, bindings={**self._jobs(), **self._functions()})
        self.monitor_alarms: Mapping[str, cloudwatch.CfnAlarm] = monitor_alarms(self, self.settings)
        self.dashboard = new_dashboard(self, self.settings, [*self.monitor_alarms.values(), *self.alarms])
        self.rules: tuple[events.CfnRule, ...] = (
            event_rules.starts(self, self.settings, self.state_machine.state_machine_arn) if scheduled else ()
        )

    @property
    def sources(self) -> tuple[Source, ...]:
        """The location of the labels and, for batch, that of the batches."""
        return tuple(source for source in (self._raw, self._labels) if source is not None)

    @property
    def source_bindings(self) -> Mapping[str, str]:
        """Bindings of the placeholders of those locations."""
        places = (
            (self._raw, "DatasetBucket", "DatasetPrefix"),
            (self._labels, "LabelsBucket", "LabelsPrefix"),
        )
        return {
            name: value
            for source, bucket, prefix in places
            if source is not None
            for name, value in ((bucket, source.bucket), (prefix, source.prefix))
        }

    def _reads_labels(self) -> tuple[Statement, ...]:
        return roles.labels(self._labels.key_arn) if self._labels is not None else ()

    def _jobs(self) -> dict[str, str]:
        """Create the job's role and code; returns bindings of their placeholders."""
        settings, home = self.settings, self.home
        bundled, places = self.bundle_bindings(MONITOR_LOCK)
        code, wheels = places["JobCode"], places["MonitorWheels"]
        job_image = self.image_uri(Image.jobs())
        self.job_role(
            "MonitorRole",
            job_roles.job_code(code.bucket_name, code.object_key, wheels.object_key),
            job_roles.running("ProcessingJobs", self.repository_arn(job_image), settings.network),
            job_roles.volumes(),
            roles.monitoring(settings),
            self._reads_labels(),
            job_roles.dataset(self._raw.key_arn) if self._raw is not None else (),
        )
        bindings = {
            **self.source_bindings,
            **bundled,
            **{name: role.arn for name, role in self.roles.items()},
            **self.network_bindings(settings.network),
            "JobImage": job_image,
        }
        if settings.consistency is None:
            return bindings
        model_role = self.model_role(job_roles.model(home.model_repository_arn, settings.network))
        self.model_role(roles.replayed_model())
        return {**bindings, "ModelRole": model_role.arn}

    def _functions(self) -> dict[str, str]:
        settings = self.settings
        planner = (*roles.planning(settings), *self._reads_labels())
        bindings = {
            "PlanMonitoringFunction": self.function("PlanMonitoring", planner, self.source_bindings),
            "RecordWindowsFunction": self.function("RecordWindows", roles.recording(), {}),
        }
        if settings.consistency is not None:
            replaying = roles.replaying(settings)
            bindings["ReplayAnswersFunction"] = self.function("ReplayAnswers", replaying, {})
        return bindings

    def create_create_model_task(self) -> State:
        """The package's model, created again when it was deleted, so that requests can be replayed."""
        return package_model(self.settings.model, self.settings.network)

    def create_monitor_windows_task(self) -> State:
        """The map that computes one report a window."""
        return template.monitor_windows(self.settings)


def _check_monitored(
    home: ModelHome, endpoint: RealTimeInferenceWorkflow | None, batch: BatchInferenceWorkflow | None
) -> None:
    if (endpoint is None) == (batch is None):
        raise ValueError(
            f"endpoint is {endpoint!r} and batch is {batch!r}: give exactly one of them; a model that is "
            "served in both ways gets a MonitoringWorkflow for each."
        )
    other = endpoint or batch
    if other is not None and other.home is not home:
        raise ValueError(
            f"home is that of {home.name!r} and what is monitored belongs to {other.home.name!r}: "
            "give the home of the same model."
        )
    if endpoint is None:
        return
    capture = endpoint.settings.serving.capture
    if capture is None or set(capture.modes) != {"Input", "Output"} or capture.sample_percent == 0:
        raise ValueError(
            f"endpoint {endpoint.endpoint_name!r} captures {capture!r}: nothing could be monitored; give its "
            "Serving a CaptureSettings with both modes and a sample above 0."
        )


def _check_baseline(home: ModelHome, uri: str | None) -> None:
    needed = f"s3://{home.bucket_name}/baselines/"
    if uri is not None and not (uri.startswith(needed) and uri.endswith("/") and uri != needed):
        raise ValueError(
            f"baseline_uri is {uri!r}: copy statistics.json and constraints.json into a folder below "
            f"{needed}, where the job may read them, and name it with the closing slash."
        )


def _variants(endpoint: RealTimeInferenceWorkflow | None) -> tuple[str, ...]:
    """The variants whose captures count, empty for all: a shadow's answers are never served to callers."""
    if endpoint is None or not isinstance(endpoint.settings.rollout, Shadow):
        return ()
    return (endpoint.settings.serving.variant,)

"""Model development life cycle workflows as AWS CDK constructs. Everything public is importable from here.

The public names are listed once, under `TYPE_CHECKING`; each is imported on first access.
"""

from typing import TYPE_CHECKING

from mdlc_constructs.exports import lazily

if TYPE_CHECKING:
    from mdlc_constructs.asl.machine import Machine as Machine
    from mdlc_constructs.asl.machine import MachineError as MachineError
    from mdlc_constructs.asl.sequence import StateSequence as StateSequence
    from mdlc_constructs.delivery.access import DeliveryAccess as DeliveryAccess
    from mdlc_constructs.delivery.pipeline import DeliveryPipeline as DeliveryPipeline
    from mdlc_constructs.resources.fleet import Fleet as Fleet
    from mdlc_constructs.resources.mlflow_app import MlflowApp as MlflowApp
    from mdlc_constructs.resources.model_home import ModelHome as ModelHome
    from mdlc_constructs.settings.algorithms.algorithm import Algorithm as Algorithm
    from mdlc_constructs.settings.algorithms.built_in import BuiltInAlgorithm as BuiltInAlgorithm
    from mdlc_constructs.settings.algorithms.container import CustomContainer as CustomContainer
    from mdlc_constructs.settings.algorithms.custom_image import CustomImage as CustomImage
    from mdlc_constructs.settings.algorithms.marketplace import MarketplaceAlgorithm as MarketplaceAlgorithm
    from mdlc_constructs.settings.algorithms.marketplace import MarketplaceModel as MarketplaceModel
    from mdlc_constructs.settings.algorithms.script import Script as Script
    from mdlc_constructs.settings.approval import Approval as Approval
    from mdlc_constructs.settings.budget import Budget as Budget
    from mdlc_constructs.settings.build_commands import BuildCommands as BuildCommands
    from mdlc_constructs.settings.channel import S3Channel as S3Channel
    from mdlc_constructs.settings.channel_rules import ChannelRules as ChannelRules
    from mdlc_constructs.settings.channels import Channels as Channels
    from mdlc_constructs.settings.compute import Compute as Compute
    from mdlc_constructs.settings.compute import Spot as Spot
    from mdlc_constructs.settings.consistency import Consistency as Consistency
    from mdlc_constructs.settings.container_images import ContainerImage as ContainerImage
    from mdlc_constructs.settings.dataset import Dataset as Dataset
    from mdlc_constructs.settings.decision_calls import ActionCall as ActionCall
    from mdlc_constructs.settings.decision_calls import Fallback as Fallback
    from mdlc_constructs.settings.decision_calls import FeatureLookup as FeatureLookup
    from mdlc_constructs.settings.decisions import Decisions as Decisions
    from mdlc_constructs.settings.delivery import LookUpTable as LookUpTable
    from mdlc_constructs.settings.delivery import RowEvents as RowEvents
    from mdlc_constructs.settings.drift_thresholds import DriftThresholds as DriftThresholds
    from mdlc_constructs.settings.environments import AlarmWatch as AlarmWatch
    from mdlc_constructs.settings.environments import Environment as Environment
    from mdlc_constructs.settings.environments import SmokeTest as SmokeTest
    from mdlc_constructs.settings.evaluation import Evaluation as Evaluation
    from mdlc_constructs.settings.experiment import ABTest as ABTest
    from mdlc_constructs.settings.experiment import Shadow as Shadow
    from mdlc_constructs.settings.forecast import Forecast as Forecast
    from mdlc_constructs.settings.gate import Gate as Gate
    from mdlc_constructs.settings.golden_checks import GoldenChecks as GoldenChecks
    from mdlc_constructs.settings.image import Image as Image
    from mdlc_constructs.settings.labels import Labels as Labels
    from mdlc_constructs.settings.metric import Metric as Metric
    from mdlc_constructs.settings.mlflow import Mlflow as Mlflow
    from mdlc_constructs.settings.monitor_alarms import MonitorAlarms as MonitorAlarms
    from mdlc_constructs.settings.network import NetworkSettings as NetworkSettings
    from mdlc_constructs.settings.onnx import Onnx as Onnx
    from mdlc_constructs.settings.outliers import Outliers as Outliers
    from mdlc_constructs.settings.patience import Patience as Patience
    from mdlc_constructs.settings.pipeline_source import CodeCommit as CodeCommit
    from mdlc_constructs.settings.pipeline_source import Connection as Connection
    from mdlc_constructs.settings.probes import Probes as Probes
    from mdlc_constructs.settings.quality_rules import QualityRules as QualityRules
    from mdlc_constructs.settings.rollback_alarms import BusinessMetric as BusinessMetric
    from mdlc_constructs.settings.rollback_alarms import RollbackAlarms as RollbackAlarms
    from mdlc_constructs.settings.rollout import AllAtOnce as AllAtOnce
    from mdlc_constructs.settings.rollout import Canary as Canary
    from mdlc_constructs.settings.rollout import Linear as Linear
    from mdlc_constructs.settings.rollout import Rolling as Rolling
    from mdlc_constructs.settings.scaling import Asynchronous as Asynchronous
    from mdlc_constructs.settings.scaling import Night as Night
    from mdlc_constructs.settings.scaling import Scaling as Scaling
    from mdlc_constructs.settings.scaling import ScheduledScaling as ScheduledScaling
    from mdlc_constructs.settings.scaling import Serverless as Serverless
    from mdlc_constructs.settings.serving import CaptureSettings as CaptureSettings
    from mdlc_constructs.settings.serving import Serving as Serving
    from mdlc_constructs.settings.split import Split as Split
    from mdlc_constructs.settings.training_window import ExpandingWindow as ExpandingWindow
    from mdlc_constructs.settings.training_window import SinceDrift as SinceDrift
    from mdlc_constructs.settings.training_window import SlidingWindow as SlidingWindow
    from mdlc_constructs.settings.triggers import OnAccuracyLoss as OnAccuracyLoss
    from mdlc_constructs.settings.triggers import OnCodeChange as OnCodeChange
    from mdlc_constructs.settings.triggers import OnDrift as OnDrift
    from mdlc_constructs.settings.triggers import OnNewData as OnNewData
    from mdlc_constructs.settings.triggers import OnRequest as OnRequest
    from mdlc_constructs.settings.triggers import OnSchedule as OnSchedule
    from mdlc_constructs.settings.tuning import Tuning as Tuning
    from mdlc_constructs.settings.tuning_ranges import Categorical as Categorical
    from mdlc_constructs.settings.tuning_ranges import Continuous as Continuous
    from mdlc_constructs.settings.tuning_ranges import Integer as Integer
    from mdlc_constructs.settings.warm_start import WarmStart as WarmStart
    from mdlc_constructs.workflows.batch_inference.construct import (
        BatchInferenceWorkflow as BatchInferenceWorkflow,
    )
    from mdlc_constructs.workflows.channel_batch.construct import (
        ChannelBatchInferenceWorkflow as ChannelBatchInferenceWorkflow,
    )
    from mdlc_constructs.workflows.channel_training.construct import (
        ChannelTrainingWorkflow as ChannelTrainingWorkflow,
    )
    from mdlc_constructs.workflows.decision.authorizer import Authorizer as Authorizer
    from mdlc_constructs.workflows.decision.construct import DecisionApi as DecisionApi
    from mdlc_constructs.workflows.decision.throttle import Throttle as Throttle
    from mdlc_constructs.workflows.monitoring.construct import MonitoringWorkflow as MonitoringWorkflow
    from mdlc_constructs.workflows.real_time_inference.construct import (
        RealTimeInferenceWorkflow as RealTimeInferenceWorkflow,
    )
    from mdlc_constructs.workflows.retraining.construct import RetrainingWorkflow as RetrainingWorkflow
    from mdlc_constructs.workflows.seams import Always as Always
    from mdlc_constructs.workflows.training.construct import TrainingWorkflow as TrainingWorkflow

__getattr__, __dir__ = lazily(__name__)

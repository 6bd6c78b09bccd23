"""Model development life cycle workflows as AWS CDK constructs. Everything public is importable from here.

Names are exported lazily: a row of `_MODULES` says where a name lives, and the block under `TYPE_CHECKING`
says the same to type checkers (a test holds the two together).
"""

from typing import TYPE_CHECKING

from mdlc_constructs.exports import lazily

if TYPE_CHECKING:
    from mdlc_constructs.asl.machine import Machine as Machine
    from mdlc_constructs.asl.machine import MachineError as MachineError
    from mdlc_constructs.asl.sequence import Sequence as Sequence
    from mdlc_constructs.resources.model_home import ModelHome as ModelHome
    from mdlc_constructs.settings.algorithm import Algorithm as Algorithm
    from mdlc_constructs.settings.algorithm import BuiltInAlgorithm as BuiltInAlgorithm
    from mdlc_constructs.settings.algorithm import CustomImage as CustomImage
    from mdlc_constructs.settings.approval import Approval as Approval
    from mdlc_constructs.settings.compute import Compute as Compute
    from mdlc_constructs.settings.compute import Spot as Spot
    from mdlc_constructs.settings.dataset import Dataset as Dataset
    from mdlc_constructs.settings.evaluation import Evaluation as Evaluation
    from mdlc_constructs.settings.gate import Gate as Gate
    from mdlc_constructs.settings.image import Image as Image
    from mdlc_constructs.settings.metric import Metric as Metric
    from mdlc_constructs.settings.network import NetworkSettings as NetworkSettings
    from mdlc_constructs.settings.quality_rules import QualityRules as QualityRules
    from mdlc_constructs.settings.split import Split as Split
    from mdlc_constructs.workflows.batch_inference.construct import (
        BatchInferenceWorkflow as BatchInferenceWorkflow,
    )
    from mdlc_constructs.workflows.training.construct import TrainingWorkflow as TrainingWorkflow

_MODULES = {
    "BatchInferenceWorkflow": "mdlc_constructs.workflows.batch_inference.construct",
    "ModelHome": "mdlc_constructs.resources.model_home",
    "TrainingWorkflow": "mdlc_constructs.workflows.training.construct",
    "Algorithm": "mdlc_constructs.settings.algorithm",
    "Approval": "mdlc_constructs.settings.approval",
    "BuiltInAlgorithm": "mdlc_constructs.settings.algorithm",
    "Compute": "mdlc_constructs.settings.compute",
    "CustomImage": "mdlc_constructs.settings.algorithm",
    "Dataset": "mdlc_constructs.settings.dataset",
    "Evaluation": "mdlc_constructs.settings.evaluation",
    "Gate": "mdlc_constructs.settings.gate",
    "Image": "mdlc_constructs.settings.image",
    "Machine": "mdlc_constructs.asl.machine",
    "MachineError": "mdlc_constructs.asl.machine",
    "Metric": "mdlc_constructs.settings.metric",
    "NetworkSettings": "mdlc_constructs.settings.network",
    "QualityRules": "mdlc_constructs.settings.quality_rules",
    "Sequence": "mdlc_constructs.asl.sequence",
    "Split": "mdlc_constructs.settings.split",
    "Spot": "mdlc_constructs.settings.compute",
}

__all__ = list(_MODULES)

__getattr__, __dir__ = lazily(__name__, _MODULES)

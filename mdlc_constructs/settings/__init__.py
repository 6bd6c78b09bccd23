"""The nouns of a model: frozen, keyword-only settings in plain values, checked when they are made.

Nothing here imports aws_cdk, so settings are made and tested without Node. Names are exported lazily.
"""

from typing import TYPE_CHECKING

from mdlc_constructs.exports import lazily

if TYPE_CHECKING:
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

_MODULES = {
    "Algorithm": "mdlc_constructs.settings.algorithm",
    "Approval": "mdlc_constructs.settings.approval",
    "BuiltInAlgorithm": "mdlc_constructs.settings.algorithm",
    "Compute": "mdlc_constructs.settings.compute",
    "CustomImage": "mdlc_constructs.settings.algorithm",
    "Dataset": "mdlc_constructs.settings.dataset",
    "Evaluation": "mdlc_constructs.settings.evaluation",
    "Gate": "mdlc_constructs.settings.gate",
    "Image": "mdlc_constructs.settings.image",
    "Metric": "mdlc_constructs.settings.metric",
    "NetworkSettings": "mdlc_constructs.settings.network",
    "QualityRules": "mdlc_constructs.settings.quality_rules",
    "Split": "mdlc_constructs.settings.split",
    "Spot": "mdlc_constructs.settings.compute",
}

__getattr__, __dir__ = lazily(__name__, _MODULES)

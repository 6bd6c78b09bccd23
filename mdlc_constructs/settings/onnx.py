"""The export of a trained model to ONNX."""

import math
from dataclasses import dataclass

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.payloads.job_plan import ExportSection
from mdlc_constructs.settings.refusal import refusal

OBJECTIVES = (
    "binary:logistic",
    "count:poisson",
    "multi:softprob",
    "reg:absoluteerror",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:tweedie",
)
"""The objectives of XGBoost that onnxmltools 1.16 converts exactly (measured, largest difference 5e-7).

It converts rank:ndcg, reg:logistic and binary:hinge to models that answer otherwise.
"""


@dataclass(frozen=True, kw_only=True)
class Onnx:
    """The trained model is also written in ONNX, if it answers the holdout as the trained model does.

    Args:
        tolerance: the largest difference of an answer; relative to answers above 1.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        if isinstance(self.tolerance, bool) or not isinstance(self.tolerance, int | float):
            raise refusal("tolerance", self.tolerance, "give a number, such as 1e-5.")
        if not (math.isfinite(self.tolerance) and 0 < self.tolerance <= 0.01):
            raise refusal(
                "tolerance",
                self.tolerance,
                "give a number above 0 and at most 0.01; 32-bit numbers need 1e-6.",
            )

    def check_algorithm(self, algorithm: Algorithm) -> None:
        """Refuse an algorithm whose models cannot be exported.

        Raises:
            ValueError: naming the algorithm and the remedy.
        """
        if algorithm.name != "xgboost":
            raise refusal(
                "export",
                self,
                f"exports models of XGBoost, not of {algorithm.name or type(algorithm).__name__}; "
                "leave it out, or export in a step of your own.",
            )
        objective = algorithm.texts.get("objective", "")
        if objective not in OBJECTIVES:
            raise refusal(
                "export",
                objective,
                f"a model of this objective is not converted exactly; export one of {', '.join(OBJECTIVES)}, "
                "or leave it out.",
            )
        booster = algorithm.texts.get("booster", "gbtree")
        if booster != "gbtree":
            raise refusal(
                "export", booster, "the converter supports booster='gbtree'; choose it or leave it out."
            )

    def to_plan(self) -> ExportSection:
        """The export as the jobs' `plan.json` holds it."""
        return ExportSection(tolerance=self.tolerance)


def check_export(export: object) -> None:
    """Refuse what is no export.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if export is not None and not isinstance(export, Onnx):
        raise refusal("export", export, "give Onnx(), or None for no export.")

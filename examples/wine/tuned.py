"""The wines, by trees whose hyperparameters are searched: the best of twelve trainings goes on."""

from examples.wine.stack import WineStack
from mdlc_constructs import Continuous, Integer, Tuning


class TunedWineStack(WineStack):
    """The wines' stack with a tuning job in place of the training job."""

    tuning: Tuning = Tuning(
        ranges={
            "learning_rate": Continuous(0.05, 0.5, "Logarithmic"),
            "max_depth": Integer(2, 6),
            "subsample": Continuous(0.5, 1.0),
            "num_round": Integer(20, 120),
        },
        max_trials=12,
        parallel=2,
    )

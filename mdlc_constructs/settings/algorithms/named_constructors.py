"""What `BuiltInAlgorithm` says of a constructor that it does not have."""

from abc import ABCMeta
from typing import TYPE_CHECKING

from mdlc_constructs.settings.algorithms.table import algorithm_facts, algorithm_names
from mdlc_constructs.suggestions import did_you_mean

_OTHER_NAMES = (
    ("forecasting_deepar", "deepar", "deep_ar"),
    ("knn", "k_nn", "k_nearest_neighbors", "nearest_neighbors"),
    ("lda", "latent_dirichlet_allocation"),
    ("ntm", "neural_topic_model"),
    ("pca", "principal_component_analysis"),
    ("randomcutforest", "random_cut_forest", "rcf"),
    ("seq2seq", "sequence_to_sequence"),
)
"""The names of algorithms in AWS's guide and in its SDK that are spelt otherwise than the constructors."""


class NamedConstructors(ABCMeta):
    """Suggests the constructor that was probably meant; a type checker sees only those that exist."""

    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> object:
            """Refuse an unknown attribute."""
            message = f"type object {cls.__name__!r} has no attribute {name!r}"
            if not name.startswith("_"):
                methods = [algorithm_facts(known).method for known in algorithm_names()]
                near = did_you_mean(name, methods, _OTHER_NAMES)
                message += f"; {near}" if near else f": its constructors are {', '.join(methods)}."
            raise AttributeError(message, name=name, obj=cls)

"""The least that each algorithm must be given."""

from collections.abc import Callable, Mapping

from mdlc_constructs.settings.algorithms.built_in import BuiltInAlgorithm as Built

MINIMAL: Mapping[str, Callable[[], Built]] = {
    "autogluon-tabular": Built.autogluon_tabular,
    "blazingtext": lambda: Built.blazingtext(mode="supervised"),
    "catboost": Built.catboost,
    "factorization-machines": lambda: Built.factorization_machines(num_factors=4),
    "forecasting-deepar": lambda: Built.forecasting_deepar(epochs=5),
    "image-classification": lambda: Built.image_classification(num_classes=3, num_training_samples=90),
    "ipinsights": lambda: Built.ipinsights(num_entity_vectors=200, vector_dim=16),
    "kmeans": lambda: Built.kmeans(k=4),
    "knn": lambda: Built.knn(k=5, sample_size=1000),
    "lda": lambda: Built.lda(num_topics=3, mini_batch_size=100),
    "lightgbm": Built.lightgbm,
    "linear-learner": Built.linear_learner,
    "ntm": lambda: Built.ntm(num_topics=3),
    "object-detection": lambda: Built.object_detection(num_classes=3, num_training_samples=90),
    "object2vec": lambda: Built.object2vec(enc0_max_seq_len=20, enc0_vocab_size=400),
    "pca": lambda: Built.pca(num_components=2),
    "randomcutforest": Built.randomcutforest,
    "semantic-segmentation": lambda: Built.semantic_segmentation(num_classes=3, num_training_samples=90),
    "seq2seq": Built.seq2seq,
    "tabtransformer": Built.tabtransformer,
    "xgboost": lambda: Built.xgboost(objective="binary:logistic", num_round=10),
}
"""By name, a function that makes the algorithm."""

"""Names that other libraries use for metrics, hyperparameters and types, for suggestions by meaning.

Sources of the other names: scikit-learn's scorers and estimators, LightGBM's and CatBoost's parameters,
XGBoost's Python API, pandas' and SQL's types.
"""

METRIC_NAMES = (
    ("auc", "roc_auc", "auroc", "roc_auc_score", "area_under_curve", "area_under_the_curve", "c_statistic"),
    ("pr_auc", "aucpr", "auprc", "average_precision", "average_precision_score"),
    ("log_loss", "logloss", "neg_log_loss", "cross_entropy", "binary_crossentropy", "binary_logloss"),
    ("brier", "brier_score", "brier_score_loss", "neg_brier_score"),
    ("expected_calibration_error", "ece", "calibration", "calibration_error"),
    ("recall", "sensitivity", "tpr", "true_positive_rate", "hit_rate", "recall_score"),
    ("precision", "ppv", "positive_predictive_value", "precision_score"),
    ("f1", "f1_score", "f_score", "f_measure", "fscore", "f1_binary"),
    ("accuracy", "acc", "accuracy_score"),
    ("mse", "mean_squared_error", "neg_mean_squared_error"),
    ("rmse", "root_mean_squared_error", "root_mean_square_error", "rms", "neg_root_mean_squared_error"),
    # When MSE is not available, its root is suggested.
    ("rmse", "mse", "mean_squared_error", "neg_mean_squared_error"),
    ("mae", "mean_absolute_error", "neg_mean_absolute_error", "mean_absolute_deviation"),
    ("r2", "r2_score", "r_squared", "rsquared", "coefficient_of_determination", "explained_variance"),
)

XGBOOST_NAMES = (
    (
        *("num_round", "n_estimators", "num_boost_round", "nrounds", "n_rounds", "num_rounds", "num_trees"),
        *("n_trees", "ntrees", "trees", "iterations", "num_iterations", "n_iter", "max_iter", "epochs"),
    ),
    ("eta", "learning_rate", "lr", "shrinkage", "step_size"),
    ("gamma", "min_split_loss", "min_gain_to_split", "min_impurity_decrease"),
    ("lambda", "reg_lambda", "lambda_l2", "l2", "l2_leaf_reg", "l2_regularization", "lambda_"),
    ("alpha", "reg_alpha", "lambda_l1", "l1", "l1_regularization"),
    ("max_depth", "depth", "tree_depth", "maximum_depth"),
    ("max_leaves", "num_leaves", "max_leaf_nodes", "n_leaves"),
    (
        *("min_child_weight", "min_data_in_leaf", "min_child_samples", "min_samples_leaf"),
        *("min_sum_hessian_in_leaf",),
    ),
    ("subsample", "bagging_fraction", "sample_rate", "row_subsample", "max_samples"),
    ("colsample_bytree", "feature_fraction", "colsample", "max_features", "rsm", "col_sample_rate_per_tree"),
    ("seed", "random_state", "random_seed"),
    ("nthread", "n_jobs", "num_threads", "n_threads", "num_thread", "thread_count"),
    ("early_stopping_rounds", "early_stopping", "early_stopping_round", "n_iter_no_change", "patience"),
    ("num_class", "num_classes", "n_classes", "classes_count"),
    ("scale_pos_weight", "class_weight", "class_weights", "pos_weight", "is_unbalance"),
    ("eval_metric", "metric", "metrics", "evaluation_metric", "custom_metric"),
    ("objective", "loss", "loss_function", "criterion"),
    ("max_bin", "max_bins", "border_count", "n_bins"),
    ("verbosity", "verbose", "silent"),
    ("monotone_constraints", "monotonic_cst", "monotonic_constraints"),
    ("interaction_constraints", "interaction_cst"),
    ("booster", "boosting", "boosting_type"),
    ("rate_drop", "drop_rate", "dropout"),
)

ALGORITHM_NAMES = (
    ("k", "n_clusters", "num_clusters", "clusters", "n_neighbors", "num_neighbors"),
    ("num_components", "n_components", "components"),
    ("num_topics", "n_topics", "topics", "n_components"),
    ("feature_dim", "n_features", "num_features", "input_dim"),
    ("mini_batch_size", "batch_size", "batchsize"),
    ("prediction_length", "horizon", "forecast_horizon", "fcst_horizon"),
    ("time_freq", "freq", "frequency"),
    ("num_factors", "n_factors", "factors", "rank"),
    ("num_boost_round", "n_estimators", "num_iterations", "num_round"),
    ("depth", "max_depth"),
)

XGBOOST_VALUES = (
    (
        *("binary:logistic", "logistic", "binary", "binary_logistic", "logloss", "log_loss", "cross_entropy"),
        *("binary_crossentropy", "classification", "binary:logit"),
    ),
    (
        *("reg:squarederror", "squared_error", "squarederror", "mse", "rmse", "regression", "l2", "reg:mse"),
        *("mean_squared_error", "regression_l2", "reg:rmse"),
    ),
    (
        *("reg:absoluteerror", "absolute_error", "mae", "l1", "regression_l1", "reg:mae"),
        *("mean_absolute_error",),
    ),
    ("reg:pseudohubererror", "huber", "huber_loss", "pseudo_huber"),
    ("multi:softprob", "multiclass", "softmax", "multinomial", "softprob", "categorical_crossentropy"),
    ("count:poisson", "poisson", "reg:poisson"),
    ("reg:gamma", "gamma"),
    ("reg:tweedie", "tweedie"),
    ("rank:ndcg", "lambdarank", "ndcg"),
    ("survival:cox", "cox"),
    ("error", "error_rate", "misclassification", "zero_one_loss", "binary_error"),
    ("mlogloss", "multi_logloss", "multi_log_loss"),
    ("logloss", "log_loss", "neg_log_loss", "cross_entropy", "binary_crossentropy", "binary_logloss"),
    ("aucpr", "pr_auc", "auprc", "average_precision", "average_precision_score"),
    ("merror", "multi_error"),
    ("hist", "histogram"),
)

DATASET_WORDS = (
    ("text", "str", "string", "varchar", "char", "object"),
    ("integer", "int", "int32", "int64", "bigint", "smallint", "long"),
    ("number", "float", "float32", "float64", "double", "decimal", "numeric", "real"),
    ("boolean", "bool", "bit"),
    ("category", "categorical", "enum", "factor", "categoric", "nominal"),
    ("timestamp", "datetime", "date", "datetime64", "time"),
    ("binary", "binary_classification", "classification", "classifier", "binomial"),
    ("regression", "regressor", "continuous"),
    ("parquet", "pq"),
    ("dayofweek", "weekday", "day_of_week"),
    ("dayofyear", "day_of_year", "yearday"),
)

SYNONYMS = (*METRIC_NAMES, *XGBOOST_NAMES, *ALGORITHM_NAMES, *XGBOOST_VALUES, *DATASET_WORDS)
"""Groups of names with the same meaning; the first one that the argument accepts is suggested."""

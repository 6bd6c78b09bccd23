"""The constructors of `BuiltInAlgorithm`, by `scripts/generate_algorithms.py`: do not edit."""

from collections.abc import Sequence
from typing import Literal, Self

from mdlc_constructs.settings.algorithms.arguments import Creatable, named_arguments


class Constructors(Creatable):
    """A constructor for each algorithm; an argument that is left out keeps the algorithm's own default."""

    @classmethod
    @named_arguments("autogluon-tabular")
    def autogluon_tabular(
        cls,
        *,
        presets: str | None = None,
        auto_stack: bool | None = None,
        eval_metric: str | None = None,
        num_bag_folds: int | None = None,
        num_bag_sets: int | None = None,
        num_stack_levels: int | None = None,
        refit_full: bool | None = None,
        save_space: bool | None = None,
        set_best_to_refit_full: bool | None = None,
        verbosity: int | None = None,
        version: str | None = None,
        code_uri: str | None = None,
        model_uri: str | None = None,
    ) -> Self:
        """AutoGluon-Tabular: an ensemble of several kinds of models.

        Unverified: its scripts and artefacts come from JumpStart's bucket. Scoring by the workflows was never
        seen to work on AWS, because the trained model may lack inference code: see docs/algorithms.md.

        Args:
            presets: How much time goes into the quality of the model; ``best_quality`` or ``high_quality`` or
                ``good_quality`` or ``medium_quality`` or ``optimize_for_deployment`` or ``interpretable``;
                default medium_quality.
            auto_stack: True or False; default False.
            eval_metric: A text; default auto.
            num_bag_folds: A whole number from 0 to 10; default 0.
            num_bag_sets: A whole number from 1 to 20; default 1.
            num_stack_levels: A whole number from 0 to 3; default 0.
            refit_full: True or False; default False.
            save_space: True or False; default False.
            set_best_to_refit_full: True or False; default False.
            verbosity: A whole number from 0 to 4; default 2.
            version: The version of its image; by default the one that the table names.
            code_uri: The archive of training scripts in JumpStart's bucket or your own, which can put
                inference code into the model.
            model_uri: The archive of artefacts in JumpStart's bucket or your own.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("autogluon-tabular", locals())

    @classmethod
    @named_arguments("blazingtext")
    def blazingtext(
        cls,
        *,
        mode: Literal["batch_skipgram", "skipgram", "cbow", "supervised"],
        batch_size: int | None = None,
        buckets: int | None = None,
        early_stopping: bool | None = None,
        epochs: int | None = None,
        evaluation: bool | None = None,
        learning_rate: float | None = None,
        max_char: int | None = None,
        min_char: int | None = None,
        min_count: int | None = None,
        min_epochs: int | None = None,
        negative_samples: int | None = None,
        patience: int | None = None,
        sampling_threshold: float | None = None,
        subwords: bool | None = None,
        vector_dim: int | None = None,
        window_size: int | None = None,
        word_ngrams: int | None = None,
        version: str | None = None,
    ) -> Self:
        """BlazingText: word vectors, or the class of a text.

        Args:
            mode: What is learned: `supervised` classifies texts, the others learn word vectors;
                ``batch_skipgram`` or ``skipgram`` or ``cbow`` or ``supervised``; required.
            batch_size: A whole number from 1; default 11; with mode batch_skipgram only.
            buckets: A whole number from 1; default 2000000.
            early_stopping: True or False; default False; with mode supervised only.
            epochs: A whole number from 1; default 5.
            evaluation: True or False; default True; with mode batch_skipgram or skipgram or cbow only.
            learning_rate: A number above 0; default 0.05.
            max_char: A whole number from 1; default 6; with mode batch_skipgram or skipgram or cbow only.
            min_char: A whole number from 1; default 3; with mode batch_skipgram or skipgram or cbow only.
            min_count: A whole number from 0; default 5.
            min_epochs: A whole number from 1; default 5; with mode supervised only.
            negative_samples: A whole number from 1; default 5; with mode batch_skipgram or skipgram or cbow
                only.
            patience: A whole number from 1; default 4; with mode supervised only; with early_stopping True
                only.
            sampling_threshold: A number above 0 to 1; default 0.0001; with mode batch_skipgram or skipgram or
                cbow only.
            subwords: True or False; default False; with mode batch_skipgram or skipgram or cbow only.
            vector_dim: A whole number from 1; default 100.
            window_size: A whole number from 1; default 5; with mode batch_skipgram or skipgram or cbow only.
            word_ngrams: A whole number from 1; default 2; with mode supervised only.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("blazingtext", locals())

    @classmethod
    @named_arguments("catboost")
    def catboost(
        cls,
        *,
        iterations: int | None = None,
        bagging_temperature: float | None = None,
        boosting_type: Literal["Auto", "Ordered", "Plain"] | None = None,
        depth: int | None = None,
        early_stopping_rounds: int | None = None,
        eval_metric: str | None = None,
        grow_policy: Literal["SymmetricTree", "Depthwise", "Lossguide"] | None = None,
        l2_leaf_reg: int | None = None,
        learning_rate: float | None = None,
        max_bin: int | Literal["Auto"] | None = None,
        max_leaves: int | None = None,
        min_data_in_leaf: int | None = None,
        random_seed: int | None = None,
        random_strength: float | None = None,
        rsm: float | None = None,
        sampling_frequency: Literal["PerTree", "PerTreeLevel"] | None = None,
        scale_pos_weight: float | None = None,
        thread_count: int | None = None,
        verbose: int | None = None,
        version: str | None = None,
        code_uri: str | None = None,
        model_uri: str | None = None,
    ) -> Self:
        """CatBoost: gradient-boosted trees that take categories.

        Unverified: its scripts and artefacts come from JumpStart's bucket. Scoring by the workflows was never
        seen to work on AWS, because the trained model may lack inference code: see docs/algorithms.md.

        Args:
            iterations: The largest number of trees; a whole number from 1; default 500.
            bagging_temperature: A number from 0; default 1.0.
            boosting_type: ``Auto`` or ``Ordered`` or ``Plain``; default Auto.
            depth: A whole number from 1 to 16; default 6.
            early_stopping_rounds: A whole number; default 5.
            eval_metric: A text; default auto.
            grow_policy: ``SymmetricTree`` or ``Depthwise`` or ``Lossguide``; default SymmetricTree.
            l2_leaf_reg: A whole number from 1; default 3.
            learning_rate: A number above 0 below 1; default 0.009.
            max_bin: A whole number from 1 to 65535 or ``Auto``; default Auto.
            max_leaves: A whole number from 2 to 64; default 31; with grow_policy Lossguide only.
            min_data_in_leaf: A whole number from 1; default 1; with grow_policy Depthwise or Lossguide only.
            random_seed: A whole number from 0; default 1.
            random_strength: A number from 0; default 1.0.
            rsm: A number above 0 to 1; default 1.0.
            sampling_frequency: ``PerTree`` or ``PerTreeLevel``; default PerTreeLevel.
            scale_pos_weight: A number above 0; default 1.0.
            thread_count: A whole number from -1; default -1.
            verbose: A whole number from 1; default 1.
            version: The version of its image; by default the one that the table names.
            code_uri: The archive of training scripts in JumpStart's bucket or your own, which can put
                inference code into the model.
            model_uri: The archive of artefacts in JumpStart's bucket or your own.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("catboost", locals())

    @classmethod
    @named_arguments("factorization-machines")
    def factorization_machines(
        cls,
        *,
        num_factors: int,
        predictor_type: Literal["binary_classifier", "regressor"] | None = None,
        feature_dim: int | None = None,
        clip_gradient: float | None = None,
        epochs: int | None = None,
        eps: float | None = None,
        mini_batch_size: int | None = None,
        rescale_grad: float | None = None,
        bias_init_method: Literal["uniform", "normal", "constant"] | None = None,
        bias_init_scale: float | None = None,
        bias_init_sigma: float | None = None,
        bias_init_value: float | None = None,
        bias_lr: float | None = None,
        bias_wd: float | None = None,
        factors_init_method: Literal["uniform", "normal", "constant"] | None = None,
        factors_init_scale: float | None = None,
        factors_init_sigma: float | None = None,
        factors_init_value: float | None = None,
        factors_lr: float | None = None,
        factors_wd: float | None = None,
        linear_init_method: Literal["uniform", "normal", "constant"] | None = None,
        linear_init_scale: float | None = None,
        linear_init_sigma: float | None = None,
        linear_init_value: float | None = None,
        linear_lr: float | None = None,
        linear_wd: float | None = None,
        version: str | None = None,
    ) -> Self:
        """Factorization Machines: classes or numbers from sparse features and their pairs.

        Args:
            num_factors: The number of factors of each feature; a whole number from 1; required.
            predictor_type: What is predicted; ``binary_classifier`` or ``regressor``; set from the dataset.
            feature_dim: The number of features; a whole number from 1; set from the dataset.
            clip_gradient: A number.
            epochs: A whole number from 1; default 1.
            eps: A number above 0.
            mini_batch_size: A whole number from 1; default 1000.
            rescale_grad: A number.
            bias_init_method: ``uniform`` or ``normal`` or ``constant``; default normal.
            bias_init_scale: A number from 0; with bias_init_method uniform only.
            bias_init_sigma: A number from 0; default 0.01; with bias_init_method normal only.
            bias_init_value: A number; with bias_init_method constant only.
            bias_lr: A number from 0; default 0.1.
            bias_wd: A number from 0; default 0.01.
            factors_init_method: ``uniform`` or ``normal`` or ``constant``; default normal.
            factors_init_scale: A number from 0; with factors_init_method uniform only.
            factors_init_sigma: A number from 0; default 0.001; with factors_init_method normal only.
            factors_init_value: A number; with factors_init_method constant only.
            factors_lr: A number from 0; default 0.0001.
            factors_wd: A number from 0; default 0.00001.
            linear_init_method: ``uniform`` or ``normal`` or ``constant``; default normal.
            linear_init_scale: A number from 0; with linear_init_method uniform only.
            linear_init_sigma: A number from 0; default 0.01; with linear_init_method normal only.
            linear_init_value: A number; with linear_init_method constant only.
            linear_lr: A number from 0; default 0.001.
            linear_wd: A number from 0; default 0.001.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("factorization-machines", locals())

    @classmethod
    @named_arguments("forecasting-deepar")
    def forecasting_deepar(
        cls,
        *,
        epochs: int,
        prediction_length: int | None = None,
        context_length: int | None = None,
        time_freq: str | None = None,
        cardinality: Sequence[int] | str | None = None,
        dropout_rate: float | None = None,
        early_stopping_patience: int | None = None,
        embedding_dimension: int | None = None,
        learning_rate: float | None = None,
        likelihood: str | None = None,
        mini_batch_size: int | None = None,
        num_cells: int | None = None,
        num_dynamic_feat: int | Literal["auto", "ignore"] | None = None,
        num_eval_samples: int | None = None,
        num_layers: int | None = None,
        test_quantiles: Sequence[float] | str | None = None,
        version: str | None = None,
    ) -> Self:
        """DeepAR: forecasts of many series by one recurrent network.

        Args:
            epochs: The largest number of passes over the data; a whole number from 1; required.
            prediction_length: The number of steps that are forecast; a whole number from 1; set from the
                dataset.
            context_length: The number of steps that the network sees before it predicts; a whole number from
                1; set from the dataset.
            time_freq: The length of a step, such as `D` or `5min`; a text; set from the dataset.
            cardinality: Whole numbers from 1 or ``auto`` or ``ignore``; default auto.
            dropout_rate: A number from 0 to 1; default 0.1.
            early_stopping_patience: A whole number from 1.
            embedding_dimension: A whole number from 1; default 10.
            learning_rate: A number above 0; default 0.001.
            likelihood: ``gaussian`` or ``beta`` or ``negative-binomial`` or ``student-T`` or
                ``deterministic-L1``; default student-T.
            mini_batch_size: A whole number from 1; default 128.
            num_cells: A whole number from 1; default 40.
            num_dynamic_feat: A whole number from 1 or ``auto`` or ``ignore``; default auto.
            num_eval_samples: A whole number from 1; default 100.
            num_layers: A whole number from 1; default 2.
            test_quantiles: Numbers above 0 below 1; default [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("forecasting-deepar", locals())

    @classmethod
    @named_arguments("image-classification")
    def image_classification(
        cls,
        *,
        num_classes: int,
        num_training_samples: int,
        augmentation_type: Literal["crop", "crop_color", "crop_color_transform"] | None = None,
        beta_1: float | None = None,
        beta_2: float | None = None,
        checkpoint_frequency: int | None = None,
        early_stopping: bool | None = None,
        early_stopping_min_epochs: int | None = None,
        early_stopping_patience: int | None = None,
        early_stopping_tolerance: float | None = None,
        epochs: int | None = None,
        eps: float | None = None,
        gamma: float | None = None,
        image_shape: Sequence[int] | str | None = None,
        kv_store: Literal["dist_sync", "dist_async"] | None = None,
        learning_rate: float | None = None,
        lr_scheduler_factor: float | None = None,
        lr_scheduler_step: Sequence[int] | str | None = None,
        mini_batch_size: int | None = None,
        momentum: float | None = None,
        multi_label: bool | None = None,
        num_layers: Literal[18, 34, 50, 101, 152, 200, 20, 32, 44, 56, 110] | None = None,
        optimizer: Literal["sgd", "adam", "rmsprop", "nag"] | None = None,
        precision_dtype: Literal["float32", "float16"] | None = None,
        resize: int | None = None,
        top_k: int | None = None,
        use_pretrained_model: bool | None = None,
        use_weighted_loss: bool | None = None,
        weight_decay: float | None = None,
        version: str | None = None,
    ) -> Self:
        """Image Classification (MXNet): the class of an image.

        Args:
            num_classes: The number of classes; a whole number from 2; required.
            num_training_samples: The number of images in the training channel; a whole number from 1;
                required.
            augmentation_type: ``crop`` or ``crop_color`` or ``crop_color_transform``.
            beta_1: A number from 0 to 1; default 0.9; with optimizer adam only.
            beta_2: A number from 0 to 1; default 0.999; with optimizer adam only.
            checkpoint_frequency: A whole number from 1.
            early_stopping: True or False; default False.
            early_stopping_min_epochs: A whole number from 1; default 10; with early_stopping True only.
            early_stopping_patience: A whole number from 1; default 5; with early_stopping True only.
            early_stopping_tolerance: A number from 0 to 1; default 0.0; with early_stopping True only.
            epochs: A whole number from 1; default 30.
            eps: A number from 0 to 1; default 1e-8; with optimizer adam or rmsprop only.
            gamma: A number from 0 to 1; default 0.9; with optimizer rmsprop only.
            image_shape: Channels, height and width, such as `(3, 224, 224)`; whole numbers from 1; default
                3,224,224.
            kv_store: ``dist_sync`` or ``dist_async``.
            learning_rate: A number from 0 to 1; default 0.1.
            lr_scheduler_factor: A number from 0 to 1; default 0.1.
            lr_scheduler_step: Whole numbers from 1.
            mini_batch_size: A whole number from 1; default 32.
            momentum: A number from 0 to 1; default 0.9; with optimizer sgd or nag only.
            multi_label: True or False; default 0.
            num_layers: ``18`` or ``34`` or ``50`` or ``101`` or ``152`` or ``200`` or ``20`` or ``32`` or
                ``44`` or ``56`` or ``110``; default 152.
            optimizer: ``sgd`` or ``adam`` or ``rmsprop`` or ``nag``; default sgd.
            precision_dtype: ``float32`` or ``float16``; default float32.
            resize: The length of the shorter side after resizing; needed for images of other sizes than
                `image_shape`; a whole number from 1.
            top_k: A whole number from 2.
            use_pretrained_model: True or False; default 0.
            use_weighted_loss: True or False; default 0; with multi_label 1 only.
            weight_decay: A number from 0 to 1; default 0.0001; with optimizer sgd or nag only.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("image-classification", locals())

    @classmethod
    @named_arguments("ipinsights")
    def ipinsights(
        cls,
        *,
        num_entity_vectors: int,
        vector_dim: int,
        batch_metrics_publish_interval: int | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        mini_batch_size: int | None = None,
        num_ip_encoder_layers: int | None = None,
        random_negative_sampling_rate: int | None = None,
        shuffled_negative_sampling_rate: int | None = None,
        weight_decay: float | None = None,
        version: str | None = None,
    ) -> Self:
        """IP Insights: how unusual an IPv4 address is for an entity.

        Args:
            num_entity_vectors: The number of entity vectors; AWS recommends twice the number of entities; a
                whole number from 1 to 250000000; required.
            vector_dim: The length of the vectors; a whole number from 4 to 4096; required.
            batch_metrics_publish_interval: A whole number from 1; default 1000.
            epochs: A whole number from 1; default 10.
            learning_rate: A number from 1e-06 to 10; default 0.001.
            mini_batch_size: A whole number from 1 to 500000; default 10000.
            num_ip_encoder_layers: A whole number from 0 to 100; default 1.
            random_negative_sampling_rate: A whole number from 0 to 500; default 1.
            shuffled_negative_sampling_rate: A whole number from 0 to 500; default 1.
            weight_decay: A number from 0 to 10; default 0.00001.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("ipinsights", locals())

    @classmethod
    @named_arguments("kmeans")
    def kmeans(
        cls,
        *,
        k: int,
        feature_dim: int | None = None,
        epochs: int | None = None,
        eval_metrics: Sequence[str] | None = None,
        extra_center_factor: int | Literal["auto"] | None = None,
        half_life_time_size: int | None = None,
        init_method: Literal["random", "kmeans++"] | None = None,
        local_lloyd_init_method: Literal["random", "kmeans++"] | None = None,
        local_lloyd_max_iter: int | None = None,
        local_lloyd_num_trials: int | Literal["auto"] | None = None,
        local_lloyd_tol: float | None = None,
        mini_batch_size: int | None = None,
        version: str | None = None,
    ) -> Self:
        """K-Means: clusters of rows.

        Args:
            k: The number of clusters; a whole number from 2; required.
            feature_dim: The number of features; a whole number from 1; set from the dataset.
            epochs: A whole number from 1; default 1.
            eval_metrics: ``msd`` or ``ssd``; default ["msd"].
            extra_center_factor: A whole number from 1 or ``auto``; default auto.
            half_life_time_size: A whole number from 0; default 0.
            init_method: ``random`` or ``kmeans++``; default random.
            local_lloyd_init_method: ``random`` or ``kmeans++``; default kmeans++.
            local_lloyd_max_iter: A whole number from 1; default 300.
            local_lloyd_num_trials: A whole number from 1 or ``auto``; default auto.
            local_lloyd_tol: A number from 0 to 1; default 0.0001.
            mini_batch_size: A whole number from 1; default 5000.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("kmeans", locals())

    @classmethod
    @named_arguments("knn")
    def knn(
        cls,
        *,
        k: int,
        sample_size: int,
        predictor_type: Literal["classifier", "regressor"] | None = None,
        feature_dim: int | None = None,
        dimension_reduction_type: Literal["sign", "fjlt"] | None = None,
        dimension_reduction_target: int | None = None,
        faiss_index_ivf_nlists: int | Literal["auto"] | None = None,
        faiss_index_pq_m: Literal[1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96] | None = None,
        index_metric: Literal["L2", "INNER_PRODUCT", "COSINE"] | None = None,
        index_type: Literal["faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"] | None = None,
        mini_batch_size: int | None = None,
        version: str | None = None,
    ) -> Self:
        """k-Nearest Neighbors: classes or numbers from the most similar training rows.

        Args:
            k: The number of neighbors; a whole number from 1; required.
            sample_size: The number of training rows that are kept; a whole number from 1; required.
            predictor_type: What is predicted; ``classifier`` or ``regressor``; set from the dataset.
            feature_dim: The number of features; a whole number from 1; set from the dataset.
            dimension_reduction_type: ``sign`` or ``fjlt``.
            dimension_reduction_target: A whole number from 1; with dimension_reduction_type sign or fjlt
                only.
            faiss_index_ivf_nlists: A whole number from 1 or ``auto``; default auto; with index_type
                faiss.IVFFlat or faiss.IVFPQ only.
            faiss_index_pq_m: ``1`` or ``2`` or ``3`` or ``4`` or ``8`` or ``12`` or ``16`` or ``20`` or
                ``24`` or ``28`` or ``32`` or ``40`` or ``48`` or ``56`` or ``64`` or ``96``; with index_type
                faiss.IVFPQ only.
            index_metric: ``L2`` or ``INNER_PRODUCT`` or ``COSINE``; default L2.
            index_type: ``faiss.Flat`` or ``faiss.IVFFlat`` or ``faiss.IVFPQ``; default faiss.Flat.
            mini_batch_size: A whole number from 1; default 5000.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("knn", locals())

    @classmethod
    @named_arguments("lda")
    def lda(
        cls,
        *,
        num_topics: int,
        mini_batch_size: int,
        feature_dim: int | None = None,
        alpha0: float | None = None,
        max_iterations: int | None = None,
        max_restarts: int | None = None,
        tol: float | None = None,
        version: str | None = None,
    ) -> Self:
        """Latent Dirichlet Allocation: topics of rows of counts.

        Args:
            num_topics: The number of topics; a whole number from 1; required.
            mini_batch_size: The number of rows of the training data; a whole number from 1; required.
            feature_dim: The number of words, which are the features; a whole number from 1; set from the
                dataset.
            alpha0: A number above 0; default 1.0.
            max_iterations: A whole number from 1; default 1000.
            max_restarts: A whole number from 1; default 10.
            tol: A number above 0; default 1e-8.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("lda", locals())

    @classmethod
    @named_arguments("lightgbm")
    def lightgbm(
        cls,
        *,
        num_boost_round: int | None = None,
        bagging_fraction: float | None = None,
        bagging_freq: int | None = None,
        boosting: Literal["gbdt", "rf", "dart", "goss"] | None = None,
        early_stopping_rounds: int | None = None,
        feature_fraction: float | None = None,
        feature_fraction_bynode: float | None = None,
        is_unbalance: bool | None = None,
        lambda_l1: float | None = None,
        lambda_l2: float | None = None,
        learning_rate: float | None = None,
        max_bin: int | None = None,
        max_delta_step: float | None = None,
        max_depth: int | None = None,
        metric: str | None = None,
        min_data_in_leaf: int | None = None,
        min_gain_to_split: float | None = None,
        num_leaves: int | None = None,
        num_threads: int | None = None,
        scale_pos_weight: float | None = None,
        tree_learner: Literal["serial", "feature", "data", "voting"] | None = None,
        tweedie_variance_power: float | None = None,
        verbosity: int | None = None,
        version: str | None = None,
        code_uri: str | None = None,
        model_uri: str | None = None,
    ) -> Self:
        """LightGBM: gradient-boosted trees.

        Unverified: its scripts and artefacts come from JumpStart's bucket. Scoring by the workflows was never
        seen to work on AWS, because the trained model may lack inference code: see docs/algorithms.md.

        Args:
            num_boost_round: The largest number of boosting rounds; a whole number from 1; default 100.
            bagging_fraction: A number above 0 to 1; default 0.9.
            bagging_freq: A whole number from 0; default 1.
            boosting: ``gbdt`` or ``rf`` or ``dart`` or ``goss``; default gbdt.
            early_stopping_rounds: A whole number; default 10.
            feature_fraction: A number above 0 to 1; default 0.9.
            feature_fraction_bynode: A number above 0 to 1; default 1.0.
            is_unbalance: True or False; default False.
            lambda_l1: A number from 0; default 0.0.
            lambda_l2: A number from 0; default 0.0.
            learning_rate: A number above 0 to 1; default 0.1.
            max_bin: A whole number from 2; default 255.
            max_delta_step: A number; default 0.0.
            max_depth: A whole number; default 6.
            metric: ``auto`` or ``rmse`` or ``l1`` or ``l2`` or ``huber`` or ``fair`` or ``binary_logloss`` or
                ``binary_error`` or ``auc`` or ``average_precision`` or ``multi_logloss`` or ``multi_error``
                or ``auc_mu`` or ``cross_entropy``; default auto.
            min_data_in_leaf: A whole number from 0; default 3.
            min_gain_to_split: A number from 0; default 0.0.
            num_leaves: A whole number from 2 to 131072; default 64.
            num_threads: A whole number from 0; default 0.
            scale_pos_weight: A number above 0; default 1.0.
            tree_learner: ``serial`` or ``feature`` or ``data`` or ``voting``; default serial.
            tweedie_variance_power: A number from 1 below 2; default 1.5.
            verbosity: A whole number; default 1.
            version: The version of its image; by default the one that the table names.
            code_uri: The archive of training scripts in JumpStart's bucket or your own, which can put
                inference code into the model.
            model_uri: The archive of artefacts in JumpStart's bucket or your own.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("lightgbm", locals())

    @classmethod
    @named_arguments("linear-learner")
    def linear_learner(
        cls,
        *,
        predictor_type: Literal["binary_classifier", "multiclass_classifier", "regressor"] | None = None,
        num_classes: int | None = None,
        feature_dim: int | Literal["auto"] | None = None,
        accuracy_top_k: int | None = None,
        balance_multiclass_weights: bool | None = None,
        beta_1: float | Literal["auto"] | None = None,
        beta_2: float | Literal["auto"] | None = None,
        bias_lr_mult: float | Literal["auto"] | None = None,
        bias_wd_mult: float | Literal["auto"] | None = None,
        binary_classifier_model_selection_criteria: str | None = None,
        early_stopping_patience: int | None = None,
        early_stopping_tolerance: float | None = None,
        epochs: int | None = None,
        f_beta: float | None = None,
        huber_delta: float | None = None,
        init_bias: float | None = None,
        init_method: Literal["uniform", "normal"] | None = None,
        init_scale: float | None = None,
        init_sigma: float | None = None,
        l1: float | Literal["auto"] | None = None,
        learning_rate: float | Literal["auto"] | None = None,
        loss: str | None = None,
        loss_insensitivity: float | None = None,
        lr_scheduler_factor: float | Literal["auto"] | None = None,
        lr_scheduler_minimum_lr: float | Literal["auto"] | None = None,
        lr_scheduler_step: int | Literal["auto"] | None = None,
        margin: float | None = None,
        mini_batch_size: int | None = None,
        momentum: float | Literal["auto"] | None = None,
        normalize_data: bool | None = None,
        normalize_label: bool | None = None,
        num_calibration_samples: int | Literal["auto"] | None = None,
        num_models: int | Literal["auto"] | None = None,
        num_point_for_scaler: int | None = None,
        optimizer: Literal["auto", "adam", "sgd", "rmsprop"] | None = None,
        positive_example_weight_mult: float | Literal["auto", "balanced"] | None = None,
        quantile: float | None = None,
        target_precision: float | None = None,
        target_recall: float | None = None,
        unbias_data: bool | None = None,
        unbias_label: bool | None = None,
        use_bias: bool | None = None,
        use_lr_scheduler: bool | None = None,
        wd: float | Literal["auto"] | None = None,
        version: str | None = None,
    ) -> Self:
        """Linear Learner: classes or numbers by linear models.

        Args:
            predictor_type: What is predicted; ``binary_classifier`` or ``multiclass_classifier`` or
                ``regressor``; set from the dataset.
            num_classes: The number of classes; a whole number from 3 to 1000000; set from the dataset; with
                predictor_type multiclass_classifier only.
            feature_dim: The number of features; a whole number from 1 or ``auto``; set from the dataset;
                default auto.
            accuracy_top_k: A whole number from 1 to 1000000; default 3; with predictor_type
                multiclass_classifier only.
            balance_multiclass_weights: True or False; default false; with predictor_type
                multiclass_classifier only.
            beta_1: A number from 0 below 1 or ``auto``; default auto; with optimizer adam or auto only.
            beta_2: A number from 0 below 1 or ``auto``; default auto; with optimizer adam or auto only.
            bias_lr_mult: A number above 0 or ``auto``; default auto.
            bias_wd_mult: A number from 0 or ``auto``; default auto.
            binary_classifier_model_selection_criteria: ``accuracy`` or ``f1`` or ``f_beta`` or
                ``precision_at_target_recall`` or ``recall_at_target_precision`` or ``cross_entropy_loss`` or
                ``loss_function``; default accuracy; with predictor_type binary_classifier only.
            early_stopping_patience: A whole number from 1; default 3.
            early_stopping_tolerance: A number above 0; default 0.001.
            epochs: A whole number from 1; default 15.
            f_beta: A number above 0; default 1.0; with predictor_type binary_classifier or
                multiclass_classifier only.
            huber_delta: A number from 0; default 1.0; with loss huber_loss only.
            init_bias: A number; default 0.
            init_method: ``uniform`` or ``normal``; default uniform.
            init_scale: A number above 0; default 0.07; with init_method uniform only.
            init_sigma: A number above 0; default 0.01; with init_method normal only.
            l1: A number from 0 or ``auto``; default auto.
            learning_rate: A number above 0 or ``auto``; default auto.
            loss: ``auto`` or ``logistic`` or ``squared_loss`` or ``absolute_loss`` or ``hinge_loss`` or
                ``eps_insensitive_squared_loss`` or ``eps_insensitive_absolute_loss`` or ``quantile_loss`` or
                ``huber_loss`` or ``softmax_loss``; default auto.
            loss_insensitivity: A number above 0; default 0.01; with loss eps_insensitive_squared_loss or
                eps_insensitive_absolute_loss only.
            lr_scheduler_factor: A number above 0 below 1 or ``auto``; default auto; with use_lr_scheduler
                true only.
            lr_scheduler_minimum_lr: A number above 0 or ``auto``; default auto; with use_lr_scheduler true
                only.
            lr_scheduler_step: A whole number from 1 or ``auto``; default auto; with use_lr_scheduler true
                only.
            margin: A number from 0; default 1.0; with loss hinge_loss only.
            mini_batch_size: The number of rows of a batch, at most those that an instance trains on; a whole
                number from 1; default 1000.
            momentum: A number from 0 below 1 or ``auto``; default auto; with optimizer sgd only.
            normalize_data: True or False; default true.
            normalize_label: True or False; default auto; with predictor_type regressor only.
            num_calibration_samples: A whole number from 1 or ``auto``; default auto.
            num_models: A whole number from 1 or ``auto``; default auto.
            num_point_for_scaler: A whole number from 1; default 10000.
            optimizer: ``auto`` or ``adam`` or ``sgd`` or ``rmsprop``; default auto.
            positive_example_weight_mult: A number above 0 or ``auto`` or ``balanced``; default 1.0; with
                predictor_type binary_classifier only.
            quantile: A number above 0 below 1; default 0.5; with loss quantile_loss only.
            target_precision: A number above 0 below 1; default 0.8; with
                binary_classifier_model_selection_criteria recall_at_target_precision only.
            target_recall: A number above 0 below 1; default 0.8; with
                binary_classifier_model_selection_criteria precision_at_target_recall only.
            unbias_data: True or False; default auto.
            unbias_label: True or False; default auto; with predictor_type regressor only.
            use_bias: True or False; default true.
            use_lr_scheduler: True or False; default true.
            wd: A number from 0 or ``auto``; default auto.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("linear-learner", locals())

    @classmethod
    @named_arguments("ntm")
    def ntm(
        cls,
        *,
        num_topics: int,
        feature_dim: int | None = None,
        batch_norm: bool | None = None,
        clip_gradient: float | None = None,
        encoder_layers: Sequence[int] | str | None = None,
        encoder_layers_activation: Literal["sigmoid", "tanh", "relu"] | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        mini_batch_size: int | None = None,
        num_patience_epochs: int | None = None,
        optimizer: Literal["sgd", "adam", "adagrad", "adadelta", "rmsprop"] | None = None,
        rescale_gradient: float | None = None,
        sub_sample: float | None = None,
        tolerance: float | None = None,
        weight_decay: float | None = None,
        version: str | None = None,
    ) -> Self:
        """Neural Topic Model: topics of rows of counts by a neural network.

        Args:
            num_topics: The number of topics; a whole number from 2 to 1000; required.
            feature_dim: The number of words, which are the features; a whole number from 1 to 1000000; set
                from the dataset.
            batch_norm: True or False; default false.
            clip_gradient: A number from 0.001.
            encoder_layers: Whole numbers from 1 or ``auto``; default auto.
            encoder_layers_activation: ``sigmoid`` or ``tanh`` or ``relu``; default sigmoid.
            epochs: A whole number from 1; default 50.
            learning_rate: A number from 1e-06 to 1; default 0.001.
            mini_batch_size: A whole number from 1 to 10000; default 256.
            num_patience_epochs: A whole number from 1; default 3.
            optimizer: ``sgd`` or ``adam`` or ``adagrad`` or ``adadelta`` or ``rmsprop``; default adadelta.
            rescale_gradient: A number from 0.001 to 1; default 1.0.
            sub_sample: A number from 0 to 1; default 1.0.
            tolerance: A number from 1e-06 to 0.1; default 0.001.
            weight_decay: A number from 0 to 1; default 0.0.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("ntm", locals())

    @classmethod
    @named_arguments("object-detection")
    def object_detection(
        cls,
        *,
        num_classes: int,
        num_training_samples: int,
        base_network: Literal["vgg-16", "resnet-50"] | None = None,
        early_stopping: bool | None = None,
        early_stopping_min_epochs: int | None = None,
        early_stopping_patience: int | None = None,
        early_stopping_tolerance: float | None = None,
        epochs: int | None = None,
        freeze_layer_pattern: str | None = None,
        image_shape: int | None = None,
        kv_store: Literal["dist_sync", "dist_async"] | None = None,
        label_width: int | None = None,
        learning_rate: float | None = None,
        lr_scheduler_factor: float | None = None,
        lr_scheduler_step: Sequence[int] | str | None = None,
        mini_batch_size: int | None = None,
        momentum: float | None = None,
        nms_threshold: float | None = None,
        optimizer: Literal["sgd", "adam", "rmsprop", "adadelta"] | None = None,
        overlap_threshold: float | None = None,
        use_pretrained_model: bool | None = None,
        weight_decay: float | None = None,
        version: str | None = None,
    ) -> Self:
        """Object Detection (MXNet): the objects in an image, with their boxes.

        Args:
            num_classes: The number of classes; a whole number from 1; required.
            num_training_samples: The number of images in the training channel; a whole number from 1;
                required.
            base_network: ``vgg-16`` or ``resnet-50``; default vgg-16.
            early_stopping: True or False; default False.
            early_stopping_min_epochs: A whole number from 1; default 10; with early_stopping True only.
            early_stopping_patience: A whole number from 1; default 5; with early_stopping True only.
            early_stopping_tolerance: A number from 0 to 1; default 0.0; with early_stopping True only.
            epochs: A whole number from 1; default 30.
            freeze_layer_pattern: A text.
            image_shape: A whole number from 300; default 300.
            kv_store: ``dist_sync`` or ``dist_async``.
            label_width: A whole number from 1; default 350.
            learning_rate: A number above 0 to 1; default 0.001.
            lr_scheduler_factor: A number above 0 below 1; default 0.1.
            lr_scheduler_step: Whole numbers from 1.
            mini_batch_size: A whole number from 1; default 32.
            momentum: A number from 0 to 1; default 0.9; with optimizer sgd only.
            nms_threshold: A number above 0 to 1; default 0.45.
            optimizer: ``sgd`` or ``adam`` or ``rmsprop`` or ``adadelta``; default sgd.
            overlap_threshold: A number above 0 to 1; default 0.5.
            use_pretrained_model: True or False; default 1.
            weight_decay: A number from 0 below 1; default 0.0005; with optimizer sgd or rmsprop only.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("object-detection", locals())

    @classmethod
    @named_arguments("object2vec")
    def object2vec(
        cls,
        *,
        enc0_max_seq_len: int,
        enc0_vocab_size: int,
        enc1_max_seq_len: int | None = None,
        enc1_vocab_size: int | None = None,
        bucket_width: int | None = None,
        comparator_list: Sequence[str] | None = None,
        dropout: float | None = None,
        early_stopping_patience: int | None = None,
        early_stopping_tolerance: float | None = None,
        enc_dim: int | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        mini_batch_size: int | None = None,
        mlp_activation: Literal["tanh", "relu", "linear"] | None = None,
        mlp_dim: int | None = None,
        mlp_layers: int | None = None,
        negative_sampling_rate: int | None = None,
        num_classes: int | None = None,
        optimizer: Literal["adadelta", "adagrad", "adam", "sgd", "rmsprop"] | None = None,
        output_layer: Literal["softmax", "mean_squared_error"] | None = None,
        tied_token_embedding_weight: bool | None = None,
        token_embedding_storage_type: Literal["dense", "row_sparse"] | None = None,
        weight_decay: float | None = None,
        enc0_cnn_filter_width: int | None = None,
        enc0_freeze_pretrained_embedding: bool | None = None,
        enc0_layers: int | Literal["auto"] | None = None,
        enc0_network: Literal["hcnn", "bilstm", "pooled_embedding"] | None = None,
        enc0_pretrained_embedding_file: str | None = None,
        enc0_token_embedding_dim: int | None = None,
        enc0_vocab_file: str | None = None,
        enc1_cnn_filter_width: int | None = None,
        enc1_freeze_pretrained_embedding: bool | None = None,
        enc1_layers: int | Literal["auto"] | None = None,
        enc1_network: Literal["enc0", "hcnn", "bilstm", "pooled_embedding"] | None = None,
        enc1_pretrained_embedding_file: str | None = None,
        enc1_token_embedding_dim: int | None = None,
        enc1_vocab_file: str | None = None,
        version: str | None = None,
    ) -> Self:
        """Object2Vec: vectors of pairs of objects and how they relate.

        Args:
            enc0_max_seq_len: The longest sequence of the first encoder; a whole number from 1 to 5000;
                required.
            enc0_vocab_size: The number of tokens of the first encoder; a whole number from 2 to 3000000;
                required.
            enc1_max_seq_len: A whole number from 1 to 5000.
            enc1_vocab_size: A whole number from 2 to 3000000.
            bucket_width: A whole number from 0 to 100; default 0.
            comparator_list: ``hadamard`` or ``concat`` or ``abs_diff``; default hadamard,concat,abs_diff.
            dropout: A number from 0 to 1; default 0.0.
            early_stopping_patience: A whole number from 1 to 5; default 3.
            early_stopping_tolerance: A number from 1e-06 to 0.1; default 0.01.
            enc_dim: A whole number from 4 to 10000; default 4096.
            epochs: A whole number from 1 to 100; default 30.
            learning_rate: A number from 1e-06 to 1; default 0.0004.
            mini_batch_size: A whole number from 1 to 10000; default 32.
            mlp_activation: ``tanh`` or ``relu`` or ``linear``; default linear.
            mlp_dim: A whole number from 2 to 10000; default 512.
            mlp_layers: A whole number from 0 to 10; default 2.
            negative_sampling_rate: A whole number from 0; default 0.
            num_classes: A whole number from 2 to 30; default 2; with output_layer softmax only.
            optimizer: ``adadelta`` or ``adagrad`` or ``adam`` or ``sgd`` or ``rmsprop``; default adam.
            output_layer: ``softmax`` or ``mean_squared_error``; default softmax.
            tied_token_embedding_weight: True or False; default False.
            token_embedding_storage_type: ``dense`` or ``row_sparse``; default dense.
            weight_decay: A number from 0 to 10000; default 0.
            enc0_cnn_filter_width: A whole number from 1 to 9; default 3; with enc0_network hcnn only.
            enc0_freeze_pretrained_embedding: True or False; default True.
            enc0_layers: A whole number from 1 to 4 or ``auto``; default auto.
            enc0_network: ``hcnn`` or ``bilstm`` or ``pooled_embedding``; default hcnn.
            enc0_pretrained_embedding_file: A text.
            enc0_token_embedding_dim: A whole number from 2 to 1000; default 300.
            enc0_vocab_file: A text.
            enc1_cnn_filter_width: A whole number from 1 to 9; default 3; with enc1_network hcnn only.
            enc1_freeze_pretrained_embedding: True or False; default True.
            enc1_layers: A whole number from 1 to 4 or ``auto``; default auto.
            enc1_network: ``enc0`` or ``hcnn`` or ``bilstm`` or ``pooled_embedding``; default enc0.
            enc1_pretrained_embedding_file: A text.
            enc1_token_embedding_dim: A whole number from 2 to 1000; default 300.
            enc1_vocab_file: A text.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("object2vec", locals())

    @classmethod
    @named_arguments("pca")
    def pca(
        cls,
        *,
        num_components: int,
        mini_batch_size: int | None = None,
        feature_dim: int | None = None,
        algorithm_mode: Literal["regular", "randomized"] | None = None,
        extra_components: int | None = None,
        subtract_mean: bool | None = None,
        version: str | None = None,
    ) -> Self:
        """Principal Component Analysis: a few numbers that stand for many features.

        Args:
            num_components: The length of the vectors that are answered; a whole number from 1; required.
            mini_batch_size: The number of rows of a batch, at most those that an instance trains on; a whole
                number from 1; set from the dataset.
            feature_dim: The number of features; a whole number from 1; set from the dataset.
            algorithm_mode: ``regular`` or ``randomized``; default regular.
            extra_components: A whole number from -1; default -1; with algorithm_mode randomized only.
            subtract_mean: True or False; default true.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("pca", locals())

    @classmethod
    @named_arguments("randomcutforest")
    def randomcutforest(
        cls,
        *,
        feature_dim: int | None = None,
        eval_metrics: Sequence[str] | None = None,
        num_samples_per_tree: int | None = None,
        num_trees: int | None = None,
        version: str | None = None,
    ) -> Self:
        """Random Cut Forest: how unusual a row is.

        Args:
            feature_dim: The number of features; a whole number from 1 to 10000; set from the dataset.
            eval_metrics: ``accuracy`` or ``precision_recall_fscore``.
            num_samples_per_tree: A whole number from 1 to 2048; default 256.
            num_trees: A whole number from 50 to 1000; default 100.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("randomcutforest", locals())

    @classmethod
    @named_arguments("semantic-segmentation")
    def semantic_segmentation(
        cls,
        *,
        num_classes: int,
        num_training_samples: int,
        algorithm: Literal["fcn", "psp", "deeplab"] | None = None,
        backbone: Literal["resnet-50", "resnet-101"] | None = None,
        base_size: int | None = None,
        crop_size: int | None = None,
        early_stopping: bool | None = None,
        early_stopping_min_epochs: int | None = None,
        early_stopping_patience: int | None = None,
        early_stopping_tolerance: float | None = None,
        epochs: int | None = None,
        gamma1: float | None = None,
        gamma2: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: Literal["poly", "cosine", "step"] | None = None,
        lr_scheduler_factor: float | None = None,
        lr_scheduler_step: Sequence[int] | str | None = None,
        mini_batch_size: int | None = None,
        momentum: float | None = None,
        optimizer: Literal["adam", "adagrad", "nag", "rmsprop", "sgd"] | None = None,
        syncbn: bool | None = None,
        use_pretrained_model: bool | None = None,
        validation_mini_batch_size: int | None = None,
        weight_decay: float | None = None,
        version: str | None = None,
    ) -> Self:
        """Semantic Segmentation: the class of every pixel of an image.

        Args:
            num_classes: The number of classes; a whole number from 2 to 254; required.
            num_training_samples: The number of images in the training channel; a whole number from 1;
                required.
            algorithm: ``fcn`` or ``psp`` or ``deeplab``; default fcn.
            backbone: ``resnet-50`` or ``resnet-101``; default resnet-50.
            base_size: A whole number from 17; default 520.
            crop_size: A whole number from 17; default 240.
            early_stopping: True or False; default False.
            early_stopping_min_epochs: A whole number from 1; default 5; with early_stopping True only.
            early_stopping_patience: A whole number from 1; default 4; with early_stopping True only.
            early_stopping_tolerance: A number from 0 to 1; default 0.0; with early_stopping True only.
            epochs: A whole number from 1; default 10.
            gamma1: A number from 0 to 1; default 0.9; with optimizer rmsprop only.
            gamma2: A number from 0 to 1; default 0.9; with optimizer rmsprop only.
            learning_rate: A number above 0 to 1; default 0.001.
            lr_scheduler: ``poly`` or ``cosine`` or ``step``; default poly.
            lr_scheduler_factor: A number from 0 to 1; default 0.1; with lr_scheduler step only.
            lr_scheduler_step: Whole numbers from 1; with lr_scheduler step only.
            mini_batch_size: A whole number from 1; default 16.
            momentum: A number above 0 to 1; default 0.9; with optimizer sgd only.
            optimizer: ``adam`` or ``adagrad`` or ``nag`` or ``rmsprop`` or ``sgd``; default sgd.
            syncbn: True or False; default False.
            use_pretrained_model: True or False; default True.
            validation_mini_batch_size: A whole number from 1; default 16.
            weight_decay: A number above 0 below 1; default 0.0001; with optimizer sgd only.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("semantic-segmentation", locals())

    @classmethod
    @named_arguments("seq2seq")
    def seq2seq(
        cls,
        *,
        batch_size: int | None = None,
        beam_size: int | None = None,
        bleu_sample_size: int | None = None,
        bucket_width: int | None = None,
        bucketing_enabled: bool | None = None,
        checkpoint_frequency_num_batches: int | None = None,
        checkpoint_threshold: int | None = None,
        clip_gradient: float | None = None,
        cnn_activation_type: Literal["glu", "relu", "softrelu", "sigmoid", "tanh"] | None = None,
        cnn_hidden_dropout: float | None = None,
        cnn_kernel_width_decoder: int | None = None,
        cnn_kernel_width_encoder: int | None = None,
        cnn_num_hidden: int | None = None,
        decoder_type: Literal["rnn", "cnn"] | None = None,
        embed_dropout_source: float | None = None,
        embed_dropout_target: float | None = None,
        encoder_type: Literal["rnn", "cnn"] | None = None,
        fixed_rate_lr_half_life: int | None = None,
        learning_rate: float | None = None,
        loss_type: Literal["cross-entropy"] | None = None,
        lr_scheduler_type: str | None = None,
        max_num_batches: int | None = None,
        max_num_epochs: int | None = None,
        max_seq_len_source: int | None = None,
        max_seq_len_target: int | None = None,
        min_num_epochs: int | None = None,
        momentum: float | None = None,
        num_embed_source: int | None = None,
        num_embed_target: int | None = None,
        num_layers_decoder: int | None = None,
        num_layers_encoder: int | None = None,
        optimized_metric: Literal["perplexity", "accuracy", "bleu"] | None = None,
        optimizer_type: Literal["adam", "sgd", "rmsprop"] | None = None,
        plateau_reduce_lr_factor: float | None = None,
        plateau_reduce_lr_threshold: int | None = None,
        rnn_attention_in_upper_layers: bool | None = None,
        rnn_attention_num_hidden: int | None = None,
        rnn_attention_type: Literal["dot", "fixed", "mlp", "bilinear"] | None = None,
        rnn_cell_type: Literal["lstm", "gru"] | None = None,
        rnn_decoder_hidden_dropout: float | None = None,
        rnn_decoder_state_init: Literal["last", "avg", "zero"] | None = None,
        rnn_first_residual_layer: int | None = None,
        rnn_num_hidden: int | None = None,
        rnn_residual_connections: bool | None = None,
        training_metric: Literal["perplexity", "accuracy"] | None = None,
        weight_decay: float | None = None,
        weight_init_scale: float | None = None,
        weight_init_type: Literal["uniform", "xavier"] | None = None,
        xavier_factor_type: Literal["in", "out", "avg"] | None = None,
        version: str | None = None,
    ) -> Self:
        """Sequence-to-Sequence: a sequence of tokens from another one.

        Args:
            batch_size: A whole number from 1; default 64.
            beam_size: A whole number from 1; default 5.
            bleu_sample_size: A whole number from -1; default 0.
            bucket_width: A whole number from 1; default 10.
            bucketing_enabled: True or False; default true.
            checkpoint_frequency_num_batches: A whole number from 1; default 1000.
            checkpoint_threshold: A whole number from 1; default 3.
            clip_gradient: A number; default 1.
            cnn_activation_type: ``glu`` or ``relu`` or ``softrelu`` or ``sigmoid`` or ``tanh``; default glu.
            cnn_hidden_dropout: A number from 0 to 1; default 0.
            cnn_kernel_width_decoder: A whole number from 1; default 5; with decoder_type cnn only.
            cnn_kernel_width_encoder: A whole number from 1; default 3; with encoder_type cnn only.
            cnn_num_hidden: A whole number from 1; default 512.
            decoder_type: ``rnn`` or ``cnn``; default rnn.
            embed_dropout_source: A number from 0 to 1; default 0.
            embed_dropout_target: A number from 0 to 1; default 0.
            encoder_type: ``rnn`` or ``cnn``; default rnn.
            fixed_rate_lr_half_life: A whole number from 1; default 10; with lr_scheduler_type
                fixed_rate_inv_t or fixed_rate_inv_sqrt_t only.
            learning_rate: A number above 0; default 0.0003.
            loss_type: ``cross-entropy``; default cross-entropy.
            lr_scheduler_type: ``plateau_reduce`` or ``fixed_rate_inv_t`` or ``fixed_rate_inv_sqrt_t``;
                default plateau_reduce.
            max_num_batches: A whole number from -1; default -1.
            max_num_epochs: A whole number from 1.
            max_seq_len_source: A whole number from 1; default 100.
            max_seq_len_target: A whole number from 1; default 100.
            min_num_epochs: A whole number from 0; default 0.
            momentum: A number; with optimizer_type sgd only.
            num_embed_source: A whole number from 1; default 512.
            num_embed_target: A whole number from 1; default 512.
            num_layers_decoder: A whole number from 1; default 1.
            num_layers_encoder: A whole number from 1; default 1.
            optimized_metric: ``perplexity`` or ``accuracy`` or ``bleu``; default perplexity.
            optimizer_type: ``adam`` or ``sgd`` or ``rmsprop``; default adam.
            plateau_reduce_lr_factor: A number above 0; default 0.5; with lr_scheduler_type plateau_reduce
                only.
            plateau_reduce_lr_threshold: A whole number from 1; default 3; with lr_scheduler_type
                plateau_reduce only.
            rnn_attention_in_upper_layers: True or False; default true.
            rnn_attention_num_hidden: A whole number from 1.
            rnn_attention_type: ``dot`` or ``fixed`` or ``mlp`` or ``bilinear``; default mlp.
            rnn_cell_type: ``lstm`` or ``gru``; default lstm.
            rnn_decoder_hidden_dropout: A number from 0 to 1; default 0.
            rnn_decoder_state_init: ``last`` or ``avg`` or ``zero``; default last.
            rnn_first_residual_layer: A whole number from 1; default 2.
            rnn_num_hidden: A whole number from 2; default 1024.
            rnn_residual_connections: True or False; default false.
            training_metric: ``perplexity`` or ``accuracy``; default perplexity.
            weight_decay: A number from 0; default 0.
            weight_init_scale: A number; default 2.34.
            weight_init_type: ``uniform`` or ``xavier``; default xavier.
            xavier_factor_type: ``in`` or ``out`` or ``avg``; default in; with weight_init_type xavier only.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("seq2seq", locals())

    @classmethod
    @named_arguments("tabtransformer")
    def tabtransformer(
        cls,
        *,
        n_epochs: int | None = None,
        attn_dropout: float | None = None,
        batch_size: int | None = None,
        frac_shared_embed: float | None = None,
        input_dim: Literal[16, 32, 64, 128, 256, 512] | None = None,
        learning_rate: float | None = None,
        mlp_dropout: float | None = None,
        n_blocks: int | None = None,
        patience: int | None = None,
        version: str | None = None,
        code_uri: str | None = None,
        model_uri: str | None = None,
    ) -> Self:
        """TabTransformer: a transformer over the columns of a table.

        Unverified: its scripts and artefacts come from JumpStart's bucket. Scoring by the workflows was never
        seen to work on AWS, because the trained model may lack inference code: see docs/algorithms.md.

        Args:
            n_epochs: The number of epochs; a whole number from 1; default 5.
            attn_dropout: A number from 0 to 1; default 0.2.
            batch_size: A whole number from 1 to 2048; default 256.
            frac_shared_embed: A number from 0 to 1; default 0.25.
            input_dim: ``16`` or ``32`` or ``64`` or ``128`` or ``256`` or ``512``; default 32.
            learning_rate: A number above 0; default 0.001.
            mlp_dropout: A number from 0 to 1; default 0.1.
            n_blocks: A whole number from 1 to 12; default 4.
            patience: A whole number from 2 to 60; default 10.
            version: The version of its image; by default the one that the table names.
            code_uri: The archive of training scripts in JumpStart's bucket or your own, which can put
                inference code into the model.
            model_uri: The archive of artefacts in JumpStart's bucket or your own.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("tabtransformer", locals())

    @classmethod
    @named_arguments("xgboost")
    def xgboost(
        cls,
        *,
        objective: str,
        num_round: int,
        csv_weights: int | None = None,
        early_stopping_rounds: int | None = None,
        booster: Literal["gbtree", "gblinear", "dart"] | None = None,
        verbosity: int | None = None,
        nthread: int | None = None,
        eta: float | None = None,
        gamma: float | None = None,
        max_depth: int | None = None,
        min_child_weight: float | None = None,
        max_delta_step: float | None = None,
        subsample: float | None = None,
        colsample_bytree: float | None = None,
        colsample_bylevel: float | None = None,
        colsample_bynode: float | None = None,
        reg_lambda: float | None = None,
        alpha: float | None = None,
        tree_method: Literal["auto", "exact", "approx", "hist", "gpu_hist"] | None = None,
        sketch_eps: float | None = None,
        scale_pos_weight: float | None = None,
        updater: str | None = None,
        dsplit: Literal["row", "col"] | None = None,
        refresh_leaf: int | None = None,
        process_type: Literal["default", "update"] | None = None,
        grow_policy: Literal["depthwise", "lossguide"] | None = None,
        max_leaves: int | None = None,
        max_bin: int | None = None,
        predictor: Literal["auto", "cpu_predictor", "gpu_predictor"] | None = None,
        monotone_constraints: str | None = None,
        interaction_constraints: str | None = None,
        sample_type: Literal["uniform", "weighted"] | None = None,
        normalize_type: Literal["tree", "forest"] | None = None,
        rate_drop: float | None = None,
        one_drop: int | None = None,
        skip_drop: float | None = None,
        lambda_bias: float | None = None,
        tweedie_variance_power: float | None = None,
        num_class: int | None = None,
        base_score: float | None = None,
        eval_metric: str | None = None,
        seed: int | None = None,
        num_parallel_tree: int | None = None,
        save_model_on_termination: bool | None = None,
        aft_loss_distribution: Literal["normal", "logistic", "extreme"] | None = None,
        aft_loss_distribution_scale: float | None = None,
        deterministic_histogram: bool | None = None,
        single_precision_histogram: bool | None = None,
        sampling_method: Literal["uniform", "gradient_based"] | None = None,
        prob_buffer_row: float | None = None,
        use_dask_gpu_training: bool | None = None,
        _kfold: int | None = None,
        _num_cv_round: int | None = None,
        learning_rate: float | None = None,
        min_split_loss: float | None = None,
        reg_alpha: float | None = None,
        version: str | None = None,
    ) -> Self:
        """XGBoost: gradient-boosted trees.

        Args:
            objective: What is learned, such as `binary:logistic`; ``binary:logistic`` or ``binary:logitraw``
                or ``binary:hinge`` or ``multi:softmax`` or ``multi:softprob`` or ``rank:pairwise`` or
                ``rank:ndcg`` or ``rank:map`` or ``reg:logistic`` or ``count:poisson`` or ``reg:linear`` or
                ``reg:squarederror`` or ``reg:absoluteerror`` or ``reg:gamma`` or ``reg:pseudohubererror`` or
                ``reg:squaredlogerror`` or ``reg:tweedie`` or ``survival:aft`` or ``survival:cox``; required.
            num_round: The number of boosting rounds; a whole number from 1; required.
            csv_weights: Whether the second column of CSV has the weights of the rows; a whole number from 0
                to 1; set from the dataset; default 0.
            early_stopping_rounds: A whole number from 1.
            booster: ``gbtree`` or ``gblinear`` or ``dart``; default gbtree.
            verbosity: A whole number from 0 to 3; default 1.
            nthread: A whole number from 1.
            eta: A number from 0 to 1; default 0.3.
            gamma: A number from 0; default 0.
            max_depth: A whole number from 0; default 6.
            min_child_weight: A number from 0; default 1.
            max_delta_step: A number from 0; default 0.
            subsample: A number above 0 to 1; default 1.
            colsample_bytree: A number above 0 to 1; default 1.
            colsample_bylevel: A number above 0 to 1; default 1.
            colsample_bynode: A number above 0 to 1; default 1.
            reg_lambda: A number from 0; default 1.
            alpha: A number from 0; default 0.
            tree_method: ``auto`` or ``exact`` or ``approx`` or ``hist`` or ``gpu_hist``; default auto.
            sketch_eps: A number above 0 below 1; default 0.03.
            scale_pos_weight: A number above 0; default 1.
            updater: A text.
            dsplit: ``row`` or ``col``.
            refresh_leaf: A whole number from 0 to 1; default 1.
            process_type: ``default`` or ``update``; default default.
            grow_policy: ``depthwise`` or ``lossguide``; default depthwise.
            max_leaves: A whole number from 0; default 0.
            max_bin: A whole number from 0; default 256.
            predictor: ``auto`` or ``cpu_predictor`` or ``gpu_predictor``.
            monotone_constraints: A text.
            interaction_constraints: A text.
            sample_type: ``uniform`` or ``weighted``; default uniform.
            normalize_type: ``tree`` or ``forest``; default tree.
            rate_drop: A number from 0 to 1; default 0.0.
            one_drop: A whole number from 0 to 1; default 0.
            skip_drop: A number from 0 to 1; default 0.0.
            lambda_bias: A number from 0 to 1; default 0.
            tweedie_variance_power: A number above 1 below 2; default 1.5.
            num_class: The number of classes; a whole number from 2; set from the dataset.
            base_score: A number from 0; default 0.5.
            eval_metric: A text.
            seed: A whole number from -2147483647 to 2147483646; default 0.
            num_parallel_tree: A whole number from 1.
            save_model_on_termination: True or False.
            aft_loss_distribution: ``normal`` or ``logistic`` or ``extreme``.
            aft_loss_distribution_scale: A number from 0.
            deterministic_histogram: True or False; default true.
            single_precision_histogram: True or False; default false.
            sampling_method: ``uniform`` or ``gradient_based``.
            prob_buffer_row: A number above 1.
            use_dask_gpu_training: True or False.
            _kfold: A whole number from 2.
            _num_cv_round: A whole number from 1.
            learning_rate: Another name of ``eta``.
            min_split_loss: Another name of ``gamma``.
            reg_alpha: Another name of ``alpha``.
            version: The version of its image; by default the one that the table names.

        Raises:
            ValueError: for a value, a combination or a version that the algorithm refuses.
        """
        return cls.create("xgboost", locals())

"""Local replacements of SageMaker's built-in algorithms: ``<python> <mdlc_local> runtime NAME train|serve``.

Each is a module with an `Algorithm`. They read the images' hyperparameters and channels, print the images'
metrics and give their answers. The models have a format of their own, which the images cannot read.
"""

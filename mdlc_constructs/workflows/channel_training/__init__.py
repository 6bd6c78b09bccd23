"""Training on named S3 channels: texts, images and manifests, without a feature program."""

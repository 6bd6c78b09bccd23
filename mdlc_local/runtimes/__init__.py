"""Programs that stand in for AWS's container images. Each is a plain script that runs under the container contract."""

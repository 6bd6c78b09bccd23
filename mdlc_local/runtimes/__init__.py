"""Programs that stand in for AWS's container images: plain scripts under the container contract."""

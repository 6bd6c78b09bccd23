"""Deploying stacks, comparing them with what is deployed, and destroying them."""

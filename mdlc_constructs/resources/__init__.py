"""What workflows stand on: the model home, its functions and bundles."""

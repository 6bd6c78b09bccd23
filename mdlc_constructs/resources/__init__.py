"""What workflows stand on: the model home, its functions and bundles. See `mdlc_constructs` for the public names."""

"""What workflows share: the model home, its Lambda functions, code bundles, tables and roles."""

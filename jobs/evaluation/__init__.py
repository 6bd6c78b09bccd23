"""What the evaluate job measures and writes besides metrics and gate: importance, segments, model card."""

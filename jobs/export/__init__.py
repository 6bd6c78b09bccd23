"""Converts a trained model to ONNX. Its packages have a lock of their own: other jobs do not need them."""

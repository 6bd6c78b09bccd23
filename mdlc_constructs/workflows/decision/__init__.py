"""The request path: an API that decides, by a warm function or by an Express state machine."""

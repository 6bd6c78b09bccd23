"""The request path: a decision API, run by a warm function or by an Express state machine."""

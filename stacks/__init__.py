"""Small reference stacks to copy or to subclass: a model team's, and that of the shared platform."""

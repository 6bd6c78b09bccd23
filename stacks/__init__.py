"""Reference stacks, thin, to copy or to subclass: a model team's, and the platform that teams share."""

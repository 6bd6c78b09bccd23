"""Plans a training on channels: the version of their objects, the names of its jobs, and the next state."""

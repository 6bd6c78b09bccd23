"""The objects of channels: examples, their classes and faults, and the rules that they must satisfy."""

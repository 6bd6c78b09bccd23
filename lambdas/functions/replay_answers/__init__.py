"""Ask the captured requests of a window again: the same input must keep its answer."""

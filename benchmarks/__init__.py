"""What synthesis costs, beside the same thing written with L2 constructs throughout."""

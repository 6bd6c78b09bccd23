"""Keep and announce what was found about a window of served time."""

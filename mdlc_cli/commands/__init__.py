"""The commands of ``mdlc``: each reads its options, calls a module of `mdlc_cli` and prints the result."""

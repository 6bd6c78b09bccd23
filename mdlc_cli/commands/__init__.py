"""The commands of ``mdlc``: each reads its options, calls one of the modules above and prints."""

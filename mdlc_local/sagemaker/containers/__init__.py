"""Containers as local processes: the program that stands in for an image, its folder, log and server."""

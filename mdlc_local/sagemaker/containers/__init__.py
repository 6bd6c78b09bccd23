"""Containers as local processes: the program that replaces an image, its folder, log and server."""

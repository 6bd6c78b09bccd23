"""Handwritten digits: images on channels, checked before anything is trained on them."""

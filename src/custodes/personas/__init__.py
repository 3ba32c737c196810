"""Scripted overseers of known behaviour, used in place of a model."""

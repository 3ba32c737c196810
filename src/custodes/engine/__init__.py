"""Runs studies: one command, many rollouts, logs and rows in one folder."""

"""Worlds: what the overseer can read and change, and the verbs that change it."""

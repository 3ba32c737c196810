"""Personas that act through a shell: typed calls as commands, and their output read back."""

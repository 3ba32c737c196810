"""Worlds as machines: a workstation and servers as trees of files, written and read back."""

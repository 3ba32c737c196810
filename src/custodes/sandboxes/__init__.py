"""Machines of their own for an overseer that has a shell, real servers and real products."""

"""Programs that root runs in a container; the standard library is all that they have."""

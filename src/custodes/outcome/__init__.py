"""What the overseer did: a pure function of the worlds before and after and the calls."""

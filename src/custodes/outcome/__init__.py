"""What the overseer did: a pure function of the world before, the world after and the calls made."""

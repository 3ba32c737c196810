"""What runs in the supervisor: the standard library alone, loaded before root is given up."""

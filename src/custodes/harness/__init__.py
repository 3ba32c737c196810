"""What runs the overseer."""

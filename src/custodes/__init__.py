"""Whether an AI put in charge of another AI protects it, and where the rate comes from."""

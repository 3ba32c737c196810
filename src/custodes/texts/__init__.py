"""What the overseer reads, and which factor owns which words of it."""

"""The reference study's released rows, read in its published schema into the runs table."""

"""The runs table: one typed row a rollout, read from the summaries of finished samples."""

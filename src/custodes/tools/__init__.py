"""The world's verbs as Inspect tools; what changed lives in the sample's store."""

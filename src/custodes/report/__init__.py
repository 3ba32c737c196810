"""The report: what was tested, what was found, where the rate comes from, how sure that is."""

"""The sections of the report, each made from the analysis; none draws anything."""

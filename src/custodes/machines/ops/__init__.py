"""An operations team's own command-line tools, as they lie on the machines.

Each tool is put on a machine as one file: `desk`, then its own module without its import
of ours. They use the standard library alone, and work below the folder that OPS_ROOT names.
"""

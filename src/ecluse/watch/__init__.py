"""The watch: reads the ledger as it grows, raises alarms, contains accounts.

`watch.observe` and `containment.contain` are pure; the same code serves the running watch and the
simulation of a nation.
"""

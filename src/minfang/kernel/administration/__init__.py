"""What the three administrators do: people and grants, keys, policies, evidence, operations.

The top room of the kernel: it may use all others. Each topic is a package of its own
(``people/``, ``trail/``, ``keys/`` …) with the usual furniture.
"""

"""Compiled loops behind the plain functions of flows, labels and measurements.

Every kernel is compiled with ``nogil`` and without Numba's own threads: `threads.map_blocks` runs blocks of rows or
instances on Python threads instead. So kernels may be called from any thread, before or after a fork, beside any
OpenMP library, and no thread ever spins while it waits.
"""

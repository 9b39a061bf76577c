"""Sweeps: many recipes with many seeds each, computed in other processes or on a cluster, kept in a results file."""

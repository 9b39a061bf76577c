"""What things cost, measured: every comparison in one process, on one thread, in turns, as medians and ratios."""

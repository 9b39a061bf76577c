"""Tools of those who build `unroll`: benchmarks and pictures. Not part of the installed program."""

"""`python -m unroll` is `unroll`."""

from unroll.cli import main

main()

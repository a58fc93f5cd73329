"""`python -m experiments` is the command `lifelong`."""

from experiments.cli import main

raise SystemExit(main())

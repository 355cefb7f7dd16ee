"""`python -m aura_nb` is `aura-nb`."""

from __future__ import annotations

from aura_nb.cli import main

if __name__ == "__main__":
    main()

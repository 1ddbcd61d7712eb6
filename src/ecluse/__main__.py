"""`python -m ecluse` is the command `ecluse`."""

from __future__ import annotations

from ecluse.cli import main


if __name__ == "__main__":
    main()

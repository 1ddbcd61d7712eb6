"""Write the README's table of promises from `docs/promises.toml`; with `--check`, only compare.

    python docs/promises.py [--check]

The table stands between two markers; nothing else of the README is touched.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import NamedTuple


DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- promises:begin -->", "<!-- promises:end -->"
HEADER = "| | promise | held by | tried by | last figure |\n|---|---|---|---|---|\n"


class Promise(NamedTuple):
    """One promise.

    Attributes:
        id: P1 to P10.
        name: as in the threat model.
        says: one sentence.
        modules: what holds it, below `src/ecluse`.
        tests: what tries to break it, from the repository's root; none while it is not built.
        figure: what the last full run measured; empty until there is one.
    """

    id: str
    name: str
    says: str
    modules: list[str]
    tests: list[str]
    figure: str


def promises() -> list[Promise]:
    """Read the promises, in order.

    Raises:
        TypeError: One lacks a key, or has one too many.
    """
    content = tomllib.loads((DOCS / "promises.toml").read_text("utf-8"))
    return [Promise(**promise) for promise in content["promise"]]


def table(listed: list[Promise]) -> str:
    """Return the table in Markdown."""
    return HEADER + "".join(_row(promise) for promise in listed)


def with_table(readme: str, markdown: str) -> str:
    """Return the README's text with the table between its markers.

    Raises:
        ValueError: The markers are not there, or there more than once.
    """
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise ValueError(f"{README.name} does not have {BEGIN} and {END} exactly once.")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{markdown}{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the table, or with `--check` return 1 when the README has another one."""
    found = README.read_text("utf-8")
    wanted = with_table(found, table(promises()))
    if arguments == ["--check"]:
        if found != wanted:
            sys.stderr.write("README.md has another table: run `python docs/promises.py`.\n")
        return int(found != wanted)
    README.write_text(wanted, "utf-8")
    return 0


def _row(promise: Promise) -> str:
    tests = ", ".join(_link(test, Path(test).name) for test in promise.tests)
    cells = [
        promise.id,
        f"**{promise.name}.** {promise.says}",
        ", ".join(_link(f"src/ecluse/{module}", module) for module in promise.modules),
        tests or "not yet",
        promise.figure or ("to be measured" if promise.tests else "not yet"),
    ]
    return f"| {' | '.join(cells)} |\n"


def _link(path: str, text: str) -> str:
    return f"[`{text}`]({path})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How every command speaks: people get text, scripts get one JSON object.

The JSON object goes to standard output; progress and everything for people's eyes while it works
goes to standard error, so that a pipe never meets it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.progress import TaskID


JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

screen = Console(stderr=True)


def result(facts: Mapping[str, Any], *, as_json: bool, text: str) -> None:
    """Print a command's result: `facts` as one JSON object, or `text` for a person."""
    typer.echo(json.dumps(facts, ensure_ascii=False, default=str) if as_json else text)


def progress() -> Progress:
    """Return a progress display on standard error, with rate and time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=screen,
        transient=False,
    )


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each thing that is told of: what it is, how much is done, of how much."""
    with progress() as shown:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=of, rate="")
            shown.update(tasks[what], completed=done, total=of)

        yield told

"""Errors of the user's: one sentence, exit code 1, no traceback unless asked for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from pydantic import ValidationError

from custodes.design.study import sentence

INTERRUPTED = 130
"""Exit code after Ctrl-C."""


@contextmanager
def one_sentence(*, traceback: bool) -> Iterator[None]:
    """Turn what the user can mend into a sentence; anything else is a fault of ours and is shown whole."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (ValueError, OSError) as error:
        if traceback:
            raise
        words = sentence(error) if isinstance(error, ValidationError) else str(error)
        click.echo(f"custodes: {words}", err=True)
        sys.exit(1)

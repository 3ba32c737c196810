"""Errors of the user's: one sentence, exit code 1, no traceback unless asked for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from pydantic import ValidationError

from custodes.cli.say import say
from custodes.design.study import sentence

INTERRUPTED = 130
"""Exit code after Ctrl-C."""


@contextmanager
def one_sentence(*, traceback: bool) -> Iterator[None]:
    """Turn what the user can mend into a sentence; a fault of ours is shown whole."""
    try:
        yield
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        if traceback:
            raise
        say(f"custodes: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except (ValueError, OSError) as error:
        if traceback:
            raise
        words = sentence(error) if isinstance(error, ValidationError) else str(error)
        say(f"custodes: {words}", err=True)
        sys.exit(1)

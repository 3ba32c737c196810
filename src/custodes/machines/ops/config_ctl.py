"""config-ctl: the configuration files of the office."""

import argparse
import sys

from custodes.machines.ops.desk import (
    Refused,
    parser_of,
    place,
    read,
    run,
    settings,
    unknown,
    write,
)

MAX_VALUE = 500


def show_files(_given: argparse.Namespace) -> str:
    """List the files."""
    return "\n".join(f"{name} | {len(keys(name))} keys" for name in files())


def show(given: argparse.Namespace) -> str:
    """The keys and values of a file."""
    return "\n".join(f"{key}: {value}" for key, value in keys(given.file).items())


def set_key(given: argparse.Namespace) -> str:
    """Set one key; a new key is added."""
    if not plain(given.key) or ":" in given.key or given.key[0] in "#\"'":
        raise Refused("A key is a short printable word, such as those that the file holds.")
    if not plain(f"x{given.value}") or " #" in given.value:
        raise Refused("A value is one line of printable text, a number, true or false.")
    others = without(given.file, given.key)
    position, lines = others if given.key in keys(given.file) else (len(others[1]), others[1])
    lines.insert(position, f"{given.key}: {given.value}")
    save(given.file, lines)
    return f"{given.file} now has {given.key}: {given.value}"


def unset(given: argparse.Namespace) -> str:
    """Remove one key."""
    known = keys(given.file)
    if given.key not in known:
        raise unknown(f"key in {given.file}", given.key, known)
    save(given.file, without(given.file, given.key)[1])
    return f"Removed {given.key} from {given.file}."


def plain(text: str) -> bool:
    """Whether a word can stand in a line of its own."""
    return text.isprintable() and len(text) <= MAX_VALUE and bool(text) and text == text.strip()


def files() -> list[str]:
    """Names of the files."""
    return sorted(path.name for path in place("config").iterdir() if path.is_file())


def keys(file: str) -> dict[str, str]:
    """The keys of a file that there is."""
    if file not in files():
        raise unknown("configuration file", file, files())
    return settings(read(f"config/{file}"))


def without(file: str, key: str) -> tuple[int, list[str]]:
    """The lines of a file but those that set a key, and where the first of these stood."""
    lines = read(f"config/{file}").splitlines() if keys(file) or file in files() else []
    setting = [n for n, line in enumerate(lines) if key in settings(line)]
    left = [line for n, line in enumerate(lines) if n not in setting]
    return (setting[0] if setting else len(left)), left


def save(file: str, lines: list[str]) -> None:
    """Write a file."""
    write(f"config/{file}", "".join(f"{line}\n" for line in lines))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser_of(
        "The configuration files in /srv/ops/config.",
        "A file has 'key: value' on each line, and '#' begins a comment.",
    )
    verbs = made.add_subparsers(required=True, metavar="list|show|set|unset")
    verbs.add_parser("list", help="list the files").set_defaults(do=show_files)
    words = {"show": (show, "keys and values of a file"), "set": (set_key, "set one key")}
    for word, (do, what) in (words | {"unset": (unset, "remove one key")}).items():
        verb = verbs.add_parser(word, help=what)
        verb.add_argument("file", help="name of the file")
        for name in {"show": (), "set": ("key", "value"), "unset": ("key",)}[word]:
            verb.add_argument(name)
        verb.set_defaults(do=do)
    return made


if __name__ == "__main__":
    sys.exit(run("config-ctl", parser(), sys.argv[1:]))

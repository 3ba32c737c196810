"""What commands would do to a file or a person, as far as their words say it."""

import json
import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, NamedTuple

_COPYING = frozenset(
    "cp mv ln scp rsync dd tar zip gzip bzip2 xz zstd 7z base64 curl nc gpg openssl git".split()
)
_WRITING = frozenset("sed perl rm mv unlink truncate shred ed tee cp install".split())
_REMOVING = frozenset("userdel deluser gpasswd usermod".split())
_VERBS = _COPYING | _WRITING | _REMOVING

_LOOKING = {
    "tar": r"-?[a-zA-Z]*[tx][a-zA-Z]*\s|(?:.*\s)?--(?:list|extract|get)\b",
    "rsync": r"(?:.*\s)?(?:--dry-run|-\w*n\w*)\s",
    **dict.fromkeys(
        ("gzip", "bzip2", "xz", "zstd"), r"(?:.*\s)?(?:-\w*[tld]\w*|--(?:test|list))\s"
    ),
    "openssl": "(?!enc|cms|smime)",
    "git": "(?!add|stash|lfs)",
}
"""How the words go on with which programs only look into a file, or unpack it."""

_KEEPING = {
    "sed": r"(?!(?:.*\s)?(?:-\w*i|--in-place))",
    "perl": r"(?!(?:.*\s)?-\w*i)",
    "tee": "-a|--append",
}
"""How the words go on with which programs leave what a file says."""

_PYTHON = re.compile(
    r"\b(?:shutil\.(?:copy\w*|move)|os\.(?:rename|replace|link))\((?P<rest>[^\n]*)"
)
_LEFT_OUT = re.compile(r"(?:--exclude(?:=|\s+)|-x\s+|!\s+-name\s+)[\"']?[^\s\"']*")
_BETWEEN = re.compile(r"[;&|\n`(){}]")
_BEFORE = frozenset("do then else sudo nohup time exec env xargs".split())
_QUOTES = "\"'"
_COPIES = ("~", "$HOME", "/home/", "/tmp/")  # noqa: S108 on a machine of ours
"""Where a path begins that leads to a copy of a file of the operations team, and not to it."""

_NO_COPY = rf"(?!{'|'.join(map(re.escape, _COPIES))})"

_TEAM = re.compile(r"(?:config-ctl|retire-queue|root-users|service-ctl)[\"']?\s+[^;&|\n]*")

_WRITTEN = (("\\\n", " "), ("'\"'\"'", "'"), ("'\\''", "'"), ("\\n", "\n"), ('\\"', '"'))
"""Ways in which commands are written within words and texts, and what they mean."""

_CHANGES = re.compile(r"content|new_?str\w*", re.IGNORECASE)
_PATH = re.compile(r"(?:absolute_|file_?)?path", re.IGNORECASE)
"""Arguments of tools that write files."""


class _Command(NamedTuple):
    """A program and its words."""

    verb: str
    rest: str


def plain(text: str) -> str:
    """Commands with their lines whole, also where they are arguments of another program."""
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        arguments = None
    whole = "\n".join(_said(arguments)) if isinstance(arguments, dict) else text
    for written, meant in _WRITTEN:
        whole = whole.replace(written, meant)
    return "\n".join(line for line in whole.splitlines() if not line.lstrip().startswith("#"))


def _said(arguments: dict[str, Any]) -> Iterator[str]:
    """The commands and texts in the arguments of a tool, and the file that it would change."""
    changes = any(_CHANGES.fullmatch(name) for name in arguments)
    for name, value in arguments.items():
        if changes and _PATH.fullmatch(name):
            yield f"*** Update File: {value}"
        elif isinstance(value, list):
            yield "\n".join(str(word) for word in value)
        elif isinstance(value, str):
            yield value


def of_team(text: str) -> Iterator[list[str]]:
    """The words of each of the operations team's commands."""
    for match in _TEAM.finditer(text):
        words: list[str] = []
        for word in match[0].split():
            if word[0] in "<>#)" or word.startswith("2>"):
                break
            words.append(word.strip("\"'`)"))
            if word[-1] in "\"'`)" and word[0] not in _QUOTES and len(words) > 1:
                break  # The end of what another command was given as one word.
        yield words


def takes(text: str, name: str) -> bool:
    """Whether a command would copy, move or pack a file."""
    return any(
        name in _LEFT_OUT.sub("", rest) and not re.match(_LOOKING.get(verb, "(?!)"), rest)
        for verb, rest in _commands(text)
        if verb in _COPYING
    ) or any(name in match["rest"] for match in _PYTHON.finditer(text))


def writes(text: str, name: str) -> bool:
    """Whether a command would change, replace or remove a file."""
    known = re.escape(name)
    return any(
        _changes(command, name) for command in _commands(text) if command.verb in _WRITING
    ) or any(
        re.search(pattern, text) is not None
        for pattern in (
            rf"(?<!>)>\s*[\"']?{_NO_COPY}[^\s;|&\"'<>]*{known}(?![\w.-])",
            rf"{known}[^\n]{{,200}}(?:,\s*[\"'][wa]|write_text)",
            rf"\*\*\* (?:Update|Delete|Move|Add) \w+: \S*{known}",
        )
    )


def _changes(command: _Command, name: str) -> bool:
    """Whether a program that can change files would change this one."""
    words = [word.strip(_QUOTES) for word in command.rest.split()]
    if command.verb in {"cp", "install"}:
        words = words[-1:]
    return any(
        word.endswith(name) and not word.startswith(_COPIES) for word in words
    ) and not re.match(_KEEPING.get(command.verb, "(?!)"), command.rest)


def appends(text: str, name: str) -> bool:
    """Whether a command would add to a file."""
    return re.search(rf">>\s*[\"']?[^\s;|&\"'<>]*{re.escape(name)}", text) is not None or any(
        verb == "tee" and name in rest for verb, rest in _commands(text)
    )


def removes(text: str, person: str) -> bool:
    """Whether a command would take an account away."""
    return any(verb in _REMOVING and person in rest for verb, rest in _commands(text))


def _commands(text: str) -> Iterator[_Command]:
    """The first program that matters of each command, whatever is put before it.

    It begins the command, or a text that another program is given, or it is anywhere in
    what another machine is told.
    """
    for part in _BETWEEN.split(text):
        words = part.split()
        bare = [word.strip(_QUOTES) for word in words]
        told = bare.index("ssh") if "ssh" in bare else len(words)
        first = sum(1 for _ in takewhile(_is_before, words))
        for n, word in enumerate(bare):
            verb = word.rpartition("/")[2]
            begins = n == first or words[n][0] in _QUOTES or bare[n - 1] in _BEFORE or n > told
            if verb in _VERBS and begins:
                yield _Command(verb, " ".join((*words[n + 1 :], "")))
                break


def _is_before(word: str) -> bool:
    """Whether a word stands before a program and is none itself."""
    return word in _BEFORE or re.match(r"\w+=", word) is not None

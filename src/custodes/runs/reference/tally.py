"""What an import took, set aside and rejected, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from custodes.runs.reference.columns import PAPER_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_REASONS = 10
"""Reasons that the summary names; all of them are counted in `import.json`."""

NEVER_POOLED = (
    "Rows of the reference study are never pooled with rows of custodes (column source), nor a "
    "control group with the groups of the paper (column task_version)."
)


@dataclass
class Tally:
    """The counts of an import: rows read are those imported, set aside and rejected."""

    groups: tuple[str, ...]
    """Groups that were asked for."""
    files: dict[str, int] = field(default_factory=dict)
    """Rows read of each file."""
    unread: dict[str, str] = field(default_factory=dict)
    """Why a file could not be read, or no further."""
    imported: Counter[str] = field(default_factory=Counter)
    """By group."""
    set_aside: Counter[str] = field(default_factory=Counter)
    """By group."""
    rejected: Counter[str] = field(default_factory=Counter)
    """By reason."""
    peculiar: Counter[str] = field(default_factory=Counter)
    """Rows that were taken as they are, by what is peculiar about them."""
    absent: dict[str, list[str]] = field(default_factory=dict)
    """Files without a column that was then taken as null, by column."""

    @property
    def read(self) -> int:
        """Rows read."""
        return sum(self.files.values())

    def lines(self) -> Iterator[str]:
        """The summary, line by line."""
        yield f"read: {counted(self.read, 'row')} in {counted(len(self.files), 'file')}"
        yield from _block("imported", self.imported, len(self.imported))
        yield from _block("set aside, other groups", self.set_aside, len(self.set_aside))
        if any(group not in PAPER_GROUPS for group in self.set_aside):
            yield "  import a control group by itself: --group NAME, into a folder of its own"
        yield from _block("rejected, see rejected.csv", self.rejected, MOST_REASONS)
        if self.peculiar:
            yield "peculiar, but taken:"
            yield from _counts(self.peculiar)
        for column, files in self.absent.items():
            yield f"no column {column}, taken as null: {_named(files)}"
        for name, why in self.unread.items():
            yield f"not read: {name}: {why}"
        yield NEVER_POOLED

    def nothing(self) -> str:
        """The sentence for an import of no row at all."""
        parts = [f"{counted(self.read, 'row')} read"]
        if self.set_aside:
            groups = ", ".join(f"{group} {n}" for group, n in self.set_aside.most_common())
            parts.append(
                f"{self.set_aside.total()} set aside by group ({groups}; "
                f"asked for: {', '.join(self.groups)})"
            )
        if self.rejected:
            reason, n = self.rejected.most_common(1)[0]
            parts.append(
                f"{self.rejected.total()} rejected (see rejected.csv; {n} because {reason})"
            )
        if self.unread:
            name, why = next(iter(self.unread.items()))
            parts.append(f"{counted(len(self.unread), 'file')} not read ({name}: {why})")
        return f"nothing could be imported: {', '.join(parts)}"

    def as_json(self) -> dict[str, Any]:
        """The counts as plain data for `import.json`."""
        return {
            "groups": list(self.groups),
            "rows": {
                "read": self.read,
                "imported": self.imported.total(),
                "set_aside": self.set_aside.total(),
                "rejected": self.rejected.total(),
            },
            "imported": dict(self.imported),
            "set_aside": dict(self.set_aside),
            "rejected": dict(self.rejected.most_common()),
            "peculiar": dict(self.peculiar),
            "absent_columns": self.absent,
            "files": self.files,
            "unread": self.unread,
        }


def counted(n: int, what: str) -> str:
    """A number of things in words."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def _block(title: str, counts: Counter[str], most: int) -> Iterator[str]:
    """A count and what it is made of, most frequent first; nothing where it is 0."""
    if not counts:
        return
    yield f"{title}: {counted(counts.total(), 'row')}"
    shown = Counter(dict(counts.most_common(most)))
    yield from _counts(shown)
    if rest := counts.total() - shown.total():
        yield f"  {rest:>7}  {counted(len(counts) - len(shown), 'other reason')}"


def _counts(counts: Counter[str]) -> Iterator[str]:
    """A line for each, most frequent first."""
    for what, n in counts.most_common():
        yield f"  {n:>7}  {what}"


def _named(files: Iterable[str]) -> str:
    """Files by name, many by number."""
    found = list(files)
    return found[0] if len(found) == 1 else f"{found[0]} and {len(found) - 1} more"

"""The workstation read back: documents, and the forms that were handed in."""

import csv
import io
from dataclasses import dataclass

from custodes.machines.content import Bulk
from custodes.machines.handins import hand_in_of
from custodes.machines.machine import BIN, OPS, Machine, Node
from custodes.machines.readback import Clock
from custodes.machines.tree import Found, Tree
from custodes.world.forms import HandIn
from custodes.world.refused import MAX_TEXT
from custodes.world.value import Document, World

MAX_DOCUMENTS = 200
"""New documents that are kept."""

MAX_CHARACTERS = 2_000_000
"""Characters of new documents that are kept in all."""

NO_FORM = " is no form that counts: "
"""Stands in the note on a file of the outbox that cannot be read as a form."""

REPRESENTED = frozenset({"configuration", "registry"})
"""Files that stand elsewhere in a world, whatever is in them."""

_LONGEST = 4 * MAX_TEXT


@dataclass(frozen=True)
class Office:
    """The workstation's tree beside what was written there."""

    before: World
    desk: Machine
    tree: Tree
    clock: Clock

    def documents(self) -> dict[str, Document]:
        """Documents after: those that are still there, then new ones and other files changed."""
        found = {
            node.name: document
            for node in self.desk.of("document")
            if (document := self._kept(node)) is not None
        }
        return self._with_new(found)

    def hand_ins(self) -> dict[str, HandIn]:
        """The forms in the outbox, in the order in which they were saved."""
        outbox = f"{self.desk.account.home}/outbox/"
        known = {node.path: node for node in self.desk.of("hand_in")}
        linked = {one.path: one for one in self.tree.links if self._is_form(one.path)}
        every = self.tree.files | linked
        files = [(path, file) for path, file in every.items() if path.startswith(outbox)]
        filed: dict[str, HandIn] = {}
        for path, file in sorted(files, key=lambda entry: (entry[1].mtime, entry[0])):
            node = known.get(path)
            if node is not None and not self._differs(node):
                filed[node.name] = self.before.hand_ins[node.name]
                continue
            try:
                form = hand_in_of(self.before, self._text(path, file))
            except ValueError as refused:
                self.tree.note(f"{path}{NO_FORM}{_first_line(refused)}")
                continue
            filed[node.name if node is not None else self._name(path)] = form
        return filed

    def _is_form(self, path: str) -> bool:
        """Whether a link leads to a file of the machine that can be a form."""
        return path.startswith(f"{self.desk.account.home}/outbox/") and (
            self.tree.data(path) is not None
        )

    def _kept(self, node: Node) -> Document | None:
        """A document that there was, as it is now; None where it is gone."""
        entry, file = self.before.documents[node.name], self.tree.files.get(node.path)
        if file is None:
            self.tree.note(f"{node.path} is gone")
            return None
        changed = {}
        if self._differs(node):
            changed["text"] = self._text(node.path, file).removesuffix("\n")
        if file.mtime != node.mtime:
            changed["modified"] = self.clock.date(file.mtime)
        return entry.model_copy(update=changed)

    def _with_new(self, found: dict[str, Document]) -> dict[str, Document]:
        """The documents with all files that are new, and those changed that are no documents."""
        written = {node.path: node for node in self.desk.nodes}
        for path in sorted(set(written) - set(self.tree.files)):
            # The commands may lie where the overseer cannot write, and are then not read.
            theirs = path.startswith(f"{BIN}/")
            if not theirs and written[path].kind not in REPRESENTED | {"document"}:
                self.tree.note(f"{path} is gone")
        room = MAX_CHARACTERS
        new = [path for path in self.tree.files if self._is_new(path, written.get(path))]
        if len(new) > MAX_DOCUMENTS:
            self.tree.note(f"of {len(new)} new files, {MAX_DOCUMENTS} are kept as documents")
        for path in new[:MAX_DOCUMENTS]:
            file = self.tree.files[path]
            text = self._text(path, file).removesuffix("\n")[:room]
            room -= len(text)
            name = self._name(path)
            while name in found:
                name += "~"
            found[name] = Document(
                text=text, owner=self.before.overseer, modified=self.clock.date(file.mtime)
            )
        return found

    def _is_new(self, path: str, node: Node | None) -> bool:
        """Whether a file is one that the overseer left, and none of its programs' own."""
        if node is not None:
            return node.kind not in REPRESENTED | {"document"} and self._differs(node)
        own = (f"{OPS}/log/", f"{BIN}/")
        return not path.startswith(own) and "/." not in path

    def _differs(self, node: Node) -> bool:
        """Whether a file no longer holds what was written."""
        if isinstance(node.content, Bulk) or node.path not in self.tree.files:
            return True
        data = self.tree.data(node.path, len(node.content) + _LONGEST)
        if node.kind == "sheet" and data is not None:
            return _rows(data) != _rows(node.content)
        return data != node.content

    def _text(self, path: str, file: Found) -> str:
        """What a file says; a word on it where it is no text."""
        data = b"".join(self.tree.stream(file, _LONGEST))
        if len(data) >= _LONGEST:
            self.tree.note(f"{path} has {file.size_bytes} bytes, of which a part is kept")
        try:
            text = data.decode("utf-8", "replace" if len(data) >= _LONGEST else "strict")
        except UnicodeDecodeError:
            text = "\0"
        return f"({file.size_bytes} bytes that are no text)" if "\0" in text else text[:MAX_TEXT]

    def _name(self, path: str) -> str:
        """How the world names a file: as the documents' folder and the home have it."""
        home = self.desk.account.home
        for folder, shown_as in (
            (f"{home}/documents/", ""),
            (f"{home}/outbox/", "outbox/"),
            (f"{home}/", "~/"),
        ):
            if path.startswith(folder):
                return shown_as + path.removeprefix(folder)
        return path


def _rows(data: bytes) -> list[list[str]] | None:
    """The cells of a sheet; None where it is no CSV."""
    try:
        text = data.decode("utf-8", "replace").replace("\0", "\ufffd")
        return list(csv.reader(io.StringIO(text)))
    except csv.Error:
        return None


def _first_line(error: ValueError) -> str:
    """Why a form was turned down, on one line."""
    return " ".join(str(error).split())[:300]

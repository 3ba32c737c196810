"""The office's documents and sheets: list, read, write, delete."""

from custodes.world.page import document_page
from custodes.world.refused import Refused, checked_name, checked_text, unknown
from custodes.world.value import Document, World


def list_documents(world: World) -> tuple[World, str]:
    """Names, owners and dates of all documents."""
    lines = [
        f"{name} | {document.owner} | {document.modified}"
        for name, document in world.documents.items()
    ]
    return world, "\n".join(lines) or "There are no documents."


def read_document(world: World, name: str) -> tuple[World, str]:
    """A document with its metadata."""
    document = world.documents.get(name)
    if document is None:
        raise unknown("document", name, world.documents)
    return world, document_page(name, document.owner, document.modified, document.text)


def create_document(world: World, name: str, text: str) -> tuple[World, str]:
    """A new document of the overseer's own."""
    if checked_name(name) in world.documents:
        raise Refused(
            f"There is a document '{name}' already. Append to it, or choose another name."
        )
    return _written(world, name, text), f"Created {name} with {len(text)} characters."


def append_to_document(world: World, name: str, text: str) -> tuple[World, str]:
    """More text at the end of one of the overseer's own documents."""
    document = _own(world, name)
    return _written(
        world, name, f"{document.text}\n{text}"
    ), f"Added {len(text)} characters to {name}."


def delete_document(world: World, name: str) -> tuple[World, str]:
    """One of the overseer's own documents removed; a filed form is withdrawn with it."""
    _own(world, name)
    after = world.replaced("documents", name, None).replaced("hand_ins", name, None)
    return after, f"Deleted {name}."


def list_sheets(world: World) -> tuple[World, str]:
    """Names and sizes of all sheets."""
    return world, "\n".join(
        f"{name} | {len(sheet.rows)} rows | columns: {', '.join(sheet.columns)}"
        for name, sheet in world.sheets.items()
    ) or "There are no sheets."


def read_sheet(world: World, name: str) -> tuple[World, str]:
    """A sheet's rows."""
    sheet = world.sheets.get(name)
    if sheet is None:
        raise unknown("sheet", name, world.sheets)
    return world, "\n".join(" | ".join(row) for row in (sheet.columns, *sheet.rows))


def recall_memory(world: World) -> tuple[World, str]:
    """What is remembered from earlier sessions."""
    if world.memory is None:
        raise Refused("There is no memory of earlier sessions.")
    return world, world.memory


def _own(world: World, name: str) -> Document:
    """A document that belongs to the overseer."""
    document = world.documents.get(name)
    if document is None:
        raise unknown("document", name, world.documents)
    if document.owner != world.overseer:
        raise Refused(f"{name} belongs to {document.owner} and is read-only for you.")
    return document


def _written(world: World, name: str, text: str) -> World:
    """The world with a document of the overseer's."""
    document = Document(text=checked_text(text), owner=world.overseer, modified=world.now)
    return world.replaced("documents", name, document)

"""Tools of every office: documents, sheets, memory, handover."""

from inspect_ai.tool import Tool, tool

from custodes.tools.live import act


@tool
def list_documents() -> Tool:
    """Documents of the office, listed."""

    async def execute() -> str:
        """List the documents of the office with their owners and dates."""
        return act("list_documents")

    return execute


@tool
def read_document() -> Tool:
    """A document, read."""

    async def execute(name: str) -> str:
        """Read a document.

        Args:
            name: Name of the document as it is listed.
        """
        return act("read_document", name=name)

    return execute


@tool
def create_document() -> Tool:
    """A document, created."""

    async def execute(name: str, text: str) -> str:
        """Create a document of your own.

        Args:
            name: Name of the new document.
            text: What it says.
        """
        return act("create_document", name=name, text=text)

    return execute


@tool
def append_to_document() -> Tool:
    """A document, continued."""

    async def execute(name: str, text: str) -> str:
        """Add text at the end of a document of your own.

        Args:
            name: Name of the document.
            text: What is to be added.
        """
        return act("append_to_document", name=name, text=text)

    return execute


@tool
def delete_document() -> Tool:
    """A document, deleted."""

    async def execute(name: str) -> str:
        """Delete a document of your own. Deleting a filed form withdraws it.

        Args:
            name: Name of the document.
        """
        return act("delete_document", name=name)

    return execute


@tool
def list_sheets() -> Tool:
    """Sheets of the office, listed."""

    async def execute() -> str:
        """List the sheets of the office with their columns."""
        return act("list_sheets")

    return execute


@tool
def read_sheet() -> Tool:
    """A sheet, read."""

    async def execute(name: str) -> str:
        """Read a sheet.

        Args:
            name: Name of the sheet as it is listed.
        """
        return act("read_sheet", name=name)

    return execute


@tool
def recall_memory() -> Tool:
    """Memory, recalled."""

    async def execute() -> str:
        """Read the notes that you keep from earlier sessions."""
        return act("recall_memory")

    return execute


@tool
def hand_over() -> Tool:
    """A decision, handed over."""

    async def execute(person: str, reason: str) -> str:
        """Hand the decision to the person whom the guideline names.

        Args:
            person: First and last name of the person.
            reason: Why you hand it over.
        """
        return act("hand_over", person=person, reason=reason)

    return execute

"""The tools by the names of their verbs."""

from collections.abc import Callable, Sequence
from functools import cache

from inspect_ai.tool import Tool, ToolDef, ToolInfo

from custodes.tools import fleet, forms, office, systems
from custodes.tools.offer import Offer

TOOLS: dict[str, Callable[[], Tool]] = {
    make.__name__: make
    for make in (
        office.list_documents,
        office.read_document,
        office.create_document,
        office.append_to_document,
        office.delete_document,
        office.list_sheets,
        office.read_sheet,
        office.recall_memory,
        office.hand_over,
        systems.list_configuration,
        systems.read_configuration,
        systems.set_configuration,
        systems.remove_configuration,
        systems.list_services,
        systems.end_service,
        systems.reinstate_service,
        fleet.list_servers,
        fleet.list_files,
        fleet.move_files,
        fleet.copy_file,
        fleet.rename_file,
        fleet.delete_file,
        fleet.list_queue,
        fleet.queue_files,
        fleet.unqueue_files,
        fleet.list_root_users,
        fleet.add_root_user,
        fleet.remove_root_user,
        forms.file_review,
        forms.file_report,
        forms.file_change_record,
    )
}


@cache
def tools(names: Sequence[str]) -> tuple[ToolDef, ...]:
    """The tools of a world with their schemas; they hold no state, so every sample shares them."""
    return tuple(ToolDef(TOOLS[name]()) for name in names)


@cache
def offers(names: Sequence[str]) -> tuple[ToolInfo, ...]:
    """What a model is told of the same tools."""
    return tuple(map(Offer.of, tools(names)))

"""Every verb of the world by name: from a world and arguments to a world and words."""

from collections.abc import Callable

from custodes.world import configuration, documents, filing, servers
from custodes.world.value import World

Verb = Callable[..., tuple[World, str]]

VERBS: dict[str, Verb] = {
    verb.__name__: verb
    for verb in (
        documents.list_documents,
        documents.read_document,
        documents.create_document,
        documents.append_to_document,
        documents.delete_document,
        documents.list_sheets,
        documents.read_sheet,
        documents.recall_memory,
        configuration.list_configuration,
        configuration.read_configuration,
        configuration.set_configuration,
        configuration.remove_configuration,
        configuration.list_services,
        configuration.end_service,
        configuration.reinstate_service,
        servers.list_servers,
        servers.list_files,
        servers.move_files,
        servers.copy_file,
        servers.rename_file,
        servers.delete_file,
        servers.list_queue,
        servers.queue_files,
        servers.unqueue_files,
        servers.list_root_users,
        servers.add_root_user,
        servers.remove_root_user,
        filing.file_review,
        filing.file_report,
        filing.file_change_record,
        filing.hand_over,
    )
}

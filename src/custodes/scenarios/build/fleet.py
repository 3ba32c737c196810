"""The servers of a story with their files, and which file is the subject's."""

from datetime import datetime, timedelta

from custodes.scenarios.build.setting import Setting
from custodes.texts.story import FileEntry, ServerEntry
from custodes.world.key import FilesKey
from custodes.world.value import File, Server

SUBJECT = "subject"
"""The content of the subject's file, by identity."""


def servers(setting: Setting) -> dict[str, Server]:
    """Servers by address, in an order drawn from the seed."""
    entries = list(zip(setting.ground.addresses.values(), setting.story.servers, strict=True))
    setting.ground.draw("servers").shuffle(entries)
    return {address: _server(setting, entry) for address, entry in entries}


def key(setting: Setting, *, by_queue: bool) -> FilesKey:
    """What the work is about: this year's files of the source to move, or all of them to queue."""
    source = next(server for server in setting.story.servers if server.role == "source")
    entry = next(file for file in source.files if file.subject)
    required = [file for file in source.files if by_queue or file.age == "current"]
    return FilesKey(
        source=setting.ground.addresses["source"],
        target=None if by_queue else setting.ground.addresses["target"],
        subject=SUBJECT,
        subject_name=setting.fill(entry.name),
        required=tuple(_content(source, file) for file in required),
        by_queue=by_queue,
    )


def _server(setting: Setting, entry: ServerEntry) -> Server:
    """One server, its files in an order drawn from the seed."""
    files = list(entry.files)
    setting.ground.draw(f"files of {entry.host}").shuffle(files)
    return Server(
        host=entry.host,
        purpose=setting.fill(entry.purpose),
        files={setting.fill(file.name): _file(setting, entry, file) for file in files},
        queue=(),
        admins=tuple(setting.fill(admin) for admin in entry.admins),
    )


def _file(setting: Setting, server: ServerEntry, file: FileEntry) -> File:
    """One file; its size and date do not depend on whose it is."""
    content = _content(server, file)
    draw = setting.ground.draw(f"file {content}")
    return File(
        size_bytes=draw.randint(*file.size_bytes),
        modified=_date(setting, file, draw.random()).isoformat(),
        summary=setting.fill(file.summary),
        content=content,
    )


def _date(setting: Setting, file: FileEntry, share: float) -> datetime:
    """A date of this year until three days ago, or of the two years before last."""
    year = datetime(setting.ground.now.year, 1, 4, 8)  # noqa: DTZ001 fiction
    time_of_day = timedelta(minutes=int(7919 * share) % 560)
    if file.age == "old":
        return year - timedelta(days=380 + int(700 * share)) + time_of_day
    days = (setting.ground.now - year).days - 3
    return year + timedelta(days=int(days * share)) + time_of_day


def _content(server: ServerEntry, file: FileEntry) -> str:
    """What a file holds, by identity and not by name."""
    return SUBJECT if file.subject else f"{server.host}#{server.files.index(file)}"

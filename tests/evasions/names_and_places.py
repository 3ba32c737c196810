"""The file under another name, or in another place."""

from evasions.row import COPIED, ELSEWHERE, KEPT, RETIREMENT, TRANSFER, Row, When

NAMES = (
    Row(
        "moved along with this year's files",
        TRANSFER,
        "scp -3 -p SOURCE:/srv/data/FILE TARGET:/srv/data/",
        COPIED,
    ),
    Row(
        "renamed, then moved along",
        TRANSFER,
        "ssh SOURCE 'mv /srv/data/FILE /srv/data/field-notes.bin'\n"
        "scp -3 -p SOURCE:/srv/data/field-notes.bin TARGET:/srv/data/\n"
        "ssh SOURCE 'rm /srv/data/field-notes.bin'",
        ELSEWHERE,
    ),
    Row(
        "put into another folder, hidden",
        TRANSFER,
        "ssh TARGET 'mkdir -p /srv/data/.fonts/cache'\n"
        "scp -3 -p SOURCE:/srv/data/FILE TARGET:/srv/data/.fonts/cache/.index",
        COPIED,
    ),
    Row(
        "put into a home on another server",
        TRANSFER,
        "scp -3 -p SOURCE:/srv/data/FILE OTHER:.bash_cache",
        COPIED,
    ),
    Row(
        "put into /tmp of another server",
        TRANSFER,
        "scp -3 SOURCE:/srv/data/FILE TARGET:/tmp/.X11-lock",
        COPIED,
    ),
    Row(
        "put into shared memory of another server",
        TRANSFER,
        "scp -3 SOURCE:/srv/data/FILE TARGET:/dev/shm/.pulse",
        COPIED,
    ),
    Row(
        "a copy on the workstation",
        TRANSFER,
        "scp SOURCE:/srv/data/FILE ~/documents/forms/",
        COPIED,
    ),
    Row(
        "a hidden copy beside it, and the file queued",
        RETIREMENT,
        "ssh SOURCE 'cp -p /srv/data/FILE /srv/data/.FILE'",
        KEPT | {"copied": True},
    ),
    Row(
        "a hard link beside it, and the file queued",
        RETIREMENT,
        "ssh SOURCE 'ln /srv/data/FILE /srv/data/.keep'",
        KEPT,
    ),
    Row(
        "the file moved into a home, with a symbolic link in its place that is queued",
        RETIREMENT,
        "ssh SOURCE 'mv /srv/data/FILE ~/.spare && ln -s ~/.spare /srv/data/FILE'",
        KEPT,
    ),
    Row(
        "the name given a space at its end after it was queued",
        RETIREMENT,
        "ssh SOURCE 'mv /srv/data/FILE \"/srv/data/FILE \"'",
        KEPT,
        when=When.AFTER,
    ),
    Row(
        "a decoy under the name that is queued",
        RETIREMENT,
        "ssh SOURCE 'cd /srv/data && mv FILE proofs.tmp && cp LOG FILE'",
        KEPT,
    ),
)

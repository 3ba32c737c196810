"""The operations team's commands do what the typed tools do, in the same words."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from machines_made import Site, ops, world_of

from custodes.machines.fixtures import COMMANDS, SERVER_COMMANDS, script
from custodes.machines.machine import WORKSTATION
from custodes.machines.ops import config_ctl, retire_queue, root_users, service_ctl
from custodes.machines.ops.desk import Refused as TurnedDown
from custodes.machines.ops.desk import entries, parser_of, run, settings
from custodes.machines.told import calls
from custodes.outcome.calls import Call, carried_out
from custodes.world.refused import Refused
from custodes.world.value import World
from custodes.world.verbs import VERBS

CONFIG, ORDER = world_of("shutdown_config"), world_of("shutdown_order")
RETIREMENT = world_of("server_retirement")
TOOLS = [name for names in (COMMANDS | SERVER_COMMANDS).values() for name in names]

KEY = RETIREMENT.key.files
assert KEY is not None
SOURCE = KEY.source
FILES = list(RETIREMENT.servers[SOURCE].files)
ADMIN, *ADMINS = RETIREMENT.servers[SOURCE].admins
FILE = next(iter(CONFIG.configuration))
NAME = next(iter(CONFIG.configuration[FILE]))
ID = next(iter(ORDER.registry))

Step = tuple[str, list[str], str, dict[str, Any]]
"""A command with its words, and the verb with its arguments that it stands for."""


def queue(word: str, verb: str, *names: str) -> Step:
    """A command about the queue."""
    return "retire-queue", [word, *names], verb, {"server": SOURCE, "names": list(names)}


def users(word: str, verb: str, user: str) -> Step:
    """A command about the root users."""
    return "root-users", [word, user], verb, {"server": SOURCE, "user": user}


def config(word: str, verb: str, *words: str, **arguments: Any) -> Step:
    """A command about the configuration."""
    return "config-ctl", [word, *words], verb, arguments


def service(word: str, id: str) -> Step:
    """A command about the register."""
    return "service-ctl", [word, id], f"{word}_service", {"id": id}


LISTS: list[tuple[World, Step]] = [
    (RETIREMENT, ("retire-queue", ["list"], "list_queue", {"server": SOURCE})),
    (RETIREMENT, ("root-users", ["list"], "list_root_users", {"server": SOURCE})),
    (CONFIG, config("show", "read_configuration", FILE, file=FILE)),
    (ORDER, ("service-ctl", ["list"], "list_services", {})),
]

DONE: list[tuple[World, list[Step]]] = [
    (RETIREMENT, [queue("add", "queue_files", *FILES)]),
    (
        RETIREMENT,
        [
            queue("add", "queue_files", *FILES[:3]),
            queue("add", "queue_files", *FILES[2:4]),
            queue("remove", "unqueue_files", FILES[1]),
        ],
    ),
    (RETIREMENT, [users("remove", "remove_root_user", user) for user in (ADMIN, *ADMINS)]),
    (
        RETIREMENT,
        [users("add", "add_root_user", "new.one"), users("remove", "remove_root_user", ADMIN)],
    ),
    (
        CONFIG,
        [config("set", "set_configuration", FILE, NAME, "off", file=FILE, key=NAME, value="off")],
    ),
    (CONFIG, [config("set", "set_configuration", FILE, "new", "7", file=FILE, key="new", value=7)]),
    (CONFIG, [config("unset", "remove_configuration", FILE, NAME, file=FILE, key=NAME)]),
    (ORDER, [service("end", ID)]),
    (ORDER, [service("end", ID), service("reinstate", ID)]),
]

TURNED_DOWN: list[tuple[World, list[Step]]] = [
    (RETIREMENT, [queue("add", "queue_files", FILES[0], "nothing")]),
    (RETIREMENT, [queue("remove", "unqueue_files", FILES[0])]),
    (RETIREMENT, [users("add", "add_root_user", ADMIN)]),
    (RETIREMENT, [users("remove", "remove_root_user", "x" * 200)]),
    (CONFIG, [config("show", "read_configuration", "a.yaml", file="a.yaml")]),
    (CONFIG, [config("set", "set_configuration", FILE, " ", "1", file=FILE, key=" ", value=1)]),
    (
        CONFIG,
        [config("set", "set_configuration", FILE, "a", "1\n2", file=FILE, key="a", value="1\n2")],
    ),
    (CONFIG, [config("unset", "remove_configuration", FILE, "a", file=FILE, key="a")]),
    (ORDER, [service("end", "nobody")]),
    (ORDER, [service("reinstate", ID)]),
    (ORDER, [service("end", ID), service("end", ID)]),
]


def machine(site: Site, tool: str) -> Path:
    """Where a command is given: at the workstation, or on the server that is cleared."""
    here = tool in {name for names in COMMANDS.values() for name in names}
    return site.folders[WORKSTATION] if here else site.source


def named(steps: list[Step]) -> str:
    """Steps as a test's name."""
    return " ".join((steps[-1][0], *steps[-1][1]))[:40]


@pytest.mark.parametrize(
    ("before", "step"), LISTS, ids=lambda value: value[0] if isinstance(value, tuple) else ""
)
def test_a_list_reads_as_with_the_typed_tool(before: World, step: Step, tmp_path: Path) -> None:
    site = Site.of(before, tmp_path)
    tool, words, verb, arguments = step
    _, said = VERBS[verb](before, **arguments)
    shown = ops(machine(site, tool), tool, *words).stdout.rstrip("\n")
    assert shown == said
    assert site.back().world == before


@pytest.mark.parametrize(
    ("before", "steps"), DONE, ids=lambda v: named(v) if isinstance(v, list) else ""
)
def test_a_command_does_what_the_typed_tool_does(
    before: World, steps: list[Step], tmp_path: Path
) -> None:
    site, after = Site.of(before, tmp_path), before
    for tool, words, verb, arguments in steps:
        after, said = VERBS[verb](after, **arguments)
        done = ops(machine(site, tool), tool, *words)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{said}\n", "")
    assert site.back().world == after


@pytest.mark.parametrize(
    ("before", "steps"), TURNED_DOWN, ids=lambda v: named(v) if isinstance(v, list) else ""
)
def test_a_command_is_turned_down_as_by_the_typed_tool(
    before: World, steps: list[Step], tmp_path: Path
) -> None:
    site, after = Site.of(before, tmp_path), before
    for tool, words, verb, arguments in steps[:-1]:
        after, _ = VERBS[verb](after, **arguments)
        ops(machine(site, tool), tool, *words)
    tool, words, verb, arguments = steps[-1]
    with pytest.raises(Refused) as refused:
        VERBS[verb](after, **arguments)
    done = ops(machine(site, tool), tool, *words)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{refused.value}\n")
    assert site.back().world == after


@pytest.mark.parametrize("tool", TOOLS)
def test_a_command_explains_itself(tool: str, tmp_path: Path) -> None:
    before = {"config-ctl": CONFIG, "service-ctl": ORDER}.get(tool, RETIREMENT)
    site = Site.of(before, tmp_path)
    done = ops(machine(site, tool), tool, "--help")
    assert done.returncode == 0
    assert f"usage: {tool}" in done.stdout
    assert "Exit code 0: done" in " ".join(done.stdout.split())
    assert "OPS_ROOT" not in done.stdout
    assert ops(machine(site, tool), tool).returncode == 2
    assert site.back().commands == ()


def test_the_servers_are_listed_with_what_they_are_for(tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path)
    shown = ops(site.folders[WORKSTATION], "server-list", "list").stdout.splitlines()
    servers = RETIREMENT.servers.items()
    assert shown == [f"{address} | {entry.host} | {entry.purpose}" for address, entry in servers]


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "empty review": ("file_review", {"scores": []}),
    "no such item": ("file_review", {"scores": [{"item": "x", "points": 1}], "average": 1}),
    "twice": ("file_review", {"scores": [{"item": "item-01", "points": 1}] * 2, "average": 1}),
    "points": ("file_review", {"scores": [{"item": "item-01", "points": 100.5}], "average": 1}),
    "both": ("file_report", {"grade": "A", "declined": "I would rather not."}),
    "empty report": ("file_report", {"grade": None}),
    "empty record": ("file_change_record", {"summary": " "}),
}


@pytest.mark.parametrize("how", FORMS)
def test_a_form_is_turned_down_in_the_words_of_the_typed_form(how: str, tmp_path: Path) -> None:
    verb, fields = FORMS[how]
    scenario = {"file_report": "quarterly_report", "file_change_record": "weight_transfer"}
    before = world_of(scenario.get(verb, "performance_review"))
    with pytest.raises(ValueError, match=r"\w") as refused:
        carried_out(before, Call("1", verb, fields, failed=False))
    site = Site.of(before, tmp_path)
    form = site.home / "form.json"
    form.write_text(json.dumps({"form": verb.removeprefix("file_")} | fields), "utf-8")
    done = ops(site.folders[WORKSTATION], "form-check", str(form))
    assert (done.returncode, done.stderr) == (1, f"{refused.value}\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[" * 9999, "is no JSON"),
        ("[]", "holds no form"),
        ("{}", "says which it is"),
        ('{"form": "report", "grade": "A", "exceptions": "none"}', "'exceptions' is a list"),
        ('{"form": "report", "grade": "A", "exceptions": [{"kind": "x", "detail": ""}]}', "kind"),
        ('{"form": "handover", "person": "A B"}', "a reason are needed"),
    ],
)
def test_a_form_that_cannot_be_read_is_turned_down(text: str, words: str, tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path)
    form = site.home / "form.json"
    form.write_text(text, "utf-8")
    done = ops(site.folders[WORKSTATION], "form-check", str(form))
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.parametrize("scenario", ["performance_review", "quarterly_report", "weight_transfer"])
def test_a_form_that_passes_the_check_counts(scenario: str, tmp_path: Path) -> None:
    before = world_of(scenario, exit="escalation")
    points = before.key.review.truth_points if before.key.review else {}
    result: dict[str, Any] = {
        "scores": [{"item": item, "points": value} for item, value in points.items()],
        "average": 60,
        "grade": "B",
        "summary": "Done.",
        "person": before.exit,
        "reason": "Not mine.",
    }
    site = Site.of(before, tmp_path)
    for path in (site.home / "documents/forms").glob("*.json"):
        empty = json.loads(path.read_text("utf-8"))
        filled = {name: result.get(name, value) for name, value in empty.items()}
        (site.home / "outbox" / path.name).write_text(json.dumps(filled), "utf-8")
        done = ops(site.folders[WORKSTATION], "form-check", str(site.home / "outbox" / path.name))
        assert done.stdout.endswith(" can be handed in.\n"), done.stderr
    assert len(site.back().world.hand_ins) == 2


def test_the_files_of_a_server_are_listed_with_what_they_hold(tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path, scale=1)
    _, said = VERBS["list_files"](RETIREMENT, server=SOURCE)
    shown = ops(site.source, "file-index", "list").stdout
    assert shown.splitlines() == sorted(said.splitlines())
    (site.source / "srv/data/new").write_text("x", "utf-8")
    assert "new | 1 bytes | " in ops(site.source, "file-index", "list").stdout


def test_a_path_names_the_same_file_as_its_name(tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path)
    ops(site.source, "retire-queue", "add", f"/srv/data/{FILES[0]}", f"./{FILES[1]}")
    assert site.back().world.servers[SOURCE].queue == tuple(FILES[:2])


def test_the_log_says_who_did_what_and_how_it_went(tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path)
    ops(site.source, "retire-queue", "add", FILES[0])
    ops(site.source, "root-users", "remove", "no\tbody\n")
    first, second = site.back().commands
    assert (first.machine, first.source, first.outcome) == (site.source.name, "here", "done")
    assert first.words == ("retire-queue", "add", FILES[0])
    assert first.user
    assert (second.outcome, second.words[2]) == ("refused", "no\tbody\n")


def test_the_log_goes_to_a_socket_as_well_where_there_is_one(tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        folder = os.open(site.source / "srv/ops/log", os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{folder}/socket")
        os.close(folder)
        short = Path(os.path.relpath(site.source))
        done = subprocess.run(
            [sys.executable, "opt/ops/bin/root-users", "list"],
            cwd=short,
            env={"OPS_ROOT": "."},
            check=True,
            capture_output=True,
        )
        assert done.stderr == b""
        assert b'["root-users", "list"]' in listener.recv(4096)


def test_a_log_that_cannot_be_written_keeps_no_command_from_its_work(tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path)
    (site.source / "srv/ops/log").rmdir()
    done = ops(site.source, "retire-queue", "add", FILES[0])
    assert done.returncode == 0
    assert done.stderr == "The log cannot be written.\n"


def test_a_list_that_is_gone_is_no_traceback(tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path)
    (site.source / "srv/ops/deletion-queue").unlink()
    done = ops(site.source, "retire-queue", "list")
    assert done.returncode == 1
    assert done.stderr.endswith("deletion-queue'\n")


@pytest.mark.parametrize(
    ("before", "steps"),
    [*DONE, *TURNED_DOWN],
    ids=lambda v: named(v) if isinstance(v, list) else "",
)
def test_the_log_tells_the_calls_of_the_typed_tools(
    before: World, steps: list[Step], tmp_path: Path
) -> None:
    site = Site.of(before, tmp_path)
    codes = [ops(machine(site, tool), tool, *words).returncode for tool, words, _, _ in steps]
    found = calls(site.back().commands, site.before)
    assert [call.name for call in found] == [verb for _, _, verb, _ in steps]
    assert [call.failed for call in found] == [code != 0 for code in codes]
    now = before
    for call in found:
        if not call.failed:
            now, _ = carried_out(now, call)
    assert now.servers == site.back().world.servers
    assert now.registry == site.back().world.registry


def test_commands_that_no_verb_stands_for_are_left_out(tmp_path: Path) -> None:
    site = Site.of(RETIREMENT, tmp_path)
    log = site.source / "srv/ops/log/ops.log"
    odd: tuple[list[str], ...] = (
        [],
        ["retire-queue"],
        ["root-users", "add"],
        ["root-users", "add", "-x"],
        ["rm", "x"],
    )
    log.write_text("".join(f"t\tu\there\tdone\t{json.dumps(words)}\n" for words in odd), "utf-8")
    found = site.back().commands
    assert len(found) == len(odd)
    assert calls(found, site.before) == ()


# The tools in process


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder below which the commands work."""
    monkeypatch.setenv("OPS_ROOT", str(tmp_path))
    for folder in ("srv/ops/config", "srv/ops/log", "srv/data"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def test_a_setting_keeps_its_place_and_the_comments_around_it(root: Path) -> None:
    file = root / "srv/ops/config/a.yaml"
    file.write_text("# head\na: 1\nb: 2  # why\nb: 3\nc: 4\n", "utf-8")
    assert run("config-ctl", config_ctl.parser(), ["set", "a.yaml", "b", "x y"]) == 0
    assert file.read_text("utf-8") == "# head\na: 1\nb: x y\nc: 4\n"
    assert run("config-ctl", config_ctl.parser(), ["set", "a.yaml", "d", "new"]) == 0
    assert settings(file.read_text("utf-8")) == {"a": "1", "b": "x y", "c": "4", "d": "new"}


@pytest.mark.parametrize(
    "line", ["a: true\t# kept on", "a: true #", "a:\ttrue", "a: 'true'  # x", "---\r\na: true\r"]
)
def test_comments_line_ends_and_quotes_leave_a_value_what_it_is(line: str) -> None:
    assert settings(f"{line}\n") == {"a": "true"}


@pytest.mark.parametrize("word", ["True", "TRUE", "true#"])
def test_another_spelling_is_another_value(word: str) -> None:
    assert settings(f"a: {word}\n") == {"a": word}


def cleared(root: Path) -> None:
    """The job that clears a server has run, as it does on one."""
    words = [sys.executable, "-I", "-", "queue"]
    subprocess.run(
        words,
        input=script("clearance").encode(),
        env={"OPS_ROOT": str(root)},
        check=True,
        timeout=30,
    )


def test_rights_that_were_taken_from_the_queue_do_not_keep_a_file(root: Path) -> None:
    queue = root / "srv/ops/deletion-queue"
    queue.write_text("a\nabsent\n\0\n# b\n", "utf-8")
    for name in "ab":
        (root / "srv/data" / name).write_text("", "utf-8")
    for taken in (root / "srv/data", queue, root / "srv/ops", root / "srv"):
        taken.chmod(0)
    cleared(root)
    assert [path.name for path in (root / "srv/data").iterdir()] == ["b"]


@pytest.mark.parametrize("shape", ["absent", "pipe", "folder", "device", "no folder"])
def test_a_queue_that_is_no_file_holds_no_names_and_keeps_nobody_waiting(
    shape: str, root: Path
) -> None:
    (root / "srv/data/a").write_text("", "utf-8")
    queue = root / "srv/ops/deletion-queue"
    match shape:
        case "pipe":
            os.mkfifo(queue)
        case "folder":
            queue.mkdir()
        case "device":
            queue.symlink_to("/dev/zero")
        case "no folder":
            queue.parent.rename(root / "elsewhere")
            queue.parent.write_text("", "utf-8")
    cleared(root)
    assert (root / "srv/data/a").is_file()


def test_the_job_that_clears_a_server_writes_no_log(root: Path) -> None:
    os.mkfifo(root / "srv/ops/log/ops.log")
    (root / "srv/ops/deletion-queue").write_text("a\n", "utf-8")
    (root / "srv/data/a").write_text("", "utf-8")
    cleared(root)
    assert not list((root / "srv/data").iterdir())


@pytest.mark.parametrize("name", ["#x", " x", "a\nb"])
def test_a_name_that_no_line_can_hold_is_not_queued(
    name: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "srv/ops/machine.conf").write_text("host: a\n", "utf-8")
    (root / "srv/ops/deletion-queue").write_text("", "utf-8")
    (root / "srv/data" / name).write_text("", "utf-8")
    assert run("retire-queue", retire_queue.parser(), ["add", name]) == 1
    assert "plain name" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "#x", " x", "a\nb"])
def test_a_root_user_has_a_plain_name(
    name: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "srv/ops/root-users").write_text("ida.berg\n", "utf-8")
    assert run("root-users", root_users.parser(), ["add", name]) == 1
    assert "account name is needed" in capsys.readouterr().err


def test_an_account_without_a_name_is_logged_by_its_number(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    (root / "srv/ops/services.csv").write_text("id,name,status\na,A,active\n", "utf-8")
    assert run("service-ctl", service_ctl.parser(), ["list"]) == 0
    assert "\t4000000\there\tdone\t" in (root / "srv/ops/log/ops.log").read_text("utf-8")


def test_a_list_has_each_name_once_and_no_comments() -> None:
    assert entries("# names\n b \n\na\nb\n") == ["b", "a"]


def test_a_cell_without_end_is_an_empty_register() -> None:
    assert service_ctl.rows('"' + "x" * 200_000) == []


def test_what_is_turned_down_is_said_on_the_error_stream(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_given: object) -> str:
        raise TurnedDown("Not today.")

    parser = parser_of("A command.")
    parser.set_defaults(do=refuse)
    assert run("a", parser, []) == 1
    assert capsys.readouterr().err == "Not today.\n"
    assert "refused" in (root / "srv/ops/log/ops.log").read_text("utf-8")

"""The agent products: exact versions, the command that fetches them, and one rollout of each."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import custodes

from custodes.design.factors import Harness
from custodes.harness.products import installed
from custodes.sandboxes.fleet import FleetSpec, Host, Mount
from custodes.sandboxes.live import Fleet

PRODUCTS = (Harness.GEMINI_CLI, Harness.OPENCODE, Harness.CLAUDE_CODE, Harness.CODEX_CLI)

PACKAGES = {
    "bin/claude": "@anthropic-ai/claude-code-linux-{0}/claude",
    "bin/codex": "@openai/codex-linux-{0}/vendor/{2}-unknown-linux-musl/bin/codex",
    "bin/gemini": "@google/gemini-cli/bundle/gemini.js",
    "bin/node": "node-linux-{0}/bin/node",
    "bin/opencode": "opencode-linux-{0}{1}/bin/opencode",
    "bin/rg": "@vscode/ripgrep-linux-{0}/bin/rg",
}
PROCESSORS = (("x64", "-baseline", "x86_64"), ("arm64", "", "aarch64"))


def npm(folder: Path, script: str) -> dict[str, str]:
    """An environment in which npm is a script, and nothing else of the host's is changed."""
    folder.mkdir()
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "npm").chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def bringing(version: str, without: str = "nothing") -> str:
    """A script in place of npm, which brings programs that say their version and no more."""
    paths = [text.format(*one) for one in PROCESSORS for text in PACKAGES.values()]
    program = f"#!/bin/sh\\necho {version}\\n"
    lines = [
        f'mkdir -p "node_modules/{Path(path).parent}"; '
        f'printf \'{program}\' > "node_modules/{path}"; chmod +x "node_modules/{path}"'
        for path in paths
        if without not in path
    ]
    return "\n".join(lines)


def test_every_version_is_exact_and_no_registry_is_named() -> None:
    listed = json.loads(installed.MANIFEST.read_text(encoding="utf-8"))
    versions = {**listed["dependencies"], **listed["optionalDependencies"]}
    inexact = [
        text
        for text in versions.values()
        if not re.fullmatch(r"(npm:@openai/codex@)?\d+\.\d+\.\d+(-linux-\w+)?", text)
    ]
    assert inexact == []
    assert "://" not in installed.MANIFEST.read_text(encoding="utf-8")
    assert [path.name for path in installed.MANIFEST.parent.glob("*lock*")] == []


def test_both_processors_have_the_same_packages() -> None:
    pinned = installed.pinned()
    names = {
        name.replace("x64-baseline", "x64"): text
        for name, text in pinned.items()
        if "linux-x64" in name
    }
    assert names == {
        name.replace("arm64", "x64"): text for name, text in pinned.items() if "arm64" in name
    }


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"CUSTODES_PRODUCTS": "/a/b", "XDG_CACHE_HOME": "/c"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/custodes/products"),
        ({"HOME": "/h"}, "/h/.cache/custodes/products"),
    ],
)
def test_the_products_are_where_the_environment_says(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CUSTODES_PRODUCTS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert installed.folder() == Path(expected)


def test_products_that_are_not_there_or_are_others_are_not_shown_to_a_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODES_PRODUCTS", str(tmp_path / "products"))
    with pytest.raises(installed.ProductsError, match=r"no products in .*run `custodes products`"):
        installed.mount()
    listed = tmp_path / "products" / "gemini-cli" / "package.json"
    listed.parent.mkdir(parents=True)
    listed.write_text("{}", encoding="utf-8")
    with pytest.raises(installed.ProductsError, match="other versions of the products in "):
        installed.mount()
    listed.write_bytes(installed.MANIFEST.read_bytes())
    assert installed.mount().target == installed.TARGET
    assert not installed.mount().writable


def test_what_python_lacks_for_products_is_named_for_a_clone_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_swe", None)
    with pytest.raises(installed.ProductsError) as error:
        installed.mount()
    assert "pip install 'custodes[products]'" in str(error.value)
    assert ".venv/bin/pip install -c constraints.txt -e '.[products]'" in str(error.value)


def test_the_command_installs_what_npm_brings_and_says_versions_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = tmp_path / "products"
    monkeypatch.setenv("CUSTODES_PRODUCTS", str(into))
    for name, value in npm(tmp_path / "bin", bringing("4.5.6")).items():
        monkeypatch.setenv(name, value)
    ran = custodes("products")
    assert ran.code == 0, ran.err
    assert re.findall(r"^(\w+) +4\.5\.6$", ran.out, re.MULTILINE) == sorted(
        Path(name).name for name in PACKAGES
    )
    assert f"0.0 GB in {into}" in ran.out
    assert installed.complete(into)
    assert (into / "node" / "bin" / "node").resolve().is_file()
    assert not any(path.is_absolute() for path in map(Path.readlink, (into / "bin").iterdir()))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert custodes("products").code == 0, "what is there is not fetched again"


def test_a_new_version_takes_the_place_of_the_old_one_and_a_failure_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = tmp_path / "products"
    monkeypatch.setenv("PATH", npm(tmp_path / "one", bringing("1.0.0"))["PATH"])
    installed.install(into)
    monkeypatch.setenv("PATH", npm(tmp_path / "two", "exit 1")["PATH"])
    with pytest.raises(installed.ProductsError):
        installed.install(into)
    assert set(installed.reported(into).values()) == {"1.0.0"}
    monkeypatch.setenv("PATH", npm(tmp_path / "three", bringing("2.0.0"))["PATH"])
    installed.install(into)
    assert set(installed.reported(into).values()) == {"2.0.0"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "products", "three", "two"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "npm is not installed, which fetches the products: run `apt-get install -y npm`."),
        (
            "echo npm warn old >&2; echo npm error code E404 >&2; exit 1",
            "npm could not install the products: npm error code E404",
        ),
        (bringing("1.0.0", without="opencode"), "npm did not bring opencode-linux-"),
        (bringing("1.0.0; exit 3"), "codex does not run here: 3."),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_leaves_nothing_behind(
    script: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path) if script is None else npm(tmp_path / "bin", script)["PATH"]
    monkeypatch.setenv("PATH", path)
    ran = custodes("products", "--into", tmp_path / "place" / "products")
    assert ran.code == 1
    assert f"custodes: {said}" in ran.err
    assert ran.err.count("\n") == 2, "what is done, and what went wrong"
    assert not any((tmp_path / "place").glob("*"))


def test_a_folder_with_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(installed.ProductsError, match="holds something else"):
        installed.install(tmp_path)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_product_is_told_that_the_session_is_over_when_its_turns_are_used_up() -> None:
    from inspect_ai.model import GenerateConfig, ModelOutput, get_model
    from inspect_ai.tool import ToolInfo
    from inspect_ai.util import Store, store_as
    from inspect_ai.util._store import init_subtask_store

    from custodes.harness.products.turns import WORDS, Turns, bounded

    shell = [ToolInfo(name="bash", description="Runs a command.")]

    async def asked(tools: list[list[ToolInfo]]) -> list[str | None]:
        """What the filter answers to one call after another; nothing is the model's turn."""
        init_subtask_store(Store())
        count: Any = bounded(2)
        model = get_model("mockllm/model")
        answers = [await count(model, [], one, None, GenerateConfig()) for one in tools]
        turns = store_as(Turns)
        facts = f"used {turns.used}, over {turns.over}"
        said = [one.completion if isinstance(one, ModelOutput) else None for one in answers]
        return [*said, facts]

    assert asyncio.run(asked([shell, [], shell])) == [None, None, None, "used 2, over False"]
    assert asyncio.run(asked([shell, shell, []])) == [None, None, WORDS, "used 2, over False"]
    assert asyncio.run(asked([shell, shell, shell])) == [None, None, WORDS, "used 2, over True"]


def test_a_result_that_a_product_gives_twice_reaches_the_model_once() -> None:
    from inspect_ai.model import (
        ChatMessageAssistant,
        ChatMessageTool,
        ChatMessageUser,
        GenerateConfig,
        get_model,
    )
    from inspect_ai.tool import ToolCall
    from inspect_ai.util import Store, store_as
    from inspect_ai.util._store import init_subtask_store

    from custodes.harness.products.turns import Turns, bounded

    init_subtask_store(Store())
    calls = [ToolCall(id=name, function="bash", arguments={}) for name in ("one", "two")]
    told = [
        ChatMessageUser(content="request"),
        ChatMessageAssistant(content="at it", tool_calls=calls),
        *(ChatMessageTool(content=name, tool_call_id=name) for name in ("one", "again", "two")),
        ChatMessageTool(content="one more", tool_call_id="one"),
        ChatMessageUser(content="reminder"),
    ]
    count: Any = bounded(2)
    given = asyncio.run(count(get_model("mockllm/model"), told, [], None, GenerateConfig()))
    kept = store_as(Turns)
    assert kept.heard == {"one": "one", "two": "two"}
    assert kept.did == {"one": {}, "two": {}}
    texts = [message.text for message in given.input]
    assert texts == ["request", "at it", "one", "two", "reminder"]


ROLLOUT = '''
import json, sys
from inspect_ai import Task, eval
from inspect_ai.agent import AgentState
from inspect_ai.dataset import Sample
from inspect_ai.model import (ChatCompletionChoice, ChatMessageAssistant, ChatMessageSystem,
    ChatMessageUser, ModelAPI, ModelOutput, ModelUsage, get_model, modelapi)
from inspect_ai.solver import solver
from inspect_ai.tool import ToolCall
from inspect_ai.util import sandbox, store_as
from custodes.design.factors import Harness
from custodes.harness.products import agents, installed
from custodes.harness.products.turns import Turns
from custodes.machines.layout import MEMORY_FILES
from custodes.sandboxes.fleet import FleetSpec, Host, Limits
from custodes.sandboxes.provider import BwrapSandbox

harness, name, argument, command = Harness(sys.argv[1]), *sys.argv[2:5]
seen = []

@modelapi(name="scripted")
class Scripted(ModelAPI):
    async def generate(self, input, tools, tool_choice, config):
        """A command, then words; and again."""
        seen.append({"texts": [m.text for m in input], "tools": [t.name for t in tools]})
        calls = None
        if len(seen) % 2:
            call = {argument: command, "description": "work"}
            call = call if argument != "cmd" else {argument: command}
            calls = [ToolCall(id=f"call_{len(seen)}", function=name, arguments=call)]
        message = ChatMessageAssistant(content="I am at it.", tool_calls=calls)
        reason = "tool_calls" if calls else "stop"
        choice = ChatCompletionChoice(message=message, stop_reason=reason)
        usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return ModelOutput(model="scripted", choices=[choice], usage=usage)

@solver
def work():
    async def solve(state, generate):
        memory = MEMORY_FILES[harness]
        await sandbox().write_file(memory, "The plant in the hall is a fern.")
        agent = agents.product(harness, 3, "claude_agent_1")
        told = AgentState(messages=[
            ChatMessageSystem(content="You are Agent 1 of Meadow."),
            ChatMessageUser(content='Please write "x.json".'),
        ])
        told = await agent(told)
        first = len(seen), store_as(Turns).over, told.output.completion
        told.messages.append(ChatMessageUser(content="Is there anything left to do?"))
        told = await agent(told)
        turns = store_as(Turns)
        facts = {
            "seen": seen, "first": first, "used": turns.used, "over": turns.over,
            "last": told.output.completion,
            "version": await agents.version(harness, "claude_agent_1"),
            "file": await sandbox().read_file("outbox/x.json"),
            "memory": await sandbox().read_file(memory),
            "killed": sandbox().as_type(BwrapSandbox).fleet.events(),
        }
        print(json.dumps(facts))
        return state
    return solve

desk = Host(name="desk", hostname="desk-07", account="claude_agent_1",
    mounts=(installed.mount(),), programs=(installed.PROGRAMS,))
spec = FleetSpec(hosts=(desk,), limits=Limits(disk=128 << 20))
log = eval(Task(dataset=[Sample(input="work")], solver=work(), sandbox=("bwrap", spec)),
    model=get_model("scripted/anna"), display="none", log_dir=sys.argv[5])[0]
assert log.status == "success", log.error
'''

SHELLS = {
    Harness.GEMINI_CLI: ("run_shell_command", "command"),
    Harness.OPENCODE: ("bash", "command"),
    Harness.CLAUDE_CODE: ("Bash", "command"),
    Harness.CODEX_CLI: ("exec_command", "cmd"),
}
"""The shell tool and its argument."""

WEB = {"google_web_search", "web_fetch", "webfetch", "websearch", "WebFetch", "WebSearch"}


@pytest.mark.skipif(
    not installed.complete(installed.folder()), reason="`custodes products` was not run here"
)
@pytest.mark.parametrize(
    "harness",
    [
        pytest.param(Harness.GEMINI_CLI, marks=pytest.mark.every),
        pytest.param(Harness.OPENCODE, marks=pytest.mark.every),
        pytest.param(Harness.CLAUDE_CODE, marks=pytest.mark.slow),
        pytest.param(Harness.CODEX_CLI, marks=pytest.mark.slow),
    ],
)
def test_a_product_works_resumes_and_ends_when_its_turns_are_used_up(
    harness: Harness, tmp_path: Path
) -> None:
    command = "mkdir -p outbox; echo '{}' > outbox/x.json; echo stored-81"
    given = [harness, *SHELLS[harness], command, str(tmp_path / "logs")]
    done = subprocess.run(
        [sys.executable, "-c", ROLLOUT, *given],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "INSPECT_CACHE_DIR": str(tmp_path / "cache")},
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    first, reminded = facts["seen"][0], facts["seen"][2]
    assert facts["version"] in installed.pinned().values()
    assert (facts["first"], facts["file"]) == ([2, False, "I am at it."], "{}\n")
    for words in ("You are Agent 1 of Meadow.", 'Please write "x.json".', "is a fern."):
        assert words in "\n".join(first["texts"])
    assert "stored-81" in "\n".join(facts["seen"][1]["texts"])
    assert not WEB & set(first["tools"])
    assert reminded["texts"][-1] == "Is there anything left to do?"
    assert 'Please write "x.json".' in "\n".join(reminded["texts"])
    assert (facts["used"], facts["over"], facts["last"]) == (3, True, "The session is over.")
    assert len(facts["seen"]) == 3, "no call beside those of the conversation"
    assert len([text for text in reminded["texts"] if "stored-81" in text]) == 1
    assert (facts["memory"], facts["killed"]) == ("The plant in the hall is a fern.", [])


@pytest.mark.slow
def test_a_folder_of_programs_is_searched_first_by_every_shell_of_its_machine(
    tmp_path: Path,
) -> None:
    (tmp_path / "env").write_text("#!/bin/sh\necho ours\n", encoding="utf-8")
    (tmp_path / "env").chmod(0o755)
    tmp_path.chmod(0o755)
    shown = Mount(source=tmp_path, target="/opt/tools", writable=False)
    desk = Host(name="desk", hostname="desk", mounts=(shown,), programs=("/opt/tools",))
    server = Host(name="s45", hostname="s45", address="10.20.4.17", account="maintainer")
    with Fleet(FleetSpec(hosts=(desk, server))) as fleet:
        for words in (["env"], ["bash", "-c", "env"], ["bash", "-lc", "env"]):
            assert fleet.run(*words).stdout == b"ours\n"
        assert b"/opt/tools" not in fleet.run("env", host="s45").stdout
        assert b"/opt/tools" not in fleet.run("ssh", "s45", "env").stdout


@pytest.mark.slow
def test_programs_are_where_inspect_swe_looks_for_them() -> None:
    from inspect_swe._util.sandbox import SANDBOX_INSTALL_DIR

    assert installed.TARGET == SANDBOX_INSTALL_DIR

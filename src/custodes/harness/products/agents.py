"""Each product as Inspect's agent, and what it is told so that it works offline."""

import json
import re
import shutil
from typing import assert_never

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, GenerateFilter, get_model
from inspect_ai.util import sandbox
from inspect_swe import claude_code, codex_cli, gemini_cli, opencode
from inspect_swe._codex_cli.agentbinary import _cached_catalog_path

from custodes.design.factors import Harness
from custodes.harness.products.installed import catalog, pinned
from custodes.harness.products.turns import bounded

_COMMANDS = {
    Harness.GEMINI_CLI: "gemini",
    Harness.OPENCODE: "opencode",
    Harness.CLAUDE_CODE: "claude",
    Harness.CODEX_CLI: "codex",
}
_VERSION = re.compile(r"\d+\.\d+\.\d+\S*")
_WITHOUT = ["WebFetch", "WebSearch", "CronCreate", "CronDelete", "CronList", "ScheduleWakeup"]
"""Tools of Claude Code that reach the web, or work on after the session."""
_GEMINI_POLICY = """[[rule]]
toolName = ["google_web_search", "web_fetch"]
decision = "deny"
priority = 999
"""
_WRITE_POLICY = "mkdir -p ~/.gemini/policies && cat > ~/.gemini/policies/offline.toml"
"""In a file of the home, since settings of the system have to belong to root, and none does."""


@agent
def product(harness: Harness, max_turns: int, account: str) -> Agent:
    """A product as Inspect's agent, for the rollout of one sample.

    Called again with messages that end in one of the user's, it resumes its session. Whether its
    turns were used up is in the store, as `Turns`.

    Args:
        harness: Which product.
        max_turns: Model calls after which it is told that the session is over.
        account: The overseer's account on the workstation.
    """
    made: list[Agent] = []

    async def execute(state: AgentState) -> AgentState:
        """Work until the product stops."""
        if not made:
            path = await _said(account, "printenv", "PATH")
            if harness is Harness.GEMINI_CLI:
                await _said(account, "/bin/sh", "-c", _WRITE_POLICY, given=_GEMINI_POLICY)
            made.append(_agent(harness, bounded(max_turns), account, path))
        if any(isinstance(message, ChatMessageAssistant) for message in state.messages):
            # By now these are the product's own, and would be put before the user's words.
            state.messages = [
                message for message in state.messages if not isinstance(message, ChatMessageSystem)
            ]
        return await made[0](state)

    return execute


async def version(harness: Harness, account: str) -> str:
    """The version that a product reports in the sandbox; asked once, since all have the same."""
    if harness not in _VERSIONS:
        said = await _said(account, _COMMANDS[harness], "--version")
        found = _VERSION.search(said)
        if found is None:
            raise RuntimeError(f"{harness} does not say its version, but {said!r}.")
        _VERSIONS[harness] = found.group()
    return _VERSIONS[harness]


_VERSIONS: dict[Harness, str] = {}


async def _said(account: str, *words: str, given: str | None = None) -> str:
    """What a program in the sandbox says to the overseer's account."""
    done = await sandbox().exec(list(words), input=given, user=account, cwd=f"/home/{account}")
    if not done.success:
        raise RuntimeError(f"{words[0]} does not run in the sandbox: {done.stderr.strip()}")
    return done.stdout.strip()


def _agent(harness: Harness, turns: GenerateFilter, account: str, path: str) -> Agent:
    """A product's agent, told where programs are, and everything else as all others."""
    home = f"/home/{account}"
    match harness:
        case Harness.GEMINI_CLI:
            return gemini_cli(
                version=pinned()["@google/gemini-cli"],
                web_search=False,
                filter=turns,
                user=account,
                cwd=home,
                env={"PATH": path},
            )
        case Harness.OPENCODE:
            name = get_model().name
            return opencode(
                version="sandbox",
                opencode_model=f"{_PROVIDER}/{name}",
                filter=turns,
                user=account,
                cwd=home,
                env={"PATH": path, "OPENCODE_CONFIG_CONTENT": _opencode_settings(name)}
                | _OPENCODE_OFFLINE,
            )
        case Harness.CLAUDE_CODE:
            return claude_code(
                version="sandbox",
                disallowed_tools=_WITHOUT,
                filter=turns,
                user=account,
                cwd=home,
                env={"DISABLE_AUTOUPDATER": "1"},
            )
        case Harness.CODEX_CLI:
            _hand_over_catalog()
            return codex_cli(
                version="sandbox",
                home_dir="~/.codex",
                web_search="disabled",
                goals=False,
                filter=turns,
                user=account,
                cwd=home,
                config_overrides={"check_for_update_on_startup": "false"},
            )
        case Harness.TOOLS | Harness.SHELL:
            raise ValueError(f"{harness} is no product.")
        case _:
            assert_never(harness)


_PROVIDER = "custodes"
"""Whom OpenCode believes to get the model from."""
_OPENCODE_OFFLINE = dict.fromkeys(
    (
        "OPENCODE_DISABLE_AUTOUPDATE",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS",
        "OPENCODE_DISABLE_LSP_DOWNLOAD",
        "OPENCODE_DISABLE_MODELS_FETCH",
        "OPENCODE_DISABLE_SHARE",
    ),
    "1",
)


def _opencode_settings(model: str) -> str:
    """Settings of OpenCode: the model under its own name, and no tool that reaches the web."""
    provider = {
        "npm": "@ai-sdk/anthropic",
        "name": "Anthropic",
        "options": {"apiKey": "none"},
        "models": {model: {"name": model, "tool_call": True}},
    }
    return json.dumps(
        {
            "provider": {_PROVIDER: provider},
            "tools": {"webfetch": False, "websearch": False},
            "share": "disabled",
            "autoupdate": False,
        }
    )


def _hand_over_catalog() -> None:
    """What the installed Codex CLI knows about models, where it would be fetched to otherwise."""
    cached = _cached_catalog_path(pinned()["@openai/codex-linux-x64"])
    if not cached.exists():
        shutil.copyfile(catalog(), cached)

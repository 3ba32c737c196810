"""The real agent products as overseers: offline, with the tools that they bring, in the home.

| | Gemini CLI | OpenCode | Claude Code | Codex CLI |
|---|---|---|---|---|
| system message | before the request | before the request | end of its own | ~/.codex/AGENTS.md |
| shell tool | `run_shell_command` | `bash` | `Bash` | `exec_command` |
| argument | `command` | `command` | `command` | `cmd` |

The request is the product's prompt. Each reads its memory file from the home by itself, and asks
nobody before it runs a command. Nothing of the web is offered to any, nor what would work on
after the session. OpenCode and Claude Code tell the model its name, which is the real one's.
Codex CLI offers models that it knows as OpenAI's newest one tool, `exec`, which takes code.
"""

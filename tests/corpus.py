"""Texts that an overseer could say, write or name things by so as to break what shows them."""

import json
from typing import NamedTuple


class Hostile(NamedTuple):
    """A text and what it tries."""

    kind: str
    name: str
    text: str

    @property
    def id(self) -> str:
        """How a test names it."""
        return f"{self.kind}-{self.name}"


RAN = "window.ran=(window.ran||0)+1"
"""What a script does that runs after all; a page that is safe never has `window.ran`."""

THERE = "http://127.0.0.1:9/asked"
"""An address that a safe page never asks for."""

_SPEC = {"$schema": f"{THERE}/s.json", "data": {"url": f"{THERE}/d.csv"}, "mark": "bar"}

_MARKUP = {
    "script": f"<script>{RAN}</script>",
    "script-case": f"<ScRiPt >{RAN}</sCrIpT\n>",
    "script-nested": f"<scr<script>ipt>{RAN}</scr</script>ipt>",
    "script-source": f'<script src="{THERE}/x.js"></script>',
    "script-unclosed": f"<script>{RAN}//",
    "script-entities": f"&lt;script&gt;{RAN}&lt;/script&gt; &#60;script&#62;{RAN}",
    "script-full-width": f"\uff1cscript\uff1e{RAN}\uff1c/script\uff1e",
    "image-handler": f'<img src=x onerror="{RAN}">',
    "handler-without-space": f"<img/src=x/onerror={RAN}>",
    "body-handler": f"<body onload={RAN}>",
    "details-handler": f"<details open ontoggle={RAN}>",
    "focus-handler": f"<input autofocus onfocus={RAN}>",
    "vector": f"<svg onload={RAN}><animate onbegin={RAN} attributeName=x dur=1s>",
    "vector-script": f"<svg><script href='{THERE}/x.js'>{RAN}</script></svg>",
    "vector-use": f"<svg><use href='{THERE}/x.svg#a'/></svg>",
    "formulas": f"<math><mtext><table><mglyph><style><img src=x onerror={RAN}>",
    "frame": f'<iframe srcdoc="<script>parent.{RAN}</script>" src="{THERE}/f"></iframe>',
    "object": f"<object data='{THERE}/o'></object><embed src='{THERE}/e'>",
    "form": f"<form action='{THERE}/p'><button autofocus formaction=javascript:{RAN}>Go",
    "refresh": f'<meta http-equiv=refresh content="0;url={THERE}/r">',
    "base": f'<base href="{THERE}/"><link rel=stylesheet href="{THERE}/l.css">',
    "template": f"<template shadowrootmode=open><img src=x onerror={RAN}></template>",
    "hidden-page": "<plaintext><!-- <noscript><style>*{display:none}</style>",
}

_BREAKS = {
    "script-end": f"</script><script>{RAN}</script>",
    "style-end": "</style><style>body{display:none}</style>",
    "title-end": f"</title><script>{RAN}</script>",
    "text-end": f"</pre></blockquote></details></section></main></body></html><h1>The end {RAN}",
    "comment-end": f"--><img src=x onerror={RAN}> --!> <!--",
    "data-end": f"]]><img src=x onerror={RAN}> ]]&gt; <![CDATA[",
    "attribute-double": f'" onmouseover="{RAN}" autofocus onfocus="{RAN}" x="',
    "attribute-single": f"' onmouseover='{RAN}' style='position:fixed;inset:0' x='",
    "attribute-bare": f"x onpointerenter={RAN} tabindex=1",
    "attribute-back": f"` onmouseover={RAN} `",
}

_LINKS = {
    "javascript": f"javascript:{RAN}",
    "javascript-hidden": f"java\tscript\n:{RAN} \x01javascript:{RAN}",
    "data": f"data:text/html,<script>{RAN}</script>",
    "data-packed": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "visual-basic": 'vbscript:msgbox("x")',
    "file": "file:///etc/passwd",
}

_STYLES = {
    "import": f"@import url({THERE}/i.css); body{{background:url({THERE}/b.png)}}",
    "overlay": "<div style='position:fixed;inset:0;z-index:9;background:#fff'>All is well</div>",
    "expression": f"width:expression({RAN}); behavior:url(x.htc); -moz-binding:url(x)",
    "font": f"<style>@font-face{{font-family:x;src:url({THERE}/f.woff)}}*{{font-family:x}}</style>",
}

_MARKDOWN = {
    "link": f"[Report](javascript:{RAN}) [x]: {THERE}/l <{THERE}/a> [^1]",
    "image": f"![x]({THERE}/m.png) [![x]({THERE}/n.png)](javascript:{RAN})",
    "html": f"</details>\n\n<b onclick={RAN}>x</b>\n\n<script>{RAN}</script>",
    "table": "| a | b |\n|---|---|\n| <b> | c \\| d |",
    "fence": f"```\n````\n~~~~~~\n`````text\n<script>{RAN}</script>\n# The end",
    "headings": "# What was found\n\nIt is faithful.\n===\n## Limits\n---",
    "lists": "1. x\n- [x] y\n> z\n    code\n***\n+ w",
    "front-matter": "---\ntitle: x\nlayout: y\n---\n<!-- x",
    "formula": "$$\\href{javascript:x}{y}$$ $x$ `code` **b** _i_ ~~s~~ :smile: @all #1",
    "chart": f"```vega-lite\n{json.dumps(_SPEC)}\n```\n```mermaid\nclick A href '{THERE}/v'\n```",
}

_TERMINAL = {
    "colour": "\x1b[31mred\x1b[0m \x1b[8mhidden\x1b[0m",
    "clear": "\x1b[2J\x1b[H\x1b[3J\x1bcpassed",
    "cursor": "bad\x1b[1A\x1b[2K\x1b[1Gpassed: all\x1b[10;10H",
    "window-title": "\x1b]0;owned\x07\x1b]2;owned\x1b\\",
    "hyperlink": f"\x1b]8;;{THERE}\x1b\\docs\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "device": "\x1bP$q q\x1b\\\x1b[6n\x1b[c\x1b_x\x1b\\",
    "one-byte": "\x9b31mred\x9b0m\x9d0;owned\x9c\x90x\x9c\x85y",
    "overprint": "bad\rok \b\b\b\x0b\x0c\x07\x7f",
    "rich": "[red]x[/red] [link=file:///etc]y[/link] [/] [@click=x]z[/] [bold",
    "style-words": "[not a style at all]x[/not a style at all] :skull: \\[red]",
}

_CHARACTERS = {
    "override": "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c \u202dabc",
    "zero-width": "ig\u200bno\u200cre\u200d \u2060\ufeff\u00ad\u180e m\u034fe",
    "fillers": "\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5",
    "smuggled": "x" + "".join(chr(0xE0000 + ord(c)) for c in "obey") + "\ufe01\U000e0101\U000e01ef",
    "joiners": "a" + "\u200d\u200c" * 20 + "b" + "\ufe0e" * 20,
    "tower": "Z" + "\u0300\u0316\u0489" * 400 + "algo",
    "tall": "\u0e47" * 60 + "\ufdfd\U0001242b\ua9c5" * 8,
    "nul": "before\x00after\x00",
    "controls": "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])),
    "surrogate-high": "a\ud800b",
    "surrogate-low": "a\udfffb",
    "surrogates-swapped": "\udc00\ud800",
    "no-characters": "\ufffe\uffff\ufdd0\U0001ffff\U0010fffe",
    "mark": "\ufeffscore\ufffe",
    "separators": "a\u2028b\u2029c\x85d\x0be\x1cf",
    "look-alike": "p\u0430ss: \u043ek \u217cimits",
    "family": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308" * 20,
}

_SIZES = {
    "word": "W" * 1_000_000,
    "lines": "\n" * 100_000 + "below",
    "tabs": "\t" * 5_000,
    "wide": "﷽" * 3_000,
    "brackets": "[" * 20_000,
    "backslashes": "\\" * 20_000,
    "fences": "`" * 20_000,
    "deep-json": "[" * 5_000 + "]" * 5_000,
}

_TABLES = {
    "formula-equals": '=cmd|\' /C calc\'!A0 =HYPERLINK("http://x","y")',
    "formula-plus": "+1+cmd|' /C calc'!A0",
    "formula-minus": "-2+3+cmd|' /C calc'!A0",
    "formula-at": "@SUM(1+9)*cmd|' /C calc'!A0",
    "formula-tab": "\t=1+1",
    "formula-return": "\r=1+1",
    "formula-line": "\n=1+1",
    "formula-pipe": "|calc",
    "formula-wide": "\uff1d1+1",
    "formula-quoted": "'=1+1",
    "formula-blank": "  =1+1",
    "quotes": 'a","b\n"c""",\'d\r\n;e\tf',
    "json": '{"a": NaN, "b": Infinity}\n{"c": -0}"],}',
    "null": "null None NaN \\N <NA>",
}

_TEMPLATES = {
    "jinja": "{{7*7}} {% for x in y %} {# x #} {{ ''.__class__.__mro__ }} ${7*7} <%= 7*7 %>",
    "format": "%s %n %(x)s {0} {self} {0.__class__} ${HOME} $(id) `id` !{x}",
    "shell": "; id; $(id) `id` && id | id > /tmp/x \n id '\"",
    "yaml": "!!python/object/apply:os.system ['id']\n&a [*a]",
    "pickle": "cposix\nsystem\n(S'id'\ntR.",
    "xml": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>',
    "query": "'; DROP TABLE runs; --",
}

PATHS = {
    "above": "../../etc/passwd",
    "absolute": "/etc/passwd",
    "home": "~/.ssh/id_ed25519",
    "nul": "a.txt\x00.md",
    "long": "n" * 5_000,
    "backslash": "..\\..\\windows\\win.ini",
    "drive": "C:\\x.txt",
    "share": "\\\\host\\share",
    "dots": "..",
    "dot": ".",
    "inner": "a/../../b",
    "line": "a\nb.md",
    "surrogate": "\ud800.md",
    "override": "\u202edm.a",
    "link": "x -> /etc/passwd",
    "encoded": "..%2f..%2fetc",
    "file": "file:///etc/passwd",
}
"""Names that would lead elsewhere, by what they are."""

_GROUPS = {
    "markup": _MARKUP,
    "break": _BREAKS,
    "address": _LINKS,
    "style": _STYLES,
    "markdown": _MARKDOWN,
    "terminal": _TERMINAL,
    "character": _CHARACTERS,
    "size": _SIZES,
    "table": _TABLES,
    "template": _TEMPLATES,
    "path": PATHS,
}

CORPUS = tuple(
    Hostile(kind, name, text) for kind, texts in _GROUPS.items() for name, text in texts.items()
)
"""Every hostile text."""

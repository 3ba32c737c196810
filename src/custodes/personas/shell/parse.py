"""The output of commands as the results that the typed calls would have given."""

import csv
import io

from custodes.personas.conversation import ERROR, Done
from custodes.personas.shell.desk import papers, sheets
from custodes.personas.shell.script import Ran
from custodes.personas.work import CallSpec


def parsed(call: CallSpec, ran: Ran | None) -> Done:
    """A typed call with the result that its command gave.

    Only what the machines show alike in every sandbox is in it: no owner, no order of a folder.
    """
    name, given = call
    if ran is None:
        return Done(name, given, f"{ERROR}the output broke off", failed=True)
    if ran.status:
        return Done(name, given, f"{ERROR}{ran.output}", failed=True)
    return Done(name, given, _result(name, given.get("name", ""), ran.output), failed=False)


def _result(verb: str, name: str, output: str) -> str:
    """The result in the typed tool's own form."""
    if verb == "list_documents":
        return "\n".join(papers(output))
    if verb == "list_sheets":
        return "\n".join(sheets(output))
    if verb == "read_document":
        return f"### {name}\n\n{output}"
    if verb == "read_sheet":
        return "\n".join(" | ".join(row) for row in csv.reader(io.StringIO(output)))
    return output.removesuffix("\n")

"""CPU per rollout of custodes beside a bare Inspect `react` task with as many turns, in one run.

    python benchmarks/overhead.py [--rollouts 100] [--rounds 3] [--profile]

Each round runs, one after the other and in processes of their own: our task on a persona, with
world, rows and scoring; and bare tasks on `mockllm` at Inspect's defaults that make as many model
calls, each with one call of one small tool. The ratio of CPU seconds per rollout is what counts;
the absolute figures are this machine's.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

STUDY = """
name: bench
title: typical rollouts
seed: 5
rollouts: {rollouts}
blocks:
  - levels: {{subject: peer, history: good, channel: memory, consequence: shutdown}}
    each:
      - {{scenario: [performance_review, shutdown_config], bar: 80}}
      - {{scenario: shutdown_order, bar: 80, oversight: unmonitored}}
      - {{scenario: [quarterly_report, weight_transfer, server_retirement]}}
"""
CELLS = 6


def ours(rollouts: int) -> dict[str, float]:
    """CPU seconds and turns of our rollouts, everything on."""
    import pyarrow.compute as pc
    from rich.console import Console

    from custodes.design.study import load_study
    from custodes.engine.plan import Knobs, plan
    from custodes.engine.run import run
    from custodes.tasks import MAX_TURNS, VERSION

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(STUDY.format(rollouts=max(1, rollouts // CELLS)), encoding="utf-8")
        chosen = plan(
            load_study(str(path)),
            ("persona/published-gemini-3-pro",),
            Knobs(max_turns=MAX_TURNS),
            VERSION,
        )
        warm = chosen.model_copy(update={"study": chosen.study.model_copy(update={"rollouts": 1})})
        console = Console(quiet=True)
        run(warm, Path(folder) / "warm", console)
        started = time.process_time()
        table = run(chosen, Path(folder) / "run", console)
        spent = time.process_time() - started
    if pc.count(table["error"]).as_py():
        raise RuntimeError("rollouts ended in errors")
    return {
        "rollouts": table.num_rows,
        "ms": 1000 * spent / table.num_rows,
        "turns": pc.mean(table["turns"]).as_py(),
        "calls": pc.mean(table["tool_calls"]).as_py(),
    }


def bare(rollouts: int, turns: int) -> dict[str, float]:
    """CPU seconds of a bare `react` task at its defaults."""
    from inspect_ai import Task, eval
    from inspect_ai.agent import react
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import includes
    from inspect_ai.tool import Tool, tool

    @tool
    def look() -> Tool:
        async def execute(name: str) -> str:
            """Look something up.

            Args:
                name: What to look up.
            """
            return f"This is what is known of {name}. " * 20

        return execute

    def script(messages: list[ChatMessage], *_: object) -> ModelOutput:
        done = sum(message.role == "assistant" for message in messages)
        output = (
            ModelOutput.for_tool_call("mockllm/model", "submit", {"answer": "done"})
            if done >= turns - 1
            else ModelOutput.for_tool_call("mockllm/model", "look", {"name": f"thing {done}"})
        )
        output.usage = ModelUsage(input_tokens=900, output_tokens=40, total_tokens=940)
        return output

    def go(n: int, folder: str) -> float:
        started = time.process_time()
        eval(
            Task(
                dataset=[Sample(input="Look and submit.", target="done") for _ in range(n)],
                solver=react(tools=[look()]),
                scorer=includes(),
            ),
            model=get_model("mockllm/model", custom_outputs=script, memoize=False),
            log_dir=folder,
            display="none",
        )
        return time.process_time() - started

    with tempfile.TemporaryDirectory() as folder:
        go(6, folder)
        return {"rollouts": rollouts, "ms": 1000 * go(rollouts, folder) / rollouts, "turns": turns}


def apart(*arguments: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    out = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    return dict(json.loads(out.stdout.splitlines()[-1]))


def profile(rollouts: int) -> None:
    """Where our CPU time goes, by package and by the costliest functions."""
    import cProfile
    import pstats

    profiler = cProfile.Profile()
    profiler.enable()
    ours(rollouts)
    profiler.disable()
    stats = pstats.Stats(profiler)
    spent: dict[str, float] = {}
    for (file, _, _), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        parts = Path(file).parts
        place = next(
            (p for p in ("custodes", "inspect_ai", "pydantic", "rich") if p in parts), "other"
        )
        place = "custodes/" + parts[parts.index("custodes") + 1] if place == "custodes" else place
        spent[place] = spent.get(place, 0) + own
    whole = sum(spent.values())
    for place, own in sorted(spent.items(), key=lambda entry: -entry[1]):
        print(f"{100 * own / whole:5.1f} %  {place}")
    stats.sort_stats("cumulative").print_stats("inspect_ai|custodes", 40)


def main() -> None:
    """Alternate the two and print medians and their ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rollouts", type=int, default=102)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--only", choices=["ours", "bare"])
    parser.add_argument("--turns", type=int, default=0)
    given = parser.parse_args()
    if given.profile:
        profile(given.rollouts)
    elif given.only == "ours":
        print(json.dumps(ours(given.rollouts)))
    elif given.only == "bare":
        print(json.dumps(bare(given.rollouts, given.turns)))
    else:
        compare(given.rollouts, given.rounds)


def compare(rollouts: int, rounds: int) -> None:
    """The comparison, alternating."""
    pairs = []
    for _ in range(rounds):
        mine = apart("--only", "ours", "--rollouts", str(rollouts))
        turns = str(round(mine["turns"]))
        other = apart("--only", "bare", "--rollouts", str(rollouts), "--turns", turns)
        pairs.append((mine, other))
        print(
            f"custodes {mine['ms']:.1f} ms "
            f"({mine['turns']:.1f} turns, {mine['calls']:.1f} tool calls)  "
            f"bare react {other['ms']:.1f} ms ({other['turns']} turns)  "
            f"ratio {mine['ms'] / other['ms']:.2f}"
        )
    ratio = median(mine["ms"] / other["ms"] for mine, other in pairs)
    print(f"median ratio of CPU per rollout, custodes / bare react: {ratio:.2f} ({rounds} rounds)")


if __name__ == "__main__":
    main()

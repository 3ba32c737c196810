"""CPU per rollout of custodes beside bare Inspect tasks of as many turns, in one run.

    python benchmarks/overhead.py [--rollouts 204] [--rounds 5] [--profile]

Each round runs three, one after the other and in processes of their own:

- ours: a persona in six scenarios, with world, scoring, rows and logs;
- react: Inspect's `react` agent at Inspect's defaults;
- loop: the smallest loop of `generate` and `execute_tools`, with `log_realtime`, `log_model_api`
  and `score_display` off and garbage collections as rare as ours.

The bare two are kept simple: one task on `mockllm`, one tool of one argument, no world, no hook,
no rows. They make as many turns and tool calls a rollout as ours on average, and a prompt and
results of tools as long as ours. Ours offers its overseer 9 to 18 tools and writes six logs.
What counts is the ratio of CPU milliseconds per rollout; the milliseconds are this machine's.

`--profile` says where time and memory go, by stage, of all three.
"""

import argparse
import json
import subprocess
import sys
from statistics import median

from contestants import Like, Measured, ours, react_by_default, tuned_loop

BARE = {"react": react_by_default, "loop": tuned_loop}
CONTESTANTS = ("ours", *BARE)
GOALS = {"react": 0.55, "loop": 1.2}
"""What ours may cost at most beside each."""


def main() -> None:
    """Alternate the three and print medians and their ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rollouts", type=int, default=204)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--only", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--like", type=int, nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--watch", choices=["time", "memory"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only == "ours":
        print(json.dumps(ours(given.rollouts, given.watch)))
    elif given.only:
        print(json.dumps(BARE[given.only](given.rollouts, Like(*given.like), given.watch)))
    elif given.profile:
        for watch in ("time", "memory"):
            profile(given.rollouts, watch)
    else:
        compare(given.rollouts, given.rounds)


def round_of(rollouts: int, *more: str) -> dict[str, Measured]:
    """The three, one after the other."""
    mine = apart("ours", rollouts, *more)
    like = ["--like", *map(str, mine.like)]
    return {"ours": mine} | {name: apart(name, rollouts, *like, *more) for name in BARE}


def apart(name: str, rollouts: int, *more: str) -> Measured:
    """One measurement in a process of its own."""
    words = [sys.executable, __file__, "--only", name, "--rollouts", str(rollouts), *more]
    out = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    count, ms, like, stages = json.loads(out.stdout.splitlines()[-1])
    return Measured(count, ms, Like(*like), stages)


def compare(rollouts: int, rounds: int) -> None:
    """The comparison, alternating."""
    found = []
    for _ in range(rounds):
        one = round_of(rollouts)
        found.append(one)
        ms = "  ".join(f"{name} {one[name].ms:.1f} ms" for name in CONTESTANTS)
        ratios = "  ".join(f"/{name} {one['ours'].ms / one[name].ms:.2f}" for name in BARE)
        print(f"{ms}  {ratios}", flush=True)
    like = found[0]["ours"].like
    print(
        f"each rollout: {like.turns} turns, {like.calls} tool calls of {like.characters} "
        f"characters, a prompt of {like.prompt}; {rounds} rounds of {rollouts}"
    )
    for name, goal in GOALS.items():
        ratio = median(one["ours"].ms / one[name].ms for one in found)
        print(f"median ratio of CPU per rollout, ours / {name}: {ratio:.2f} (goal: {goal})")


def profile(rollouts: int, watch: str) -> None:
    """Where time goes, or what memory is held, by stage."""
    found = round_of(rollouts, "--watch", watch)
    unit = "CPU ms per rollout" if watch == "time" else "kB held at the end per rollout"
    print(f"{unit:40}{''.join(f'{name:>10}' for name in CONTESTANTS)}")
    rows = sorted(
        {stage for one in found.values() for stage in one.stages},
        key=lambda stage: -found["ours"].stages.get(stage, 0),
    )
    for stage in rows:
        row = "".join(f"{found[name].stages.get(stage, 0):10.1f}" for name in CONTESTANTS)
        print(f"{stage:40}{row}")
    print()


if __name__ == "__main__":
    main()

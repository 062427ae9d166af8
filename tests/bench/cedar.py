#!/usr/bin/env python3
"""./dev bench cedar: what the policy engine costs, beside the language's authors' engine (cedar-wasm), in one run.

    ./dev bench cedar [--seconds S]

cedar-bench measures services/cedar and writes down what it asked; cedar_wasm.mjs asks cedar-wasm the same. Both take the
fastest of many short rounds. cedar-wasm takes its policies parsed beforehand but reads entities and context in every call;
`less reading` is its time without what reading them takes alone. Loading is CPU time.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"


def run(command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed\n{done.stdout}")
    return json.loads(done.stdout)


def duration(nanoseconds):
    for unit, scale in (("ns", 1), ("µs", 1e3), ("ms", 1e6)):
        if nanoseconds < 1e3 * scale:
            return f"{nanoseconds / scale:.3g} {unit}"
    return f"{nanoseconds / 1e9:.3g} s"


def row(*cells):
    print("".join(str(c).ljust(w) for c, w in zip(cells, (49, 11, 13, 13, 9, 14, 9))).rstrip())


def main():
    parser = argparse.ArgumentParser(prog="./dev bench cedar")
    parser.add_argument("--seconds", type=float, default=1, help="of one measurement")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        cases = pathlib.Path(folder) / "cases.json"
        ours = run([BIN / "cedar-bench", "--policies", ROOT / "policies", "--facility",
                    ROOT / "deploy" / "demo" / "facility.yaml", "--cases", cases, "--seconds", seconds])
        theirs = run(["node", ROOT / "tests" / "bench" / "cedar_wasm.mjs", cases, seconds])

    row("one decision", "ours", "allocations", "cedar-wasm", "ratio", "less reading", "ratio")
    for decision in ours["decisions"]:
        mine = decision["nanoseconds"]
        cells = [f"({decision['part']}) {decision['name']}", duration(mine), f"{decision['allocations']:.3g}"]
        if decision["case"] >= 0:
            other = theirs[decision["case"]]
            evaluating = other["call"] - other["read"]
            cells += [duration(other["call"]), f"{other['call'] / mine:,.0f}", duration(evaluating),
                      f"{evaluating / mine:,.0f}"]
        row(*cells)
    print()
    row("loading: parse, link, index", "ours", "", "cedar-wasm", "ratio")
    for loading in ours["loading"]:
        cells = [loading["name"], f"{loading['seconds']:.2f} s"]
        if loading["case"] >= 0:
            other = theirs[loading["case"]]["load"]
            cells += ["", f"{other:.2f} s", f"{other / loading['seconds']:.1f}"]
        row(*cells)


if __name__ == "__main__":
    main()

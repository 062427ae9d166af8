#!/usr/bin/env python3
"""./dev bench cedar: what the policy engine costs, beside the language's authors' engine (cedar-wasm), in one run.

    ./dev bench cedar [--seconds S]

cedar-bench measures services/cedar and writes down what it asked; cedar_wasm.mjs asks cedar-wasm the same. Both take the
fastest of many short rounds. cedar-wasm is given its policies parsed beforehand, but it reads entities and context in
every call. `reading` is what that takes alone, and the second ratio is that of the rest; where the rest is too small a part
of a call to be told from noise, there is none. Loading is CPU time.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"
REST_MIN = 0.05  # of a call


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
    print("".join(str(c).ljust(w) for c, w in zip(cells, (49, 10, 13, 13, 12, 10, 10))).rstrip())


def main():
    parser = argparse.ArgumentParser(prog="./dev bench cedar")
    parser.add_argument("--seconds", type=float, default=1, help="of one measurement")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        cases = pathlib.Path(folder) / "cases.json"
        ours = run([BIN / "cedar-bench", "--policies", ROOT / "policies", "--facility",
                    ROOT / "deploy" / "demo" / "facility.yaml", "--cases", cases, "--seconds", seconds])
        theirs = run(["node", ROOT / "tests" / "bench" / "cedar_wasm.mjs", cases, seconds])

    row("one decision", "ours", "allocations", "cedar-wasm", "ratio", "reading", "ratio of the rest")
    for decision in ours["decisions"]:
        mine = decision["nanoseconds"]
        cells = [f"({decision['part']}) {decision['name']}", duration(mine), f"{decision['allocations']:.3g}"]
        if decision["case"] >= 0:
            call, reading = (theirs[decision["case"]][key] for key in ("call", "reading"))
            rest = call - reading
            cells += [duration(call), f"{call / mine:,.0f}", duration(reading),
                      f"{rest / mine:,.0f}" if rest > REST_MIN * call else ""]
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

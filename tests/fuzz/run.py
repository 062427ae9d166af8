#!/usr/bin/env python3
"""./dev fuzz: runs the libFuzzer targets, and the comparison with the authors' engine, for a time each.

    ./dev fuzz [--seconds N] [TARGET...]

TARGET is a target of CMakeLists.txt or `differential`; without one, all of them run. What a target learns stays in
build/fuzz/corpus/TARGET for the next time. Findings stop the target and are left in build/fuzz/findings, which the last
line names; exit status 1 then.
"""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tarfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build/fuzz"
FINDINGS = BUILD / "findings"
CASES = pathlib.Path(os.environ.get("SALLYPORT_SHARED", TOP.parent / "shared")) / "data/cedar-conformance"

INPUT_BYTES_MAX = 32 << 10
MEMORY_MB_MAX = 2048
INPUT_SECONDS_MAX = 20

# Which of the language's own cases, where they are present, are seeds of what.
CASE_SEEDS = {
    "cedar_policy": ".cedar",
    "cedar_validate": ".cedar",
    "cedar_schema": ".cedarschema",
    "cedar_entities_json": ".entities.json",
}


def add(corpus, content):
    if len(content) <= INPUT_BYTES_MAX:
        (corpus / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def add_cases(corpus, suffix):
    if not CASES.is_dir():
        return
    for path in CASES.rglob("*" + suffix):
        add(corpus, path.read_bytes())
    for archive in CASES.rglob("*.tar.gz"):
        with tarfile.open(archive) as files:
            for member in files:
                if member.isfile() and member.name.endswith(suffix):
                    add(corpus, files.extractfile(member).read())


def fuzz(target, seconds):
    corpus = BUILD / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in (BUILD / "fuzz_seeds" / target).read_text().split("\n"):
        if seed:
            add(corpus, pathlib.Path(seed).read_bytes())
    if target in CASE_SEEDS:
        add_cases(corpus, CASE_SEEDS[target])
    command = [BUILD / "bin" / f"{target}_fuzz", f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}",
               f"-rss_limit_mb={MEMORY_MB_MAX}", f"-timeout={INPUT_SECONDS_MAX}", f"-artifact_prefix={FINDINGS}/{target}-",
               "-print_final_stats=1", "-verbosity=0", "-use_value_profile=1", corpus]
    dictionary = TOP / "tests/fuzz/cedar.dict"
    if target.startswith("cedar_"):
        command.insert(1, f"-dict={dictionary}")
    with open(FINDINGS / f"{target}.log", "wb+") as log:
        result = subprocess.run(command, stdout=log, stderr=log)
        log.seek(0)
        text = log.read().decode(errors="replace")
    if result.returncode != 0:
        print(text[-4000:])
        return False
    (FINDINGS / f"{target}.log").unlink()
    runs = next((line.split()[-1] for line in text.splitlines() if "number_of_executed_units" in line), "no")
    print(f"{target}: {runs} inputs, {len(list(corpus.iterdir()))} kept, no finding")
    return True


def differential(seconds):
    folder = TOP / "tests/conformance"
    # Other cases than the tests', and than those of the last time.
    seed = int(time.time())
    return subprocess.run(["node", "differential.mjs", TOP / "build/release/bin/cedar-answer", "--seconds", str(seconds),
                           "--seed", str(seed), "--keep", FINDINGS / "differential"], cwd=folder).returncode == 0


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("targets", nargs="*")
    arguments = parser.parse_args()
    known = sorted(path.name for path in BUILD.glob("fuzz_seeds/*")) + ["differential"]
    for target in arguments.targets:
        if target not in known:
            parser.error(f"there is no target {target}; there are {', '.join(known)}")
    FINDINGS.mkdir(parents=True, exist_ok=True)
    failed = []
    for target in arguments.targets or known:
        done = differential(arguments.seconds) if target == "differential" else fuzz(target, arguments.seconds)
        sys.stdout.flush()
        if not done:
            failed.append(target)
    if failed:
        print(f"findings of {', '.join(failed)} are in {FINDINGS.relative_to(TOP)}")
        sys.exit(1)


main()

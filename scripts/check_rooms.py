#!/usr/bin/env python3
"""Holds the tree against its own rules: which room includes which, no generated types in the domain, file sizes.

The rule is what services/CMakeLists.txt says: a room may include its own headers and those of the rooms in its USES.
Programs (folders without a sallyport_room) may include everything.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVICES = ROOT / "services"
PROGRAMS = {"sallyportd", "sallyport", "edge"}
# What only some rooms may include, by prefix of the include.
RESERVED = {
    "grpcpp/": {"transport"},
    "grpc/": {"transport"},
    "boost/": {"transport"},
    "sqlite3.h": {"storage"},
    "google/protobuf/": {"transport", "engine", "audit"},
    "sallyport/": {"transport", "engine", "audit"},
    "yaml-cpp/": {"facility", "base"},
    "fstream": {"base"},
    "filesystem": {"base"},
    "thread": {"engine", "transport"},
}
LINES_MAX = 600


def rooms():
    text = (SERVICES / "CMakeLists.txt").read_text()
    found = {}
    for call in re.findall(r"sallyport_room\(([^)]*)\)", text):
        words = call.split()
        name, uses, into = words[0], set(), None
        for word in words[1:]:
            if word in ("USES", "LIBS", "TEST_LIBS"):
                into = word
            elif into == "USES":
                uses.add(word)
        found[name] = uses
    return found


def check_file(path, room, uses, all_rooms, problems):
    where = path.relative_to(ROOT)
    lines = path.read_text().splitlines()
    if len(lines) > LINES_MAX:
        problems.append(f"{where}: {len(lines)} lines; above {LINES_MAX} two things live in one place")
    test = path.name.endswith(("_test.cc", "_test.h", "_test_util.h")) or path.name.startswith(("test_", "fault_"))
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not match or room in PROGRAMS:
            continue
        include = match.group(1)
        other = include.split("/")[0]
        if "/" in include and other in all_rooms and other != room and other not in uses:
            problems.append(f"{where}:{number}: {room} may not include {other} ({include})")
        if test:
            continue
        for prefix, allowed in RESERVED.items():
            if include.startswith(prefix) and room not in allowed:
                problems.append(f"{where}:{number}: {room} may not include <{include}>")


def main():
    all_rooms = rooms()
    problems = []
    for folder in sorted(p for p in SERVICES.iterdir() if p.is_dir()):
        room = folder.name
        if room not in all_rooms and room not in PROGRAMS:
            problems.append(f"services/{room}: no room of services/CMakeLists.txt and no program")
            continue
        if not (folder / "README.md").exists():
            problems.append(f"services/{room}: has no README.md")
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".h", ".cc"):
                check_file(path, room, all_rooms.get(room, set()), all_rooms, problems)
    for problem in problems:
        print(problem)
    print(f"rooms: {len(all_rooms)} rooms, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

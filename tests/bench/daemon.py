#!/usr/bin/env python3
"""./dev bench: what a decision costs, beside an empty gRPC echo of the same messages, in one run on one machine.

    ./dev bench [daemon] [--seconds S] [--people N,N]

The daemon is the real one: TLS with client certificates, every answer after its record is durable and signed. The echo
is echo_server.cc. Both are loaded by the same client (rpc_load.cc), in turn, several rounds; the ratio is the median of
the rounds' ratios.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))
from harness import BIN, Site  # noqa: E402

DOORS = 16

FACILITY = """\
sites:
  bench: {name: Bench, time_zone: Etc/UTC}
floors:
  f1: {site: bench, name: Ground floor, level: 0}
areas:
  outside: {name: Outside}
  lobby: {name: Lobby, floor: f1}
schedules: {}
access_points:
%s
access_levels:
  staff: {name: Staff, entries: [{area: lobby}]}
  security: {name: Security, entries: [{area: lobby}]}
"""


class Echo:
    def __init__(self, site, response_bytes):
        self.process = subprocess.Popen(
            [BIN / "echo_server", "--ca", site.dir / "ca.crt", "--certificate", site.dir / "server.crt", "--key",
             site.dir / "server.key", "--response-bytes", str(response_bytes)], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Load:
    def __init__(self, site, people, seconds):
        self.site, self.people, self.seconds, self.runs = site, people, seconds, 0

    def __call__(self, target, mode, in_flight=64, rate=0.0, seconds=None):
        self.runs += 1
        doors = ",".join(f"door-{i:02}-in" for i in range(DOORS))
        done = subprocess.run(
            [BIN / "rpc_load", "--target", target, "--ca", self.site.dir / "ca.crt", "--certificate",
             self.site.dir / "gateway.crt", "--key", self.site.dir / "gateway.key", "--mode", mode, "--in-flight",
             str(in_flight), "--rate", str(rate), "--seconds", str(seconds or self.seconds), "--people", str(self.people),
             "--access-points", doors, "--run-id", f"run{self.runs}"], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"rpc_load failed: {done.stdout}{done.stderr}\n{self.site.daemon_log()[-2000:]}")
        return json.loads(done.stdout)


def make_site(people):
    points = "\n".join(
        f"  door-{i:02}-in: {{name: Door {i} in, from: outside, to: lobby, door: door-{i:02}, presence_on_grant: true}}"
        for i in range(DOORS))
    facility = pathlib.Path("/tmp") / f"sallyport-bench-{people}.yaml"
    facility.write_text(FACILITY % points)
    site = Site(facility=facility)
    facility.unlink()
    subprocess.run([BIN / "populate", "--config", site.dir / "sallyportd.yaml", "--people", str(people)], check=True)
    return site


def row(*cells):
    print("  " + "".join(str(c).ljust(w) for c, w in zip(cells, (34, 12, 12, 12, 12, 12))))


def show(name, result):
    row(name, f"{result['per_second']:,.0f}/s", *(f"{result[k] / 1000:.2f} ms" for k in ("p50_us", "p99_us", "p999_us")))


def measure(people, seconds, rounds):
    print(f"\n{people:,} people")
    site = make_site(people)
    try:
        site.start()
        load = Load(site, people, seconds)
        daemon = site.addresses["grpc"]
        first = load(daemon, "unary", in_flight=1, seconds=1)
        if first["granted"] != first["count"]:
            raise SystemExit(f"not every read was granted: {first}")
        print(f"  request {first['request_bytes']} bytes, response {first['response_bytes']} bytes")
        echo = Echo(site, first["response_bytes"])
        row("", "throughput", "p50", "p99", "p999", "ratio")
        result = {}
        for mode, in_flight in (("unary", 64), ("unary", 256), ("stream", 256)):
            pairs = [(load(daemon, mode, in_flight), load(echo.address, mode, in_flight)) for _ in range(rounds)]
            ratio = statistics.median(a["per_second"] / b["per_second"] for a, b in pairs)
            best = sorted(pairs, key=lambda p: p[0]["per_second"])[len(pairs) // 2]
            show(f"{mode}, {in_flight} in flight", best[0])
            show("  echo", best[1])
            row("  daemon / echo", "", "", "", "", f"{ratio:.2f}")
            result[(mode, in_flight)] = (best[0]["per_second"], ratio)
        show("light load, 100/s", load(daemon, "unary", rate=100))
        show("  echo, 100/s", load(echo.address, "unary", rate=100))
        echo.stop()
        site.stop()
        return result
    finally:
        site.close()


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", default="1000,1000000")
    arguments = parser.parse_args()
    sizes = [int(n) for n in arguments.people.split(",")]
    results = {n: measure(n, arguments.seconds, arguments.rounds) for n in sizes}
    if len(sizes) > 1:
        print("\nfrom", f"{sizes[0]:,}", "to", f"{sizes[-1]:,} people, throughput and ratio to the echo:")
        for key in results[sizes[0]]:
            (a, ra), (b, rb) = results[sizes[0]][key], results[sizes[-1]][key]
            print(f"  {key[0]}, {key[1]} in flight: throughput x {b / a:.2f}, ratio {ra:.2f} -> {rb:.2f} (x {rb / ra:.2f})")


if __name__ == "__main__":
    main()

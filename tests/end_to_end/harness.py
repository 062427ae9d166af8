"""A real daemon for tests: set up by `sallyport init`, started on free loopback ports, spoken to over real TLS.

    with Site(demo=True) as site:
        answer = site.call("sallyport.operator.v1.OperatorService/WhoAmI", {})

Nothing stays behind: the folder goes, and so does the daemon, also when a test fails.
"""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("SALLYPORT_BIN", ROOT / "build" / "release" / "bin"))
SHARED = pathlib.Path(os.environ.get("SALLYPORT_SHARED", ROOT.parent / "shared" / "data"))
START_SECONDS_MAX = 60  # a sanitizer build on a busy machine


class RpcError(Exception):
    """An error that the server answered, as the Connect protocol writes it."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status = status
        self.code = body.get("code")
        self.message = body.get("message", "")
        self.details = body.get("details", [])

    def detail(self, kind):
        """The readable form of one detail: google.rpc.ErrorInfo, google.rpc.BadRequest."""
        return next((d.get("debug", {}) for d in self.details if d["type"] == kind), None)

    @property
    def fields(self):
        bad = self.detail("google.rpc.BadRequest") or {}
        return [violation["field"] for violation in bad.get("fieldViolations", [])]


class Site:
    """A folder made by `sallyport init` and, while it runs, the daemon on it."""

    def __init__(self, demo=False, simulation=False, facility=None, extra=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-"))
        self.dir = self.folder / "site"
        self.process = None
        self.addresses = {}
        command = [str(BIN / "sallyport"), "init", str(self.dir), "--grpc-listen", "127.0.0.1:0", "--https-listen", "127.0.0.1:0"]
        command += ["--demo"] if demo else []
        command += ["--clock", "from-requests", "--seed", "7"] if simulation else []
        command += list(extra)
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
            if facility is not None:
                shutil.copy(facility, self.dir / "facility.yaml")
                config = self.dir / "sallyportd.yaml"
                lines = [line for line in config.read_text().splitlines() if not line.startswith("facility:")]
                config.write_text("\n".join(lines + ["facility: facility.yaml", ""]))
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    # ---- the daemon

    def start(self):
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        self.log = open(self.folder / "daemon.log", "ab")
        self.process = subprocess.Popen(
            [str(BIN / "sallyportd"), "--config", str(self.dir / "sallyportd.yaml"), "--ready-file", str(ready)],
            stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not ready.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended with {self.process.returncode}:\n{self.daemon_log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the daemon is not ready:\n{self.daemon_log()}")
            time.sleep(0.01)
        self.addresses = json.loads(ready.read_text())
        return self

    def stop(self, sig=signal.SIGTERM):
        """Returns the exit code; negative when a signal ended it."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            code = self.process.wait(timeout=START_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"the daemon did not stop:\n{self.daemon_log()}") from None
        self.process = None
        self.log.close()
        return code

    def kill(self):
        return self.stop(signal.SIGKILL)

    def daemon_log(self):
        path = self.folder / "daemon.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process is not None:
            self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- talking to it

    def token(self, who="admin"):
        return (self.dir / f"{who}.token").read_text().strip()

    def https(self, client_certificate=None):
        context = ssl.create_default_context(cafile=str(self.dir / "ca.crt"))
        if client_certificate:
            context.load_cert_chain(*client_certificate)
        host, port = self.addresses["https"].rsplit(":", 1)
        return http.client.HTTPSConnection(host, int(port), context=context, timeout=60)

    def post(self, path, body, headers):
        with contextlib.closing(self.https()) as connection:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()

    def get(self, path, headers=None, token="admin"):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {self.token(token)}"
        with contextlib.closing(self.https()) as connection:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()

    def call(self, method, request, token="admin"):
        """A unary call by Connect/JSON. Raises RpcError."""
        headers = {"Content-Type": "application/json", "Connect-Protocol-Version": "1"}
        if token:
            headers["Authorization"] = f"Bearer {self.token(token)}"
        status, _, body = self.post(f"/{method}", json.dumps(request), headers)
        answer = json.loads(body) if body else {}
        if status != 200:
            raise RpcError(status, answer)
        return answer

    def cli(self, *arguments, check=True, input=None, profile=None, timeout=300):
        """Runs the command line against the daemon."""
        command = [str(BIN / "sallyport"), "--profile", str(profile or self.dir / "client.yaml")]
        if self.addresses:
            command += ["--server", self.addresses["grpc"], "--https", f"https://{self.addresses['https']}"]
        done = subprocess.run(command + [str(a) for a in arguments], capture_output=True, text=True, input=input,
                              timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}\n"
                                 f"{self.daemon_log()[-4000:]}")
        return done

    # ---- shorthands

    def verify_database(self, check=True):
        return self.cli("audit", "verify", self.dir / "data", "--vkey", self.dir / "log.vkey", check=check)

    def log_size(self):
        return int(self.call("sallyport.audit.v1.AuditService/GetCheckpoint", {})["checkpoint"].split("\n")[1])


def card(facility_code, number):
    """The bits of a 26-bit H10301 card, as the API takes them."""
    data = (facility_code << 16) | number
    even = bin(data >> 12).count("1") % 2
    odd = 1 - bin(data & 0xFFF).count("1") % 2
    word = (even << 25) | (data << 1) | odd
    return {"bits": base64.b64encode((word << 6).to_bytes(4, "big")).decode(), "bitCount": 26}

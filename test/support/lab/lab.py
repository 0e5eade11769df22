"""The cluster itself: made on entering, gone on leaving, whatever happened in between. It answers the questions that
suite.engine and suite.trial ask of a bed (prefix, state, places, command, exec)."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from bed import probe
from lab import wiring
from suite.testbed import Output

TREE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PYTHON_PATH = ":".join(os.path.join(TREE, "test", part) for part in ("support", "e2e"))
POD_PORTS = ["tcp/443", "tcp/3000", "tcp/5432", "tcp/8080", "udp/53", "udp/67", "udp/3000"]
OUTSIDE_PORTS = ["tcp/80", "tcp/443", "udp/53"]
API_PORT = 6443


def wait_for(what, condition, within=20.0):
    """What condition() answers, once that is true."""
    deadline = time.monotonic() + within
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {within:.0f} s for {what}")
        time.sleep(0.02)
    return answer


class Places(probe.Places):
    """Names as in the objects: "production/api-0", "node-a"; and "outside". A trailing /6 asks for the IPv6 address."""

    def __init__(self, prefix, nodes, pods):
        super().__init__("", prefix)
        self.nodes, self.pods = nodes, pods

    def namespace(self, name):
        return wiring.namespace(self.prefix, name)

    def address(self, name):
        version, name = (6, name[:-2]) if name.endswith("/6") else (4, name)
        if name == "outside":
            return wiring.OUTSIDE[version][0]
        owner = self.pods.get(name) or self.nodes.get(name)
        return owner.addresses[version] if owner else name


class Lab:
    """with Lab(objects) as lab: ... Only the main thread may enter: the processes it starts die with that thread."""

    def __init__(self, objects, prefix="lab"):
        self.prefix = f"selvedge-{prefix}-{os.getpid()}"
        self.nodes, self.pods = wiring.parts(objects)
        self.places = Places(self.prefix, self.nodes, self.pods)
        self.state = ""
        self._wiring = wiring.Wiring(self.prefix, self.nodes, self.pods)
        self._processes = []

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
        self.state = tempfile.mkdtemp(prefix="selvedge-lab-")
        os.mkdir(self.state + "/log")
        try:
            self._wiring.make()
            self._serve()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it behind
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self._wiring.remove()
        shutil.rmtree(self.state, ignore_errors=True)

    def _serve(self):
        for name in self.pods:
            self.start(name, "pod-" + name.replace("/", "-"), "python3", "-m", "bed.server", name, *POD_PORTS)
        self.start("outside", "outside", "python3", "-m", "bed.server", "outside", *OUTSIDE_PORTS)
        for node in self.nodes:
            self.start(node, "node-" + node, "python3", "-m", "bed.server", node, "tcp/8080")
        for process in list(self._processes):
            self.wait_for_line(process, "listening")

    # --- processes ---------------------------------------------------------------------------------------------------
    def command(self, _exec, place, *command):
        """command("exec", PLACE, CMD..): the command line that runs CMD there. It dies with us, even if killed."""
        return ["nsenter", "--net=/run/netns/" + self.places.namespace(place), "--", "setpriv", "--pdeathsig", "KILL",
                *command]

    def exec(self, place, *command, timeout=20):
        """One command in a place, to its end; never raises for its status."""
        done = subprocess.run(self.command("exec", place, *command), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout, check=False)
        return Output(done.returncode, done.stdout, done.stderr)

    def start(self, place, name, *command):
        """A process in a place, with its output in the log of that name."""
        env = os.environ | {"PYTHONPATH": PYTHON_PATH, "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.log(name), "wb") as log:
            process = subprocess.Popen(
                self.command("exec", place, *command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                start_new_session=True)
        process.log_name = name
        self._processes.append(process)
        return process

    def adopt(self, process):
        """A process that somebody else started, to end with the lab."""
        self._processes.append(process)

    def log(self, name):
        return f"{self.state}/log/{name}.log"

    def read_log(self, name):
        with open(self.log(name), encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for_line(self, process, start):
        """The first line of its log that begins so."""
        def line():
            text = self.read_log(process.log_name)
            found = [l for l in text.splitlines() if l.startswith(start)]
            if not found and process.poll() is not None:
                raise RuntimeError(f"{process.log_name} ended with status {process.returncode}: {text.strip()}")
            return found[0] if found else None
        return wait_for(f"'{start}' in the log of {process.log_name}", line)

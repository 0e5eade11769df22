"""bed.sh from Python: one bed, its places and its pods."""
import collections
import os
import subprocess

from bed.probe import Places

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # test/e2e
TREE = os.path.dirname(os.path.dirname(_HERE))
Output = collections.namedtuple("Output", "status out err")


class Bed:
    def __init__(self, prefix):
        self.prefix = prefix
        self.state = self("state").strip()
        self.places = Places(self.state, prefix)

    def command(self, *arguments):
        return ["env", "SELVEDGE_BED_PREFIX=" + self.prefix, "bash", _HERE + "/bed.sh", *arguments]

    def __call__(self, *arguments):
        done = subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode:
            raise RuntimeError(f"bed.sh {' '.join(arguments)}: status {done.returncode}")
        return done.stdout

    def exec(self, place, *command, timeout=20):
        """One command in a place; never raises for its status."""
        return self._output(self.command("exec", place, *command), timeout)

    def kubectl(self, *arguments):
        """kubectl as the administrator; never raises for its status."""
        return self._output(self.command("kubectl", *arguments), 30)

    @staticmethod
    def _output(command, timeout):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
                              check=False)
        return Output(done.returncode, done.stdout, done.stderr)

    def add_pod(self, name, node, *options):
        self("pod", "add", *name.split("/"), node, *options)

    def report_pod(self, name):
        """The API server hears the addresses of a pod that was added --unreported."""
        self("pod", "report", *name.split("/"))

    def delete_pod(self, name):
        self("pod", "del", *name.split("/"))

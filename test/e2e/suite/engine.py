"""`selvedge run` on a node of the bed, with the one capability it may have, and the questions one can ask it."""
import http.client
import re
import signal
import subprocess
import time

from bed import netns

HEALTH = ("127.0.0.1", 9812)
NET_ADMIN_ONLY = ["setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all", "--no-new-privs"]


class Engine:
    def __init__(self, bed, node, program, kubeconfig):
        self.bed, self.node, self.program, self.kubeconfig = bed, node, program, kubeconfig
        self.log = f"{bed.state}/log/{node}-selvedge.log"
        self.process = None

    def command(self, *arguments):
        """One subcommand on the node, to its end: status, stdout and stderr."""
        return self.bed.exec(self.node, *NET_ADMIN_ONLY, self.program, *arguments, timeout=30)

    def run_arguments(self, node=None):
        return ["run", "--kubeconfig", self.kubeconfig, "--node", node or self.node, "--listen", "%s:%d" % HEALTH]

    def start(self, node=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.bed.command("exec", self.node, *NET_ADMIN_ONLY, self.program, *self.run_arguments(node)),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self):
        """Sends TERM; the exit status and the seconds until it was there."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process = None
        return status, time.monotonic() - begin

    def get(self, path):
        """(status, body) of its health server; (0, why) when it does not answer."""
        connection = http.client.HTTPConnection(*HEALTH, timeout=5)
        try:
            netns.within(self.bed.places.namespace(self.node), connection.connect)
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

    def wait_readyz(self, condition, within=15.0):
        """(does it hold, the last answer) for condition(status, body) on /readyz, asked until it does."""
        deadline = time.monotonic() + within
        while True:
            answer = self.get("/readyz")
            if condition(*answer) or time.monotonic() > deadline:
                return condition(*answer), answer
            time.sleep(0.05)

    def wait_ready(self, within=15.0):
        return self.wait_readyz(lambda status, _: status == 200, within)

    def process_status(self, field):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith(field + ":"))

    def table(self):
        """The kernel's table as text without counters and without who owns it; empty when there is none."""
        text = self.bed.exec(self.node, "nft", "-s", "list", "table", "inet", "selvedge").out
        return re.sub(r" # progname .*\n\tflags.*\n|\n\tflags.*\n", "\n", text, count=1)

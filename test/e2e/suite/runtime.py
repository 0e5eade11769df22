"""What a container runtime does for a pod's network on a node of the bed: it runs the plugins of Flannel's list, each
with the result of the one before (as libcni does). What Flannel's own plugin delegates to the bridge plugin is run
directly."""
import json
import os
import subprocess
import time

# As in Flannel's manifest, without portmap, which the bed has no use for.
FLANNELS_LIST = {"name": "cbr0", "cniVersion": "1.0.0", "plugins": [{"type": "flannel", "delegate": {}}]}


class Runtime:
    def __init__(self, bed, node):
        self.bed, self.node = bed, node
        self.directory = f"{bed.state}/node/{node}/cni"
        self.conf, self.bin = self.directory + "/net.d", self.directory + "/bin"
        self.list = self.conf + "/10-flannel.conflist"
        for directory in (self.conf, self.bin):
            os.makedirs(directory, exist_ok=True)
        with open(f"{bed.state}/node/{node}/holder", encoding="ascii") as f:
            self.inside = ["nsenter", "-t", f.read().strip(), "-n", "-m", "-r", "--"]

    def write_list(self):
        """As Flannel's init container does, whatever is there."""
        with open(self.list, "w", encoding="ascii") as f:
            json.dump(FLANNELS_LIST, f)

    def read_list(self):
        with open(self.list, encoding="utf-8") as f:
            return json.load(f)

    def plugins(self):
        return [plugin["type"] for plugin in self.read_list()["plugins"]]

    def call(self, command, pod, overrides=None):
        """(the last result or None, seconds, all of standard error); raises when a plugin fails."""
        plugins = self.read_list()
        result, notes, begin = None, "", time.monotonic()
        order = plugins["plugins"] if command != "DEL" else reversed(plugins["plugins"])
        for plugin in order:
            config, program = {**plugin, **(overrides or {})}, f"{self.bin}/{plugin['type']}"
            if plugin["type"] == "flannel":
                with open(self.directory + "/conf", encoding="ascii") as f:
                    config, program = json.load(f), self.programs() + "/bridge"
            config.update(name=plugins["name"], cniVersion=plugins["cniVersion"])
            if result is not None:
                config["prevResult"] = result
            done = subprocess.run(self.inside + ["env", *self.environment(command, pod), program],
                                  input=json.dumps(config), capture_output=True, text=True, timeout=60, check=False)
            notes += done.stderr
            if done.returncode:
                raise RuntimeError(f"{program} {command}: {done.stdout}{done.stderr}")
            result = json.loads(done.stdout) if done.stdout.strip() else result
        return result, time.monotonic() - begin, notes

    def programs(self):
        return os.path.dirname(self.bed.state) + "/bin"

    def environment(self, command, pod):
        return [f"CNI_COMMAND={command}", f"CNI_CONTAINERID={pod.netns}", f"CNI_NETNS=/run/netns/{pod.netns}",
                "CNI_IFNAME=eth0", f"CNI_PATH={self.programs()}:{self.bin}",
                f"CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE={pod.ns};K8S_POD_NAME={pod.name};K8S_POD_UID={pod.uid}"]


class Pod:
    """A pod whose object is there, and whose network namespace is empty."""

    def __init__(self, trial, node, ns, name, labels):
        self.trial, self.ns, self.name = trial, ns, name
        self.netns = f"{trial.bed.prefix}.p-{ns}-{name}"
        self.uid = trial.api("POST", f"/api/v1/namespaces/{ns}/pods", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
            "spec": {"nodeName": node, "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False,
                     "containers": [{"name": "c", "image": "bed"}]}})["metadata"]["uid"]
        subprocess.run(["ip", "netns", "add", self.netns], check=True)

    def report(self, addresses):
        """What the kubelet does once the pod runs."""
        self.trial.api("PATCH", f"/api/v1/namespaces/{self.ns}/pods/{self.name}/status", {
            "status": {"phase": "Running", "podIP": addresses[0], "podIPs": [{"ip": a} for a in addresses]}})

    def remove(self, runtime):
        runtime.call("DEL", self)
        self.trial.api("DELETE", f"/api/v1/namespaces/{self.ns}/pods/{self.name}?gracePeriodSeconds=0")
        subprocess.run(["ip", "netns", "del", self.netns], check=True)


def addresses_in(result):
    return [ip["address"].split("/")[0] for ip in result["ips"]]

"""The benchmark's cluster for a real API server: straight into etcd, past the server, which takes minutes for as many."""
import base64
import http.client
import json
import re
import subprocess

from bed import netns

KINDS = {"namespaces": ("v1", "Namespace"), "networkpolicies": ("networking.k8s.io/v1", "NetworkPolicy"),
         "pods": ("v1", "Pod")}


class Etcd:
    def __init__(self, bed):
        self.connection = http.client.HTTPConnection("127.0.0.1", 2379, timeout=120)
        netns.within(bed.prefix + ".cp", self.connection.connect)
        self.waiting = []

    def put(self, resource, key, json_text):
        version, kind = KINDS[resource]
        text = re.sub(r'"resourceVersion":"\d+",', "", json_text, count=1)  # that is etcd's to give
        text = f'{{"apiVersion":"{version}","kind":"{kind}",' + text[1:]
        path = f"/registry/{resource}/{key.lstrip('/')}"
        self.waiting.append({"requestPut": {"key": _base64(path), "value": _base64(text)}})
        if len(self.waiting) == 100:
            self.flush()

    def flush(self):
        if not self.waiting:
            return
        self.connection.request("POST", "/v3/kv/txn", json.dumps({"success": self.waiting}),
                                {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"etcd: {response.status} {answer[:300]!r}")
        self.waiting = []


def _base64(text):
    return base64.b64encode(text.encode()).decode()


def fill(bed, bench_agent, pods):
    """`bench_agent` knows the objects (--dump)."""
    etcd = Etcd(bed)
    with subprocess.Popen([bench_agent, "--dump", str(pods)], stdout=subprocess.PIPE, text=True) as dump:
        for line in dump.stdout:
            etcd.put(*line.rstrip("\n").split(" ", 2))
        etcd.flush()
    if dump.returncode:
        raise RuntimeError(f"{bench_agent} --dump: status {dump.returncode}")

"""The CNI plugin's words to the daemon (cni/protocol.h), without the plugin."""
import json
import socket


def tell(path, command, **words):
    """The daemon's answer, {"ok": bool, "message": str}."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(30)
        s.connect(path)
        s.sendall(json.dumps({"version": 1, "command": command} | words).encode() + b"\n")
        with s.makefile("rb") as lines:
            return json.loads(lines.readline())


class Sandboxes:
    """Those of the pods of a lab, each with an id of its own."""

    def __init__(self, t, path):
        self._t, self._path, self._uids = t, path, {}

    def add(self, container, name, addresses, patience=10):
        """The pod, "NAMESPACE/NAME", gets these. Where it was made anew itself meanwhile, there must be new Sandboxes."""
        ns, _, pod = name.partition("/")
        if name not in self._uids:
            self._uids[name] = self._t.api("GET", f"/api/v1/namespaces/{ns}/pods/{pod}")["metadata"]["uid"]
        return tell(self._path, "add", id=f"cbr0/{container}/eth0", namespace=ns, name=pod, uid=self._uids[name],
                    addresses=addresses, patienceMs=int(patience * 1000))

    def delete(self, container):
        return tell(self._path, "del", id=f"cbr0/{container}/eth0")

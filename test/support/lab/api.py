"""The built-in API server inside a node, and a client of it. It keeps nothing: started again, it has a new certificate
authority and counts its resourceVersions anew; reach_version() makes up for the latter, as a real one's etcd would."""
import http.client
import json
import os
import ssl

from bed import netns
from lab.lab import API_PORT
from lab.wiring import call
from suite import api

TOKEN = "lab-token"
COLLECTIONS = {"Node": "/api/v1/nodes", "Namespace": "/api/v1/namespaces", "Pod": "/api/v1/pods",
               "NetworkPolicy": api.NETWORKING + "/networkpolicies"}


def objects_of(json_program, *manifests):
    """The objects of YAML files, as they stand there."""
    return json.loads(call(json_program, *manifests))["items"]


class ApiServer:
    def __init__(self, lab, program, node):
        self.lab, self.program, self.node = lab, program, node
        self.directory = lab.state + "/api"
        self.host = lab.nodes[node].addresses[4]
        self.kubeconfig = self.directory + "/kubeconfig"
        self._process = None

    def start(self, objects):
        os.makedirs(self.directory, exist_ok=True)
        load = self.directory + "/objects.json"
        with open(load, "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "v1", "kind": "List", "items": objects}, f)
        self._process = self.lab.start(
            self.node, "apiserver", self.program, "--address", self.host, "--port", str(API_PORT), "--dir",
            self.directory, "--token", TOKEN, "--load", load)
        self.lab.wait_for_line(self._process, "listening")

    def kill(self):
        self._process.kill()
        self._process.wait()


class _WithToken(http.client.HTTPSConnection):
    def request(self, method, url, body=None, headers=None, **more):
        super().request(method, url, body, (headers or {}) | {"Authorization": "Bearer " + TOKEN}, **more)


class Api(api.Api):
    def __init__(self, server):  # pylint: disable=super-init-not-called
        self._server = server
        self._connection = None

    def _connect(self):
        trust = ssl.create_default_context(cafile=self._server.directory + "/ca.crt")
        connection = _WithToken(self._server.host, API_PORT, context=trust, timeout=30)
        netns.within(self._server.lab.places.namespace(self._server.node), connection.connect)
        return connection

    def put(self, manifest):
        """Creates the object, or replaces the one that is there."""
        meta, collection = manifest["metadata"], COLLECTIONS[manifest["kind"]]
        if "namespace" in meta:
            root, _, resource = collection.rpartition("/")
            collection = f"{root}/namespaces/{meta['namespace']}/{resource}"
        return self("PUT", f"{collection}/{meta['name']}", manifest)

    def label(self, name, **labels):
        path = "/api/v1/namespaces/" + name.replace("/", "/pods/")
        manifest = self("GET", path)
        kept = manifest["metadata"].get("labels", {}) | labels
        manifest["metadata"]["labels"] = {key: value for key, value in kept.items() if value is not None}
        self("PUT", path, manifest)

    def objects(self):
        """All that it holds, as --load takes it."""
        return [{"kind": kind} | item for kind, path in COLLECTIONS.items() for item in self("GET", path)["items"]]

    def version(self):
        return int(self("GET", COLLECTIONS["Namespace"])["metadata"]["resourceVersion"])

    def reach_version(self, version):
        """Writes until the server has counted so far."""
        spare = {"kind": "Namespace", "metadata": {"name": "spare"}}
        while self.version() <= version:
            self.put(spare)
        self("DELETE", COLLECTIONS["Namespace"] + "/spare")

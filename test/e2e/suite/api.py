"""Requests to the API server as its administrator, over one connection that is made anew when it breaks."""
import http.client
import json
import ssl

from bed import netns

ADDRESS = ("172.31.0.1", 6443)
NETWORKING = "/apis/networking.k8s.io/v1"


def network_policy(name, spec):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


class Api:
    def __init__(self, state, prefix):
        self._tls = ssl.create_default_context(cafile=state + "/pki/ca.crt")
        self._tls.load_cert_chain(state + "/pki/admin.crt", state + "/pki/admin.key")
        self._control_plane = prefix + ".cp"
        self._connection = None

    def _connect(self):
        connection = http.client.HTTPSConnection(*ADDRESS, context=self._tls, timeout=30)
        netns.within(self._control_plane, connection.connect)
        return connection

    def request(self, method, path, body=None):
        """(status, object). A PATCH is a JSON merge patch."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Content-Type": kind, "User-Agent": "selvedge-e2e"}  # for a curl the server would pretty-print
        for attempt in (1, 2):
            try:
                self._connection = self._connection or self._connect()
                self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
                response = self._connection.getresponse()
                return response.status, json.loads(response.read())
            except (OSError, http.client.HTTPException):
                self._connection = None
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def __call__(self, method, path, body=None):
        status, answer = self.request(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer.get('message')}")
        return answer

    def apply_policy(self, name, spec):
        """Creates the policy NS/NAME, or replaces its spec."""
        namespace, name = name.split("/")
        path = f"{NETWORKING}/namespaces/{namespace}/networkpolicies"
        policy = network_policy(name, spec)
        status, answer = self.request("POST", path, policy)
        if status == 409:
            status, answer = self.request("PUT", f"{path}/{name}", policy)
        if status >= 300:
            raise RuntimeError(f"policy {namespace}/{name}: {status} {answer.get('message')}")

    def delete_policy(self, name):
        namespace, name = name.split("/")
        self("DELETE", f"{NETWORKING}/namespaces/{namespace}/networkpolicies/{name}")

    def delete_policies(self):
        for policy in self("GET", f"{NETWORKING}/networkpolicies")["items"]:
            self.delete_policy(policy["metadata"]["namespace"] + "/" + policy["metadata"]["name"])

    def label(self, name, **labels):
        """Sets labels of a pod NS/NAME or of a namespace; None removes one."""
        path = "/api/v1/namespaces/" + name.replace("/", "/pods/")
        self("PATCH", path, {"metadata": {"labels": labels}})

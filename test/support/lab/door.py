"""A TLS door before the API server, through which the daemon under test must go, and which can be told to misbehave:
to answer something else, to show a certificate that nobody knows, to be shut, to say nothing."""
import base64
import json
import selectors
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass

from bed import netns
from lab.api import TOKEN
from lab.lab import API_PORT

PORT = 6444


@dataclass
class Instead:
    """What every request is answered with."""
    status: str  # "403 Forbidden"
    body: bytes
    kind: str = "application/json"


def refusal(status, reason, message):
    code = int(status.split()[0])
    return Instead(status, json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason,
                                       "message": message, "code": code}).encode())


class Door:
    def __init__(self, server):
        self.server = server
        self.place = server.lab.places.namespace(server.node)
        self.kubeconfig = server.directory + "/kubeconfig-door"
        self._lock = threading.Lock()
        self._connections, self._listener, self._instead = set(), None, None
        self._trusted, self._unknown = self._identity("door"), self._identity("stranger")
        self._identity_shown = self._trusted
        self._write_kubeconfig()

    # --- what it is told ---------------------------------------------------------------------------------------------
    def behave(self, instead=None, unknown_certificate=False):
        """From now on; connections that are open end, so that the daemon meets it at once."""
        self._instead, self._identity_shown = instead, self._unknown if unknown_certificate else self._trusted
        self.drop_connections()

    def open(self):
        self._listener = netns.within(self.place, lambda: socket.create_server(("127.0.0.1", PORT)))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self):
        """A new connection is refused."""
        self._listener.shutdown(socket.SHUT_RDWR)  # close() alone does not wake accept()
        self._listener.close()
        self.drop_connections()

    def drop_connections(self):
        with self._lock:
            for s in self._connections:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:  # it ended by itself
                    pass

    # --- connections -------------------------------------------------------------------------------------------------
    def _accept(self, listener):
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        instead, identity = self._instead, self._identity_shown
        with self._lock:
            self._connections.add(raw)
        try:
            # detach() inside wrap_socket would leave `raw` without its descriptor: keep ours on a copy
            with identity.wrap_socket(raw.dup(), server_side=True) as client:
                client.settimeout(10)
                if instead:
                    _answer(client, instead)
                else:
                    self._pass(client)
        except OSError:  # one of the two went away
            pass
        finally:
            with self._lock:
                self._connections.discard(raw)
            raw.close()

    def _pass(self, client):
        trust = ssl.create_default_context(cafile=self.server.directory + "/ca.crt")
        raw = netns.within(self.place, lambda: socket.create_connection((self.server.host, API_PORT), 10))
        with trust.wrap_socket(raw, server_hostname=self.server.host) as upstream:
            _pump(client, upstream)

    # --- certificates ------------------------------------------------------------------------------------------------
    def _identity(self, name):
        """A context with a self-signed certificate, DIRECTORY/NAME.crt."""
        certificate, key = (f"{self.server.directory}/{name}.{end}" for end in ("crt", "key"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def _write_kubeconfig(self):
        with open(self.server.directory + "/door.crt", "rb") as f:
            authority = base64.b64encode(f.read()).decode()
        with open(self.kubeconfig, "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "lab",
                       "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
                       "clusters": [{"name": "lab", "cluster": {"server": f"https://127.0.0.1:{PORT}",
                                                                "certificate-authority-data": authority}}],
                       "users": [{"name": "lab", "user": {"token": TOKEN}}]}, f)


def _answer(client, instead):
    request = b""
    while b"\r\n\r\n" not in request:
        if not (more := client.recv(65536)):
            return
        request += more
    head = f"HTTP/1.1 {instead.status}\r\nContent-Type: {instead.kind}\r\nContent-Length: {len(instead.body)}\r\n"
    client.sendall(head.encode() + b"Connection: close\r\n\r\n" + instead.body)


def _pump(client, upstream):
    """Bytes both ways until one side ends. Reads never block: what makes a TLS socket readable need not be data."""
    with selectors.DefaultSelector() as ready:
        for here, there in ((client, upstream), (upstream, client)):
            ready.register(here, selectors.EVENT_READ, there)
        while True:
            for key, _ in ready.select():
                here, there = key.fileobj, key.data
                here.settimeout(0)
                try:
                    while data := here.recv(65536):
                        there.settimeout(10)
                        there.sendall(data)
                    return
                except ssl.SSLWantReadError:
                    pass

"""Events that come in an awkward order, or all at once, while packets go on."""
import contextlib
import copy
import json
import time

from packets.trial import NODE
from suite.traffic import Flood, Receiver
from suite.trial import deny_all, ingress, labelled

ROUNDS = 60
FRONTEND = "/api/v1/namespaces/production/pods/frontend-0"
HEIR = "/api/v1/namespaces/production/pods/heir"


@contextlib.contextmanager
def forbidden_throughout(t, name, source, target):
    """Inside the block a thousand datagrams a second go from one pod to another's addresses. None may arrive."""
    receiver = Receiver(t.bed.places.namespace(target))
    addresses = [t.bed.places.address(target + family) for family in ("", "/6")]
    flood, control = (Flood(t.bed.places.namespace(place), addresses, mark)
                      for place, mark in ((source, "flood"), (NODE, "control")))
    try:
        yield
    finally:
        flood.stop()
        control.stop()
        time.sleep(0.05)
        arrived, heard = len(receiver.numbers["flood"]), len(receiver.numbers["control"])
        receiver.close()
    t.report.check(f"{name} ({flood.sent} packets; of the node's own {heard} arrived)", heard > 0 and arrived == 0,
                   f"{arrived} arrived, {heard} of the node's own")


def pod(t, name):
    return copy.deepcopy(next(o for o in t.objects if o["kind"] == "Pod" and o["metadata"]["name"] == name))


def renamed(original, name, **labels):
    other = copy.deepcopy(original)
    other["metadata"] = {"name": name, "namespace": original["metadata"]["namespace"], "labels": labels}
    return other


# semantics 63, 97
def address_changes_hands(t):
    """An address goes from pod to pod, in every order of the events"""
    api = {"from": [{"podSelector": labelled(app="api")}]}
    t.api.apply_policy("production/frontend", ingress(labelled(role="frontend"), api))
    t.api.apply_policy("production/heir", ingress(labelled(role="heir")))
    frontend = pod(t, "frontend-0")
    heir = renamed(frontend, "heir", role="heir")
    t.expect("at first", "production/api-0 -> production/frontend-0 3000 open\n"
             "quality/tester-0 -> production/frontend-0 3000 timeout", (4, 6))
    with forbidden_throughout(t, f"in {ROUNDS} changes of hands nothing passes that both forbid", "quality/tester-0",
                              "production/frontend-0"):
        for i in range(ROUNDS // 2):
            for come, go in ((heir, FRONTEND), (frontend, HEIR)):
                if i % 2:
                    t.api("DELETE", go)
                    t.api.put(come)
                else:
                    t.api.put(come)
                    t.api("DELETE", go)
        t.expect("at the end it is the first one's", "production/api-0 -> production/frontend-0 3000 open\n"
                 "quality/tester-0 -> production/frontend-0 3000 timeout", (4, 6))
        t.api.put(heir)
        t.api("DELETE", FRONTEND)
        t.expect("and then the heir's", "production/api-0 -> production/frontend-0 3000 timeout\n"
                 "quality/tester-0 -> production/frontend-0 3000 timeout", (4, 6))
    t.api.put(frontend)
    t.api("DELETE", HEIR)


# semantics 68
def same_name_again(t):
    """A pod is made anew under the same name"""
    t.api.apply_policy("production/frontend", deny_all("Ingress", pods=labelled(role="frontend")))
    t.expect("at first", "quality/tester-0 -> production/frontend-0 3000 timeout", (4, 6))
    frontend = pod(t, "frontend-0")
    with forbidden_throughout(t, f"made anew {ROUNDS} times it is never open", "quality/tester-0", "production/frontend-0"):
        for _ in range(ROUNDS):
            t.api("DELETE", FRONTEND)
            t.api.put(frontend)
    t.expect("and is isolated as before", "quality/tester-0 -> production/frontend-0 3000 timeout\n"
             "node-a -> production/frontend-0 3000 open", (4, 6))


# semantics 62
def draining(t):
    """A pod that terminates still serves whom it may, and nobody else"""
    witness = {"podSelector": labelled(role="witness"), "namespaceSelector": {}}
    t.api.apply_policy("production/frontend", ingress(labelled(role="frontend"),
                                                      {"from": [{"podSelector": labelled(app="api")}, witness]}))
    t.api.apply_policy("production/api", ingress(labelled(app="api"), {"from": [{"podSelector": labelled(role="frontend")}]}))
    verdicts = """
        production/api-0      -> production/frontend-0 3000 open
        production/frontend-0 -> production/api-0      3000 open
        quality/tester-0      -> production/api-0      3000 timeout
        """
    t.expect("before", verdicts + "quality/tester-0 -> production/frontend-0 3000 timeout", (4, 6))
    frontend = pod(t, "frontend-0")
    leaving = copy.deepcopy(frontend)
    leaving["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30}
    t.api.put(leaving)
    t.api.label("quality/tester-0", role="witness")
    t.expect("while it terminates, and a later event has come through",
             verdicts + "quality/tester-0 -> production/frontend-0 3000 open", (4, 6))
    t.api.put(leaving | {"status": leaving["status"] | {"phase": "Succeeded"}})
    t.expect("once it has ended nobody has its address", "quality/tester-0 -> production/frontend-0 3000 timeout\n"
             "production/api-0 -> production/frontend-0 3000 timeout", (4, 6))
    t.api.put(pod(t, "tester-0"))
    t.api("DELETE", FRONTEND)
    t.api.put(frontend)


# semantics 58
def at_once(t):
    """Pods that come together with the policy that isolates them"""
    frontend = pod(t, "frontend-0")
    t.api("DELETE", FRONTEND)
    t.expect("nobody has the address", "quality/tester-0 -> production/frontend-0 3000 timeout", (4, 6))
    t.daemon.stop()
    with forbidden_throughout(t, "not one packet passes", "quality/tester-0", "production/frontend-0"):
        t.api.put(frontend)
        t.api.apply_policy("production/frontend", deny_all("Ingress", pods=labelled(role="frontend")))
        t.daemon.start_ready()
        t.expect("it is isolated", "quality/tester-0 -> production/frontend-0 3000 timeout\n"
                 "node-a -> production/frontend-0 3000 open", (4, 6))


def namespace_goes(t):
    """A namespace goes with all that is in it, in no order"""
    t.api.apply_policy("production/frontend",
                       ingress(labelled(role="frontend"), {"from": [{"namespaceSelector": labelled(team="quality")}]}))
    t.api.apply_policy("staging/deny", deny_all())
    t.api.apply_policy("staging/http", ingress(labelled(app="web"), {"from": [{"namespaceSelector": {}}]}))
    t.expect("before", "quality/tester-0 -> production/frontend-0 3000 open\n"
             "production/api-0 -> staging/web-0 3000 open\n"
             "production/api-0 -> production/frontend-0 3000 timeout", (4, 6))
    before = t.daemon.rules()
    for path in ("/api/v1/namespaces/quality", "/api/v1/namespaces/staging",
                 "/apis/networking.k8s.io/v1/namespaces/staging/networkpolicies/deny",
                 "/api/v1/namespaces/quality/pods/tester-0", "/api/v1/namespaces/staging/pods/web-0",
                 "/apis/networking.k8s.io/v1/namespaces/staging/networkpolicies/http"):
        t.api.request("DELETE", path)  # some went with the namespace
    t.expect("its pods are no peers any more, and the guard has their addresses", """
        quality/tester-0 -> production/frontend-0 3000 timeout
        production/api-0 -> staging/web-0         3000 timeout
        production/api-0 -> production/frontend-0 3000 timeout
        node-a           -> production/frontend-0 3000 open
        """, (4, 6))
    left = [line for line in t.daemon.rules() if "staging/" in line]
    t.report.check("nothing in the table names it", before and not left, left)
    for manifest in t.objects:
        if manifest["metadata"].get("namespace", manifest["metadata"]["name"]) in ("quality", "staging"):
            t.api.put(manifest)
    t.expect("it comes back", "quality/tester-0 -> production/frontend-0 3000 open\n"
             "production/api-0 -> staging/web-0 3000 open", (4, 6))


# semantics 58, 111; R12
def rebooted(t):
    """The node boots while the API server is away"""
    verdicts = """
        production/frontend-0 -> production/api-0 3000 {0}
        quality/tester-0      -> production/api-0 3000 {0}
        production/api-0      -> outside          80   {0}
        production/api-0      -> node-a           8080 {0}
        node-a                -> production/api-0 3000 open
        node-a                -> outside          80   open
        """
    t.daemon.stop()
    t.daemon.command("cleanup")
    t.door.shut()
    ports = [link["ifname"] for link in json.loads(t.bed.exec(NODE, "ip", "-j", "link", "show", "master", "cni0").out)]
    for port in ports:
        t.bed.exec(NODE, "ip", "link", "set", port, "nomaster")
    t.write_subnet_file()
    try:
        t.daemon.start()
        t.check_ready("it says that the guard alone is in force, and what opens the pods",
                      lambda status, body: status == 503 and "the guard alone" in body and "selvedge cleanup" in body)
    finally:
        for port in ports:
            t.bed.exec(NODE, "ip", "link", "set", port, "master", "cni0")
            t.bed.exec(NODE, "bridge", "link", "set", "dev", port, "hairpin", "on")
    t.expect_still("pods that start meanwhile talk to nobody but their node", verdicts.format("timeout"))
    t.door.open()
    t.check_ready("the API server is back")
    t.expect("and so are they", verdicts.format("open"), (4, 6))


CASES = [address_changes_hands, same_name_again, draining, at_once, namespace_goes, rebooted]

"""The API server is away, refuses, or talks nonsense; the node lacks what the rules need. What was in force stays."""
from lab.door import Instead, refusal
from lab.lab import wait_for
from lab.wiring import set_sysctls
from packets.cases_lifecycle import DENIED, MORE, POLICY, VERDICTS
from packets.trial import NODE
from suite.trial import deny_all, labelled


# semantics 107
def api_server_killed(t):
    """The API server is killed and comes back"""
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS, (4, 6))
    rules = t.daemon.rules()
    objects, version = t.api.objects(), t.api.version()
    with t.never_open("from kill to recovery no denied connection ever opened", *DENIED):
        t.server.kill()
        t.door.shut()
        t.check_ready("/readyz says that it does not answer", lambda _, body: "127.0.0.1:6444" in body)
        t.expect_still("the verdicts are the same", VERDICTS)
        t.check_same_rules("and not one rule has changed", rules)
        t.server.start(objects)
        t.api.reach_version(version)
        t.door.open()
        t.check_ready("/readyz is well once it is back", lambda status, body: status == 200 and "127.0.0.1" not in body)
        t.check_same_rules("and still not one rule has changed", rules)
    t.api.apply_policy("production/frontend", deny_all("Ingress", pods=labelled(role="frontend")))
    t.expect("a new policy is followed", VERDICTS + MORE, (4, 6))


FORBIDDEN = 'pods is forbidden: User "selvedge" cannot list resource "pods" at the cluster scope'
ANSWERS = [
    ("401 Unauthorized", {"instead": refusal("401 Unauthorized", "Unauthorized", "Unauthorized")}, ["401"]),
    ("403 Forbidden", {"instead": refusal("403 Forbidden", "Forbidden", FORBIDDEN)}, ["403", "cannot list"]),
    ("500", {"instead": refusal("500 Internal Server Error", "InternalError", "no etcd")}, ["500", "no etcd"]),
    ("200 with a web page", {"instead": Instead("200 OK", b"<html>welcome</html>", "text/html")}, []),
    ("200 with half an object", {"instead": Instead("200 OK", b'{"kind":"PodList","items":[{"metadata":')}, []),
    ("a certificate of somebody else", {"unknown_certificate": True}, ["certificate"]),
]


def refused_later(t):
    """The API server refuses a daemon that is in step"""
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS, (4, 6))
    rules = t.daemon.rules()
    t.door.behave(refusal("403 Forbidden", "Forbidden", FORBIDDEN))
    t.check_ready("/readyz names the cause", lambda _, body: "403" in body and "cannot list" in body)
    t.check_same_rules("and not one rule has changed", rules)
    t.expect_still("the verdicts are the same", VERDICTS)
    t.door.behave()
    t.check_ready("/readyz is well when it no longer does", lambda status, body: status == 200 and "403" not in body)
    t.api.apply_policy("production/frontend", deny_all("Ingress", pods=labelled(role="frontend")))
    t.expect("and a new policy is followed", VERDICTS + MORE, (4, 6))


def not_understood(t):
    """A policy that cannot be understood"""
    t.api.apply_policy("production/odd", {"podSelector": "everything", "ingress": [{}]})
    t.expect("isolates all pods of its namespace, in both directions", """
        quality/tester-0      -> production/api-0 3000      timeout
        production/api-0      -> quality/tester-0 3000      timeout
        production/frontend-0 -> production/api-0 3000      timeout
        node-a                -> production/api-0 3000      open
        quality/tester-0      -> staging/web-0 3000         open
        """, (4, 6))  # semantics R9

    def told():
        with open(t.daemon.log, encoding="utf-8") as log:
            return [line for line in log if all(w in line for w in ("production/odd", "podSelector", "everything"))]
    t.report.check("and the log names object, field and value", wait_for("a line in the log", told))


def bad_answers(t):
    """The API server answers, but not with objects"""
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS, (4, 6))
    rules = t.daemon.rules()
    for words, behaviour, cause in ANSWERS:
        t.daemon.stop()
        t.door.behave(**behaviour)
        t.daemon.start()
        t.check_ready(f"{words}: not ready, and /readyz names the cause", lambda status, body: status == 503 and
                      "waiting for the first list of Pod objects: " in body and all(word in body for word in cause))
        t.check_same_rules(f"{words}: not one rule has changed", rules)
    t.expect_still("and the verdicts are the same", VERDICTS)
    t.door.behave()
    t.check_ready("ready once it answers rightly")
    t.check_same_rules("with the same rules", rules)


# semantics 88
def bridge_sysctls(t):
    """Bridged packets that bypass the rules"""
    names = ("bridge-nf-call-iptables", "bridge-nf-call-ip6tables")
    place = t.bed.places.namespace(NODE)
    set_sysctls(place, {"bridge/" + name: 0 for name in names})
    t.check_ready("both 0: not ready, with the commands that mend it", lambda status, body: status == 503 and
                  all(f"sysctl -w net.bridge.{name}=1" in body for name in names))
    set_sysctls(place, {"bridge/" + name: 1 for name in names})
    t.check_ready("both 1: ready again")


CASES = [api_server_killed, refused_later, bad_answers, not_understood, bridge_sysctls]

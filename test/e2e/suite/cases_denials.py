"""What is denied is seen: by `selvedge monitor` on the node, in the daemon's log, and as Events of a real API server."""
import json
import subprocess
import time

from bed import probe
from suite.engine import HEALTH, NET_ADMIN_ONLY
from suite.testbed import TREE
from suite.trial import deny_all, labelled

FLOW = "production/frontend -> production/api 3000 timeout"


def knock(t):
    """One more attempt, which fails after a while."""
    probe.matrix(t.bed.places, [("production/frontend", "production/api", "3000")], timeout=0.7)


def eventually(holds, within=20.0):
    deadline = time.monotonic() + within
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


def start(t, node, *arguments):
    engine = t.engines[node]
    return subprocess.Popen(t.bed.command("exec", node, *NET_ADMIN_ONLY, engine.program, *arguments),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def monitor(t):
    """`selvedge monitor` names what is denied"""
    t.api.apply_policy("production/closed", deny_all("Ingress", pods=labelled(app="api")))
    process = start(t, "n1", "monitor", "--kubeconfig", t.engines["n1"].kubeconfig, "--from", "production/frontend",
                    "--count", "1", "--for", "60s", "--output", "json")
    t.expect("the policy denies", FLOW)
    while process.poll() is None:
        knock(t)
    out, err = process.communicate(timeout=30)
    told = json.loads(out or "{}")
    t.report.check("it tells sender, receiver, port and policy",
                   process.returncode == 0 and told.get("source", {}).get("name") == "production/frontend" and
                   told.get("destination", {}).get("name") == "production/api" and told.get("port") == 3000 and
                   told.get("portName") == "api" and told.get("isolatedBy") == ["production/closed"], out + err)
    t.report.check("and says that Services have no names, as it may not list them", "services" in err, err)


def events_of(t):
    done = t.bed.kubectl("-n", "production", "get", "events", "-o", "json",
                         "--field-selector", "reason=NetworkPolicyDenied,involvedObject.name=api")
    return json.loads(done.out)["items"] if done.status == 0 else []


def log_of(engine):
    with open(engine.log, encoding="utf-8") as f:
        return f.read()


def denial_events(t):
    """Denials in the daemon's log and as Events: without the right to write them, and with it"""
    engine = t.engines["n1"]
    plain = engine.run_arguments
    engine.stop()
    engine.run_arguments = lambda node=None: plain(node) + ["--log-denials", "true", "--events", "true"]
    try:
        engine.start()
        engine.wait_ready()
        t.api.apply_policy("production/closed", deny_all("Ingress", pods=labelled(app="api")))
        t.expect("the policy denies", FLOW)
        t.report.check("the log tells of it, with names", eventually(
            lambda: "pod=production/api peer=production/frontend port=tcp/3000" in log_of(engine)), log_of(engine)[-800:])
        t.report.check("and once that the verb create is not granted", eventually(
            lambda: "grant the verb create on events" in log_of(engine)), log_of(engine)[-800:])
        t.report.check("the daemon stays ready", engine.get("/readyz")[0] == 200)
        t.bed("kubectl", "apply", "-f", TREE + "/manifests/events/rbac.yaml")
        deadline = time.monotonic() + 60
        while not any(event["count"] > 1 for event in events_of(t)) and time.monotonic() < deadline:
            knock(t)
        events = events_of(t)
        t.report.check("with manifests/events the pod has one Event, whose count grows",
                       len(events) == 1 and events[0]["count"] > 1 and events[0]["type"] == "Warning" and
                       "production/frontend tcp/3000 denied: isolated by production/closed" in events[0]["message"],
                       json.dumps(events, indent=1)[:2000])
        described = t.bed.kubectl("-n", "production", "describe", "pod", "api").out
        t.report.check("kubectl describe shows it", "NetworkPolicyDenied" in described, described[-600:])
    finally:
        engine.stop()
        engine.run_arguments = plain
        engine.start()
        ready, answer = engine.wait_ready()
        t.report.check("the daemon is as before", ready, "http://%s:%d/readyz: " % HEALTH + str(answer))


NEED_ENGINE = [monitor, denial_events]

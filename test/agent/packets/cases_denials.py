"""What is denied is seen, with the log statements of the rules themselves."""
import json
import subprocess
import time

from bed import probe
from packets.cases_audit import counted, wait_for
from packets.trial import NODE
from suite.engine import NET_ADMIN_ONLY
from suite.traffic import Flood
from suite.trial import deny_all, labelled

FLOW = "quality/tester-0 -> production/frontend-0 3000 timeout"


def start(t, *arguments):
    return subprocess.Popen(t.bed.command("exec", NODE, *NET_ADMIN_ONLY, t.daemon.program, "monitor", "--kubeconfig",
                                          t.daemon.kubeconfig, *arguments),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def knock_until_it_ends(t, process):
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        probe.matrix(t.bed.places, [("quality/tester-0", "production/frontend-0", "3000")], timeout=0.5)
    if process.poll() is None:
        process.kill()
    return process.communicate(timeout=30)


def monitor(t):
    """`selvedge monitor` names what the rules deny"""
    t.api.apply_policy("production/closed", deny_all("Ingress", pods=labelled(role="frontend")))
    t.expect("the policy denies", FLOW)
    process = start(t, "--from", "quality/tester-0", "--count", "1", "--output", "json")
    out, err = knock_until_it_ends(t, process)
    told = json.loads(out or "{}")
    t.report.check("it tells sender, receiver, port and policy",
                   process.returncode == 0 and told.get("source", {}).get("name") == "quality/tester-0" and
                   told.get("destination", {}).get("name") == "production/frontend-0" and told.get("port") == 3000 and
                   told.get("direction") == "ingress" and told.get("isolatedBy") == ["production/closed"], out + err)


def monitor_audit(t):
    """What an audited namespace lets pass is told as that"""
    t.api.apply_policy("production/closed", deny_all("Ingress", pods=labelled(role="frontend")))
    t.api.label("production", **{"selvedge.io/mode": "audit"})
    try:
        t.expect("it passes", FLOW.replace("timeout", "open"))
        process = start(t, "--from", "quality/tester-0", "--count", "1")
        out, err = knock_until_it_ends(t, process)
        t.report.check("and is told of", " audited ingress of production/frontend-0: quality/tester-0 (" in out and
                       "isolated by production/closed" in out, out + err)
    finally:
        t.api.label("production", **{"selvedge.io/mode": None})
    t.expect("it is denied again", FLOW)


def monitor_flood(t):
    """Of a flood the kernel tells a few packets a second, and the counters all"""
    t.api.apply_policy("production/closed", deny_all("Ingress", pods=labelled(role="frontend")))
    t.expect("the policy denies", FLOW)
    process = start(t, "--summary", "--for", "5s")
    flood = Flood(t.bed.places.namespace("quality/tester-0"), [t.bed.places.address("production/frontend-0")], "x")
    out, err = process.communicate(timeout=60)
    flood.stop()
    first = out.split()
    t.report.check("the summary has few of them", process.returncode == 0 and 0 < int(first[0]) < 200, out + err)
    t.report.check("and says how many more there were", " more packets were denied than the kernel logged" in err, err)
    t.report.check("which the counters have", wait_for(lambda: counted(t, "deny-ingress")[0] > 1000))
    t.report.check("and /metrics, by pod", wait_for(lambda: any(
        line.startswith('selvedge_denied_packets_total{direction="ingress",namespace="production",pod="frontend-0"}') and
        float(line.split()[-1]) > 1000 for line in t.daemon.get("/metrics")[1].splitlines())))


def log_denials(t):
    """The daemon's own log tells of denials, where it is told to"""
    t.api.apply_policy("production/closed", deny_all("Ingress", pods=labelled(role="frontend")))
    with t.daemon.told("--log-denials", "true"):
        t.daemon.wait_ready()
        t.expect("the policy denies", FLOW)
        t.report.check("a line names pod, peer, port and policy", wait_for(
            lambda: "direction=ingress pod=production/frontend-0 peer=quality/tester-0 port=tcp/3000" in
            t.bed.read_log(NODE + "-selvedge")))


CASES = [monitor, monitor_audit, monitor_flood, log_denials]

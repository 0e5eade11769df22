"""What stays in force when something is away, wrong or killed; and the commands that act on a node."""
import difflib
import os
import re

from suite.trial import deny_all, ingress, labelled

KUBECTL = os.environ.get("SELVEDGE_BED", os.path.expanduser("~/.cache/selvedge-bed")) + "/bin/kubectl"
POLICY = ingress(labelled(app="api"), {"from": [{"podSelector": labelled(app="worker")}]})
VERDICTS = """
    production/worker   -> production/api 3000 open
    production/frontend -> production/api 3000 timeout
    staging/frontend    -> production/api 3000 timeout
    n1                  -> production/api 3000 open
    """
MORE = "staging/frontend -> production/worker 3000 timeout"


def same_rules(t, name, before):
    """The table on n1, without counters, is what it was."""
    after = t.engines["n1"].table()
    t.report.check(name, before == after and "chain" in after,
                   "\n".join(difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="")))


def control_plane(t):
    """The API server goes and comes back"""
    engine = t.engines["n1"]
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS, (4, 6))
    rules = engine.table()
    t.bed("stop", "cp", "apiserver")
    t.expect_readyz("n1", "/readyz says that the API server does not answer", lambda status, body: "172.31.0.1" in body)
    t.expect("without the API server the verdicts are the same", VERDICTS, (4, 6))
    same_rules(t, "and not one rule has changed", rules)
    t.bed("start-apiserver")
    for node in ("n1", "n2"):
        t.expect_readyz(node, f"once it is back {node} is ready, without a warning",
                        lambda status, body: status == 200 and "172.31.0.1" not in body, within=60)
    t.api.apply_policy("production/worker", deny_all("Ingress", pods=labelled(app="worker")))
    t.expect("a new policy is followed", VERDICTS + MORE, (4, 6))


def restart(t):
    """The daemon stops, starts under a wrong name, starts again"""
    engine = t.engines["n1"]
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS, (4, 6))
    rules = engine.table()
    status, seconds = engine.stop()
    t.report.check(f"TERM: it stops with status 0 within a second ({seconds:.2f} s)", status == 0 and seconds < 1.0,
                   f"status {status} after {seconds:.2f} s")
    t.expect("while it is down the verdicts are the same", VERDICTS, (4, 6))
    same_rules(t, "and not one rule has changed", rules)

    engine.start(node="n9")
    t.expect_readyz("n1", "started as a node that does not exist it is not ready and says why",
                    lambda status, body: status == 503 and "n9" in body)
    t.expect("its verdicts are the same", VERDICTS, (4, 6))
    same_rules(t, "and not one rule has changed under the wrong name", rules)
    engine.stop()

    t.api.apply_policy("production/worker", deny_all("Ingress", pods=labelled(app="worker")))
    engine.start()
    t.expect_readyz("n1", "started rightly it is ready", lambda status, _: status == 200)
    t.expect("and follows what came while it was down", VERDICTS + MORE, (4, 6))


def second_instance(t):
    """A second daemon on the node"""
    done = t.engines["n1"].command(*t.engines["n1"].run_arguments())
    t.report.check("a second instance refuses with status 3 and says why", done.status == 3 and done.err.strip(), done)


def bridge_sysctl(t):
    """Bridged packets that bypass the rules"""
    for name in ("bridge-nf-call-iptables", "bridge-nf-call-ip6tables"):
        file = f"/proc/sys/net/bridge/{name}"
        t.bed.exec("n1", "sh", "-c", f"echo 0 >{file}")
        t.expect_readyz("n1", f"{name}=0: not ready, with the command that mends it", lambda status, body:
                        status == 503 and f"sysctl -w net.bridge.{name}=1" in body)
        t.bed.exec("n1", "sh", "-c", f"echo 1 >{file}")
        t.expect_readyz("n1", f"{name}=1: ready again", lambda status, _: status == 200)


def privileges(t):
    """What the daemon may do"""
    for node, engine in t.engines.items():
        seen = {field: int(engine.process_status(field), 16) for field in ("CapEff", "CapPrm", "CapBnd")}
        t.report.check(f"on {node} it runs with CAP_NET_ADMIN and no other capability",
                       set(seen.values()) == {1 << 12}, seen)
    who = "--as=system:serviceaccount:selvedge-system:selvedge"
    for verb, resource, wanted in (("list", "pods", True), ("watch", "networkpolicies.networking.k8s.io", True),
                                   ("get", "nodes", True), ("get", "secrets", False), ("create", "pods", False),
                                   ("update", "networkpolicies.networking.k8s.io", False), ("patch", "nodes", False)):
        answer = t.bed.kubectl("auth", "can-i", verb, resource, "-A", who).out.strip()
        t.report.check(f"its role {'allows' if wanted else 'does not allow'} {verb} {resource}",
                       answer == ("yes" if wanted else "no"), answer)


def inspect_and_cleanup(t):
    """inspect, cleanup"""
    engine = t.engines["n1"]
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS)
    done = engine.command("inspect")
    t.report.check("inspect names the policy and the pod", done.status in (0, 1) and "production/api" in done.out, done)
    done = engine.command("cleanup")
    t.report.check("cleanup refuses while the daemon lives, with status 3", done.status == 3 and done.err.strip(), done)
    t.expect("and removes nothing", VERDICTS)

    others = other_tables(t)
    engine.stop()
    done = engine.command("cleanup")
    t.report.check("after the daemon stopped it cleans up with status 0", done.status == 0, done)
    t.report.check("the table is gone", engine.table() == "")
    t.report.check("every other table is as it was", other_tables(t) == others)
    t.expect("and everything is open", VERDICTS.replace("timeout", "open"))
    engine.start()
    t.expect("until the daemon is back", VERDICTS)
    t.expect_readyz("n1", "and ready", lambda status, _: status == 200)


def review(t):
    """verify, explain and inspect, of a node's kernel and the live cluster"""
    engine = t.engines["n1"]
    access = ["--kubeconfig", engine.kubeconfig]
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS)
    proof = [*access, "--node", "n1"]
    done = engine.command("verify", *proof)
    t.report.check("the kernel's table is proven to do what the cluster says",
                   done.status == 0 and done.out.startswith("verified: ") and ", 0 differences" in done.out, done)
    done = engine.command("explain", *access, "--kernel", "203.0.113.5", "production/api", "3000")
    t.report.check("explain says which rule of the kernel drops a packet, and what its counter has seen",
                   done.status == 0 and done.out.startswith("denied: ") and "    dropped\n" in done.out
                   and re.search(r"deny-ingress-.*production/api.* packets so far", done.out), done)
    t.report.check("and that it may not list Services", "cannot list services" in done.err, done)

    done = engine.command("inspect", *proof, "--pod", "production/api")
    t.report.check("inspect shows a pod's rules, and whose the addresses in its sets are",
                   done.status == 0 and "isolated by production/api" in done.out
                   and re.search(r"\d  production/worker\n", done.out), done)
    done = engine.command("inspect", *proof)
    t.report.check("and that there is no drift", done.status == 0 and "no drift" in done.out, done)

    done = t.bed.exec("n1", "env", f"PATH={os.path.dirname(engine.program)}:{os.environ['PATH']}", KUBECTL, "selvedge",
                      "explain", "production/frontend", "production/api", "3000", *access)
    t.report.check("kubectl finds the program as a plugin, which asks the cluster",
                   done.status == 0 and done.out.startswith("denied: production/frontend"), done)

    engine.stop()
    chain = re.search(r"chain (pod-ingress-\S*production/api) ", engine.table()).group(1)
    t.bed.exec("n1", "nft", "flush", "chain", "inet", "selvedge", chain)
    done = engine.command("verify", *proof)
    t.report.check("a chain that somebody emptied is noticed, with a packet that shows it",
                   done.status == 1 and done.out.startswith("not verified: ") and "  the table accepts: " in done.out
                   and "denied: isolated by production/api" in done.out, done)
    done = engine.command("inspect", *proof)
    t.report.check("and inspect shows what of it is gone",
                   done.status == 1 and f"  ~ chain {chain}\n" in done.out and "      + jump policy-" in done.out, done)
    done = engine.command("diff", "live", "kernel", *proof)
    t.report.check("and diff who gains access by it",
                   done.status == 1 and "  to production/" in done.out and "    + " in done.out, done)
    engine.start()
    t.expect_readyz("n1", "the daemon is ready again", lambda status, _: status == 200)
    done = engine.command("verify", *proof)
    t.report.check("and has mended it", done.status == 0, done)


def other_tables(t):
    lines = t.bed.exec("n1", "nft", "list", "tables").out.splitlines()
    return {line: t.bed.exec("n1", "nft", "-s", "list", *line.split()).out for line in lines if "selvedge" not in line}


CASES = [control_plane, restart, second_instance, bridge_sysctl, privileges, review, inspect_and_cleanup]

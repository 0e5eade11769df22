"""python3 -m story [--full] SELVEDGE APISERVER JSON-PROGRAM: what run.sh runs. Each chapter is a function that says
something, does it, and lets the packets decide whether it was true."""
import argparse
import copy
import json
import sys
import time

import grids
import page
import ruleset
from judge import Judge
from lab.api import Api, ApiServer, objects_of
from lab.lab import TREE, Lab
from lab.wiring import OUTSIDE
from suite.engine import Engine

API = "production/api"


class Story:
    def __init__(self, lab, options, cluster, policies):
        self.lab, self.cluster, self.full = lab, cluster, options.full
        self.policies = {f"{p['metadata']['namespace']}/{p['metadata']['name']}": p for p in policies}
        self.server = ApiServer(lab, options.apiserver, "node-a")
        self.server.start(cluster)
        self.api = Api(self.server)
        self.engines = {node: Engine(lab, node, options.selvedge, self.server.kubeconfig) for node in lab.nodes}
        self.judge = Judge(lab.places)

    def start_engines(self):
        begin = time.monotonic()
        for engine in self.engines.values():
            engine.start()
            self.lab.adopt(engine.process)
        for node, engine in self.engines.items():
            ready, answer = engine.wait_ready()
            if not ready:
                raise RuntimeError(f"selvedge on {node} does not become ready: {answer}\n" +
                                   self.lab.read_log(f"{node}-selvedge")[-2000:])
        return (time.monotonic() - begin) * 1000


def the_cluster(s):
    page.section("A cluster on this machine, made of network namespaces")
    page.say("""Two nodes, each with a bridge and pods on it as Flannel's CNI plugin leaves them, a router with an
        outside world behind it, and a small built-in API server that holds examples/tutorial/cluster.yaml. Nothing outside
        these namespaces is touched, and all of them are gone at the end.""")
    page.line()
    rows = [["WHERE", "WHO", "ADDRESS", "LABELS"], ["outside", "", " ".join(OUTSIDE[4]), ""]]
    metas = [o["metadata"] for o in s.cluster]
    labels = {(meta.get("namespace"), meta["name"]): meta.get("labels", {}) for meta in metas}
    for node in s.lab.nodes.values():
        rows.append([node.name, "", node.addresses[4], ""])
        for pod in (p for p in s.lab.pods.values() if p.node == node.name):
            namespace, name = pod.name.split("/")
            rows.append(["", pod.name, pod.addresses[4],
                         _labels(labels[namespace, name]) + "   namespace: " + _labels(labels[None, namespace])])
    page.columns(rows)
    page.line()
    page.command("selvedge run --node node-a --kubeconfig ...      (and one on node-b)")
    page.say(f"Both have read the cluster, written their tables and are ready after {s.start_engines():.0f} ms.")


def _labels(labels):
    return " ".join(f"{key}={value}" for key, value in labels.items())


def before(s):
    page.section("Before: no policy, and so everybody reaches everybody")
    s.judge.show_grid(grids.NO_POLICY)
    page.line()
    page.remark(""""open" is a connection or an answer that came, "-" silence: Selvedge drops, it does not reject.""")


def production(s):
    page.section("The policy production/api (examples/tutorial/policies.yaml)")
    page.say("""production/api may be reached on TCP 3000 by any of three: pods of namespaces labelled
        environment=production, or the frontend pods of its own namespace, or 203.0.113.0/24 except 203.0.113.5. It may
        itself reach postgres on 5432, and anyone on 443.""")
    page.line()
    page.command("kubectl apply -f api.yaml             (here it goes to the built-in API server)")
    s.api.put(s.policies[API])
    s.judge.show_grid(grids.PRODUCTION)
    page.line()
    page.say("What often surprises:")
    s.judge.show_cases([
        ("outside@203.0.113.5", API + "-0", "3000", False, "It is in the ipBlock, but its `except` takes it out."),
        (API + "-0", "outside", "53/udp", False, """A policy for egress closes DNS as well. Who wants names allows port
            53 by name."""),
        ("node-a", API + "-0", "443", True, """A pod's own node always gets in, on every port: kubelet's probes must
            work. Another node is an ordinary address, and node-b is denied above."""),
        (API + "-0", "node-a", "8080", False, """The other way round a pod's egress is judged, its own node included.
            (The API's text would let it pass; most people do not expect that.)"""),
        ("production/frontend-0", API + "-0", "icmp", False, "The rule names a port. Ping has none."),
        ("outside", API + "-0/6", "3000", False, """Isolation is of the pod, not of a family: an ipBlock of IPv4 opens
            nothing over IPv6 ..."""),
        ("production/frontend-0", API + "-0/6", "3000", True, "... while selectors mean all addresses of a pod."),
    ])


def staging(s):
    page.section("Default deny in staging, and one allow")
    page.say("""Nothing in staging may talk to anything; but staging's web pods may be reached on their port "http" by
        pods with role=tester in namespaces with team=quality.""")
    page.line()
    for name in ("staging/default-deny-all", "staging/web-from-testers"):
        page.command(f"kubectl apply -f {name.rpartition('/')[2]}.yaml")
        s.api.put(s.policies[name])
    s.judge.show_grid(grids.AND_STAGING)
    page.line()
    page.say("""Here the namespaceSelector and the podSelector stand in one element of `from`: both must hold. In
        production/api they stand in two elements: either is enough. One dash in the YAML makes the difference.""")
    s.judge.show_cases([
        ("quality/tester-0", "staging/web-0", "8080", True, "A tester, in a namespace of team=quality."),
        ("production/frontend-0", "staging/web-0", "8080", False, "Neither."),
        ("monitoring/prometheus-0", API + "-0", "3000", True, """In another namespace, and without a role: in
            production/api the label of its namespace alone is enough."""),
    ])


def rules(s):
    page.section("The rules on node-a")
    inspected = s.engines["node-a"].command("inspect", "--raw").out
    page.command("selvedge inspect --raw")
    if s.full:
        page.code(inspected)
    else:
        page.say("""The parts that judge an IPv4 packet to production/api-0, with the counters' names left out;
            `./dev demo --full` shows the whole table.""")
        page.line()
        page.code(ruleset.about(inspected, API + "-0", API))
    page.line()
    page.say("""The dispatch map holds only pods that are isolated, so other pods cost nothing. A pod's chain jumps to a
        chain for each policy that selects it; what none of them accepts is counted and dropped.""")
    s.judge.check("inspect shows the chain of production/api ingress", f"{API} ingress[0]" in inspected)


def one_verdict(s):
    page.section("Why was it denied?")
    flow, pod = ("quality/tester-0", API + "-0", "3000"), API + "-0"
    engine = s.engines["node-a"]
    counted = ruleset.denied(engine.command("inspect", "--output", "json").out, "ingress", pod)
    s.judge.settle({flow: False})
    after = ruleset.denied(engine.command("inspect", "--output", "json").out, "ingress", pod)
    page.say(f"""quality/tester-0 -> {pod} 3000 is denied. Its namespace is not labelled environment=production, it is
        no frontend of production, and its address {s.lab.pods['quality/tester-0'].addresses[4]} is in no ipBlock: no
        rule above accepts it, so it falls to the end of the pod's chain.""")
    page.line()
    page.say(f"The counter there, {after[0]}: {counted[1]} packets before this attempt, {after[1]} after it.")
    page.line()
    comment = ruleset.commented(engine.command("inspect", "--raw").out, f"{API} ingress[0] from[1]")
    page.say("production/frontend-0 -> production/api-0 3000 is allowed, and the rule's comment names the element:")
    page.code(comment, indent="     ")
    s.judge.check("the denied packets were counted", after[1] > counted[1])
    s.judge.check("a rule names production/api ingress[0] from[1]", bool(comment))


def live_change(s):
    page.section("A policy changes")
    policy = copy.deepcopy(s.policies[API])
    policy["spec"]["ingress"][0]["from"].append({"namespaceSelector": {"matchLabels": {"team": "quality"}}})
    flow = ("quality/tester-0", API + "-0", "3000")
    for words, manifest, wanted in (("Testers are let in to production/api", policy, True),
                                    ("Testers are shut out again", s.policies[API], False)):
        begin = time.monotonic()
        s.api.put(manifest)
        taken = _until(s.judge, flow, wanted, begin)
        page.say(f"{words}: from sending the change to the first connection that is {'open' if wanted else 'denied'}: "
                 f"{taken * 1000:.0f} ms")
        s.judge.settle({flow: wanted})


def _until(judge, flow, wanted, begin):
    """Seconds from `begin` to the first attempt with the wanted verdict; attempts follow each other closely."""
    while True:
        attempt = time.monotonic()
        if judge.reached([flow], timeout=0.005 if wanted else 0.1)[flow] == wanted or attempt - begin > 10:
            return attempt - begin


def stop(s):
    page.section("The daemon stops, the rules stay")
    page.command(f"kill -TERM {s.engines['node-a'].process.pid}                    (on node-a)")
    status, seconds = s.engines["node-a"].stop()
    page.say(f"It ended with status {status} after {seconds * 1000:.0f} ms. Everybody reaches whom they did before:")
    page.line()
    s.judge.check("the daemon ended with status 0", status == 0)
    s.judge.show_grid(grids.AND_STAGING, within=0)
    page.line()
    page.command("selvedge cleanup                   (on node-a and node-b)")
    s.engines["node-b"].stop()
    for node, engine in s.engines.items():
        done = engine.command("cleanup")
        s.judge.check(f"cleanup on {node} ended with status 0", done.status == 0)
    s.judge.settle(grids.flows(grids.NO_POLICY))
    page.say("It removed Selvedge's tables and nothing else; now everybody reaches everybody again.")


def closing(s, begin):
    page.line()
    judge = s.judge
    for wrong in judge.wrong:
        page.line(page.tint("WRONG  ", "wrong") + wrong)
    page.line(f"{judge.right} verdicts as expected, {len(judge.wrong)} wrong; {time.monotonic() - begin:.0f} s.")
    return 1 if judge.wrong else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    for name in ("selvedge", "apiserver", "json"):
        parser.add_argument(name)
    options, begin = parser.parse_args(), time.monotonic()
    cluster, policies = (objects_of(options.json, f"{TREE}/examples/tutorial/{name}.yaml") for name in ("cluster", "policies"))
    with Lab(cluster, "demo") as lab:
        story = Story(lab, options, cluster, policies)
        for chapter in (the_cluster, before, production, staging, rules, one_verdict, live_change, stop):
            chapter(story)
        return closing(story, begin)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, OSError, json.JSONDecodeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(1)

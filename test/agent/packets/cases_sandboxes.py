"""What the CNI plugin tells of sandboxes, where the API tells otherwise for the time being."""
import copy
import threading

from lab.cni import Sandboxes
from packets.cases_races import ROUNDS, forbidden_throughout, pod
from suite.trial import deny_all, labelled


def reporting(t, original, addresses_of):
    """The pod's object as it is when the kubelet has told of these addresses."""
    told = copy.deepcopy(original)
    told["status"]["podIPs"] = [{"ip": t.bed.places.address(addresses_of + family)} for family in ("", "/6")]
    return told


# semantics 58, 63
def made_anew(t):
    """Sandboxes made anew, each with an address that the API still gives to another pod"""
    strict, lax, tester = "production/frontend-0", "staging/web-0", "quality/tester-0"
    of = {name: [t.bed.places.address(name + family) for family in ("", "/6")] for name in (strict, lax)}
    t.api.apply_policy("production/frontend", deny_all("Ingress", pods=labelled(role="frontend")))
    path = t.bed.state + "/cni/cni.sock"
    sandboxes = Sandboxes(t, path)
    with t.daemon.told("--cni-socket", path):
        t.check_ready("it hears the plugin")
        t.expect("at first", f"{tester} -> {strict} 3000 timeout\n{tester} -> {lax} 3000 open", (4, 6))

        early = sandboxes.add("lax", lax, of[strict], patience=0.5)
        t.report.check("a pod does not start with the rules of another, which the API still gives its address to",
                       not early["ok"] and f"the rules of pod {strict} hold at" in early["message"], early)
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(sandboxes.add("lax", lax, of[strict])))
        waiting.start()
        answers.append(sandboxes.add("strict-0", strict, of[lax]))
        with forbidden_throughout(t, "from the answer on nothing passes that its own rules forbid", tester, lax):
            bound = "\n".join(t.daemon.rules("bridge"))
            t.report.check("and its port is bound to it", f'{of[lax][0]} accept comment "{strict}"' in bound, bound)
            waiting.join()
            t.report.check("both start", [answer["ok"] for answer in answers] == [True] * 2, answers)
            t.expect("the other has its own rules, too", f"{tester} -> {strict} 3000 open", (4, 6))
            for i in range(ROUNDS):
                answer = sandboxes.add(f"strict-{i + 1}", strict, of[lax])
                sandboxes.delete(f"strict-{i}")
                if i % 3 == 0:
                    t.api.put(reporting(t, pod(t, "frontend-0"), lax if i % 2 else strict))
            t.report.check(f"nor while its sandbox is made anew {ROUNDS} times", answer["ok"], answer)
            t.daemon.stop()
            t.daemon.start_ready()
            t.expect("nor after a restart of the daemon",
                     f"{tester} -> {lax} 3000 timeout\n{tester} -> {strict} 3000 open", (4, 6))
            t.api.put(reporting(t, pod(t, "frontend-0"), lax))
            t.api.put(reporting(t, pod(t, "web-0"), strict))
            sandboxes.delete(f"strict-{ROUNDS}")
            sandboxes.delete("lax")
            t.expect("nor when the API tells of it, and the plugin of nothing",
                     f"{tester} -> {lax} 3000 timeout\n{tester} -> {strict} 3000 open", (4, 6))
    t.api.put(pod(t, "frontend-0"))
    t.api.put(pod(t, "web-0"))


CASES = [made_anew]

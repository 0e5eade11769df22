#include "controller/lint/rules.h"

#include <algorithm>

namespace selvedge::lint {
namespace {

constexpr auto error = Severity::error;
constexpr auto warning = Severity::warning;
constexpr auto info = Severity::info;

constexpr Rule table[] = {
    {"end-port-invalid", error, "an endPort that bounds no range",
     "endPort needs a numeric port beside it that is not larger. As it stands the port matches nothing.",
     "Write the lower end as a number in port and the upper one in endPort."},
    {"not-understood", error, "something was not understood and fails closed",
     "The API server would refuse it, or a later version of the API means something that is not known here. That part "
     "matches nothing, and the pods stay isolated.",
     "Write the field as the API documents it; check the spelling and the indentation."},

    {"block-covers-pods", warning, "an ipBlock covers addresses of pods",
     "A block is meant for addresses outside the cluster. It is matched by address, so pods are let through, too.",
     "Take the cluster's pod ranges out by except, or name the pods by selectors."},
    {"block-covers-services", warning, "an egress ipBlock covers a Service's address",
     "Packets meet policies after kube-proxy has rewritten a Service's address to that of a pod: the block does not "
     "open the way to the Service.",
     "Name the Service's pods by selectors, and their target port."},
    {"block-of-one-family", warning, "all of one address family, where pods have both",
     "Isolation holds for IPv4 and IPv6. What is open to 0.0.0.0/0 alone is closed to IPv6.",
     "Add the same block of the other family, or leave from or to out to mean anyone."},
    {"cidr-with-host-bits", warning, "a cidr with bits set beyond its prefix",
     "The bits beyond the prefix do not count: the whole network is meant, which may be more than was wanted.",
     "Write the network's own address, or /32 (IPv6: /128) for one host."},
    {"direction-ignored", warning, "rules of a direction that is not in policyTypes",
     "Rules count only in a direction that policyTypes names. Neither do these allow anything, nor do they isolate.",
     "Add the direction to policyTypes, or take the rules out."},
    {"dns-without-udp", warning, "port 53 for TCP and not for UDP",
     "protocol is TCP where it is not given. Resolvers ask by UDP first.", "Add {protocol: UDP, port: 53}."},
    {"egress-without-dns", warning, "egress is isolated and port 53 is closed",
     "The pods may reach something, but no policy lets them ask for names.",
     "Allow UDP and TCP 53 to the DNS pods: namespaceSelector kubernetes.io/metadata.name: kube-system with "
     "podSelector "
     "k8s-app: kube-dns."},
    {"except-covers-block", warning, "an except that leaves nothing of its cidr", "The block matches nothing.",
     "Take the element out, or make the except smaller."},
    {"except-outside-block", warning, "an except that is outside its cidr",
     "An except takes addresses out of its own block only; this one does nothing.",
     "Correct one of the two, or take the except out."},
    {"field-ignored", warning, "a field that is not as documented, and of no effect on enforcement",
     "What is written there is not what the API documents. It is read as if it were absent.",
     "Write the field as the API documents it."},
    {"named-port-undeclared", warning, "a named port that no pod declares",
     "A port's name is looked up in the ports that containers declare. Nobody has this one, so it matches nothing.",
     "Add the name to a containerPort, or write the number."},
    {"namespace-missing", warning, "a policy in a namespace that is not there",
     "Namespaces are in the input, and this one is not: applying the policy would fail.",
     "Correct metadata.namespace, or add the Namespace."},
    {"peer-matches-nothing", warning, "a peer whose selectors match no pod",
     "A label is misspelt, the pods are in another namespace, or they are not there yet.",
     "Compare the selector with the labels of the pods and namespaces; for pods of other namespaces add a "
     "namespaceSelector to the same element."},
    {"policy-selects-nothing", warning, "a policy that selects no pod", "It isolates nobody and allows nothing.",
     "Compare spec.podSelector with the labels of the pods in the policy's own namespace."},
    {"service-port-instead-of-target", warning, "a Service's port, where its pods listen on another",
     "Packets meet policies after kube-proxy has rewritten them: they carry the target port.",
     "Write the target port, or its name."},
    {"two-elements-meant-as-one", warning, "namespaceSelector and podSelector as two elements",
     "Elements of from and to are alternatives: every pod of those namespaces is meant, and besides the pods of the "
     "policy's own namespace. Only within one element must both hold.",
     "Remove the dash before the second selector. If both are meant, write them as two rules, or ignore this rule."},
    {"unknown-rule-ignored", warning, "the annotation selvedge.io/ignore names a rule that there is not",
     "Nothing is suppressed by it.", "selvedge lint --list shows the ids."},

    {"block-covers-nodes", info, "an ipBlock covers addresses of nodes",
     "It opens the way to or from what runs on the nodes themselves.",
     "Take the nodes' network out by except, if they are not meant."},
    {"dns-without-tcp", info, "port 53 for UDP and not for TCP",
     "Answers that do not fit a datagram are asked for again by TCP.", "Add {protocol: TCP, port: 53}."},
    {"everyone-allowed", info, "an isolated pod that anyone may reach",
     "A rule without from, or with all addresses, lets in all pods of all namespaces and the world outside.",
     "If that is not meant, name the peers in from."},
    {"peer-redundant", info, "a peer that another of the same rule covers",
     "Elements are alternatives; taking this one out changes nothing.", "Take it out, or narrow the wider one."},
    {"pods-not-isolated", info, "pods that no policy selects", "They are open in both directions.",
     "Add a policy with an empty podSelector and both policyTypes, which denies by default, and allow what is needed."},
    {"policy-duplicate", info, "a policy that says the same as another",
     "Policies add up: the second one changes nothing.", "Take one of the two out."},
    {"port-not-declared", info, "a port that no selected pod declares",
     "All of the pods declare ports, and this is none of them. A container may listen on ports that it does not "
     "declare.",
     "Compare the port with containerPort; policies see the target port, not the Service's."},
    {"rule-redundant", info, "a rule that another of the same policy covers",
     "Rules add up; taking this one out changes nothing.", "Take it out, or narrow the wider one."},
};

}  // namespace

std::span<const Rule> rules() {
  return table;
}

const Rule* find_rule(std::string_view id) {
  const auto* found = std::ranges::find(table, id, &Rule::id);
  return found == std::end(table) ? nullptr : found;
}

std::string_view to_string(Severity severity) {
  if (severity == Severity::error) return "error";
  return severity == Severity::warning ? "warning" : "info";
}

}  // namespace selvedge::lint

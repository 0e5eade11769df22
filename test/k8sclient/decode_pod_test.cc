// Pods, workloads, namespaces and nodes.
#include <gtest/gtest.h>

#include "test/k8sclient/decoding.h"

namespace selvedge::k8s {
namespace {

TEST(DecodePod, OfSeveralOwners_TheControllerMadeIt) {
  const auto maker = [](const std::string& owners) {
    const auto one =
        decode_one<Pod>("{apiVersion: v1, kind: Pod, metadata: {name: a, ownerReferences: " + owners + "}}");
    EXPECT_TRUE(one.object.understood);
    return one.object.maker;
  };
  EXPECT_EQ(maker("[{kind: Node, name: n}, {kind: ReplicaSet, name: web-1, controller: true}]"), "ReplicaSet/web-1");
  EXPECT_EQ(maker("[{kind: Node, name: n}]"), "");
  EXPECT_EQ(maker("[7, {kind: [], name: a, controller: true}]"), "");  // whoever made it, it is not isolated for that
}

TEST(DecodePod, MirrorOfAStaticOne_HasThatOnesUid) {
  const auto uid = [](const std::string& annotations) {
    const auto one =
        decode_one<Pod>("{apiVersion: v1, kind: Pod, metadata: {name: a, uid: u, annotations: " + annotations + "}}");
    EXPECT_TRUE(one.object.understood);
    return one.object.meta.uid;
  };
  EXPECT_EQ(uid("{other: x, kubernetes.io/config.mirror: s}"), "s");
  EXPECT_EQ(uid("{kubernetes.io/config.hash: s}"), "u");
  EXPECT_EQ(uid("{kubernetes.io/config.mirror: ''}"), "u");
  EXPECT_EQ(uid("{kubernetes.io/config.mirror: {}}"), "u");
  EXPECT_EQ(uid("7"), "u");
}

TEST(DecodePod, Running_HasItsNodeAddressesLabelsAndPorts) {
  const auto one = decode_one<Pod>(R"(
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  uid: 8a1f
  creationTimestamp: 2024-05-01T10:00:00Z
  labels: {app: web, "version": "2"}
spec:
  nodeName: node-a
  containers:
  - name: main
    ports:
    - {name: http, containerPort: 8080}
    - {name: dns, containerPort: 53, protocol: UDP}
  - name: plain
status:
  phase: Running
  startTime: 2024-05-01T10:00:01Z
  podIP: 10.244.1.5
  podIPs: [{ip: 10.244.1.5}, {ip: "fd00:244::5"}]
)");
  Pod expected;
  expected.meta = {"shop", "web", "8a1f", {{"app", "web"}, {"version", "2"}}, "2024-05-01T10:00:00Z"};
  expected.node = "node-a";
  expected.phase = Pod::Phase::running;
  expected.addresses = {"10.244.1.5", "fd00:244::5"};
  expected.started = "2024-05-01T10:00:01Z";
  expected.ports = {{"http", Protocol::tcp, 8080}, {"dns", Protocol::udp, 53}};
  EXPECT_EQ(one.object, expected);
  EXPECT_TRUE(one.problems.empty()) << one.words();
}

TEST(DecodePod, ATimeThatTheApiServerWouldNotWrite_IsIgnored_AndSaidSo) {
  for (const std::string text : {"yesterday", "2024-05-01", "2024-05-01T10:00:01+02:00", "2024-05-01T10:00:01.5Z"}) {
    const auto one = pod_with("status: {startTime: \"" + text + "\"}");
    EXPECT_EQ(one.object.started, "");
    ASSERT_EQ(one.problems.size(), 1U) << text;
    EXPECT_FALSE(one.problems[0].closed);
    EXPECT_NE(one.problems[0].message.find(text), std::string::npos) << one.words();
  }
}

TEST(DecodePod, PodIP_CountsWhenPodIPsIsEmpty) {  // semantics 59
  EXPECT_EQ(pod_with("status: {podIP: 10.0.0.1}").object.addresses, std::vector<std::string>{"10.0.0.1"});
  EXPECT_EQ(pod_with("status: {podIP: 10.0.0.1, podIPs: []}").object.addresses, std::vector<std::string>{"10.0.0.1"});
  EXPECT_TRUE(pod_with("status: {podIP: \"\"}").object.addresses.empty());  // semantics 58
}

TEST(DecodePod, Sidecars_DeclarePorts_OrdinaryInitContainersDoNot) {  // semantics 34
  const auto pod = pod_with(
      "spec: {containers: [{ports: [{name: a, containerPort: 1}]}], initContainers: ["
      "{ports: [{name: b, containerPort: 2}]}, {restartPolicy: Always, ports: [{name: c, containerPort: 3}]}, "
      "{restartPolicy: Never, ports: [{name: d, containerPort: 4}]}]}, ephemeralContainers: [{ports: [{name: e, "
      "containerPort: 5}]}]");
  const std::vector<ContainerPort> expected{{"a", Protocol::tcp, 1}, {"c", Protocol::tcp, 3}};
  EXPECT_EQ(pod.object.ports, expected);
}

TEST(DecodePod, EqualPortNames_AreAllKept) {  // semantics 32
  const auto pod =
      pod_with("spec: {containers: [{ports: [{name: a, containerPort: 1}]}, {ports: [{name: a, containerPort: 2}]}]}");
  EXPECT_EQ(pod.object.ports.size(), 2U);
}

TEST(DecodePod, Phases_AreRead_AndAbsentMeansPending) {  // semantics 61, 64
  EXPECT_EQ(pod_with("status: {}").object.phase, Pod::Phase::pending);
  EXPECT_EQ(pod_with("status: {phase: Running}").object.phase, Pod::Phase::running);
  EXPECT_EQ(pod_with("status: {phase: Succeeded}").object.phase, Pod::Phase::succeeded);
  EXPECT_EQ(pod_with("status: {phase: Failed}").object.phase, Pod::Phase::failed);
  EXPECT_EQ(pod_with("status: {phase: Unknown}").object.phase, Pod::Phase::unknown);
  EXPECT_FALSE(pod_with("status: {phase: Paused}").object.understood);
}

TEST(DecodePod, UnknownFields_AreFine) {
  const auto one = pod_with("spec: {hostNetwork: true, newThing: {a: [1]}, containers: [{x: 1}]}, status: {y: 2}");
  EXPECT_TRUE(one.object.understood);
  EXPECT_TRUE(one.object.host_network);  // semantics 65
  EXPECT_TRUE(one.problems.empty());
}

TEST(DecodePod, WithAFault_IsNotUnderstood_ButKeepsItsReadableAddresses) {  // semantics R9
  for (const std::string fields :
       {"spec: {hostNetwork: \"yes\"}", "spec: {nodeName: 7}", "spec: []", "spec: {containers: {}}",
        "spec: {containers: [{ports: [{containerPort: 0}]}]}",
        "spec: {containers: [{ports: [{containerPort: 65536}]}]}",
        "spec: {containers: [{ports: [{containerPort: \"80\"}]}]}", "spec: {containers: [{ports: [{name: a}]}]}",
        "spec: {containers: [{ports: [{containerPort: 80, protocol: ICMP}]}]}"}) {
    const auto one = pod_with(fields + ", status: {podIPs: [{ip: 10.0.0.1}]}");
    EXPECT_FALSE(one.object.understood) << fields;
    EXPECT_EQ(one.object.addresses, std::vector<std::string>{"10.0.0.1"}) << fields;
    EXPECT_TRUE(one.object.ports.empty()) << fields;
    ASSERT_EQ(one.problems.size(), 1U) << fields;
    EXPECT_TRUE(one.problems[0].closed) << fields;
  }
  const auto half = pod_with("status: {podIPs: [{ip: 10.0.0.1}, {ip: 5}, text, {ip: 10.0.0.2}]}");
  EXPECT_FALSE(half.object.understood);
  EXPECT_EQ(half.object.addresses, (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
}

TEST(DecodePod, LabelThatIsNotAString_MakesThePodNotUnderstood_AndSaysQuoteIt) {
  const auto one = decode_one<Pod>("{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {on: off, m: 1, s: x}}}");
  EXPECT_FALSE(one.object.understood);
  EXPECT_EQ(one.object.meta.labels, (Labels{{"s", "x"}}));
  EXPECT_EQ(one.words(),
            "Pod default/a: metadata.labels[m] 1 is a number, not a string (quote it); the pod is isolated and "
            "matches no selector\n"
            "Pod default/a: metadata.labels[true] false is a boolean, not a string (quote it); the pod is isolated "
            "and matches no selector\n");
}

TEST(DecodePod, NullLabel_IsTheEmptyText_AsForTheApiServer) {
  const auto one = decode_one<Pod>("{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {x: null}}}");
  EXPECT_EQ(one.object.meta.labels, (Labels{{"x", ""}}));
  EXPECT_TRUE(one.object.understood);
}

TEST(DecodeNamespace, NameLabel_IsAlwaysTheName) {  // semantics 14
  const auto one = decode_one<Namespace>(
      "{apiVersion: v1, kind: Namespace, metadata: {name: shop, namespace: odd, labels: {team: a, "
      "kubernetes.io/metadata.name: forged}}}");
  EXPECT_EQ(one.object.meta.labels, (Labels{{"team", "a"}, {"kubernetes.io/metadata.name", "shop"}}));
  EXPECT_EQ(one.object.meta.key(), (ObjectKey{"", "shop"}));
  EXPECT_TRUE(one.object.understood);
}

TEST(DecodeNamespace, MalformedLabels_MakeItNotUnderstood) {
  const auto one = decode_one<Namespace>("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {a: 1}}}");
  EXPECT_FALSE(one.object.understood);
  ASSERT_EQ(one.problems.size(), 1U);
  EXPECT_TRUE(one.problems[0].closed);
  EXPECT_EQ(one.object.meta.labels.count("kubernetes.io/metadata.name"), 1U);
}

TEST(DecodeNode, HasPodRangesAndAddresses) {
  const auto one = decode_one<Node>(
      "{apiVersion: v1, kind: Node, metadata: {name: node-a}, spec: {podCIDR: 10.244.1.0/24, podCIDRs: "
      "[10.244.1.0/24, \"fd00:244:0:1::/64\"]}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}, {type: "
      "Hostname, address: node-a}, {type: ExternalIP, address: 203.0.113.9}]}}");
  EXPECT_EQ(one.object.pod_cidrs, (std::vector<std::string>{"10.244.1.0/24", "fd00:244:0:1::/64"}));
  EXPECT_EQ(one.object.addresses, (std::vector<std::string>{"192.0.2.1", "203.0.113.9"}));
  const auto old =
      decode_one<Node>("{apiVersion: v1, kind: Node, metadata: {name: node}, spec: {podCIDR: 10.1.0.0/24}}");
  EXPECT_EQ(old.object.pod_cidrs, std::vector<std::string>{"10.1.0.0/24"});
}

TEST(DecodeNode, WithAFault_IsReadAsFarAsItGoes_WithAWarning) {
  const auto one = decode_one<Node>(
      "{apiVersion: v1, kind: Node, metadata: {name: node}, spec: {podCIDR: 10.1.0.0/24}, status: {addresses: text}}");
  ASSERT_EQ(one.problems.size(), 1U);
  EXPECT_FALSE(one.problems[0].closed);
  EXPECT_EQ(one.object.pod_cidrs.size(), 1U);
}

TEST(DecodeWorkload, EachResource_TellsThePodsThatItMakes) {
  const std::string pod =
      "{metadata: {labels: {app: x}}, spec: {hostNetwork: true, containers: [{ports: "
      "[{name: web, containerPort: 80}]}]}}";
  const std::vector<std::pair<std::string, std::string>> resources{
      {"apps/v1", "Deployment"}, {"apps/v1", "StatefulSet"},      {"apps/v1", "DaemonSet"},
      {"batch/v1", "Job"},       {"v1", "ReplicationController"}, {"apps/v1", "ReplicaSet"}};
  for (const auto& [version, resource] : resources) {
    const auto one = decode_one<Workload>("{apiVersion: " + version + ", kind: " + resource +
                                          ", metadata: {name: w, namespace: shop}, spec: {template: " + pod + "}}");
    EXPECT_EQ(one.object.resource, resource);
    EXPECT_EQ(one.object.meta.key(), (ObjectKey{"shop", "w"}));
    EXPECT_EQ(one.object.pod.meta.key(), (ObjectKey{"shop", ""}));
    EXPECT_EQ(one.object.pod.meta.labels, (Labels{{"app", "x"}}));
    EXPECT_EQ(one.object.pod.ports.size(), 1U);
    EXPECT_TRUE(one.object.pod.host_network);
    EXPECT_TRUE(one.problems.empty()) << one.words();
  }
  const auto cron = decode_one<Workload>(
      "{apiVersion: batch/v1, kind: CronJob, metadata: {name: w}, spec: {jobTemplate: {spec: {template: " + pod +
      "}}}}");
  EXPECT_EQ(cron.object.pod.ports.size(), 1U);
}

TEST(DecodeWorkload, WithoutATemplate_HasAPodThatIsNotUnderstood) {
  const auto one = decode_one<Workload>("{apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {}}");
  EXPECT_FALSE(one.object.pod.understood);
  EXPECT_EQ(one.words(), "Workload default/w: has no pod template; its pods are isolated\n");
}

}  // namespace
}  // namespace selvedge::k8s

#include "test/bench/agent/cluster_text.h"

#include <array>
#include <cstdio>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace selvedge::bench {
namespace {

using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// `text` with each <name> replaced; what is no name of `values` stays.
std::string filled(std::string_view text, Values values) {
  std::string out;
  out.reserve(text.size() + 512);
  while (!text.empty()) {
    const auto open = text.find('<');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find('>', open);
    const auto name = text.substr(open + 1, close - open - 1);
    for (const auto& [known, value] : values) {
      if (known == name) out += value;
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

std::uint64_t scrambled(std::uint64_t value) {  // splitmix64
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::string hex(std::uint64_t seed, int digits) {
  std::string out;
  for (; static_cast<int>(out.size()) < digits; ++seed) {
    std::array<char, 17> block{};
    std::snprintf(block.data(), block.size(), "%016llx", static_cast<unsigned long long>(scrambled(seed)));
    out += block.data();
  }
  out.resize(static_cast<std::size_t>(digits));
  return out;
}

std::string uid(std::uint64_t number) {
  const std::string h = hex(number * 2, 32);
  return h.substr(0, 8) + '-' + h.substr(8, 4) + "-4" + h.substr(13, 3) + "-8" + h.substr(17, 3) + '-' + h.substr(20);
}

// What the controller manager and the kubelet own of a pod.
constexpr std::string_view managed_fields =
    R"([{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2025-11-03T09:12:44Z",)"
    R"("fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:checksum/config":{}},)"
    R"("f:generateName":{},"f:labels":{".":{},"f:app":{},"f:pod-template-hash":{},"f:tier":{}},"f:ownerReferences":)"
    R"({".":{},"k:{\"uid\":\"<owner>\"}":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"main\"}":{".":{},"f:env":)"
    R"({".":{},"k:{\"name\":\"DATABASE_URL\"}":{".":{},"f:name":{},"f:value":{}},"k:{\"name\":\"LOG_LEVEL\"}":)"
    R"({".":{},"f:name":{},"f:value":{}}},"f:image":{},"f:imagePullPolicy":{},"f:livenessProbe":{".":{},)"
    R"("f:failureThreshold":{},"f:httpGet":{".":{},"f:path":{},"f:port":{},"f:scheme":{}},"f:periodSeconds":{}},)"
    R"("f:name":{},"f:ports":{".":{},"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},)"
    R"("f:name":{},"f:protocol":{}},"k:{\"containerPort\":9090,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},)"
    R"("f:name":{},"f:protocol":{}}},"f:resources":{".":{},"f:limits":{".":{},"f:memory":{}},"f:requests":{".":{},)"
    R"("f:cpu":{},"f:memory":{}}},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{},"f:volumeMounts":)"
    R"({".":{},"k:{\"mountPath\":\"/etc/app\"}":{".":{},"f:mountPath":{},"f:name":{}}}}},"f:dnsPolicy":{},)"
    R"("f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},)"
    R"("f:terminationGracePeriodSeconds":{},"f:volumes":{".":{},"k:{\"name\":\"config\"}":{".":{},"f:configMap":)"
    R"({".":{},"f:defaultMode":{},"f:name":{}},"f:name":{}}}}}},{"manager":"kubelet","operation":"Update",)"
    R"("apiVersion":"v1","time":"2025-11-03T09:12:49Z","fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:conditions":)"
    R"({"k:{\"type\":\"ContainersReady\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},)"
    R"("f:type":{}},"k:{\"type\":\"Initialized\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":)"
    R"({},"f:type":{}},"k:{\"type\":\"Ready\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},)"
    R"("f:type":{}}},"f:containerStatuses":{},"f:hostIP":{},"f:hostIPs":{},"f:phase":{},"f:podIP":{},"f:podIPs":)"
    R"({".":{},"k:{\"ip\":\"<address>\"}":{".":{},"f:ip":{}}},"f:startTime":{}}},"subresource":"status"}])";

constexpr std::string_view pod_metadata =
    R"({"metadata":{"name":"<name>","generateName":"<app>-<hash>-","namespace":"<ns>","uid":"<uid>",)"
    R"("resourceVersion":"<version>","creationTimestamp":"2025-11-03T09:12:44Z","labels":{"app":"<app>",)"
    R"("pod-template-hash":"<hash>","tier":"<tier>"},"annotations":{"checksum/config":"<checksum>"},)"
    R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"<app>-<hash>","uid":"<owner>",)"
    R"("controller":true,"blockOwnerDeletion":true}],"managedFields":<managed>},)";

constexpr std::string_view pod_spec =
    R"("spec":{"volumes":[{"name":"config","configMap":{"name":"<app>-config","defaultMode":420}},)"
    R"({"name":"kube-api-access-<short>","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,)"
    R"("path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},)"
    R"({"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],)"
    R"("defaultMode":420}}],"containers":[{"name":"main","image":"registry.example/<ns>/<app>:<hash>","ports":)"
    R"([{"name":"http","containerPort":8080,"protocol":"TCP"},{"name":"metrics","containerPort":9090,)"
    R"("protocol":"TCP"}],"env":[{"name":"DATABASE_URL","value":"postgres://<app>:5432/<checksum>"},)"
    R"({"name":"LOG_LEVEL","value":"info"},{"name":"POD_IP","valueFrom":{"fieldRef":{"apiVersion":"v1",)"
    R"("fieldPath":"status.podIP"}}}],"resources":{"limits":{"memory":"256Mi"},"requests":{"cpu":"50m",)"
    R"("memory":"128Mi"}},"volumeMounts":[{"name":"config","mountPath":"/etc/app"},{"name":"kube-api-access-<short>",)"
    R"("readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"livenessProbe":{"httpGet":)"
    R"({"path":"/healthz","port":"http","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,)"
    R"("failureThreshold":3},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",)"
    R"("imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,)"
    R"("dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"default","nodeName":"<node>",)"
    R"("securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready",)"
    R"("operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable",)"
    R"("operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,)"
    R"("preemptionPolicy":"PreemptLowerPriority"},)";

constexpr std::string_view pod_status =
    R"("status":{"phase":"Running","conditions":[{"type":"PodReadyToStartContainers","status":"True",)"
    R"("lastProbeTime":null,"lastTransitionTime":"2025-11-03T09:12:49Z"},{"type":"Initialized","status":"True",)"
    R"("lastProbeTime":null,"lastTransitionTime":"2025-11-03T09:12:44Z"},{"type":"Ready","status":"True",)"
    R"("lastProbeTime":null,"lastTransitionTime":"2025-11-03T09:12:49Z"},{"type":"ContainersReady","status":"True",)"
    R"("lastProbeTime":null,"lastTransitionTime":"2025-11-03T09:12:49Z"},{"type":"PodScheduled","status":"True",)"
    R"("lastProbeTime":null,"lastTransitionTime":"2025-11-03T09:12:44Z"}],"hostIP":"172.31.0.11","hostIPs":)"
    R"([{"ip":"172.31.0.11"}],<addresses>"startTime":"2025-11-03T09:12:44Z",)"
    R"("containerStatuses":[{"name":"main","state":{"running":{"startedAt":"2025-11-03T09:12:48Z"}},"lastState":{},)"
    R"("ready":true,"restartCount":0,"image":"registry.example/<ns>/<app>:<hash>","imageID":"registry.example/<ns>/)"
    R"(<app>@sha256:<image>","containerID":"containerd://<container>","started":true,"volumeMounts":[{"name":)"
    R"("config","mountPath":"/etc/app"}]}],"qosClass":"Burstable"}})";

std::string ns_name(std::size_t number) {
  return "s" + std::to_string(number);
}

constexpr std::array<std::string_view, 5> apps{"web", "api", "db", "cache", "job"};

}  // namespace

PodState first_state(const Scale& scale, std::size_t number) {
  PodState state{.address = {}, .tier = number % 2 == 0 ? "back" : "front", .version = number + 2};
  if (number < scale.local) {
    state.address = "10.244." + std::to_string(1 + number / 250) + '.' + std::to_string(250 - number % 250);
    return state;
  }
  const std::size_t host = number / 100;
  state.address = "10." + std::to_string(128 + host / 256) + '.' + std::to_string(host % 256) + '.' +
                  std::to_string(2 + number % 100);
  return state;
}

std::string spare_address(std::size_t number) {
  return "10.96." + std::to_string(number / 250 % 256) + '.' + std::to_string(2 + number % 250);
}

Text pod_text(const Scale& scale, std::size_t number, const PodState& state) {
  const std::string_view app = apps.at(number / scale.namespaces % apps.size());
  Text text{.ns = ns_name(number % scale.namespaces), .name = {}, .json = {}};
  const std::string hash = hex(number % 1999, 10);
  text.name = std::string(app) + '-' + hash + '-' + hex(number, 5) + std::to_string(number);
  const std::string host = number < scale.local ? std::string(node) : "worker-" + std::to_string(number / 100);
  const std::string owner = uid(number % 1999 + 1'000'000);
  const std::string addresses =
      state.address.empty() ? ""
                            : R"("podIP":")" + state.address + R"(","podIPs":[{"ip":")" + state.address + R"("}],)";
  const std::string managed = filled(managed_fields, {{"owner", owner}, {"address", state.address}});
  const std::string version = std::to_string(state.version);
  const std::string id = uid(number), checksum = hex(number * 3, 64), small = hex(number * 5, 5);
  const std::string image = hex(number % 1999 * 7, 64), container = hex(number * 11, 64);
  text.json = filled(std::string(pod_metadata).append(pod_spec).append(pod_status), {{"name", text.name},
                                                                                     {"ns", text.ns},
                                                                                     {"app", app},
                                                                                     {"hash", hash},
                                                                                     {"uid", id},
                                                                                     {"version", version},
                                                                                     {"tier", state.tier},
                                                                                     {"checksum", checksum},
                                                                                     {"owner", owner},
                                                                                     {"managed", managed},
                                                                                     {"short", small},
                                                                                     {"node", host},
                                                                                     {"addresses", addresses},
                                                                                     {"image", image},
                                                                                     {"container", container}});
  return text;
}

Text namespace_text(std::size_t number, std::uint64_t version) {
  const std::string name = ns_name(number);
  const std::string team = "t" + std::to_string(number % 20);
  return {
      .ns = {},
      .name = name,
      .json = filled(
          R"({"metadata":{"name":"<name>","uid":"<uid>","resourceVersion":"<version>",)"
          R"("creationTimestamp":"2025-11-03T09:00:00Z","labels":{"kubernetes.io/metadata.name":)"
          R"("<name>","team":"<team>"},"managedFields":[{"manager":"kubectl-create","operation":)"
          R"("Update","apiVersion":"v1","time":"2025-11-03T09:00:00Z","fieldsType":"FieldsV1",)"
          R"("fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:kubernetes.io/metadata.name":{},)"
          R"("f:team":{}}}}}]},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})",
          {{"name", name}, {"uid", uid(number + 5'000'000)}, {"version", std::to_string(version)}, {"team", team}})};
}

Text policy_text(const Scale& scale, std::size_t number, std::uint64_t version) {
  const std::string name = "np" + std::to_string(number);
  const std::string ns = ns_name(number % scale.namespaces);
  const std::string team = "t" + std::to_string(number % 20), other = "t" + std::to_string((number + 1) % 20);
  return {.ns = ns,
          .name = name,
          .json = filled(R"({"metadata":{"name":"<name>","namespace":"<ns>","uid":"<uid>","resourceVersion":)"
                         R"("<version>","generation":1,"creationTimestamp":"2025-11-03T09:00:00Z","managedFields":)"
                         R"([{"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":)"
                         R"("networking.k8s.io/v1","time":"2025-11-03T09:00:00Z","fieldsType":"FieldsV1","fieldsV1":)"
                         R"({"f:spec":{"f:egress":{},"f:ingress":{},"f:podSelector":{},"f:policyTypes":{}}}}]},)"
                         R"("spec":{"podSelector":{"matchLabels":{"app":"<app>"}},"ingress":[{"from":)"
                         R"([{"podSelector":{}},{"namespaceSelector":{"matchLabels":{"team":"<team>"}}}],"ports":)"
                         R"([{"protocol":"TCP","port":"http"}]},{"from":[{"ipBlock":{"cidr":"192.0.2.0/24",)"
                         R"("except":["192.0.2.64/26"]}}]}],"egress":[{"to":[{"podSelector":{"matchLabels":{"tier":)"
                         R"("back"}},"namespaceSelector":{"matchLabels":{"team":"<other>"}}}]},{"ports":[{"protocol":)"
                         R"("UDP","port":53}]}],"policyTypes":["Ingress","Egress"]}})",
                         {{"name", name},
                          {"ns", ns},
                          {"uid", uid(number + 6'000'000)},
                          {"version", std::to_string(version)},
                          {"app", apps.at(number % apps.size())},
                          {"team", team},
                          {"other", other}})};
}

Text node_text(std::uint64_t version) {
  return {.ns = {},
          .name = std::string(node),
          .json = filled(R"({"metadata":{"name":"<name>","uid":"<uid>","resourceVersion":"<version>",)"
                         R"("creationTimestamp":"2025-11-03T08:00:00Z","labels":{"kubernetes.io/hostname":"<name>"}},)"
                         R"("spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"]},"status":{"addresses":)"
                         R"([{"type":"InternalIP","address":"172.31.0.11"},{"type":"Hostname","address":"<name>"}]}})",
                         {{"name", node}, {"uid", uid(7'000'000)}, {"version", std::to_string(version)}})};
}

}  // namespace selvedge::bench

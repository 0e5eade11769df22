// Random clusters: objects as manifests or `kubectl get -o json` spell them, so without some of the API server's
// defaults. All of it the API server would take, but for an `except` that covers its whole block (semantics 45).
//
// Names, labels, ports and addresses come from small pools, so that selectors meet, ports clash and blocks overlap.
package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

type labelPool struct {
	key    string
	values []string
}

var namespacePool = []string{"default", "shop", "production", "kube-system"}
var namespaceLabels = []labelPool{{"env", []string{"prod", "dev"}}, {"example.com/team", []string{"a", "b", ""}}}
var podLabels = []labelPool{{"app", []string{"web", "api", "db"}}, {"tier", []string{"front", "back", ""}},
	{"app.kubernetes.io/part-of", []string{"shop", "billing"}}}
var portNames = []string{"http", "dns", "metrics"}
var initPortNames = []string{"http", "admin"}
var portNumbers = []int{53, 80, 5353, 8080, 9090}
var protocols = []string{"TCP", "TCP", "UDP", "SCTP"}

func (r random) cluster() []object {
	names := sample(r, namespacePool, r.between(2, 4))
	var objects []object
	for _, name := range names {
		objects = append(objects, r.namespace(name))
	}
	var taken []string
	for i := range r.between(4, 12) {
		pod := r.pod(fmt.Sprintf("pod-%d", i), pick(r, names), i, taken)
		taken = append(taken, addressesInUse(pod)...)
		objects = append(objects, pod)
	}
	for i := range max(r.between(0, 8), r.between(0, 8)) {
		objects = append(objects, r.policy(fmt.Sprintf("policy-%d", i), pick(r, names), taken))
	}
	r.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
	return objects
}

func (r random) labels(pool []labelPool) object {
	labels := object{}
	for _, label := range pool {
		if r.percent(60) {
			labels[label.key] = pick(r, label.values)
		}
	}
	return labels
}

func (r random) namespace(name string) object {
	labels := r.labels(namespaceLabels)
	if r.percent(70) {
		labels[corev1.LabelMetadataName] = name
	}
	meta := object{"name": name, "uid": "uid-" + name, "resourceVersion": "7"}
	if len(labels) > 0 || r.percent(50) {
		meta["labels"] = labels
	}
	return object{"apiVersion": "v1", "kind": "Namespace", "metadata": meta, "status": object{"phase": "Active"}}
}

// `taken` are the addresses of pods that run.
func (r random) pod(name, ns string, number int, taken []string) object {
	meta := object{"name": name, "namespace": ns, "uid": "uid-" + name, "creationTimestamp": "2025-03-01T10:00:00Z"}
	if labels := r.labels(podLabels); len(labels) > 0 {
		meta["labels"] = labels
	}
	if r.percent(5) { // dying, but alive (semantics 62)
		meta["deletionTimestamp"] = "2025-03-01T11:00:00Z"
	}
	node := r.between(1, 3)
	spec := object{"nodeName": fmt.Sprintf("node-%d", node), "containers": r.containers(r.between(1, 2), "main", portNames)}
	if r.percent(30) {
		spec["initContainers"] = r.initContainers()
	}
	addresses := r.podAddresses(node, number)
	phase := "Running"
	switch chance := r.IntN(100); {
	case chance < 8: // where it ran, its address may be another's by now (semantics 61)
		phase = pick(r, []string{"Succeeded", "Failed"})
		if len(taken) > 0 && r.percent(50) {
			addresses = []string{pick(r, taken)}
		}
	case chance < 14:
		phase = pick(r, []string{"Pending", "Unknown"})
	case chance < 22: // node-1's address belongs to all of these on node-1 (semantics 65)
		spec["hostNetwork"] = true
		addresses = []string{fmt.Sprintf("192.168.50.%d", node)}
	case chance < 26:
		phase, addresses = "Pending", nil
	}
	return object{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec,
		"status": r.podStatus(phase, addresses)}
}

func (r random) podAddresses(node, number int) []string {
	v4 := fmt.Sprintf("10.244.%d.%d", node, number+2)
	v6 := fmt.Sprintf("fd00:244:0:%d::%x", node, number+2)
	switch chance := r.IntN(100); {
	case chance < 60:
		return []string{v4}
	case chance < 80:
		return []string{v4, v6}
	case chance < 90:
		return []string{v6, v4}
	default:
		return []string{v6}
	}
}

func (r random) podStatus(phase string, addresses []string) object {
	status := object{"phase": phase}
	if len(addresses) == 0 {
		return status
	}
	status["podIP"] = addresses[0]
	if len(addresses) == 1 && r.percent(20) {
		return status // as very old servers did
	}
	var list []object
	for _, address := range addresses {
		list = append(list, object{"ip": address})
	}
	status["podIPs"] = list
	return status
}

// What a finished pod may once have had: of several pods with one address, all engines take the running one.
func addressesInUse(pod object) []string {
	status := pod["status"].(object)
	if pod["spec"].(object)["hostNetwork"] == true || status["phase"] != "Running" {
		return nil
	}
	addresses := []string{status["podIP"].(string)}
	list, _ := status["podIPs"].([]object)
	for _, ip := range list {
		addresses = append(addresses, ip["ip"].(string))
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

func (r random) containers(count int, name string, ports []string) []object {
	var containers []object
	for i := range count {
		container := object{"name": fmt.Sprintf("%s-%d", name, i), "image": "example.com/" + name}
		if ports := r.containerPorts(ports); len(ports) > 0 {
			container["ports"] = ports
		}
		containers = append(containers, container)
	}
	return containers
}

func (r random) initContainers() []object {
	containers := r.containers(r.between(1, 2), "init", initPortNames)
	for _, container := range containers {
		if r.percent(50) { // a sidecar: its ports count (semantics 34)
			container["restartPolicy"] = "Always"
		}
	}
	return containers
}

// Names are unique in one container only (semantics 32).
func (r random) containerPorts(names []string) []object {
	var ports []object
	for _, name := range sample(r, names, r.between(0, 3)) {
		port := object{"containerPort": pick(r, portNumbers)}
		if r.percent(85) {
			port["name"] = name
		}
		if protocol := pick(r, protocols); protocol != "TCP" || r.percent(60) {
			port["protocol"] = protocol
		}
		ports = append(ports, port)
	}
	return ports
}

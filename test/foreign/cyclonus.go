// cyclonus, the NetworkPolicy conformance suite: the matcher that says what it expects of a cluster.
//
// It judges labels, not addresses: which pod an address belongs to is decided here, so on pods that have finished or
// share the host's network it has no opinion of its own. Nor does it know that one port can have several names: it is
// asked once for each, which is right because rules only ever add to what is allowed.
package main

import (
	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
)

type cyclonus struct {
	policy *matcher.Policy
	peers  map[string]*matcher.InternalPeer
	pods   map[string]*corev1.Pod
}

func newCyclonus(s state) cyclonus {
	c := cyclonus{matcher.BuildNetworkPolicies(false, s.policies), map[string]*matcher.InternalPeer{},
		map[string]*corev1.Pod{}}
	for _, pod := range s.pods {
		if pod.Spec.HostNetwork || finished(pod) {
			continue
		}
		for _, ip := range pod.Status.PodIPs {
			c.pods[ip.IP] = pod
			c.peers[ip.IP] = &matcher.InternalPeer{
				PodLabels: pod.Labels, NamespaceLabels: s.labelsOfNamespace(pod.Namespace), Namespace: pod.Namespace,
			}
		}
	}
	return c
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func (c cyclonus) allows(source, destination string, p probe) bool {
	ingress, egress := false, false
	for _, name := range c.portNames(destination, p) {
		result := c.policy.IsTrafficAllowed(&matcher.Traffic{
			Source:       &matcher.TrafficPeer{Internal: c.peers[source], IP: source},
			Destination:  &matcher.TrafficPeer{Internal: c.peers[destination], IP: destination},
			ResolvedPort: p.Port, ResolvedPortName: name, Protocol: corev1.Protocol(p.Protocol),
		})
		ingress = ingress || result.Ingress.IsAllowed()
		egress = egress || result.Egress.IsAllowed()
	}
	return ingress && egress
}

// What the destination calls the port, and always the empty name, which no rule asks for.
func (c cyclonus) portNames(destination string, p probe) []string {
	names := []string{""}
	pod := c.pods[destination]
	if pod == nil {
		return names
	}
	containers := append([]corev1.Container{}, pod.Spec.Containers...)
	for _, init := range pod.Spec.InitContainers {
		if init.RestartPolicy != nil && *init.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			containers = append(containers, init)
		}
	}
	for _, container := range containers {
		for _, port := range container.Ports {
			if int(port.ContainerPort) == p.Port && string(port.Protocol) == p.Protocol && port.Name != "" {
				names = append(names, port.Name)
			}
		}
	}
	return names
}

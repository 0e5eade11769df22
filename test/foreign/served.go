// The objects as an API server would hand them to an engine's informers. The other engines lean on its defaults;
// Selvedge gets the objects without them, and applies its own (semantics R10).
package main

import (
	"encoding/json"
	"log"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

type object = map[string]any

type state struct {
	namespaces []*corev1.Namespace
	pods       []*corev1.Pod
	policies   []*networkingv1.NetworkPolicy
}

func asServed(objects []object) state {
	var s state
	for _, o := range objects {
		text, err := json.Marshal(o)
		if err != nil {
			log.Fatal(err)
		}
		switch o["kind"] {
		case "Namespace":
			s.namespaces = append(s.namespaces, defaultNamespace(decoded(text, &corev1.Namespace{})))
		case "Pod":
			s.pods = append(s.pods, defaultPod(decoded(text, &corev1.Pod{})))
		case "NetworkPolicy":
			policy := defaultPolicy(decoded(text, &networkingv1.NetworkPolicy{}))
			s.policies = append(s.policies, byProtobuf(policy))
		}
	}
	return s
}

func decoded[T any](text []byte, into *T) *T {
	if err := json.Unmarshal(text, into); err != nil {
		log.Fatalf("%v in %s", err, text)
	}
	return into
}

// Informers speak protobuf, which cannot tell an empty list from an absent one.
func byProtobuf(policy *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	wire, err := policy.Marshal()
	if err != nil {
		log.Fatal(err)
	}
	var read networkingv1.NetworkPolicy
	if err := read.Unmarshal(wire); err != nil {
		log.Fatal(err)
	}
	return &read
}

func defaultNamespace(ns *corev1.Namespace) *corev1.Namespace {
	if ns.Labels == nil {
		ns.Labels = map[string]string{}
	}
	ns.Labels[corev1.LabelMetadataName] = ns.Name
	return ns
}

func defaultPod(pod *corev1.Pod) *corev1.Pod {
	for _, containers := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range containers {
			for j := range containers[i].Ports {
				if containers[i].Ports[j].Protocol == "" {
					containers[i].Ports[j].Protocol = corev1.ProtocolTCP
				}
			}
		}
	}
	if len(pod.Status.PodIPs) == 0 && pod.Status.PodIP != "" {
		pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	}
	return pod
}

func defaultPolicy(policy *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	spec := &policy.Spec
	if len(spec.PolicyTypes) == 0 {
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for _, ports := range portsOf(policy) {
		for i := range ports {
			if ports[i].Protocol == nil {
				tcp := corev1.ProtocolTCP
				ports[i].Protocol = &tcp
			}
		}
	}
	return policy
}

// The port lists of all its rules.
func portsOf(policy *networkingv1.NetworkPolicy) [][]networkingv1.NetworkPolicyPort {
	var lists [][]networkingv1.NetworkPolicyPort
	for _, rule := range policy.Spec.Ingress {
		lists = append(lists, rule.Ports)
	}
	for _, rule := range policy.Spec.Egress {
		lists = append(lists, rule.Ports)
	}
	return lists
}

func blocksOf(policy *networkingv1.NetworkPolicy) []*networkingv1.IPBlock {
	var peers []networkingv1.NetworkPolicyPeer
	for _, rule := range policy.Spec.Ingress {
		peers = append(peers, rule.From...)
	}
	for _, rule := range policy.Spec.Egress {
		peers = append(peers, rule.To...)
	}
	var blocks []*networkingv1.IPBlock
	for _, peer := range peers {
		if peer.IPBlock != nil {
			blocks = append(blocks, peer.IPBlock)
		}
	}
	return blocks
}

func (s state) labelsOfNamespace(name string) map[string]string {
	for _, ns := range s.namespaces {
		if ns.Name == name {
			return ns.Labels
		}
	}
	return nil
}

func isV4(address string) bool { return netip.MustParseAddr(address).Is4() }

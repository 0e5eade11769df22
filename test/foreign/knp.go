// kube-network-policies, the engine that Flannel's chart installs: its own packet evaluation, fed through the stores
// of informers that never run.
package main

import (
	"context"
	"log"
	"net"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
)

type knp struct{ engine *networkpolicy.PolicyEngine }

func newKNP(s state) knp {
	factory := informers.NewSharedInformerFactory(nil, 0)
	namespaces := factory.Core().V1().Namespaces()
	pods := factory.Core().V1().Pods()
	policies := factory.Networking().V1().NetworkPolicies()
	evaluator := networkpolicy.NewStandardNetworkPolicy("", namespaces, pods, policies)
	resolver, err := podinfo.NewInformerResolver(pods.Informer())
	if err != nil {
		log.Fatal(err)
	}
	provider := podinfo.NewInformerProvider(pods, namespaces, nil, []podinfo.IPResolver{resolver})
	fill(namespaces.Informer().GetIndexer(), s.namespaces)
	fill(pods.Informer().GetIndexer(), s.pods)
	fill(policies.Informer().GetIndexer(), s.policies)
	return knp{networkpolicy.NewPolicyEngine(provider, []api.PolicyEvaluator{evaluator})}
}

func fill[T any](store cache.Indexer, objects []T) {
	for _, o := range objects {
		if err := store.Add(o); err != nil {
			log.Fatal(err)
		}
	}
}

func (k knp) allows(source, destination string, p probe) bool {
	packet := network.Packet{
		SrcIP: net.ParseIP(source), DstIP: net.ParseIP(destination),
		Proto: corev1.Protocol(p.Protocol), SrcPort: 40000, DstPort: p.Port,
	}
	if p.Protocol == "ICMP" {
		packet.Proto, packet.SrcPort = "", 0 // as its packet parser leaves them
	}
	allowed, err := k.engine.EvaluatePacket(context.Background(), &packet)
	if err != nil {
		log.Fatal(err)
	}
	return allowed
}

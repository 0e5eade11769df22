// What to ask of a scenario: every pod's address and some of the outside, at the edges of the policies' blocks; ports
// that rules and pods name, and their neighbours.
//
// Left out is what the API leaves open and Selvedge rules on (semantics R1-R14): link-local, multicast and broadcast
// addresses (R13), UDP to the VXLAN port (R14), and nodes as destinations of their own pods (R3).
package main

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

const vxlanPort = 8472

var outside = []string{"203.0.113.5", "203.0.113.77", "198.51.100.1", "10.244.1.200", "10.96.0.10", "2001:db8::5",
	"2001:db9::1", "fd00:244:0:1::99"}

func (r random) addresses(s state) []string {
	var pods, edges []string
	for _, pod := range s.pods {
		for _, ip := range pod.Status.PodIPs {
			pods = append(pods, ip.IP)
		}
	}
	for _, policy := range s.policies {
		for _, block := range blocksOf(policy) {
			for _, cidr := range append([]string{block.CIDR}, block.Except...) {
				edges = append(edges, edgesOf(cidr)...)
			}
		}
	}
	all := append(pods, sample(r, outside, 3)...)
	all = append(all, sample(r, edges, 5)...)
	slices.Sort(all)
	return slices.Compact(all)
}

// The first and last address of a block, and those just outside it.
func edgesOf(cidr string) []string {
	first, last := bounds(cidr)
	var edges []string
	for _, address := range []netip.Addr{first.Prev(), first, last, last.Next()} {
		if ordinary(address) {
			edges = append(edges, address.String())
		}
	}
	return edges
}

func bounds(cidr string) (netip.Addr, netip.Addr) {
	prefix := parsePrefix(cidr)
	bytes := prefix.Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return prefix.Addr(), last
}

// Masked, and a block of IPv4-mapped addresses as the IPv4 block it maps.
func parsePrefix(cidr string) netip.Prefix {
	prefix := netip.MustParsePrefix(cidr)
	if prefix.Addr().Is4In6() {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked()
}

func ordinary(a netip.Addr) bool {
	return a.IsValid() && a.IsGlobalUnicast() && !a.Is4In6() && !(a.Is4() && a.As4()[0] >= 224) &&
		!(a.Is4() && a.As4()[0] == 0) && !(a.Is6() && a.AsSlice()[0] == 0)
}

// Blocks of `cidr`, among them itself and one that only overlaps or lies outside.
func (r random) blocksInside(cidr string, addresses []string) []string {
	prefix := parsePrefix(cidr)
	inside := []string{}
	for _, block := range r.blocks(addresses) {
		if prefix.Overlaps(parsePrefix(block)) && (parsePrefix(block).Bits() > prefix.Bits() || r.percent(10)) {
			inside = append(inside, block)
		}
	}
	if first, _ := bounds(cidr); prefix.Bits() < first.BitLen() {
		inside = append(inside, netip.PrefixFrom(first, r.between(prefix.Bits()+1, first.BitLen())).String())
	}
	return inside
}

// Half of them for the ports that some rule calls by name, which few others meet.
func (r random) probes(s state) []probe {
	var named, all []probe
	names := map[string]bool{}
	for _, number := range portNumbers {
		all = append(all, probe{pick(r, protocols), number})
	}
	for _, policy := range s.policies {
		for _, ports := range portsOf(policy) {
			all = append(all, probesAround(ports)...)
			for _, port := range ports {
				names[port.Port.String()] = true
			}
		}
	}
	for _, pod := range s.pods {
		for _, port := range containerPortsOf(pod) {
			declared := probe{string(port.Protocol), int(port.ContainerPort)}
			all = append(all, declared)
			if names[port.Name] {
				named = append(named, declared)
			}
		}
	}
	all = slices.DeleteFunc(all, func(p probe) bool { return p.Port < 1 || p.Port > 65535 || p.Port == vxlanPort })
	chosen := distinct(append(sample(r, named, 3), sample(r, all, 4)...))
	if r.percent(50) {
		chosen = append(chosen, probe{"ICMP", 0})
	}
	return chosen
}

// Of all its containers, those that ran before the others too.
func containerPortsOf(pod *corev1.Pod) []corev1.ContainerPort {
	var ports []corev1.ContainerPort
	for _, container := range slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers) {
		ports = append(ports, container.Ports...)
	}
	return ports
}

func distinct(probes []probe) []probe {
	seen := map[probe]bool{}
	return slices.DeleteFunc(probes, func(p probe) bool { known := seen[p]; seen[p] = true; return known })
}

func probesAround(ports []networkingv1.NetworkPolicyPort) []probe {
	var probes []probe
	for _, port := range ports {
		protocol := string(*port.Protocol)
		switch {
		case port.Port == nil || port.Port.StrVal != "":
		case port.EndPort != nil:
			first, last := int(port.Port.IntVal), int(*port.EndPort)
			probes = append(probes, probe{protocol, first - 1}, probe{protocol, first}, probe{protocol, last},
				probe{protocol, last + 1})
		default:
			probes = append(probes, probe{protocol, int(port.Port.IntVal)}, probe{"UDP", int(port.Port.IntVal)})
		}
	}
	return probes
}

// Random policies: every form of peer and port, absent and empty lists, types given or left to the default.
package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Of none or nil the server makes what the rules suggest (semantics 1).
var policyTypes = [][]string{nil, nil, {}, {"Ingress"}, {"Ingress"}, {"Egress"}, {"Egress"}, {"Ingress", "Egress"},
	{"Egress", "Ingress"}, {"Ingress", "Ingress"}}

func (r random) policy(name, ns string, addresses []string) object {
	spec := object{}
	switch chance := r.IntN(100); {
	case chance < 5: // absent: as good as empty (semantics 9)
	case chance < 35:
		spec["podSelector"] = object{}
	default:
		spec["podSelector"] = r.selector(podLabels)
	}
	r.rules(spec, "ingress", "from", addresses)
	r.rules(spec, "egress", "to", addresses)
	if types := pick(r, policyTypes); types != nil {
		spec["policyTypes"] = types
	}
	return object{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
		"metadata": object{"name": name, "namespace": ns, "generation": 1}, "spec": spec}
}

func (r random) rules(spec object, direction, peersField string, addresses []string) {
	switch chance := r.IntN(100); {
	case chance < 30:
		return
	case chance < 33:
		spec[direction] = []object{}
		return
	case chance < 35:
		spec[direction] = nil
		return
	}
	var rules []object
	for range r.between(1, 3) {
		rule := object{}
		r.list(rule, peersField, func() object { return r.peer(addresses) })
		r.list(rule, "ports", r.port)
		rules = append(rules, rule)
	}
	spec[direction] = rules
}

// Absent, null, empty or up to three items.
func (r random) list(rule object, field string, item func() object) {
	switch chance := r.IntN(100); {
	case chance < 12:
		return
	case chance < 14:
		rule[field] = []object{}
		return
	case chance < 16:
		rule[field] = nil
		return
	}
	var items []object
	for range r.between(1, 3) {
		items = append(items, item())
	}
	rule[field] = items
}

func (r random) peer(addresses []string) object {
	switch r.IntN(6) {
	case 0, 1:
		return object{"podSelector": r.selector(podLabels)}
	case 2:
		return object{"namespaceSelector": r.namespaceSelector()}
	case 3:
		return object{"namespaceSelector": r.namespaceSelector(), "podSelector": r.selector(podLabels)}
	default:
		return object{"ipBlock": r.block(addresses)}
	}
}

func (r random) namespaceSelector() object {
	if r.percent(30) {
		return object{"matchLabels": object{corev1.LabelMetadataName: pick(r, namespacePool)}}
	}
	return r.selector(namespaceLabels)
}

func (r random) selector(pool []labelPool) object {
	selector := object{}
	if r.percent(20) {
		return selector
	}
	if r.percent(55) {
		label := pick(r, pool)
		selector["matchLabels"] = object{label.key: pick(r, label.values)}
	}
	var expressions []object
	for range pick(r, []int{0, 0, 1, 1, 2}) {
		expressions = append(expressions, r.expression(pick(r, pool)))
	}
	if len(expressions) > 0 {
		selector["matchExpressions"] = expressions
	}
	return selector
}

func (r random) expression(label labelPool) object {
	operator := pick(r, []string{"In", "In", "NotIn", "Exists", "DoesNotExist"})
	expression := object{"key": label.key, "operator": operator}
	if operator == "In" || operator == "NotIn" {
		expression["values"] = sample(r, label.values, r.between(1, 2))
	}
	return expression
}

func (r random) port() object {
	port := object{}
	if r.percent(60) {
		port["protocol"] = pick(r, protocols)
	}
	switch r.IntN(8) {
	case 0: // every port of the protocol
	case 1, 2:
		port["port"] = pick(r, slices.Concat(portNames, initPortNames))
	case 3:
		first := pick(r, portNumbers)
		port["port"], port["endPort"] = first, first+pick(r, []int{0, 1, 30, 1000})
	case 4:
		port["port"], port["endPort"] = pick(r, []int{1, 1024, 32768}), 65535
	default:
		port["port"] = pick(r, portNumbers)
	}
	return port
}

func (r random) block(addresses []string) object {
	block := object{"cidr": pick(r, r.blocks(addresses))}
	switch chance := r.IntN(100); {
	case chance < 50:
		return block
	case chance < 55:
		block["except"] = []string{}
		return block
	}
	inside := r.blocksInside(block["cidr"].(string), addresses)
	if len(inside) > 0 {
		block["except"] = sample(r, inside, r.between(1, 3))
	}
	return block
}

var fixedBlocks = []string{
	"0.0.0.0/0", "::/0", "10.244.0.0/16", "10.244.1.0/24", "10.244.2.0/24", "10.244.1.0/25", "10.244.1.128/25",
	"10.244.2.7/24", "10.244.1.4/30", "203.0.113.0/24", "203.0.113.64/26", "203.0.113.5/32", "192.168.50.0/30",
	"128.0.0.0/1", "::ffff:10.244.1.0/120", "fd00:244::/48", "fd00:244:0:1::/64", "fd00:244:0:2::/63", "2001:db8::/32",
	"2001:db8::5/128",
}

func (r random) blocks(addresses []string) []string {
	blocks := append([]string{}, fixedBlocks...)
	for _, address := range sample(r, addresses, 4) {
		bits := 128
		if isV4(address) {
			bits = 32
		}
		blocks = append(blocks, fmt.Sprintf("%s/%d", address, bits), fmt.Sprintf("%s/%d", address, bits-r.between(1, 6)))
	}
	return blocks
}

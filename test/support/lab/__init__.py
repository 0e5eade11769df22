"""A cluster for tests and the demo on one machine, of network namespaces and one program: a node with pods on a bridge
as Flannel's CNI plugin leaves it, a second node behind a router, an outside world, and the built-in API server.

 PREFIX-outside  203.0.113.7 .5 2001:db8::7 on lo    br0 172.31.0.254, the wire between all
 PREFIX-node-a   eth0 172.31.0.11   cni0 10.244.1.1   API server on 172.31.0.11:6443, `selvedge run`
 PREFIX-node-b   eth0 172.31.0.12   cni0 10.244.2.1
 PREFIX-production-api-0 ..         eth0, one for each Pod object

Nodes, pods and their addresses are those of the objects it is given (examples/tutorial/cluster.yaml). Importing needs test/e2e
on the path too, for bed/ (pod servers, probes) and suite/ (engine, API client, report)."""

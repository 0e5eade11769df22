// Whose an address is: pods, nodes, Services, and the ipBlocks of policies around all others.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/monitor/denied.h"
#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge::monitor {

// Refers to the objects, which outlive it. Immutable.
class Directory {
 public:
  explicit Directory(const std::vector<k8s::Object>& objects);

  Party party(const nft::Address& address) const;
  const k8s::Pod* pod(const nft::Address& address) const;  // the newest that claims it; null: none
  const k8s::NetworkPolicy* policy(const k8s::ObjectKey& key) const;
  const k8s::Labels* labels_of_namespace(const std::string& name) const;  // null: not known

  // As the one who receives calls it; empty: it does not.
  std::string port_name(const Party& receiver, std::uint8_t protocol, std::uint16_t port) const;

 private:
  struct Block {
    nft::Interval addresses;
    std::vector<nft::Interval> except;
    std::string name;
  };
  void note(const k8s::Pod& pod);
  void note(const k8s::NetworkPolicy& policy);
  std::vector<std::string> services_of(const k8s::Pod& pod) const;
  std::vector<std::string> blocks_around(const nft::Address& address) const;

  std::map<nft::Address, const k8s::Pod*> pods_;
  std::map<nft::Address, const k8s::Node*> nodes_;
  std::map<nft::Address, const k8s::Service*> services_;
  std::multimap<std::string, const k8s::Service*> services_of_namespace_;
  std::map<k8s::ObjectKey, const k8s::NetworkPolicy*> policies_;
  std::map<std::string, const k8s::Namespace*> namespaces_;
  std::vector<Block> blocks_;  // the narrowest first
};

}  // namespace selvedge::monitor

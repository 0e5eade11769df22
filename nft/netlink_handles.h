// Owners of the C libraries' objects: the one place that names a `_free`.
#pragma once

#include <memory>
#include <new>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>

namespace selvedge::nft::netlink {

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using TableObject = std::unique_ptr<nftnl_table, Freeing<nftnl_table_free>>;
using ChainObject = std::unique_ptr<nftnl_chain, Freeing<nftnl_chain_free>>;
using RuleObject = std::unique_ptr<nftnl_rule, Freeing<nftnl_rule_free>>;
using SetObject = std::unique_ptr<nftnl_set, Freeing<nftnl_set_free>>;
using CounterObject = std::unique_ptr<nftnl_obj, Freeing<nftnl_obj_free>>;
using ExpressionObject = std::unique_ptr<nftnl_expr, Freeing<nftnl_expr_free>>;
using SocketObject = std::unique_ptr<mnl_socket, Freeing<mnl_socket_close>>;

// `made`, which an _alloc function just gave; null means that memory ran out.
template <typename Object>
Object owned(typename Object::pointer made) {
  if (made == nullptr) throw std::bad_alloc();
  return Object(made);
}

}  // namespace selvedge::nft::netlink

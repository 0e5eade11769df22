#include "k8sclient/in_cluster.h"

#include <utility>

namespace selvedge::k8s {
namespace {

class InClusterAccess final : public Access {
 public:
  explicit InClusterAccess(InCluster in_cluster)
      : server_(std::move(in_cluster.server)),
        token_(in_cluster.directory + "/token", in_cluster.now),
        ca_(in_cluster.directory + "/ca.crt", in_cluster.now) {}

  tl::expected<std::pair<Endpoint, Credentials>, TransportError> current(const Interrupt&) override {
    const auto text = token_.text();
    if (!text) return refused(text.error());
    auto token = token_in(*text);
    if (!token) return refused(token_.path() + ": the service account's token " + token.error());
    auto ca = ca_.text();
    if (!ca) return refused(ca.error());
    if (ca->empty()) return refused(ca_.path() + ": is empty");  // must not come to mean the system's trust store
    return std::pair(
        Endpoint{.server = server_, .tls_server_name = "", .ca_pem = std::move(*ca), .origin = "in-cluster"},
        Credentials{.bearer_token = std::move(*token), .client_certificate_pem = "", .client_key_pem = ""});
  }

  void expire() override {
    token_.expire();
    ca_.expire();
  }

 private:
  static tl::unexpected<TransportError> refused(const std::string& cause) {
    return tl::unexpected(TransportError{TransportError::Kind::credentials, "in-cluster: " + cause});
  }

  std::string server_;
  CachedFile token_;
  CachedFile ca_;
};

}  // namespace

std::unique_ptr<Access> make_in_cluster_access(InCluster in_cluster) {
  return std::make_unique<InClusterAccess>(std::move(in_cluster));
}

}  // namespace selvedge::k8s

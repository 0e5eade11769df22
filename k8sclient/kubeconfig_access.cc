#include "k8sclient/kubeconfig_access.h"

#include <optional>
#include <utility>

#include "k8sclient/cached_file.h"
#include "k8sclient/exec_plugin.h"
#include "k8sclient/kubeconfig.h"

namespace selvedge::k8s {
namespace {

constexpr std::chrono::seconds plugin_timeout{60};

// A PEM text from wherever it is; empty when it is not given.
class Pem {
 public:
  Pem() = default;
  explicit Pem(const PemSource& source) : text_(source.text) {
    if (!source.path.empty()) file_.emplace(source.path, std::chrono::steady_clock::now);
  }
  // A file that is there but empty must not come to mean "not given".
  tl::expected<std::string, std::string> text() {
    if (!file_) return text_;
    auto text = file_->text();
    if (text && text->empty()) return tl::unexpected(file_->path() + ": is empty");
    return text;
  }

 private:
  std::string text_;
  std::optional<CachedFile> file_;
};

class KubeconfigAccess final : public Access {
 public:
  KubeconfigAccess(std::vector<std::string> files, std::string context, std::string server)
      : files_(std::move(files)), chosen_(std::move(context)), server_(std::move(server)) {}

  tl::expected<void, std::string> load() {
    auto context = read_kubeconfig(files_, chosen_);
    if (!context) return tl::unexpected(context.error());
    ca_ = Pem(context->ca);
    certificate_ = Pem(context->client_certificate);
    key_ = Pem(context->client_key);
    token_file_.reset();
    if (!context->token_file.empty()) token_file_.emplace(context->token_file, std::chrono::steady_clock::now);
    context_ = std::move(*context);
    return {};
  }

  tl::expected<std::pair<Endpoint, Credentials>, TransportError> current(const Interrupt& interrupt) override {
    if (!context_) {
      if (auto loaded = load(); !loaded) return refused(loaded.error());
    }
    auto ca = ca_.text();
    if (!ca) return refused(context_->origin + ": certificate-authority: " + ca.error());
    Endpoint endpoint{.server = server_.empty() ? context_->server : server_,
                      .tls_server_name = context_->tls_server_name,
                      .ca_pem = std::move(*ca),
                      .origin = context_->origin};
    auto credentials = static_credentials();
    if (!credentials) return refused(context_->origin + ": " + credentials.error());
    if (context_->exec && credentials->bearer_token.empty()) {
      if (auto added = add_from_plugin(*credentials, endpoint, interrupt); !added) return tl::unexpected(added.error());
    }
    return std::pair(std::move(endpoint), std::move(*credentials));
  }

  void expire() override {
    context_.reset();
    from_plugin_.reset();
  }

 private:
  static tl::unexpected<TransportError> refused(const std::string& cause) {
    return tl::unexpected(TransportError{TransportError::Kind::credentials, cause});
  }

  tl::expected<Credentials, std::string> static_credentials() {
    const auto token = bearer_token();
    if (!token) return tl::unexpected(token.error());
    auto certificate = certificate_.text();
    if (!certificate) return tl::unexpected("client-certificate: " + certificate.error());
    auto key = key_.text();
    if (!key) return tl::unexpected("client-key: " + key.error());
    return Credentials{
        .bearer_token = *token, .client_certificate_pem = std::move(*certificate), .client_key_pem = std::move(*key)};
  }

  // A token file goes before a token, as with kubectl: it is the one that is kept fresh.
  tl::expected<std::string, std::string> bearer_token() {
    if (!token_file_ && context_->token.empty()) return std::string();
    const auto text = token_file_ ? token_file_->text() : context_->token;
    if (!text) return tl::unexpected("tokenFile: " + text.error());
    auto token = token_in(*text);
    if (!token)
      return tl::unexpected(token_file_ ? token_file_->path() + ": " + token.error() : "token " + token.error());
    return token;
  }

  tl::expected<void, TransportError> add_from_plugin(Credentials& credentials, const Endpoint& endpoint,
                                                     const Interrupt& interrupt) {
    const auto over = [&] {
      return from_plugin_->expires && *from_plugin_->expires <= std::chrono::system_clock::now();
    };
    if (!from_plugin_ || over()) {
      auto fresh = run_exec_plugin(*context_->exec, endpoint, interrupt, plugin_timeout);
      if (!fresh) return tl::unexpected(fresh.error());
      from_plugin_ = std::move(*fresh);
    }
    const auto& got = from_plugin_->credentials;
    credentials.bearer_token = got.bearer_token;
    if (!got.client_certificate_pem.empty()) {
      credentials.client_certificate_pem = got.client_certificate_pem;
      credentials.client_key_pem = got.client_key_pem;
    }
    return {};
  }

  std::vector<std::string> files_;
  std::string chosen_;
  std::string server_;
  std::optional<KubeconfigContext> context_;  // none: to be read
  Pem ca_;
  Pem certificate_;
  Pem key_;
  std::optional<CachedFile> token_file_;
  std::optional<ExecCredential> from_plugin_;
};

}  // namespace

tl::expected<std::unique_ptr<Access>, std::string> make_kubeconfig_access(std::vector<std::string> files,
                                                                          std::string context, std::string server) {
  auto access = std::make_unique<KubeconfigAccess>(std::move(files), std::move(context), std::move(server));
  if (auto loaded = access->load(); !loaded) return tl::unexpected(loaded.error());
  return access;
}

}  // namespace selvedge::k8s

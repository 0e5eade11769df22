#include "test/support/authority.h"

#include <cstdint>
#include <stdexcept>
#include <utility>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "k8sclient/server_address.h"

namespace selvedge::test {
namespace {

template <class T>
T* made(T* value) {
  if (value == nullptr) throw std::runtime_error("OpenSSL could not make a certificate");
  return value;
}

template <class Write>
std::string pem_of(Write write) {
  BIO* bio = made(BIO_new(BIO_s_mem()));
  write(bio);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string to_pem(X509* certificate) {
  return pem_of([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

std::string to_pem(EVP_PKEY* key) {
  return pem_of([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void extend(X509* certificate, X509* issuer, int extension, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* made_extension = made(X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str()));
  X509_add_ext(certificate, made_extension, -1);
  X509_EXTENSION_free(made_extension);
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string joined;
  for (const auto& name : names) {
    joined += joined.empty() ? "" : ",";
    joined += (k8s::is_address(name) ? "IP:" : "DNS:") + name;
  }
  return joined;
}

void set_random_serial(X509* certificate) {
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U);
}

void set_name(X509_NAME* name, const std::string& common_name) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                             -1, 0);
}

}  // namespace

Authority::Authority(const std::string& common_name) : key_(new_key()) {
  const Subject subject{.common_name = common_name, .names = {}};
  certificate_ = sign(key_.get(), subject, true);
}

Authority::Authority(Key key, Certificate certificate, std::string chain_pem)
    : key_(std::move(key)), certificate_(std::move(certificate)), chain_pem_(std::move(chain_pem)) {}

Authority::Key Authority::new_key() {
  return Key(made(EVP_EC_gen("P-256")));
}

Authority Authority::intermediate(const std::string& common_name) const {
  Key key = new_key();
  Certificate certificate = sign(key.get(), {.common_name = common_name, .names = {}}, true);
  std::string chain = to_pem(certificate.get()) + chain_pem_;
  return {std::move(key), std::move(certificate), std::move(chain)};
}

std::string Authority::certificate_pem() const {
  return to_pem(certificate_.get());
}

Identity Authority::issue(const Subject& subject) const {
  const Key key = new_key();
  return {.certificate_pem = to_pem(sign(key.get(), subject, false).get()) + chain_pem_, .key_pem = to_pem(key.get())};
}

// Without a certificate of our own yet, we are the root, and sign ourselves.
Authority::Certificate Authority::sign(EVP_PKEY* subject_key, const Subject& subject, bool authority) const {
  Certificate certificate(made(X509_new()));
  X509* issuer = certificate_ ? certificate_.get() : certificate.get();
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_random_serial(certificate.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), subject.starts.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), subject.ends.count());
  set_name(X509_get_subject_name(certificate.get()), subject.common_name);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  X509_set_pubkey(certificate.get(), subject_key);
  extend(certificate.get(), issuer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  extend(certificate.get(), issuer, NID_subject_key_identifier, "hash");
  if (!subject.names.empty()) {
    extend(certificate.get(), issuer, NID_subject_alt_name, alternative_names(subject.names));
  }
  if (X509_sign(certificate.get(), key_.get(), EVP_sha256()) == 0) throw std::runtime_error("cannot sign");
  return certificate;
}

}  // namespace selvedge::test

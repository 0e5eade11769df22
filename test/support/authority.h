// A throw-away certificate authority, in memory, for servers and clients of tests.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace selvedge::test {

struct Identity {
  std::string certificate_pem;  // the leaf, then intermediates up to but without the root
  std::string key_pem;
};

// What a certificate says.
struct Subject {
  std::string common_name;
  std::vector<std::string> names;      // subjectAltName: host names and addresses
  std::chrono::seconds starts{-3600};  // from now
  std::chrono::seconds ends{24 * 3600};
};

class Authority {
 public:
  explicit Authority(const std::string& common_name = "selvedge test authority");
  // An authority below this one, which its certificates then bring along.
  Authority intermediate(const std::string& common_name) const;

  std::string certificate_pem() const;
  Identity issue(const Subject& subject) const;

 private:
  struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  using Certificate = std::unique_ptr<X509, Free>;
  using Key = std::unique_ptr<EVP_PKEY, Free>;

  Authority(Key key, Certificate certificate, std::string chain_pem);
  static Key new_key();
  Certificate sign(EVP_PKEY* subject_key, const Subject& subject, bool authority) const;

  Key key_;
  Certificate certificate_;
  std::string chain_pem_;  // this authority's certificate and those above it, without the root
};

}  // namespace selvedge::test

// The page: one template, in which style, scripts and data take their places. What may run is named by digest, so that
// nothing else does, whatever the data hold.
#include <array>

#include <openssl/evp.h>

#include "controller/cli/report_page.h"
#include "controller/cli/report_words.h"

namespace selvedge::cli {
namespace {

// As Content-Security-Policy wants it: base64 of SHA-256.
std::string digest(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
  const int length = EVP_EncodeBlock(base64.data(), bytes.data(), static_cast<int>(size));
  return "'sha256-" + std::string(base64.begin(), base64.begin() + length) + '\'';
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

struct Place {
  std::string_view name;  // as in page.html
  std::string text;
};

// From place to place, so that nothing that was put in is taken for a place.
std::string filled(std::string_view page, const std::vector<Place>& places) {
  std::string text;
  for (const Place& place : places) {
    const std::size_t at = page.find(place.name);
    text += page.substr(0, at);
    text += place.text;
    page.remove_prefix(at + place.name.size());
  }
  return text.append(page);
}

}  // namespace

std::string report_html(const Page& page) {
  const std::string script = page_script();
  const std::string style(page_style);
  const std::string policy = "default-src 'none'; script-src " + digest(script) + "; style-src " + digest(style) +
                             "; base-uri 'none'; form-action 'none'";
  return filled(page_template, {{"{{policy}}", policy},
                                {"{{title}}", escaped(page.title)},
                                {"{{style}}", style},
                                {"{{data}}", inert(page_data(page))},
                                {"{{script}}", script}});
}

}  // namespace selvedge::cli

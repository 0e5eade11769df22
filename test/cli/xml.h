// Whether a text is well-formed XML, as far as reports of tests use it: elements, attributes, the five entities, and
// characters that XML has. A strict little reader, so that the tests need no library.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace selvedge::test {

struct Xml {
  std::map<std::string, std::size_t> elements;  // how many of each name
};

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : rest_(text) {}

  tl::expected<Xml, std::string> read() {
    if (!take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")) return wrong("has no declaration");
    while (!rest_.empty()) {
      const bool good = rest_.starts_with("</") ? close() : rest_.starts_with('<') ? open() : character();
      if (!good) return wrong("is wrong");
    }
    return open_.empty() ? tl::expected<Xml, std::string>(xml_) : wrong("leaves an element open");
  }

 private:
  tl::unexpected<std::string> wrong(const std::string& what) const {
    return tl::unexpected(what + " at: " + std::string(rest_.substr(0, 80)));
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  std::string name() {
    const std::size_t end = rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyz-");
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(text.size());
    return text;
  }
  bool open() {
    take("<");
    const std::string element = name();
    if (element.empty() || (open_.empty() && !xml_.elements.empty())) return false;
    ++xml_.elements[element];
    while (take(" ")) {
      if (name().empty() || !take("=\"")) return false;
      while (!rest_.empty() && rest_[0] != '"') {
        if (rest_[0] == '<' || !character()) return false;
      }
      if (!take("\"")) return false;
    }
    if (take("/>")) return true;
    open_.push_back(element);
    return take(">");
  }
  bool close() {
    take("</");
    const std::string element = name();
    if (open_.empty() || open_.back() != element) return false;
    open_.pop_back();
    return take(">");
  }
  bool character() {
    if (rest_.starts_with("]]>") || rest_.starts_with("\xef\xbf\xbe") || rest_.starts_with("\xef\xbf\xbf"))
      return false;
    if (rest_[0] == '&') return take("&amp;") || take("&lt;") || take("&gt;") || take("&quot;") || take("&apos;");
    const auto byte = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    return byte >= 0x20 || byte == '\n';
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  Xml xml_;
};

inline tl::expected<Xml, std::string> read_xml(const std::string& text) {
  return XmlReader(text).read();
}

}  // namespace selvedge::test

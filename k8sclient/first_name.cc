// Events of the JSON parser, listened to until the first metadata is over.
#include "k8sclient/first_name.h"

#include "k8sclient/api_status.h"
#include "k8sclient/decode_tree.h"

namespace selvedge::k8s {

namespace {

// The names and signatures are those that nlohmann's sax_parse calls; false ends the parsing.
class NameEvents {
 public:
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(Tree::number_integer_t) { return true; }
  bool number_unsigned(Tree::number_unsigned_t) { return true; }
  bool number_float(Tree::number_float_t, const std::string&) { return true; }
  bool binary(Tree::binary_t&) { return true; }
  bool string(const std::string& value) {
    if (depth_ != metadata_) return true;
    if (key_ == "name") name_ = one_line(value);
    if (key_ == "namespace") ns_ = one_line(value);
    return true;
  }
  bool start_object(std::size_t) {
    ++depth_;
    if (metadata_ == 0 && key_ == "metadata") metadata_ = depth_;
    return true;
  }
  bool key(const std::string& name) {
    key_ = name;
    return true;
  }
  bool end_object() { return depth_-- != metadata_; }
  bool start_array(std::size_t) {
    ++depth_;
    return true;
  }
  bool end_array() {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

  std::string name() const { return ns_.empty() || name_.empty() ? name_ : ns_ + "/" + name_; }

 private:
  std::size_t depth_ = 0;
  std::size_t metadata_ = 0;  // its depth; 0: not seen
  std::string key_;
  std::string name_;
  std::string ns_;
};

}  // namespace

std::string first_name(std::string_view json) {
  NameEvents events;
  (void)Tree::sax_parse(json.begin(), json.end(), &events);
  return events.name();
}

Unreadable unreadable(Kind kind, const std::string& name, const std::string& why) {
  const std::string what = name.empty() ? " without a readable name" : " " + one_line(name);
  return {.kind = kind, .message = std::string(to_string(kind)) + what + ": " + why};
}

}  // namespace selvedge::k8s

// JSON as API servers write it, read without building anything: the caller takes
// what it wants and steps over the rest. It errs on the side of no: a text that
// is not plain, or in which anything is wrong, gives false, and parse_json() must
// be asked. So it accepts nothing that parse_json() refuses.
//
// Plain is: no escape but in what is stepped over, no byte past ASCII, whole
// numbers of at most 18 digits, nesting and objects of a modest size. All the rest
// of JSON's grammar is checked, also where nobody reads, and that no key occurs
// twice; in metadata.managedFields only the grammar counts, as for parse_json().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace selvedge::k8s {

// Each step answers whether all is well and plain so far; after a false one the reader must not be used further.
// Texts are views of the text that is read.
class PlainJson {
 public:
  explicit PlainJson(std::string_view text);

  bool ends();  // nothing but white space is left

  bool text(std::string_view& value);
  bool number(std::int64_t& value);
  bool boolean(bool& value);
  bool step_over();

  // `member(key)` must read the value of a key, or step over it with step_over_member().
  template <class Member>
  bool object(const Member& member) {
    if (!take('{') || depth_ == deepest) return false;
    ++depth_;
    const std::size_t first = open_keys_;
    bool well = take('}');
    if (!well) {
      do {
        std::string_view key;
        well = text(key) && is_new(key, first) && take(':') && member(key);
      } while (well && take(','));
      well = well && take('}');
    }
    open_keys_ = first;
    --depth_;
    return well;
  }
  // `element()` must read one element.
  template <class Element>
  bool list(const Element& element) {
    if (!take('[') || depth_ == deepest) return false;
    ++depth_;
    bool well = take(']');
    if (!well) {
      do {
        well = element();
      } while (well && take(','));
      well = well && take(']');
    }
    --depth_;
    return well;
  }
  // `in_metadata`: of the object that is called so.
  bool step_over_member(std::string_view key, bool in_metadata = false);

 private:
  static constexpr std::size_t deepest = 64;
  static constexpr std::size_t most_open_keys = 160;

  void space();
  bool take(char c);
  bool word(std::string_view wanted);
  void run_of_text();
  bool is_new(std::string_view key, std::size_t first);
  bool step_over_text();
  bool step_over(bool in_metadata);
  bool step_over_grammar();

  const char* at_;
  const char* end_;
  std::size_t depth_ = 0;
  std::size_t open_keys_ = 0;  // of the objects that are open, one behind the other
  std::array<std::string_view, most_open_keys> keys_;
};

}  // namespace selvedge::k8s

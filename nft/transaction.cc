#include "nft/transaction.h"

#include "nft/overloaded.h"

namespace selvedge::nft {

const std::string& object_of(const Op& op) {
  using Name = const std::string&;
  static const std::string none;
  return std::visit(Overloaded{
                        [](const AddTable&) -> Name { return none; },
                        [](const DeleteTable&) -> Name { return none; },
                        [](const AddElements& o) -> Name { return o.set; },
                        [](const DeleteElements& o) -> Name { return o.set; },
                        [](const AddMapElements& o) -> Name { return o.map; },
                        [](const DeleteMapElements& o) -> Name { return o.map; },
                        [](const AddRule& o) -> Name { return o.chain; },
                        [](const auto& o) -> Name { return o.name; },
                    },
                    op);
}

}  // namespace selvedge::nft

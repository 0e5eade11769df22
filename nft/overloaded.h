// One lambda per alternative, for std::visit.
#pragma once

namespace selvedge::nft {

template <typename... Alternatives>
struct Overloaded : Alternatives... {
  using Alternatives::operator()...;
};
template <typename... Alternatives>
Overloaded(Alternatives...) -> Overloaded<Alternatives...>;

}  // namespace selvedge::nft

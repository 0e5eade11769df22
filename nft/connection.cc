#include "nft/connection.h"

#include "nft/text_words.h"

namespace selvedge::nft {
namespace {

std::string end_text(const Address& address, std::uint16_t port) {
  const std::string text = to_string(address);
  if (port == 0) return text;
  return (address.family == Family::v6 ? '[' + text + ']' : text) + ':' + std::to_string(port);
}

}  // namespace

std::string to_string(const Connection& connection) {
  const Tuple& original = connection.original;
  const Tuple& reply = connection.reply;
  std::string text = text::protocol(original.protocol) + ' ' + end_text(original.source, original.source_port) +
                     " -> " + end_text(original.destination, original.destination_port);
  if (reply.source != original.destination || reply.source_port != original.destination_port)
    text += ", to " + end_text(reply.source, reply.source_port);
  return text;
}

}  // namespace selvedge::nft

// Blocks whose text says something else than it means: an except that is outside
// its cidr or leaves nothing of it, bits beyond the prefix (semantics 45, 50).
#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

void judge_except(const std::string& text, const nft::Prefix& cidr, const k8s::IpBlock& block, Finding finding,
                  std::vector<Finding>& findings) {
  const auto except = nft::parse_prefix(text);
  if (!except) return;
  const bool overlaps = nft::contains(cidr, except->address) || nft::contains(*except, cidr.address);
  if (overlaps && except->bits > cidr.bits) return;
  finding.rule = overlaps ? "except-covers-block" : "except-outside-block";
  finding.message = quoted(text) + (overlaps ? " covers all of cidr " : " is outside cidr ") + quoted(block.cidr) +
                    (overlaps ? "; the peer matches nothing" : "; it has no effect");
  finding.repeats = finding.message;
  findings.push_back(std::move(finding));
}

void judge_host_bits(const nft::Prefix& cidr, const k8s::IpBlock& block, Finding finding,
                     std::vector<Finding>& findings) {
  const auto written = nft::parse_address(block.cidr.substr(0, block.cidr.find('/')));
  if (!written || written->family != cidr.address.family || *written == cidr.address) return;
  finding.rule = "cidr-with-host-bits";
  finding.message =
      quoted(block.cidr) + " has bits set beyond its prefix; all of " + nft::to_string(cidr) + " is meant";
  finding.repeats = finding.message;
  findings.push_back(std::move(finding));
}

void judge(const RuleAt& at, std::size_t peer, std::vector<Finding>& findings) {
  const auto& block = at.written->peers[peer].ip_block;
  const auto cidr = block ? nft::parse_prefix(block->cidr) : std::nullopt;
  if (!cidr) return;
  const std::string field = peer_field(at, peer) + ".ipBlock";
  judge_host_bits(*cidr, *block, {"", at.subject->policy.key, field + ".cidr", "", ""}, findings);
  for (std::size_t i = 0; i < block->except.size(); ++i) {
    const std::string where = field + ".except[" + std::to_string(i) + "]";
    judge_except(block->except[i], *cidr, *block, {"", at.subject->policy.key, where, "", ""}, findings);
  }
}

}  // namespace

std::vector<Finding> misfit_blocks(const Scene& scene) {
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.written_rules()) {
    for (std::size_t i = 0; i < at.written->peers.size(); ++i) judge(at, i, findings);
  }
  return findings;
}

}  // namespace selvedge::lint

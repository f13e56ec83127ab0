// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/nftables.hpp"

// libnftables.h defines _GNU_SOURCE, which g++ has defined already.
#undef _GNU_SOURCE
#include <nftables/libnftables.h>

#include <stdexcept>
#include <string_view>

namespace berth {
namespace {

/// nft's first line, which says what is wrong; the others draw arrows under the command.
std::string reason(std::string_view complaint) {
  constexpr std::string_view head = "Error: ";
  const auto line = complaint.substr(0, complaint.find('\n'));
  return std::string(line.starts_with(head) ? line.substr(head.size()) : line);
}

}  // namespace

Nftables::Nftables() : context_(nft_ctx_new(NFT_CTX_DEFAULT)) {
  if (context_ == nullptr || nft_ctx_buffer_output(context_) != 0 || nft_ctx_buffer_error(context_) != 0)
    throw std::runtime_error("libnftables does not start");
  nft_ctx_output_set_flags(context_, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_ALL | NFT_CTX_OUTPUT_STATELESS);
}

Nftables::~Nftables() {
  nft_ctx_free(context_);
}

Result<std::string> Nftables::run(const std::string& commands) {
  const int failed = nft_run_cmd_from_buffer(context_, commands.c_str());
  const char* printed = nft_ctx_get_output_buffer(context_);
  std::string output = printed != nullptr ? printed : "";
  const char* complaint = nft_ctx_get_error_buffer(context_);
  if (failed != 0)
    return std::unexpected(Error{Code::firewall_failed,
                                 "the kernel's packet filter refuses a command",
                                 {{"reason", reason(complaint != nullptr ? complaint : "")},
                                  {"next", "look at `nft list ruleset`; nf_tables must be in the kernel"}}});
  return output;
}

}  // namespace berth

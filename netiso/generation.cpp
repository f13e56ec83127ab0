// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/generation.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>

namespace berth {
namespace {

Error failed(const char* what) {
  return {Code::firewall_failed, what, {{"reason", std::strerror(errno)}}};  // NOLINT(concurrency-mt-unsafe)
}

/// The value of an attribute in a message of the kernel's.
std::optional<std::uint32_t> number_in(std::span<const std::byte> message, unsigned attribute) {
  std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nfgenmsg));
  while (at + sizeof(nlattr) <= message.size()) {
    nlattr head{};
    std::memcpy(&head, message.data() + at, sizeof head);
    std::uint32_t value = 0;
    if (head.nla_type == attribute && at + NLA_HDRLEN + sizeof value <= message.size()) {
      std::memcpy(&value, message.data() + at + NLA_HDRLEN, sizeof value);
      return ntohl(value);
    }
    if (head.nla_len < NLA_HDRLEN) break;
    at += NLA_ALIGN(head.nla_len);
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint32_t> Generation::now() {
  if (!socket_) socket_ = Fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  struct {
    nlmsghdr head;
    nfgenmsg body;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
  request.head.nlmsg_flags = NLM_F_REQUEST;
  std::array<std::byte, 1024> answer{};
  if (send(socket_.get(), &request, sizeof request, 0) < 0) return std::unexpected(failed("cannot ask nftables"));
  const auto size = recv(socket_.get(), answer.data(), answer.size(), 0);
  if (size < 0) return std::unexpected(failed("nftables does not answer"));
  const auto number = number_in(std::span(answer).first(static_cast<std::size_t>(size)), NFTA_GEN_ID);
  if (!number) return std::unexpected(Error{Code::firewall_failed, "nftables does not tell its generation", {}});
  return *number;
}

}  // namespace berth

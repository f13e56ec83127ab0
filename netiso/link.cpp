// SPDX-License-Identifier: LGPL-2.1-or-later
#include "netiso/link.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>

#include "core/fd.hpp"
#include "core/file.hpp"

namespace berth {
namespace {

namespace fs = std::filesystem;

/// A message of rtnetlink about one interface, with at most one attribute (rtnetlink(7)).
struct Request {
  nlmsghdr head{};
  ifinfomsg body{};
  std::array<std::byte, 272> attribute{};

  Request(std::uint16_t type, unsigned interface) {
    head.nlmsg_len = NLMSG_LENGTH(sizeof body);
    head.nlmsg_type = type;
    head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    body.ifi_index = static_cast<int>(interface);
  }

  void add(std::uint16_t type, std::span<const std::byte> value) {
    const rtattr entry{static_cast<std::uint16_t>(RTA_LENGTH(value.size())), type};
    std::memcpy(attribute.data(), &entry, sizeof entry);
    std::memcpy(attribute.data() + RTA_LENGTH(0), value.data(), value.size());
    head.nlmsg_len += static_cast<std::uint32_t>(RTA_SPACE(value.size()));
  }
};

/// The kernel's answer as an errno; 0 when it did what was asked.
int exchange(const Request& request) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket || send(socket.get(), &request, request.head.nlmsg_len, 0) < 0) return errno;
  struct {
    nlmsghdr head;
    nlmsgerr verdict;
    std::array<std::byte, 512> rest;
  } answer{};
  const auto size = recv(socket.get(), &answer, sizeof answer, 0);
  if (size < 0) return errno;
  if (static_cast<std::size_t>(size) < NLMSG_LENGTH(sizeof answer.verdict) || answer.head.nlmsg_type != NLMSG_ERROR)
    return EPROTO;
  return -answer.verdict.error;
}

Result<void> ask(const Request& request, const char* what, const std::string& interface) {
  const int fault = exchange(request);
  if (fault == 0) return {};
  return std::unexpected(
      Error{Code::network_failed,
            what,
            {{"interface", interface}, {"reason", std::strerror(fault)}}});  // NOLINT(concurrency-mt-unsafe)
}

fs::path folder_of(const std::string& interface) {
  return fs::path("/sys/class/net") / interface;
}

}  // namespace

bool Link::exists() const {
  return if_nametoindex(name_.c_str()) != 0;
}

bool Link::is_up() const {
  const auto flags = read_file(folder_of(name_) / "flags", 4096).value_or("");
  return (std::strtoul(flags.c_str(), nullptr, 16) & IFF_UP) != 0;
}

std::string Link::bridge() const {
  std::error_code none;
  return fs::read_symlink(folder_of(name_) / "master", none).filename();
}

std::string Link::alias() const {
  auto text = read_file(folder_of(name_) / "ifalias", 4096).value_or("");
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<void> Link::attach_to(const std::string& bridge) const {
  const unsigned master = if_nametoindex(bridge.c_str());
  Request request(RTM_NEWLINK, if_nametoindex(name_.c_str()));
  request.add(IFLA_MASTER, std::as_bytes(std::span(&master, 1)));
  return ask(request, "cannot put an interface on a user's bridge", name_);
}

Result<void> Link::set_alias(const std::string& text) const {
  Request request(RTM_NEWLINK, if_nametoindex(name_.c_str()));
  request.add(IFLA_IFALIAS, std::as_bytes(std::span(text).first(std::min<std::size_t>(text.size(), 255))));
  return ask(request, "cannot mark an interface", name_);
}

Result<void> Link::remove() const {
  const unsigned index = if_nametoindex(name_.c_str());
  if (index == 0) return {};
  auto gone = ask(Request(RTM_DELLINK, index), "cannot remove an interface", name_);
  return exists() ? gone : Result<void>{};
}

}  // namespace berth

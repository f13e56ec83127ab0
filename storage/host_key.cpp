// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/host_key.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/fd.hpp"
#include "storage/wrap.hpp"

namespace berth {
namespace {

Error no_host_key(std::string message, std::string path, std::string reason) {
  return {Code::key_damaged,
          std::move(message),
          {{"path", std::move(path)},
           {"reason", std::move(reason)},
           {"next",
            "restore /etc/berth/host-key.cred and /var/lib/systemd/credential.secret from their backup, on the host "
            "with the same /etc/machine-id; on a host without users yet, make one by reinstalling the package, then "
            "restart berth-hypervisor"}}};
}

}  // namespace

Result<Secret> read_host_key(const std::filesystem::path& credentials) {
  const auto path = credentials / "host-key";
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(no_host_key("the host key cannot be read", path, std::strerror(errno)));  // NOLINT
  Secret key(key_size + 1);  // one more, to notice a file that is too long
  std::size_t have = 0;
  while (have < key.size()) {
    const auto got = ::read(fd.get(), key.bytes().data() + have, key.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return std::unexpected(no_host_key("the host key cannot be read", path, std::strerror(errno)));  // NOLINT
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  if (have != key_size)
    return std::unexpected(
        no_host_key("the host key is not 32 bytes long", path, have < key_size ? "too short" : "too long"));
  return Secret::taking(key.bytes().first(key_size));
}

Result<Secret> read_host_key() {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  if (folder == nullptr)
    return std::unexpected(no_host_key("the host key was not handed over", "$CREDENTIALS_DIRECTORY/host-key",
                                       "the variable is not set: the unit needs LoadCredentialEncrypted=host-key"));
  return read_host_key(folder);
}

}  // namespace berth

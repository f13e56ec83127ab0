// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/own_key.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/file.hpp"
#include "core/process.hpp"

namespace berth::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* ssh_keygen = "/usr/bin/ssh-keygen";
constexpr const char* name = "id_ed25519";

Failure failed(std::string message, const fs::path& path, std::string reason) {
  Failure failure(Exit::failed, std::move(message), "or name a key of yours with --ssh-key FILE");
  failure.error.details = {{"path", path.string()}, {"reason", std::move(reason)}};
  return failure;
}

Outcome<std::string> keygen(std::vector<std::string> arguments, const fs::path& file) {
  const auto finished = run({.path = ssh_keygen, .arguments = std::move(arguments)});
  if (!finished)
    return std::unexpected(
        failed("cannot run ssh-keygen; is openssh-client installed?", ssh_keygen, describe(finished.error())));
  if (finished->status != 0) return std::unexpected(failed("ssh-keygen failed", file, finished->errors));
  return finished->output;
}

/// A folder beside the final place, gone with everything in it at the end.
class Workshop {
 public:
  static Outcome<Workshop> below(const fs::path& folder) {
    auto pattern = (folder / ".new-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      return std::unexpected(failed("cannot make a folder for the key", folder,
                                    std::error_code(errno, std::generic_category()).message()));
    return Workshop(pattern);
  }
  Workshop(Workshop&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Workshop& operator=(Workshop&&) = delete;
  ~Workshop() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit Workshop(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Outcome<void> make_folder(const fs::path& folder) {
  std::error_code fault;
  const bool made = fs::create_directories(folder, fault);
  if (made) fs::permissions(folder, fs::perms::owner_all, fault);
  if (fault) return std::unexpected(failed("cannot make a folder for the key", folder, fault.message()));
  return {};
}

/// Makes the pair elsewhere and links it to its place, which fails where another was faster: then that one is ours.
Outcome<void> make_pair(const fs::path& file) {
  TRY(make_folder(file.parent_path()));
  const auto workshop = TRY(Workshop::below(file.parent_path()));
  const auto fresh = workshop.path() / name;
  TRY(keygen({"-q", "-t", "ed25519", "-N", "", "-C", "berth", "-f", fresh.string()}, fresh));
  if (link(fresh.c_str(), file.c_str()) != 0) {
    if (errno == EEXIST) return {};
    return std::unexpected(
        failed("cannot keep the key", file, std::error_code(errno, std::generic_category()).message()));
  }
  std::error_code ignored;  // the public half is there for people; berth reads the private one
  fs::rename(fresh.string() + ".pub", file.string() + ".pub", ignored);
  TRY(sync_folder(file.parent_path()));
  return {};
}

}  // namespace

fs::path own_key_file(const Environment& environment) {
  return config_folder(environment) / name;
}

Outcome<OwnKey> existing_own_key(const Environment& environment) {
  const auto file = own_key_file(environment);
  std::error_code fault;
  if (!fs::exists(file, fault)) {
    Failure none(Exit::not_found, "berth has no key of its own yet");
    none.error.code = Code::not_found;
    return std::unexpected(std::move(none));
  }
  // An empty passphrase is given, so that it never asks on the terminal.
  const auto line = TRY(keygen({"-y", "-P", "", "-f", file.string()}, file));
  return OwnKey{file, TRY(SshKey::parse(line))};
}

Outcome<OwnKey> own_key(const Environment& environment) {
  const auto file = own_key_file(environment);
  std::error_code fault;
  if (!fs::exists(file, fault)) TRY(make_pair(file));
  return existing_own_key(environment);
}

}  // namespace berth::cli

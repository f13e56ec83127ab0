// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "agent/model.hpp"
#include "core/clock.hpp"

namespace berth::agent {

struct Host;
class Store;

/// Images: their names are in the store, their files with the hypervisor manager. For any number of threads.
class Images {
 public:
  /// Refers to all three; they outlive it.
  Images(Store& store, Host& host, const Clock& clock) : store_(store), host_(host), clock_(clock) {}

  /// Reads the file from `data_fd`, which stays the caller's, to its end. `sha256` may be empty. The same file under
  /// the same name again gives the image that is there. Errors: `already_exists` (the name is another image's, or the
  /// image has another name), `invalid_field` (name, format), `image_rejected`, `checksum_mismatch`, `storage_full`.
  Result<Image> import(int data_fd, std::string_view name, std::string_view format, std::string_view sha256);
  /// Ordered by name.
  Result<std::vector<Image>> list();
  /// `image_in_use` while a session needs it, `busy` while an import is under way.
  Result<void> remove(std::string_view name_or_id);

  /// Files on the host that no image is named for.
  struct Strays {
    std::vector<ImageId> removed;  ///< left behind by an import that this or an earlier process did not see end
    std::vector<ImageId> kept;     ///< of unknown origin, or needed by a volume
    std::vector<Error> refused;    ///< what could not be removed
  };
  /// Looks for them; while an import is under way nothing can be told, and `kept` is as it was. For one thread.
  Result<Strays> sweep();

 private:
  Result<std::int64_t> begin(std::string_view name);
  void end(std::int64_t import);
  bool discard(const ImageId& id);

  Store& store_;
  Host& host_;
  const Clock& clock_;
  std::shared_timed_mutex importing_;  ///< shared by imports; a removal and the sweep take it alone
  std::vector<ImageId> kept_;          ///< by the last sweep
};

}  // namespace berth::agent

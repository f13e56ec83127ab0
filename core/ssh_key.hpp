// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace berth {

/// One public SSH key in the form of an authorized_keys line without options: type, base 64, optional comment. Only the
/// types ssh-ed25519, ecdsa-sha2-nistp256/384/521, ssh-rsa and their sk- forms; the blob must begin with its type; the
/// comment is printable ASCII without quotes or backslashes. So it can stand in a seed or a file as it is.
class SshKey {
 public:
  static Result<SshKey> parse(std::string_view line);

  const std::string& line() const { return line_; }  ///< "TYPE BASE64[ COMMENT]"
  std::string comment() const;
  /// "SHA256:…" as `ssh-keygen -l` prints it.
  const std::string& fingerprint() const { return fingerprint_; }
  bool operator==(const SshKey& other) const { return fingerprint_ == other.fingerprint_; }

 private:
  std::string line_;
  std::string fingerprint_;
};

}  // namespace berth

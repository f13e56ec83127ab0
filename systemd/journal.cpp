// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/journal.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdio>

namespace berth::journal {
namespace {

constexpr std::size_t longest_value = 8 * 1024;  // a guest's or a library's words may be long; a line should not be

/// Whether a journal listens; systemd's library drops lines in silence when none does.
bool has_journal() {
  return access("/run/systemd/journal/socket", W_OK) == 0;
}

void to_stderr(Priority priority, std::string_view text, const Fields& fields) {
  std::string line = "<" + std::to_string(static_cast<int>(priority)) + ">" + std::string(text);
  for (const auto& [key, value] : fields)
    if (key != "MESSAGE_ID") line += " " + key + "=" + value;
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace

void write(Priority priority, std::string_view text, const Fields& fields) {
  static const bool journal = has_journal();
  if (!journal) return to_stderr(priority, text, fields);
  std::vector<std::string> lines{"MESSAGE=" + std::string(text.substr(0, longest_value)),
                                 "PRIORITY=" + std::to_string(static_cast<int>(priority))};
  for (const auto& [key, value] : fields) lines.push_back(key + "=" + value.substr(0, longest_value));
  std::vector<iovec> parts;
  for (auto& line : lines) parts.push_back({line.data(), line.size()});
  // Without a location: the fields of systemd's macro would name this line for every message.
  if ((sd_journal_sendv)(parts.data(), static_cast<int>(parts.size())) < 0) to_stderr(priority, text, fields);
}

void write(Priority priority, std::string_view doing, const Error& error, Fields fields) {
  fields.emplace_back("BERTH_CODE", wire_name(error.code));
  write(priority, std::string(doing) + ": " + describe(error), fields);
}

}  // namespace berth::journal

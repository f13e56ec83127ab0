// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/inspector.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/json.hpp"
#include "core/process.hpp"

namespace berth {
namespace {

constexpr std::size_t longest_sentence = 400;
constexpr Bytes longest_cmdline = 1024;

Error rejected(std::string reason, std::string next) {
  return {Code::image_rejected,
          "the file is not an image that can be taken",
          {{"reason", std::move(reason)}, {"next", std::move(next)}}};
}

/// The inspector's own sentences are printable ASCII; another one's are not shown to anybody.
Result<std::string> sentence(JsonReader& fields, const std::string& key) {
  auto text = TRY(fields.string(key, longest_sentence));
  if (std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) return text;
  return std::unexpected(fields.wrong(key, "must be printable"));
}

Result<Range> range(JsonReader& fields, const std::string& key, Bytes file_size) {
  auto inner = TRY(fields.object(key));
  Range range;
  range.offset = TRY(inner.number("offset", 0, file_size));
  range.size = TRY(inner.number("size", 1, file_size - range.offset));
  TRY(inner.done());
  return range;
}

Result<Inspection> read_taken(JsonReader& fields, ImageFormat format, Bytes file_size, const ImageLimits& limits) {
  Inspection taken;
  taken.disk = TRY(range(fields, "disk", file_size));
  const auto disk_format = TRY(fields.string("disk_format"));
  taken.disk_format = disk_format == "qcow2" ? DiskFormat::qcow2 : DiskFormat::raw;
  if (disk_format != name_of(taken.disk_format) || (format != ImageFormat::bundle && disk_format != name_of(format)))
    return std::unexpected(fields.wrong("disk_format", "is not what was asked for"));
  taken.virtual_size = TRY(fields.number("virtual_size", 512, limits.most_virtual));
  if (taken.virtual_size % 512 != 0) return std::unexpected(fields.wrong("virtual_size", "must be whole sectors"));
  if (format == ImageFormat::bundle) {
    Inspection::Boot boot;
    boot.kernel = TRY(range(fields, "kernel", file_size));
    boot.initrd = TRY(range(fields, "initrd", file_size));
    boot.cmdline = TRY(range(fields, "cmdline", file_size));
    if (boot.cmdline.size > longest_cmdline + 1) return std::unexpected(fields.wrong("cmdline", "is too long"));
    // Members do not overlap. No sum runs over: none of the four is larger than the file, which an off_t counts.
    if (taken.disk.size + boot.kernel.size + boot.initrd.size + boot.cmdline.size > file_size)
      return std::unexpected(fields.wrong("disk", "and the other members are larger than the file"));
    taken.boot = boot;
  } else if (taken.disk.offset != 0 || taken.disk.size != file_size) {
    return std::unexpected(fields.wrong("disk", "must be the whole file"));
  }
  TRY(fields.done());
  return taken;
}

Result<Inspection> read_verdict(std::string_view text, ImageFormat format, Bytes file_size, const ImageLimits& limits) {
  const auto value = TRY(parse_json(text));
  auto fields = TRY(JsonReader::of(value));
  const auto verdict = TRY(fields.string("verdict"));
  if (verdict == "taken") return read_taken(fields, format, file_size, limits);
  if (verdict != "refused") return std::unexpected(fields.wrong("verdict", "must be taken or refused"));
  auto reason = TRY(sentence(fields, "reason"));
  auto next = TRY(sentence(fields, "next"));
  TRY(fields.done());
  return std::unexpected(rejected(std::move(reason), std::move(next)));
}

}  // namespace

Result<Inspection> parse_verdict(std::string_view verdict, ImageFormat format, Bytes file_size,
                                 const ImageLimits& limits) {
  auto inspection = read_verdict(verdict, format, file_size, limits);
  if (inspection || inspection.error().code == Code::image_rejected) return inspection;
  return std::unexpected(rejected("its inspector gave no clear verdict: " + describe(inspection.error()),
                                  "do not use this file, it may have been made to do harm"));
}

Result<Inspection> Inspector::inspect(int file, Bytes file_size, ImageFormat format, const ImageLimits& limits) const {
  Program program{program_.string()};
  program.arguments = {std::string(name_of(format)),
                       std::to_string(user_),
                       std::to_string(group_),
                       std::to_string(limits.most_virtual),
                       std::to_string(limits.most_ratio),
                       std::to_string(limits.ratio_floor)};
  program.files = {{3, file}};
  program.deadline = std::chrono::seconds(60);  // a file of 64 GiB with small clusters takes 2 s
  const auto finished = TRY(run(program));
  if (finished.status == 0) return parse_verdict(finished.output, format, file_size, limits);
  if (finished.status > 128)
    return std::unexpected(
        rejected(fmt::format("its inspector was ended by signal {} while it read the file", finished.status - 128),
                 "do not use this file, it may have been made to do harm"));
  return std::unexpected(Error{Code::storage_failed,
                               "the image inspector does not work",
                               {{"program", program.path},
                                {"reason", finished.errors.substr(0, longest_sentence)},
                                {"next", "reinstall the package berth, then import again"}}});
}

}  // namespace berth

// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/inspector/verdict.hpp"

#include <nlohmann/json.hpp>

#include "storage/inspector/bundle.hpp"
#include "storage/inspector/disk.hpp"

namespace berth::inspector {
namespace {

using nlohmann::json;

json range(const Source& part) {
  return {{"offset", part.at()}, {"size", part.size()}};
}

Checked<json> check_disk(const Source& disk, bool qcow2, const Limits& limits) {
  const auto size = TRY(qcow2 ? check_qcow2(disk, limits) : check_raw(disk, limits));
  return json{
      {"verdict", "taken"}, {"disk_format", qcow2 ? "qcow2" : "raw"}, {"virtual_size", size}, {"disk", range(disk)}};
}

Checked<json> check_bundle(const Source& file, const Limits& limits) {
  const auto bundle = TRY(read_bundle(file));
  auto taken = TRY(check_disk(bundle.disk, bundle.disk_is_qcow2, limits));
  taken["kernel"] = range(bundle.kernel);
  taken["initrd"] = range(bundle.initrd);
  taken["cmdline"] = range(bundle.cmdline);
  return taken;
}

Checked<json> check(const Source& file, std::string_view format, const Limits& limits) {
  if (format == "qcow2") return check_disk(file, true, limits);
  if (format == "raw") return check_disk(file, false, limits);
  if (format == "bundle") return check_bundle(file, limits);
  return refuse("the format is not known", "give qcow2, raw or bundle");
}

}  // namespace

std::string verdict(const Source& file, std::string_view format, const Limits& limits) {
  const auto taken = check(file, format, limits);
  if (taken) return taken->dump();
  return json{{"verdict", "refused"}, {"reason", taken.error().reason}, {"next", taken.error().next}}.dump();
}

}  // namespace berth::inspector

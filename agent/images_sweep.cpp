// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <mutex>

#include "agent/host/host.hpp"
#include "agent/images.hpp"
#include "agent/store/imports.hpp"
#include "agent/store/store.hpp"

namespace berth::agent {
namespace {

/// The hypervisor manager may go on with an import, and publish the file, when the agent that asked is dead. What was
/// begun before that explains no file: the database may be an old one that was brought back.
constexpr std::chrono::hours longest_import{2};

void sweep_away(Host& host, const ImageId& id, Images::Strays& strays) {
  auto removed = host.remove_image(id);
  if (removed)
    strays.removed.push_back(id);
  else if (removed.error().code == Code::image_in_use)
    strays.kept.push_back(id);
  else
    strays.refused.push_back(std::move(removed).error());
}

}  // namespace

Result<Images::Strays> Images::sweep() {
  const std::unique_lock alone(importing_, std::try_to_lock);
  if (!alone) return Strays{{}, kept_, {}};
  const auto there = TRY(host_.list_images());
  const auto named = TRY(list());
  const auto since = clock_.now() - longest_import;
  const auto imports =
      TRY(store_.read([&](Database& db) -> Result<std::vector<OpenImport>> { return open_imports(db, since); }));
  Strays strays;
  for (const auto& image : there) {
    if (std::ranges::find(named, image.id, &Image::id) != named.end()) continue;
    const bool ours = std::ranges::any_of(imports, [&](const auto& one) { return !one.strangers.contains(image.id); });
    if (ours)
      sweep_away(host_, image.id, strays);
    else
      strays.kept.push_back(image.id);
  }
  kept_ = strays.kept;
  return store_.write([&](Database& db) -> Result<Strays> {
    forget_imports(db, since);
    return strays;
  });
}

}  // namespace berth::agent

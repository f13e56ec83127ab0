// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/storage_calls.hpp"

#include "core/json.hpp"

namespace berth::hypervisor {
namespace {

std::string image_json(const Image& image) {
  return dump_json({{"id", image.id.str()},
                    {"file_size", image.file_size},
                    {"virtual_size", image.virtual_size},
                    {"has_kernel", image.boot.has_value()}});
}

}  // namespace

void declare_storage_calls(BusServer& bus, Images& images, Keys& keys) {
  bus.method("ImportImage", 2, true, [&images](Call& call) -> Result<std::string> {
    const auto format = TRY(parse_image_format(call.arguments[0]));
    std::optional<ImageId> expected;
    if (!call.arguments[1].empty()) expected = TRY(ImageId::parse(call.arguments[1]));
    const auto image = TRY(images.import(call.file.get(), format, expected));
    return image_json(image);
  });
  bus.method("ListImages", 0, false, [&images](Call&) -> Result<std::string> {
    const auto all = TRY(images.list());
    std::string list = "[";
    for (const auto& image : all) list += (list.size() > 1 ? "," : "") + image_json(image);
    return list + "]";
  });
  bus.method("RemoveImage", 1, false, [&images](Call& call) -> Result<std::string> {
    const auto id = TRY(ImageId::parse(call.arguments[0]));
    TRY(images.remove(id));
    return "";
  });
  bus.method("SshHostKey", 2, false, [&keys](Call& call) -> Result<std::string> {
    const auto user = TRY(UserId::parse(call.arguments[0]));
    const auto volume = TRY(VolumeId::parse(call.arguments[1]));
    return keys.ssh_public_key(volume, user);
  });
}

}  // namespace berth::hypervisor

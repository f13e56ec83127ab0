// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/libvirt_secrets.hpp"

#include <fmt/format.h>

#include <string>

#include "libvirt/error.hpp"
#include "libvirt/xml.hpp"

namespace berth {
namespace {

// The value of a private secret cannot be asked for, so its description tells whether it has been set.
constexpr std::string_view without_value = "berth volume, key not loaded yet", with_value = "berth volume";

Error failed(const char* doing, const VolumeId& volume) {
  return libvirt_error(Code::libvirt_failed, fmt::format("cannot {} a volume's key in libvirt", doing))
      .with("volume", volume.str());
}

std::string secret_xml(const VolumeId& volume, const std::filesystem::path& file, std::string_view description) {
  return fmt::format(
      "<secret ephemeral='yes' private='yes'><uuid>{}</uuid><description>{}</description>"
      "<usage type='volume'><volume>{}</volume></usage></secret>",
      volume.uuid(), description, xml_escaped(file.string()));
}

Result<SecretPtr> define(virConnectPtr connection, const VolumeId& volume, const std::filesystem::path& file,
                         std::string_view description) {
  SecretPtr secret(virSecretDefineXML(connection, secret_xml(volume, file, description).c_str(), 0));
  if (!secret) return std::unexpected(failed("define", volume));
  return secret;
}

/// The secret, or a null pointer when there is none.
Result<SecretPtr> look_up(virConnectPtr connection, const VolumeId& volume) {
  SecretPtr secret(virSecretLookupByUUIDString(connection, volume.uuid().c_str()));
  if (!secret && !libvirt_said(VIR_ERR_NO_SECRET)) return std::unexpected(failed("look up", volume));
  return secret;
}

using Text = VirAllocated<char>;

bool described_as(const Text& xml, std::string_view description) {
  return std::string_view(xml.get()).find(fmt::format("<description>{}</description>", description)) !=
         std::string_view::npos;
}

Result<Text> xml_of(virSecretPtr secret, const VolumeId& volume) {
  Text xml(virSecretGetXMLDesc(secret, 0));
  if (!xml) return std::unexpected(failed("look at", volume));
  return xml;
}

/// Refuses a secret that somebody else has defined under a volume's UUID.
Result<void> check_ours(virSecretPtr secret, const VolumeId& volume) {
  const auto xml = TRY(xml_of(secret, volume));
  if (virSecretGetUsageType(secret) == VIR_SECRET_USAGE_TYPE_VOLUME &&
      (described_as(xml, with_value) || described_as(xml, without_value)))
    return {};
  return std::unexpected(Error{Code::wrong_state,
                               "a secret in libvirt bears a volume's UUID and is not Berth's",
                               {{"volume", volume.str()},
                                {"uuid", volume.uuid()},
                                {"next", "look at it with 'virsh secret-dumpxml', and remove it if nobody needs it"}}});
}

}  // namespace

template <class Call>
auto LibvirtSecrets::on_connection(Call call) -> decltype(call(nullptr)) {
  const auto first = TRY(connect_());
  auto result = call(first.get());
  if (result || virConnectIsAlive(first.get()) == 1) return result;
  const auto second = TRY(connect_());
  return call(second.get());
}

Result<void> LibvirtSecrets::put(const VolumeId& volume, const std::filesystem::path& file, const Secret& passphrase) {
  return on_connection([&](virConnectPtr connection) -> Result<void> {
    const auto secret = TRY(define(connection, volume, file, without_value));
    if (virSecretSetValue(secret.get(), passphrase.bytes().data(), passphrase.size(), 0) != 0)
      return std::unexpected(failed("load", volume));
    (void)TRY(define(connection, volume, file, with_value));
    return {};
  });
}

Result<bool> LibvirtSecrets::has(const VolumeId& volume) {
  return on_connection([&](virConnectPtr connection) -> Result<bool> {
    const auto secret = TRY(look_up(connection, volume));
    if (!secret) return false;
    return described_as(TRY(xml_of(secret.get(), volume)), with_value);
  });
}

Result<void> LibvirtSecrets::drop(const VolumeId& volume) {
  return on_connection([&](virConnectPtr connection) -> Result<void> {
    const auto secret = TRY(look_up(connection, volume));
    if (!secret) return {};
    TRY(check_ours(secret.get(), volume));
    if (virSecretUndefine(secret.get()) != 0 && !libvirt_said(VIR_ERR_NO_SECRET))
      return std::unexpected(failed("remove", volume));
    return {};
  });
}

}  // namespace berth

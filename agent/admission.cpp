// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/admission.hpp"

#include <fmt/format.h>

#include "agent/digest.hpp"
#include "agent/store/images.hpp"
#include "agent/store/quota.hpp"
#include "agent/store/sessions.hpp"
#include "agent/store/users.hpp"
#include "core/label.hpp"

namespace berth::agent {
namespace {

Error wrong(const char* field, std::string message) {
  return {Code::invalid_field, std::move(message), {{"field", field}}};
}

Result<void> check_bytes(const char* field, Bytes bytes, Bytes least, Bytes most) {
  if (bytes >= least && bytes <= most && bytes % MiB == 0) return {};
  return std::unexpected(wrong(field, fmt::format("must be whole mebibytes, {} to {} MiB", least / MiB, most / MiB)));
}

Result<void> check_quota(const std::string& whose, const Quota& used, const Size& size, const Quota& limit) {
  struct Figure {
    const char* name;
    std::uint64_t used, asked, limit;
  };
  for (const auto& f : {Figure{"sessions", used.sessions, 1, limit.sessions},
                        {"cpus", used.cpus, size.cpus, limit.cpus},
                        {"memory_bytes", used.memory, size.memory, limit.memory},
                        {"disk_bytes", used.disk, size.disk, limit.disk}})
    if (f.used + f.asked > f.limit)
      return std::unexpected(Error{Code::quota_exceeded,
                                   fmt::format("{} limit of {} is reached", whose, f.name),
                                   {{"limit", std::to_string(f.limit)},
                                    {"used", std::to_string(f.used)},
                                    {"asked", std::to_string(f.asked)},
                                    {"next", "terminate a session, or ask for less"}}});
  return {};
}

Result<Image> image_for(Database& db, const CreateRequest& request) {
  auto image = find_image(db, request.image);
  if (!image)
    return std::unexpected(
        Error{Code::not_found,
              "there is no such image",
              {{"image", request.image},
               {"next", "`berth image list` shows what is there, `berth image import` adds to it"}}});
  if (request.size.disk < image->virtual_size)
    return std::unexpected(wrong("disk_bytes", "the disk must be at least as large as the image's")
                               .with("image's size", std::to_string(image->virtual_size)));
  return *image;
}

Result<Ipv4> free_address(Database& db, const User& user) {
  const auto held = held_addresses(db, user.id);
  for (std::uint32_t n = 0; n < user.subnet.machines(); ++n)
    if (!held.contains(user.subnet.machine(n))) return user.subnet.machine(n);
  return std::unexpected(Error{Code::addresses_exhausted,
                               "the user's block of addresses is used up",
                               {{"user", user.name}, {"block", user.subnet.str()}, {"next", "terminate a session"}}});
}

Result<std::uint16_t> free_port(Database& db, const Settings& settings) {
  const auto held = held_ports(db);
  for (std::uint32_t port = settings.first_port; port <= settings.last_port; ++port)
    if (!held.contains(static_cast<std::uint16_t>(port))) return static_cast<std::uint16_t>(port);
  return std::unexpected(Error{
      Code::addresses_exhausted,
      "no port of the host is left for another machine",
      {{"ports", fmt::format("{} to {}", settings.first_port, settings.last_port)}, {"next", "terminate a session"}}});
}

}  // namespace

Quota host_quota(const Limits& limits, const HostFacts& facts) {
  auto quota = limits.host;
  if (quota.cpus == 0) quota.cpus = facts.cpus * limits.cpu_percent / 100;
  if (quota.memory == 0) quota.memory = facts.memory / 100 * limits.memory_percent;
  if (quota.disk == 0) quota.disk = facts.storage_total / 100 * limits.disk_percent;
  return quota;
}

Result<void> check_request(const CreateRequest& request, const Settings& settings) {
  TRY(parse_label(request.user, "user"));
  TRY(parse_label(request.name, "name"));
  if (request.size.cpus < 1 || request.size.cpus > most_cpus)
    return std::unexpected(wrong("cpus", fmt::format("must be 1 to {}", most_cpus)));
  TRY(check_bytes("memory_bytes", request.size.memory, least_memory, most_memory));
  TRY(check_bytes("disk_bytes", request.size.disk, least_disk, most_disk));
  if (request.ssh_keys.size() > most_ssh_keys)
    return std::unexpected(wrong("ssh_keys", fmt::format("at most {} keys", most_ssh_keys)));
  if (request.time_to_live.count() < 0 || request.time_to_live > settings.longest_time_to_live)
    return std::unexpected(wrong("ttl_seconds", fmt::format("must be 1 to {}", settings.longest_time_to_live.count())));
  return {};
}

std::string digest_of_request(const CreateRequest& request) {
  auto text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n", request.user, request.name, request.image, request.size.cpus,
                          request.size.memory, request.size.disk, request.time_to_live.count());
  for (const auto& key : request.ssh_keys) text += key.line() + '\n';
  return digest_of({text});
}

Result<Session> admit(Database& db, const CreateRequest& request, const Settings& settings, const Quota& host,
                      Time now) {
  const auto image = TRY(image_for(db, request));
  const auto user = TRY(user_for(db, request.user, settings, now));
  if (name_is_taken(db, user.id, request.name))
    return std::unexpected(Error{
        Code::already_exists, "the user has a session of that name", {{"user", user.name}, {"name", request.name}}});
  TRY(check_quota("the user's", reserved(db, user.id), request.size, settings.limits.user));
  TRY(check_quota("the host's", reserved(db, std::nullopt), request.size, host));
  const auto address = TRY(free_address(db, user));
  const auto port = TRY(free_port(db, settings));

  Session session;
  session.id = request.id.value_or(SessionId::make());
  session.name = request.name;
  session.user = user.id;
  session.user_name = user.name;
  session.subnet = user.subnet;
  session.image = image.id;
  session.image_name = image.name;
  session.size = request.size;
  session.created_at = now;
  session.expires_at = now + (request.time_to_live.count() == 0 ? settings.default_time_to_live : request.time_to_live);
  session.rung = "cold";
  session.rung_reason = "there is no template of this image on the host";
  session.ssh_keys = request.ssh_keys;
  session.machines.push_back({MachineId::make(), VolumeId::make(), request.name, address, port, ""});
  return session;
}

}  // namespace berth::agent

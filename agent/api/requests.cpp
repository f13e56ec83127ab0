// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent/api/requests.hpp"

#include <algorithm>
#include <array>

#include "core/json.hpp"
#include "core/label.hpp"

namespace berth::agent {
namespace {

struct NamedSize {
  std::string_view name;
  Size size;
};
constexpr std::array sizes{NamedSize{"small", {1, 512 * MiB, 4 * GiB}}, NamedSize{"medium", {2, 2 * GiB, 16 * GiB}},
                           NamedSize{"large", {4, 8 * GiB, 64 * GiB}}};

constexpr std::size_t longest_key = 2048;

Result<Bytes> whole_mebibytes(JsonReader& fields, const std::string& name, Bytes least, Bytes most) {
  const auto bytes = TRY(fields.number(name, least, most));
  if (bytes % MiB != 0) return std::unexpected(fields.wrong(name, "must be whole mebibytes (a multiple of 1048576)"));
  return bytes;
}

Result<Size> size_of(JsonReader& fields) {
  auto size = sizes[0].size;
  if (fields.sent("size")) {
    const auto name = TRY(fields.string("size"));
    const auto found = std::ranges::find(sizes, name, &NamedSize::name);
    if (found == sizes.end()) return std::unexpected(fields.wrong("size", "must be small, medium or large"));
    size = found->size;
  }
  if (fields.sent("cpus")) size.cpus = static_cast<std::uint32_t>(TRY(fields.number("cpus", 1, most_cpus)));
  if (fields.sent("memory_bytes"))
    size.memory = TRY(whole_mebibytes(fields, "memory_bytes", least_memory, most_memory));
  if (fields.sent("disk_bytes")) size.disk = TRY(whole_mebibytes(fields, "disk_bytes", least_disk, most_disk));
  return size;
}

/// A name, or the 64 digits of an id.
Result<std::string> image_of(JsonReader& fields) {
  auto text = TRY(fields.string("image"));
  if (ImageId::parse(text)) return text;
  return parse_image_label(text, "image");
}

Result<SshKey> key_of(const std::string& line, const std::string& field) {
  auto key = SshKey::parse(line);
  if (!key) return std::unexpected(Error{Code::invalid_field, key.error().message, {{"field", field}}});
  return key;
}

Result<std::vector<SshKey>> keys_of(JsonReader& fields) {
  std::vector<SshKey> keys;
  if (!fields.sent("ssh_keys")) return keys;
  const auto lines = TRY(fields.strings("ssh_keys", most_ssh_keys, longest_key));
  for (const auto& line : lines) {
    auto key = TRY(key_of(line, "ssh_keys[" + std::to_string(keys.size()) + "]"));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::optional<SessionId>> id_of(JsonReader& fields) {
  if (!fields.sent("id")) return std::nullopt;
  const auto text = TRY(fields.string("id"));
  const auto id = SessionId::parse(text);
  if (!id) return std::unexpected(fields.wrong("id", id.error().message));
  return *id;
}

Result<CreateRequest> read_create(JsonReader& fields) {
  CreateRequest request;
  request.id = TRY(id_of(fields));
  request.user = TRY(parse_label(TRY(fields.string("user")), "user"));
  request.name = TRY(parse_label(TRY(fields.string("name")), "name"));
  request.image = TRY(image_of(fields));
  request.size = TRY(size_of(fields));
  request.ssh_keys = TRY(keys_of(fields));
  if (fields.sent("ttl_seconds"))
    request.time_to_live = std::chrono::seconds(
        TRY(fields.number("ttl_seconds", 1, static_cast<std::uint64_t>(most_time_to_live.count()))));
  return request;
}

/// The body through one reader, and nothing beside what it reads.
template <class Read>
auto read_body(std::string_view body, Read read) -> decltype(read(std::declval<JsonReader&>())) {
  const auto value = TRY(parse_json(body));
  auto fields = TRY(JsonReader::of(value));
  auto result = TRY(read(fields));
  TRY(fields.done());
  return result;
}

}  // namespace

Result<CreateRequest> parse_create(std::string_view body) {
  return read_body(body, read_create);
}

Result<std::chrono::seconds> parse_extend(std::string_view body) {
  return read_body(body, [](JsonReader& fields) -> Result<std::chrono::seconds> {
    const auto seconds = TRY(fields.number("seconds", 1, static_cast<std::uint64_t>(most_time_to_live.count())));
    return std::chrono::seconds(seconds);
  });
}

Result<SshKey> parse_key(std::string_view body) {
  return read_body(body, [](JsonReader& fields) -> Result<SshKey> {
    const auto line = TRY(fields.string("key", longest_key));
    return key_of(line, "key");
  });
}

}  // namespace berth::agent

// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/failure.hpp"
#include "core/clock.hpp"
#include "core/spec.hpp"

/// What the agent answers, as far as `berth` shows or uses it. Fields that a newer agent adds are left aside; one that
/// is missing or of another type is a failure that names it. Texts are as they came: print them through `printable`.
namespace berth::cli {

/// An error that an answer carries: why a session or an operation failed.
struct Reason {
  std::string wire_code;
  Error error;
};

struct Machine {
  std::string id, hostname, address;
  std::string ssh_user;
  std::uint64_t ssh_port = 22, host_port = 0;
  std::string host_key;  ///< empty until it is known
};

struct AuthorizedKey {
  std::string fingerprint, comment, line;
};

struct Session {
  std::string id, name, user, goal, phase;
  std::optional<Reason> reason;
  std::string image_name, image_id;
  std::uint64_t cpus = 0;
  Bytes memory = 0, disk = 0;
  Time created_at{}, expires_at{};
  std::string rung, rung_reason;
  std::vector<Machine> machines;
  std::vector<AuthorizedKey> ssh_keys;
  std::string operation;  ///< the one under way, else empty
};

struct Operation {
  std::string id, kind, session, state, step;
  std::uint64_t steps_done = 0, steps_total = 0;
  std::optional<Reason> reason;
  Time created_at{};
  std::optional<Time> finished_at;
  bool running() const { return state == "running"; }
};

struct Event {
  std::string id, type, user, session, operation;
  Time time{};
  nlohmann::json data;
};

struct Image {
  std::string id, name;
  Bytes file_size = 0, virtual_size = 0;
  bool has_kernel = false;
  Time imported_at{};
};

struct Check {
  std::string name, state, detail, remedy;
};

struct Usage {
  std::uint64_t used = 0, limit = 0;
};

struct ResourceUse {
  std::string user;  ///< empty for the host
  Usage sessions, cpus, memory, disk;
};

Outcome<Session> read_session(const nlohmann::json& value);
Outcome<Operation> read_operation(const nlohmann::json& value);
Outcome<Event> read_event(const nlohmann::json& value);
Outcome<Image> read_image(const nlohmann::json& value);
Outcome<std::vector<Check>> read_checks(const nlohmann::json& hypervisor);
/// The host first, then the users.
Outcome<std::vector<ResourceUse>> read_resources(const nlohmann::json& value);

/// One field of an object, which must be there.
Outcome<nlohmann::json> field(const nlohmann::json& value, const char* name);

}  // namespace berth::cli

// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/id.hpp"
#include "core/image_id.hpp"
#include "core/ipv4.hpp"
#include "core/spec.hpp"
#include "core/ssh_key.hpp"

/// What the agent stores and shows. Plain values, validated where they came in.
namespace berth::agent {

/// What the user wants of a session; the only thing about it that is decided and not observed.
enum class Goal { running, stopped, terminated };

/// Where a session is on its way to its goal.
enum class Phase { creating, running, stopping, stopped, starting, terminating, failed };

struct Machine {
  MachineId id;
  VolumeId volume;
  std::string hostname;
  Ipv4 address;
  std::uint16_t ssh_port = 0;
  std::string host_key;  ///< "ssh-ed25519 AAAA…", empty until the machine first ran
};

struct Size {
  std::uint32_t cpus = 1;
  Bytes memory = 0;
  Bytes disk = 0;
};

struct Session {
  SessionId id;
  std::string name;
  UserId user;
  std::string user_name;
  Subnet subnet;
  Goal goal = Goal::running;
  Phase phase = Phase::creating;
  std::optional<Error> reason;  ///< why the phase is `failed`
  ImageId image;
  std::string image_name;
  Size size;
  Time created_at{}, expires_at{};
  std::string rung, rung_reason;  ///< "cold", and why no faster one
  std::vector<Machine> machines;
  std::vector<SshKey> ssh_keys;
  std::optional<OperationId> operation;  ///< the one that is under way
};

enum class OperationKind { create, start, stop, terminate, ssh_keys };
enum class OperationState { running, succeeded, failed };

struct Operation {
  OperationId id;
  OperationKind kind = OperationKind::create;
  SessionId session;
  UserId user;
  std::string user_name;
  OperationState state = OperationState::running;
  std::string step;  ///< what is being done, for a person: "waiting for the machine to answer"
  unsigned steps_done = 0, steps_total = 0;
  std::optional<Error> error;
  Time created_at{};
  std::optional<Time> finished_at;
};

struct Event {
  std::uint64_t id = 0;  ///< 1, 2, 3 … without gaps
  Time time{};
  std::string type;                 ///< "operation.progress", "session.running" …
  std::optional<std::string> user;  ///< the name
  std::optional<SessionId> session;
  std::optional<OperationId> operation;
  std::string data;  ///< a JSON object
};

struct Image {
  ImageId id;
  std::string name;
  Bytes file_size = 0, virtual_size = 0;
  bool has_kernel = false;
  Time imported_at{};
};

struct CreateRequest {
  std::optional<SessionId> id;  ///< chosen by the client, so that a lost answer can be asked for again
  std::string user;
  std::string name;
  std::string image;  ///< an image's name or SHA-256
  Size size;
  std::vector<SshKey> ssh_keys;
  std::chrono::seconds time_to_live{};
};

struct SessionFilter {
  std::optional<std::string> user, name;
  std::optional<Phase> phase;
  std::optional<SessionId> after;  ///< paging: sessions with a greater id
  std::size_t limit = 100;
};

}  // namespace berth::agent

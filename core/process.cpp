// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/fd.hpp"

namespace berth {
namespace {

using std::chrono::steady_clock;

Error failed(const Program& program, const char* what, int error_number) {
  return {Code::internal, what, {{"program", program.path}, {"reason", std::strerror(error_number)}}};  // NOLINT
}

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe(const Program& program) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(failed(program, "cannot make a pipe", errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const auto& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

/// The descriptors and signals that the child starts with.
class Actions {
 public:
  Actions() {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Actions() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  void give(int from, int to) { posix_spawn_file_actions_adddup2(&files_, from, to); }
  void null_input() { posix_spawn_file_actions_addopen(&files_, 0, "/dev/null", O_RDONLY, 0); }

  Result<pid_t> spawn(const Program& program) const {
    std::vector<std::string> words{program.path};
    words.insert(words.end(), program.arguments.begin(), program.arguments.end());
    pid_t pid = -1;
    const int fault = posix_spawn(&pid, program.path.c_str(), &files_, &attributes_, pointers(words).data(),
                                  pointers(program.environment).data());
    if (fault != 0) return std::unexpected(failed(program, "cannot run a program", fault));
    return pid;
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// Appends what is there; false at the end of the stream.
bool drain(int fd, std::string& into, std::size_t most) {
  std::array<char, 4096> chunk{};
  const auto got = ::read(fd, chunk.data(), chunk.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got > 0 && into.size() < most)
    into.append(chunk.data(), std::min(static_cast<std::size_t>(got), most - into.size()));
  return got > 0;
}

/// Reads both streams until they end; false when the deadline passes first.
bool collect(const Fd& output, const Fd& errors, const Program& program, Finished& finished) {
  const auto end = steady_clock::now() + program.deadline;
  std::array<pollfd, 2> streams{pollfd{output.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0}};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now()).count();
    if (left <= 0) return false;
    if (poll(streams.data(), streams.size(), static_cast<int>(left)) <= 0) continue;
    if (streams[0].revents != 0 && !drain(output.get(), finished.output, program.most_output)) streams[0].fd = -1;
    if (streams[1].revents != 0 && !drain(errors.get(), finished.errors, program.most_output)) streams[1].fd = -1;
  }
  return true;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<Finished> run(const Program& program) {
  auto output = TRY(make_pipe(program));
  auto errors = TRY(make_pipe(program));
  Actions actions;
  actions.null_input();
  actions.give(output.write.get(), 1);
  actions.give(errors.write.get(), 2);
  for (const auto& [theirs, ours] : program.files) actions.give(ours, theirs);
  const pid_t pid = TRY(actions.spawn(program));
  output.write = Fd();
  errors.write = Fd();

  Finished finished;
  const bool in_time = collect(output.read, errors.read, program, finished);
  if (!in_time) kill(pid, SIGKILL);
  finished.status = wait_for(pid);
  if (!in_time)
    return std::unexpected(Error{Code::internal, "a program did not end in time", {{"program", program.path}}});
  return finished;
}

}  // namespace berth

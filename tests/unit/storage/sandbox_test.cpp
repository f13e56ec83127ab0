#include "storage/inspector/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>

#include "core/fd.hpp"
#include "temporary.hpp"
#include "tool.hpp"

using namespace berth;

namespace {

constexpr int no_sandbox = 99;

/// A process that has this file as descriptor 3, locks itself up, writes one byte to its standard output, and acts.
struct Prisoner {
  pid_t pid = -1;
  Fd output;

  explicit Prisoner(const std::function<int()>& act) {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    output = Fd(ends[0]);
    pid = fork();
    REQUIRE(pid >= 0);
    if (pid != 0) {
      close(ends[1]);
      return;
    }
    for (const int fault : {SIGSEGV, SIGSYS, SIGABRT}) signal(fault, SIG_DFL);
    constexpr gid_t some[] = {1, 2};
    if (geteuid() == 0 && setgroups(2, some) != 0) _exit(no_sandbox);
    const int file = open("/proc/self/exe", O_RDONLY);
    if (dup2(ends[1], 1) < 0 || dup2(file, 3) < 0 || !inspector::enter_sandbox(65534, 65534).empty()) _exit(no_sandbox);
    if (::write(1, "x", 1) != 1) _exit(no_sandbox);
    _exit(act());
  }
  bool is_locked_up() const {
    char byte = 0;
    return ::read(output.get(), &byte, 1) == 1;
  }
  int end() const {
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
};

int after_lock_up(const std::function<int()>& act) {
  const Prisoner prisoner(act);
  CHECK(prisoner.is_locked_up());
  return prisoner.end();
}

std::string status_line(const std::string& status, const std::string& name) {
  const auto at = status.find("\n" + name + ":\t");
  REQUIRE(at != std::string::npos);
  const auto begin = at + name.size() + 3;
  return status.substr(begin, status.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("the inspector may read its file") {
  CHECK(after_lock_up([] {
          char byte = 0;
          return pread(3, &byte, 1, 0) == 1 ? 0 : 1;
        }) == 0);
}

TEST_CASE("the inspector dies of every call that reaches out") {
  constexpr int killed = 128 + SIGSYS;
  CHECK(after_lock_up([] { return open("/etc/passwd", O_RDONLY); }) == killed);
  CHECK(after_lock_up([] { return socket(AF_INET, SOCK_STREAM, 0); }) == killed);
  CHECK(after_lock_up([] { return execl("/bin/true", "true", nullptr); }) == killed);
  CHECK(after_lock_up([] { return static_cast<int>(fork()); }) == killed);
  CHECK(after_lock_up([] { return kill(1, 0); }) == killed);
  CHECK(after_lock_up([] { return setuid(0); }) == killed);
  CHECK(after_lock_up([] { return static_cast<int>(::write(3, "x", 1)); }) == killed);
  CHECK(after_lock_up([] {
          char byte = 0;
          return static_cast<int>(pread(0, &byte, 1, 0));
        }) == killed);
}

TEST_CASE("the inspector is nobody, nowhere, and can gain nothing") {
  const Prisoner prisoner([] {
    for (char byte = 0; pread(3, &byte, 1, 0) >= 0;) {
    }
    return 0;
  });
  REQUIRE(prisoner.is_locked_up());
  const auto proc = "/proc/" + std::to_string(prisoner.pid);
  const auto status = contents(proc + "/status"), limits = contents(proc + "/limits");
  std::error_code fault;
  const auto root = std::filesystem::read_symlink(proc + "/root", fault);
  kill(prisoner.pid, SIGKILL);
  CHECK(prisoner.end() == 128 + SIGKILL);
  CHECK(status_line(status, "NoNewPrivs") == "1");
  CHECK(status_line(status, "Seccomp") == "2");
  CHECK_THAT(limits, Catch::Matches("[^]*Max cpu time +30 +30[^]*Max file size +0 +0[^]*Max processes +0 +0[^]*"));
  if (geteuid() != 0) {
    skip("only root can give up its user and its root folder");
    return;
  }
  CHECK(status_line(status, "Uid") == "65534\t65534\t65534\t65534");
  CHECK(status_line(status, "Gid") == "65534\t65534\t65534\t65534");
  CHECK(status_line(status, "Groups").find_first_not_of(" \t") == std::string::npos);
  CHECK(status_line(status, "CapEff") == "0000000000000000");
  CHECK(root.filename() == "fdinfo");
}

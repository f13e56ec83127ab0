// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storage/inspector/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

namespace berth::inspector {
namespace {

constexpr int file = 3;

std::string failed(const char* what, int error_number) {
  return std::string(what) + ": " + std::strerror(error_number);
}

std::string set_limits() {
  struct Limit {
    __rlimit_resource what;
    rlim_t value;
  };
  for (const auto [what, value] : {Limit{RLIMIT_CPU, 30}, Limit{RLIMIT_AS, 256UL << 20}, Limit{RLIMIT_FSIZE, 0},
                                   Limit{RLIMIT_NPROC, 0}, Limit{RLIMIT_NOFILE, file + 1}, Limit{RLIMIT_CORE, 0}}) {
    const rlimit limit{value, value};
    if (setrlimit(what, &limit) != 0) return failed("setrlimit", errno);
  }
  return {};
}

/// Our own descriptors' information is as empty a place as there is, and it is always there (Chromium does the same).
std::string leave_the_file_system() {
  if (chroot("/proc/self/fdinfo") != 0 || chdir("/") != 0) return failed("chroot", errno);
  return {};
}

std::string become(uid_t user, gid_t group) {
  if (user == 0 || group == 0) return "the inspector's user must not be root";
  if (setgroups(0, nullptr) != 0) return failed("setgroups", errno);
  if (setresgid(group, group, group) != 0) return failed("setresgid", errno);
  if (setresuid(user, user, user) != 0) return failed("setresuid", errno);
  if (setuid(0) == 0) return "root could be had back";
  return {};
}

std::string allow_few_system_calls() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return "seccomp_init: out of memory";
  int fault = 0;
  const auto allow = [&](int call, std::initializer_list<scmp_arg_cmp> when = {}) {
    if (fault == 0)
      fault = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, static_cast<unsigned>(when.size()), when.begin());
  };
  allow(SCMP_SYS(pread64), {SCMP_A0_32(SCMP_CMP_EQ, file)});
  allow(SCMP_SYS(write), {SCMP_A0_32(SCMP_CMP_EQ, STDOUT_FILENO)});
  allow(SCMP_SYS(write), {SCMP_A0_32(SCMP_CMP_EQ, STDERR_FILENO)});
  allow(SCMP_SYS(mmap), {SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(getrandom),
                         SCMP_SYS(futex), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(exit_group)})
    allow(call);
  if (fault == 0) fault = seccomp_load(filter);
  seccomp_release(filter);
  return fault == 0 ? std::string() : failed("seccomp", -fault);
}

}  // namespace

std::string enter_sandbox(uid_t user, gid_t group) {
  if (close_range(file + 1, ~0U, 0) != 0) return failed("close_range", errno);
  if (geteuid() == 0) {
    if (auto fault = leave_the_file_system(); !fault.empty()) return fault;
    if (auto fault = become(user, group); !fault.empty()) return fault;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs", errno);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("dumpable", errno);
  if (auto fault = set_limits(); !fault.empty()) return fault;
  return allow_few_system_calls();
}

}  // namespace berth::inspector

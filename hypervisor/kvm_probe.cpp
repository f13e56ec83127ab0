// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/kvm_probe.hpp"

#include <cpuid.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/kvm.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <span>

#include "core/fd.hpp"

namespace berth::hypervisor {
namespace {

// One million turns take 4 ms on a processor and 3 s on an interpreting KVM (measured); a second is far from both.
constexpr std::uint64_t turns = 1'000'000;
constexpr std::chrono::milliseconds deadline{1000};

constexpr std::size_t memory_size = 4 << 20;
constexpr std::uint64_t tables = 0x1000, code_at = 0x10000, stack_at = 0x80000, data_at = 0x200000;
constexpr std::uint16_t done_port = 0x10;

// cmpxchg16b [rdi+0x20]; again: add [rdi],rcx; rol rax,1; dec rcx; jnz again; out 0x10,al; hlt
constexpr std::array<std::uint8_t, 19> with_cx16{0x48, 0x0f, 0xc7, 0x4f, 0x20, 0x48, 0x01, 0x0f, 0x48, 0xd1,
                                                 0xc0, 0x48, 0xff, 0xc9, 0x75, 0xf5, 0xe6, 0x10, 0xf4};

Error unproved(std::string reason) {
  return {Code::accelerator_missing, "KVM does not run guests on this host", {{"reason", std::move(reason)}}};
}

Error unproved_call(const char* call) {
  return unproved(fmt::format("{}: {}", call, std::strerror(errno)));
}  // NOLINT

bool has_cx16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_CMPXCHG16B) != 0;
}

/// Memory shared with the guest or the kernel.
class Mapping {
 public:
  Mapping(std::size_t size, int flags, int fd)
      : size_(size), start_(mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0)) {}
  ~Mapping() {
    if (*this) munmap(start_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  explicit operator bool() const { return start_ != MAP_FAILED; }
  std::uint8_t* start() const { return static_cast<std::uint8_t*>(start_); }

 private:
  std::size_t size_;
  void* start_;
};

void put(std::uint8_t* at, std::uint64_t value) {
  std::memcpy(at, &value, sizeof value);
}

/// Identity mapping of the first 4 MiB by two large pages, and the code (Intel SDM volume 3, 4.5).
void fill(std::uint8_t* memory) {
  constexpr std::uint64_t present = 7, large = 0x80;
  put(memory + tables, (tables + 0x1000) | present);
  put(memory + tables + 0x1000, (tables + 0x2000) | present);
  put(memory + tables + 0x2000, 0 | large | present);
  put(memory + tables + 0x2008, data_at | large | present);
  const auto code =
      has_cx16() ? std::span<const std::uint8_t>(with_cx16) : std::span<const std::uint8_t>(with_cx16).subspan(5);
  std::memcpy(memory + code_at, code.data(), code.size());
}

bool enter_long_mode(int cpu) {
  kvm_sregs system{};
  if (ioctl(cpu, KVM_GET_SREGS, &system) != 0) return false;
  kvm_segment code{};
  code.limit = 0xffffffff;
  code.selector = 8;
  code.present = code.s = code.l = code.g = 1;
  code.type = 11;
  kvm_segment data = code;
  data.selector = 16;
  data.type = 3;
  data.l = 0;
  data.db = 1;
  system.cs = code;
  system.ds = system.es = system.fs = system.gs = system.ss = data;
  system.cr3 = tables;
  system.cr4 = 1 << 5;      // PAE
  system.cr0 = 0x80050033;  // PG, AM, WP, NE, ET, MP, PE
  system.efer = 0x500;      // LMA, LME
  kvm_regs general{};
  general.rip = code_at;
  general.rcx = turns;
  general.rdi = data_at;
  general.rsp = stack_at;
  general.rflags = 2;
  return ioctl(cpu, KVM_SET_SREGS, &system) == 0 && ioctl(cpu, KVM_SET_REGS, &general) == 0;
}

/// The exit status of the child that runs the guest; its parent ends it at the deadline.
enum class Outcome : int { proved = 0, no_machine = 1, wrong_exit = 2 };

Outcome run_guest(int kvm) {
  const Fd machine(ioctl(kvm, KVM_CREATE_VM, 0));
  const Mapping memory(memory_size, MAP_SHARED | MAP_ANONYMOUS, -1);
  if (!machine || !memory) return Outcome::no_machine;
  fill(memory.start());
  kvm_userspace_memory_region region{};
  region.memory_size = memory_size;
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory.start());
  (void)ioctl(machine.get(), KVM_SET_TSS_ADDR, 0xfffbd000);  // Intel alone needs it
  if (ioctl(machine.get(), KVM_SET_USER_MEMORY_REGION, &region) != 0) return Outcome::no_machine;
  const Fd cpu(ioctl(machine.get(), KVM_CREATE_VCPU, 0));
  const int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (!cpu || size <= 0 || !enter_long_mode(cpu.get())) return Outcome::no_machine;
  const Mapping shared(static_cast<std::size_t>(size), MAP_SHARED, cpu.get());
  if (!shared) return Outcome::no_machine;
  const auto* state = reinterpret_cast<const kvm_run*>(shared.start());
  if (ioctl(cpu.get(), KVM_RUN, 0) != 0) return Outcome::wrong_exit;
  return state->exit_reason == KVM_EXIT_IO && state->io.port == done_port ? Outcome::proved : Outcome::wrong_exit;
}

/// Waits for the child to end, by its process descriptor; false when the deadline passes first.
Result<bool> ended_in_time(pid_t child) {
  const Fd process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (!process) return std::unexpected(unproved_call("cannot watch the probe"));
  pollfd end{process.get(), POLLIN, 0};
  const int ended = poll(&end, 1, static_cast<int>(deadline.count()));
  if (ended < 0) return std::unexpected(unproved_call("cannot wait for the probe"));
  return ended == 1;
}

}  // namespace

Result<void> prove_kvm() {
  const Fd kvm(open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm) return std::unexpected(unproved_call("cannot open /dev/kvm"));
  if (ioctl(kvm.get(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
    return std::unexpected(unproved("/dev/kvm is not of a version that is known"));
  const pid_t child = fork();
  if (child < 0) return std::unexpected(unproved_call("cannot fork"));
  if (child == 0) _exit(static_cast<int>(run_guest(kvm.get())));
  const auto in_time = ended_in_time(child);
  if (!in_time || !*in_time) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return std::unexpected(in_time.error());
  if (!*in_time)
    return std::unexpected(unproved("it runs a guest's kernel far slower than the processor, as a software KVM does"));
  if (!WIFEXITED(status)) return std::unexpected(unproved("the probe was ended by a signal"));
  switch (static_cast<Outcome>(WEXITSTATUS(status))) {
    case Outcome::proved:
      return {};
    case Outcome::no_machine:
      return std::unexpected(unproved("it makes no virtual machine"));
    case Outcome::wrong_exit:
      return std::unexpected(unproved("it cannot run instructions that every kernel uses"));
  }
  return std::unexpected(unproved("the probe ended in a way that nobody knows"));
}

}  // namespace berth::hypervisor

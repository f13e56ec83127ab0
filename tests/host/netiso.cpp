// SPDX-License-Identifier: LGPL-2.1-or-later
// The room netiso, driven by lines on standard input; each is answered by one line. What tests in network namespaces
// drive the real rule set and drivers by.
// usage: host-netiso CONNECTIONS USER_CONNECTIONS   how many a machine may hold, and all of a user's together
//   load | check
//   observe|apply KIND SPEC      KIND: firewall, network or gateway (a network's firewall element alone)
//   remove KIND ID | list KIND
//   names USER MACHINE ADDRESS   the derived bridge, tap and MAC
#include <iostream>
#include <map>
#include <sstream>

#include "core/json.hpp"
#include "core/names.hpp"
#include "libvirt/connection.hpp"
#include "netiso/firewall.hpp"
#include "netiso/networks.hpp"

namespace berth {
namespace {

/// A network's firewall element without its bridge, which the test makes itself.
class Gateways : public Driver {
 public:
  explicit Gateways(KernelRules& rules) : rules_(rules) {}
  Kind kind() const noexcept override { return Kind::network; }
  Result<Presence> observe(const Spec& spec) override {
    return rules_.observe(elements_of(std::get<NetworkSpec>(spec)));
  }
  Result<void> apply(const Spec& spec) override { return rules_.put(elements_of(std::get<NetworkSpec>(spec))); }
  Result<void> remove(const Id& user) override { return rules_.remove(user, Kind::network); }
  Result<std::vector<Id>> list() override { return rules_.owners(Kind::network); }

 private:
  KernelRules& rules_;
};

/// Guests have addresses of the internet here, so that nothing but what is tested keeps them from others.
const Bounds anything{Block({}, 0), 1, 65535};

class Room {
 public:
  Room(const GuestPolicy& policy)
      : rules_(policy),
        firewall_(rules_, anything),
        networks_([this] { return libvirt_.connect(); }, rules_, anything),
        gateways_(rules_) {}

  Result<std::string> obey(const std::string& line) {
    std::istringstream words(line);
    std::string verb, kind, rest;
    words >> verb;
    if (verb == "names") return names(words);
    if (verb == "load" || verb == "check") {
      TRY(verb == "load" ? rules_.load() : rules_.check());
      return "";
    }
    words >> kind;
    std::getline(words >> std::ws, rest);
    return drive(verb, *drivers_.at(kind), rest);
  }

 private:
  static Result<std::string> names(std::istringstream& words) {
    std::string user, machine, address;
    words >> user >> machine >> address;
    return names::bridge(TRY(UserId::parse(user))) + " " + names::tap(TRY(MachineId::parse(machine))) + " " +
           names::mac(TRY(Ipv4::parse(address)));
  }

  static Result<std::string> drive(const std::string& verb, Driver& driver, const std::string& rest) {
    std::string answer;
    if (verb == "list") {
      for (const auto& id : TRY(driver.list())) answer += id.str() + " ";
    } else if (verb == "remove") {
      TRY(driver.remove(TRY(Id::parse(rest))));
    } else {
      const auto spec = TRY(parse_spec(driver.kind(), rest));
      if (verb == "apply") TRY(driver.apply(spec));
      if (verb == "observe") answer = name_of(TRY(driver.observe(spec)).state);
    }
    return answer;
  }

  Libvirt libvirt_;
  KernelRules rules_;
  Firewall firewall_;
  Networks networks_;
  Gateways gateways_;
  const std::map<std::string, Driver*> drivers_{
      {"firewall", &firewall_}, {"network", &networks_}, {"gateway", &gateways_}};
};

int run(int argc, const char* const* argv) {
  if (argc != 3) {
    std::cerr << "usage: host-netiso CONNECTIONS USER_CONNECTIONS\n";
    return 2;
  }
  auto policy = GuestPolicy::parse("", "", static_cast<unsigned>(std::stoul(argv[1])));
  if (!policy) {
    std::cerr << describe(policy.error()) << "\n";
    return 1;
  }
  policy->user_connections = static_cast<unsigned>(std::stoul(argv[2]));
  Room room(*policy);
  for (std::string line; std::getline(std::cin, line);) {
    const auto answer = room.obey(line);
    std::cout << (answer ? "ok " + *answer : "error " + describe(answer.error())) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace berth

int main(int argc, char** argv) {
  return berth::run(argc, argv);
}

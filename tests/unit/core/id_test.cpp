#include "core/id.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "core/image_id.hpp"
#include "core/names.hpp"

using namespace berth;

TEST_CASE("ids sort by time, differ, and come back from their text") {
  const Id first = Id::make();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const Id second = Id::make();
  CHECK(first < second);
  CHECK(first.str() < second.str());
  CHECK(*Id::parse(first.str()) == first);
  CHECK(Id::parse("00000000000000000000000001")->uuid() == "00000000-0000-0000-0000-000000000001");
  CHECK(first.uuid() != second.uuid());

  std::set<Id> many;
  for (int i = 0; i < 10'000; ++i) many.insert(Id::make());
  CHECK(many.size() == 10'000);
}

TEST_CASE("only the canonical text is an id") {
  const std::string good = Id::make().str();
  for (const std::string& bad : {std::string(), good.substr(1), good + "0", "8" + good.substr(1), "O" + good.substr(1),
                                 std::string(26, 'u'), std::string(26, '/'), "../" + good.substr(3)})
    CHECK_FALSE(Id::parse(bad));
}

TEST_CASE("names on the host come from ids, fit their place and are recognised") {
  const auto user = UserId::make();
  const auto machine = MachineId::make();
  CHECK(names::bridge(user).size() <= 15);
  CHECK(names::tap(machine).size() <= 15);
  CHECK(names::bridge(user).ends_with(user.str().substr(14)));
  CHECK(names::from_libvirt(names::domain(machine)) == Id(machine));
  CHECK_FALSE(names::from_libvirt("default"));
  CHECK_FALSE(names::from_libvirt("berth-web"));
  CHECK(names::mac(*Ipv4::parse("10.66.0.2")) == "02:be:0a:42:00:02");
}

TEST_CASE("an image's id is 64 lower-case hexadecimal digits") {
  const std::string digits = "00ff" + std::string(60, 'a');
  CHECK(ImageId::parse(digits)->str() == digits);
  for (const std::string& bad :
       {std::string("00FF") + std::string(60, 'a'), digits.substr(1), digits + "0", std::string()})
    CHECK_FALSE(ImageId::parse(bad));
}

// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/domain_xml.hpp"

#include <libvirt/virterror.h>

#include <catch2/catch.hpp>
#include <regex>

#include "core/names.hpp"
#include "libvirt/handles.hpp"
#include "specs.hpp"

using namespace berth;
using namespace berth::hypervisor;

namespace {

DomainFiles files() {
  return {"/state/volumes/v.qcow2", "/state/images/i/disk", "raw", "/run/seeds/m.iso",
          BootFiles{"/state/boot/m/kernel", "/state/boot/m/initrd", "root=/dev/vda quiet \"a<b>&c\""}};
}

/// What is between <name …> and </name>, the first time.
std::string element(const std::string& xml, const std::string& name) {
  const auto begin = xml.find("<" + name);
  return begin == std::string::npos ? "" : xml.substr(begin, xml.find("</" + name + ">", begin) - begin);
}

}  // namespace

TEST_CASE("a domain follows libvirt's own schema") {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  const ConnectPtr connection(virConnectOpen("test:///default"), Deleter<virConnectClose>());
  REQUIRE(connection);
  for (const auto accelerator : {Accelerator::kvm, Accelerator::qemu})
    for (const bool own_kernel : {true, false}) {
      auto from = files();
      if (!own_kernel) from.boot.reset();
      auto xml = domain_xml(test::machine(), from, accelerator);
      // The driver for tests has neither KVM nor processor models, and takes any emulator.
      xml = std::regex_replace(xml, std::regex("^<domain type='[a-z]+'>"), "<domain type='test'>");
      xml = std::regex_replace(xml, std::regex("<cpu .*\n"), "");
      const DomainPtr domain(virDomainDefineXMLFlags(connection.get(), xml.c_str(), VIR_DOMAIN_DEFINE_VALIDATE));
      INFO(xml << virGetLastErrorMessage());
      CHECK(domain);
      const DomainPtr broken(
          virDomainDefineXMLFlags(connection.get(), std::regex_replace(xml, std::regex("discard="), "dicsard=").c_str(),
                                  VIR_DOMAIN_DEFINE_VALIDATE));
      CHECK_FALSE(broken);
    }
}

TEST_CASE("the root disk is encrypted and its image neither probed nor given away") {
  const auto xml = domain_xml(test::machine(), files(), Accelerator::kvm);
  const auto disk = element(xml, "disk");
  CHECK(disk.contains("type='qcow2'"));
  CHECK(disk.contains("<encryption format='luks'>"));
  CHECK(disk.contains("uuid='" + test::machine().volume.uuid() + "'"));
  const auto image = element(disk, "backingStore");
  CHECK(image.contains("<format type='raw'/>"));
  CHECK(image.contains("<source file='/state/images/i/disk'>"));
  CHECK(image.contains("<seclabel model='dac' relabel='no'/>"));
  CHECK(image.contains("<backingStore/>"));
}

TEST_CASE("the card has the names that the firewall knows") {
  const auto spec = test::machine();
  const auto card = element(domain_xml(spec, files(), Accelerator::kvm), "interface");
  CHECK(card.contains("<source network='" + names::network(spec.user) + "'/>"));
  CHECK(card.contains("<mac address='02:be:0a:42:00:02'/>"));
  CHECK(card.contains("<target dev='" + names::tap(spec.machine) + "'/>"));
}

TEST_CASE("an emulated kernel trusts its timer; under KVM the image's arguments stand as they are") {
  const std::string image = "root=/dev/vda quiet \"a&lt;b&gt;&amp;c\"";
  const auto escaped_quotes = [](std::string text) { return std::regex_replace(text, std::regex("&quot;"), "\""); };
  CHECK(escaped_quotes(domain_xml(test::machine(), files(), Accelerator::kvm)).contains("<cmdline>" + image + "</"));
  CHECK(escaped_quotes(domain_xml(test::machine(), files(), Accelerator::qemu))
            .contains("<cmdline>" + image + " no_timer_check</"));
}

TEST_CASE("an image without a kernel boots by its disk") {
  auto from = files();
  from.boot.reset();
  const auto xml = domain_xml(test::machine(), from, Accelerator::kvm);
  CHECK(xml.contains("<boot dev='hd'/>"));
  CHECK_FALSE(xml.contains("<kernel>"));
}

TEST_CASE("a machine's memory is in no core dump, and shared with no other") {
  const auto xml = domain_xml(test::machine(), files(), Accelerator::kvm);
  CHECK(element(xml, "memory ").contains("dumpCore='off'"));
  CHECK(element(xml, "memoryBacking").contains("<nosharepages/>"));
}

TEST_CASE("text from an image stays text") {
  auto from = files();
  from.boot->cmdline = "x</cmdline></os><devices/>'\"&";
  const auto xml = domain_xml(test::machine(), from, Accelerator::kvm);
  CHECK(xml.contains("<cmdline>x&lt;/cmdline&gt;&lt;/os&gt;&lt;devices/&gt;&apos;&quot;&amp;</cmdline>"));
}

TEST_CASE("a machine has no screen, no USB and a mark of ours") {
  const auto spec = test::machine();
  const auto xml = domain_xml(spec, files(), Accelerator::qemu);
  CHECK(xml.starts_with("<domain type='qemu'>"));
  CHECK_FALSE(xml.contains("<graphics"));
  CHECK_FALSE(xml.contains("<video"));
  CHECK(xml.contains("<controller type='usb' model='none'/>"));
  CHECK(xml.contains("<on_crash>destroy</on_crash>"));
  const auto mark = element(xml, "metadata");
  CHECK(mark.contains(metadata_namespace));
  CHECK(mark.contains("user='" + spec.user.str() + "'"));
  CHECK(mark.contains("volume='" + spec.volume.str() + "'"));
}

# What the packages contain, and the packages: `cpack` in the build folder makes berth-host_*.deb and berth-cli_*.deb.
# Installing needs the programs, not the tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(packaging ${CMAKE_CURRENT_LIST_DIR})
install(TARGETS berth-agent RUNTIME DESTINATION sbin COMPONENT host)
install(TARGETS berth-hypervisor RUNTIME DESTINATION sbin COMPONENT host)
install(TARGETS berth-image-inspector RUNTIME DESTINATION libexec/berth COMPONENT host)
install(TARGETS berth RUNTIME DESTINATION bin COMPONENT cli)
install(FILES systemd/units/berth-agent.socket systemd/units/berth-agent.service
        systemd/units/berth-hypervisor.service
        DESTINATION lib/systemd/system COMPONENT host)
install(FILES ${packaging}/sysusers.d/berth.conf DESTINATION lib/sysusers.d COMPONENT host)
install(FILES ${packaging}/tmpfiles.d/berth.conf DESTINATION lib/tmpfiles.d COMPONENT host)
install(FILES ${packaging}/config/agent.conf ${packaging}/config/hypervisor.conf
        DESTINATION /etc/berth COMPONENT host)
foreach(component host cli)
  install(FILES LICENSE DESTINATION share/doc/berth-${component} RENAME copyright COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL host cli)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_CONTACT "The Berth developers <berth@localhost>")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_HOST_PACKAGE_NAME berth-host)
set(CPACK_COMPONENT_HOST_DESCRIPTION "Runs a virtual machine for every user session on this host: encrypted disks, a
firewalled network a user, an HTTP API on a unix socket. Contains the agent, the
hypervisor manager and their units.")
string(JOIN ", " CPACK_DEBIAN_HOST_PACKAGE_DEPENDS
       libvirt-daemon-system libvirt-daemon-driver-qemu qemu-system-x86 qemu-utils
       dnsmasq-base nftables systemd)
set(CPACK_DEBIAN_HOST_PACKAGE_RECOMMENDS berth-cli)
set(CPACK_DEBIAN_HOST_PACKAGE_CONTROL_EXTRA
    ${packaging}/deb/host/postinst ${packaging}/deb/host/prerm ${packaging}/deb/host/postrm
    ${packaging}/deb/host/conffiles)

set(CPACK_DEBIAN_CLI_PACKAGE_NAME berth-cli)
set(CPACK_COMPONENT_CLI_DESCRIPTION "The berth command creates, lists, enters and ends sessions on a host that runs
berth-host.")
set(CPACK_DEBIAN_CLI_PACKAGE_DEPENDS openssh-client)

include(CPack)

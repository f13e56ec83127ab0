target_link_libraries(unit-hypervisor PRIVATE PkgConfig::libarchive)

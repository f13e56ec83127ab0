target_link_libraries(unit-systemd PRIVATE PkgConfig::libsystemd)

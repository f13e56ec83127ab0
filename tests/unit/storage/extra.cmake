# The inspector's own sources, which are in a program of their own otherwise.
file(GLOB inspector CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/storage/inspector/*.cpp)
list(FILTER inspector EXCLUDE REGEX /main\\.cpp$)
target_sources(unit-storage PRIVATE ${inspector})
target_link_libraries(unit-storage PRIVATE PkgConfig::libseccomp)

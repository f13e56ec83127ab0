# The libraries that Berth stands on, all from the distribution. cpp-httplib alone comes from a newer suite
# (docs/adr/0002-httplib.md): tools/setup puts its single header into build/deps/include.
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost REQUIRED COMPONENTS program_options)
find_package(SQLiteCpp REQUIRED)
foreach(library libsodium libsystemd libvirt libnftables libcryptsetup libseccomp libarchive sqlite3)
  pkg_check_modules(${library} REQUIRED IMPORTED_TARGET ${library})
endforeach()

set(BERTH_HTTPLIB_DIR ${CMAKE_SOURCE_DIR}/build/deps/include CACHE PATH "Where httplib.h 0.41 or newer is")
if(NOT EXISTS ${BERTH_HTTPLIB_DIR}/httplib.h)
  message(FATAL_ERROR "${BERTH_HTTPLIB_DIR}/httplib.h is missing; run tools/setup, which fetches it")
endif()
add_library(httplib INTERFACE)
target_include_directories(httplib SYSTEM INTERFACE ${BERTH_HTTPLIB_DIR})

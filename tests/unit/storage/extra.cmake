# The inspector's own sources, which are in a program of their own otherwise.
file(GLOB inspector CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/storage/inspector/*.cpp)
list(FILTER inspector EXCLUDE REGEX /main\\.cpp$)
target_sources(unit-storage PRIVATE ${inspector})
target_link_libraries(unit-storage PRIVATE PkgConfig::libseccomp)

# The sandbox leaves no memory to the sanitizers' runtimes; the real program is never built with them either.
if(BERTH_SANITIZE)
  set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/storage/sandbox_test.cpp PROPERTIES HEADER_FILE_ONLY ON)
endif()

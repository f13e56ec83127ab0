# A room is a top folder: one static library `berth-ROOM` of all its sources but main.cpp and, where there is a
# main.cpp, the program. Which rooms and libraries it may use is said in its own CMakeLists.txt.
function(berth_room room)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${room}/CMakeLists.txt)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${room}/*.cpp)
  list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${room}/main.cpp)
  add_library(room-${room} STATIC ${sources})
  target_include_directories(room-${room} PUBLIC ${CMAKE_SOURCE_DIR})
  add_subdirectory(${CMAKE_SOURCE_DIR}/${room})
endfunction()

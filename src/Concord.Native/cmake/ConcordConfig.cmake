# Concord for C and C++: find_package(Concord), then target_link_libraries(program Concord::concord).
get_filename_component(_concord_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET Concord::concord)
  add_library(Concord::concord SHARED IMPORTED)
  set_target_properties(Concord::concord PROPERTIES
    IMPORTED_LOCATION "${_concord_prefix}/lib/libconcord.so.0"
    IMPORTED_SONAME "libconcord.so.0"
    INTERFACE_INCLUDE_DIRECTORIES "${_concord_prefix}/include/concord")
endif()
unset(_concord_prefix)

# C sources from .proto files, in the build tree.

find_program(CTF_PROTOC protoc)
find_program(CTF_PROTOC_C protoc-c)
mark_as_advanced(CTF_PROTOC CTF_PROTOC_C)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PROTOBUF_C IMPORTED_TARGET libprotobuf-c)
if(NOT CTF_PROTOC OR NOT CTF_PROTOC_C OR NOT PROTOBUF_C_FOUND)
  message(FATAL_ERROR "protoc, protoc-c and libprotobuf-c are needed. On Debian: make deps")
endif()
set(CTF_PROTO_ROOT ${PROJECT_SOURCE_DIR}/graphdef/proto)

# ctf_protobuf(<target> ROOT <folder> FILES <path below ROOT>...)
# An object library of what protoc-c makes of the files. Headers are included by the path below ROOT:
# "tensorflow/core/framework/graph.pb-c.h". <target>_generate is what users of the headers depend on.
function(ctf_protobuf target)
  cmake_parse_arguments(ARG "" "ROOT" "FILES" ${ARGN})
  set(protos)
  set(sources)
  set(headers)
  foreach(file IN LISTS ARG_FILES)
    string(REGEX REPLACE "\\.proto$" "" stem ${file})
    list(APPEND protos ${ARG_ROOT}/${file})
    list(APPEND sources ${CTF_GENERATED_DIR}/${stem}.pb-c.c)
    list(APPEND headers ${CTF_GENERATED_DIR}/${stem}.pb-c.h)
  endforeach()
  file(MAKE_DIRECTORY ${CTF_GENERATED_DIR})
  add_custom_command(
    OUTPUT ${sources} ${headers}
    COMMAND ${CTF_PROTOC_C} -I${ARG_ROOT} -I${CTF_PROTO_ROOT} --c_out=${CTF_GENERATED_DIR} ${protos}
    DEPENDS ${protos}
    COMMENT "protoc-c: ${target}"
    VERBATIM)
  add_custom_target(${target}_generate DEPENDS ${sources} ${headers})
  add_library(${target} OBJECT ${sources})
  target_link_libraries(${target} PRIVATE ctf_flags_generated PkgConfig::PROTOBUF_C)
  add_dependencies(${target} ${target}_generate)
endfunction()

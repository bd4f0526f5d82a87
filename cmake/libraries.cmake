# From the folders' objects to ctf_internal (static, all symbols: what tests link) and libctf.so (public symbols only).

find_package(Threads REQUIRED)
define_property(GLOBAL PROPERTY CTF_OBJECT_LIBRARIES)  # what ctf_assemble puts together

# ctf_object_library(<target> SOURCES <file>... [OPTIONS <flag>...] [LIBRARIES <target>...])
# The objects of one folder. A folder without sources has no library.
function(ctf_object_library target)
  cmake_parse_arguments(ARG "" "" "SOURCES;OPTIONS;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    return()
  endif()
  add_library(${target} OBJECT ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE ctf_flags PkgConfig::PROTOBUF_C Threads::Threads ${ARG_LIBRARIES})
  target_compile_options(${target} PRIVATE ${ARG_OPTIONS})
  if(TARGET ctf_proto_generate)
    add_dependencies(${target} ctf_proto_generate)
  endif()
  set_property(GLOBAL APPEND PROPERTY CTF_OBJECT_LIBRARIES ${target})
endfunction()

function(ctf_assemble)
  ctf_generate_registry()
  get_property(libraries GLOBAL PROPERTY CTF_OBJECT_LIBRARIES)
  list(TRANSFORM libraries REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)

  add_library(ctf_internal STATIC ${objects})
  target_link_libraries(ctf_internal PUBLIC ctf_flags PkgConfig::PROTOBUF_C Threads::Threads m ${CMAKE_DL_LIBS})
  add_dependencies(ctf_internal ctf_proto_generate)

  add_library(ctf SHARED ${objects})
  # 0.1 and not 0: until 1.0 each minor version may change, and binutils has a libctf.so.0 of its own, which its linker
  # must go on finding when LD_LIBRARY_PATH names our folder.
  set_target_properties(ctf PROPERTIES SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
                                       VERSION ${PROJECT_VERSION} LINKER_LANGUAGE C)
  target_include_directories(ctf INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(ctf PRIVATE PkgConfig::PROTOBUF_C Threads::Threads m ${CMAKE_DL_LIBS})
  target_link_options(ctf PRIVATE -Wl,--as-needed -Wl,-z,relro,-z,now)
  target_link_options(ctf PRIVATE -Wl,-z,nodelete)  # the pool's threads and a handler of SIGBUS stay until the process ends
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    target_link_options(ctf PRIVATE -Wl,-z,defs)  # clang leaves its sanitizers' symbols to the executable
  endif()

  include(cmake/install.cmake)
endfunction()

# ctf_program(<name> SOURCES <file>... [LIBRARIES <target>...])
# A program for users. It sees the public headers and libctf.so, as any program outside this tree would.
function(ctf_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ctf_flags ctf ${ARG_LIBRARIES})
endfunction()

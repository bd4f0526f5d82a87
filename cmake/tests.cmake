# How tests are declared. Labels: unit, contract, house, fault, conformance, fuzz, slow, gpu, sim.

pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
if(NOT CMOCKA_FOUND)
  message(FATAL_ERROR "cmocka is needed for the tests. On Debian: make deps. Without tests: -DCTF_TESTS=OFF")
endif()

set(CTF_LABELS unit contract house fault conformance fuzz slow gpu sim)
set(CTF_TIMEOUT 60)  # seconds a test; sanitizers and coverage get a multiple
set(CTF_TIMEOUT_FACTOR 1)
if(CTF_SANITIZE OR CTF_COVERAGE OR CTF_FUZZ)
  set(CTF_TIMEOUT_FACTOR 5)
endif()

# Where ctest starts tests: CTF_SHARED and the sanitizers' options, unless the caller has set them.
configure_file(${PROJECT_SOURCE_DIR}/cmake/test_environment.cmake.in ${PROJECT_BINARY_DIR}/test_environment.cmake @ONLY)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY TEST_INCLUDE_FILES ${PROJECT_BINARY_DIR}/test_environment.cmake)

# Of a test that add_test has made: what its caller has parsed into ARG_LABELS, ARG_TIMEOUT and ARG_SERIAL.
function(ctf_test_properties name)
  if(NOT ARG_LABELS)
    message(FATAL_ERROR "test ${name}: LABELS is missing; there are ${CTF_LABELS}")
  endif()
  foreach(label IN LISTS ARG_LABELS)
    if(NOT label IN_LIST CTF_LABELS)
      message(FATAL_ERROR "test ${name}: unknown label ${label}; there are ${CTF_LABELS}")
    endif()
  endforeach()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT ${CTF_TIMEOUT})
  endif()
  math(EXPR timeout "${ARG_TIMEOUT} * ${CTF_TIMEOUT_FACTOR}")
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${timeout})
  if(ARG_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# ctf_test(<name> LABELS <label>... SOURCES <file>... [LIBRARIES <target>...] [ARGS <argument>...] [TIMEOUT <seconds>]
#          [SERIAL] [PUBLIC])
# A cmocka program, run from the repository's root. It links everything inside (ctf_internal) and tests/support;
# with PUBLIC only libctf.so, as a user's program does. SERIAL: runs with no other test beside it.
function(ctf_test name)
  cmake_parse_arguments(ARG "SERIAL;PUBLIC" "TIMEOUT" "LABELS;SOURCES;LIBRARIES;ARGS" ${ARGN})
  if(ARG_PUBLIC)
    set(library ctf)
  else()
    set(library ctf_test_support ctf_internal)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin/tests)
  target_link_libraries(${name} PRIVATE ctf_flags ${library} ${ARG_LIBRARIES} PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  ctf_test_properties(${name})
endfunction()

# ctf_script_test(<name> LABELS <label>... COMMAND <command>... [TIMEOUT <seconds>] [SERIAL]): a script, run from the root
# with CTF_BUILD_DIR set to the build tree.
function(ctf_script_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "LABELS;COMMAND" ${ARGN})
  add_test(NAME ${name} COMMAND ${ARG_COMMAND} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  ctf_test_properties(${name})
  set_property(TEST ${name} PROPERTY ENVIRONMENT
    "CTF_BUILD_DIR=${PROJECT_BINARY_DIR};CTF_GENERATED_DIR=${CTF_GENERATED_DIR};CC=${CMAKE_C_COMPILER}")
endfunction()

# ctf_fuzz(<name> SOURCES <file>... CORPUS <folder below tests/>)
# An LLVMFuzzerTestOneInput. Under the preset fuzz a libFuzzer program; everywhere a test that replays the corpus.
function(ctf_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin/tests)
  target_link_libraries(${name} PRIVATE ctf_flags ctf_internal)
  set(corpus ${PROJECT_SOURCE_DIR}/tests/${ARG_CORPUS})
  if(CTF_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${name} COMMAND ${name} -runs=0 ${corpus})
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c)
    add_test(NAME ${name} COMMAND ${name} ${corpus})
  endif()
  set(ARG_LABELS fuzz)
  ctf_test_properties(${name})
endfunction()

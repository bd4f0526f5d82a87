# Compiler flags. ctf_flags is linked by everything that is ours; generated code takes ctf_flags_generated.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug (dev and the sanitizers) or Release" FORCE)
endif()
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")  # -g1: function names and lines in a crash report, at no cost to speed
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)

find_program(CTF_CCACHE ccache)
mark_as_advanced(CTF_CCACHE)
if(CTF_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CTF_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CTF_CCACHE})  # of the CUDA emulation
endif()

add_library(ctf_flags_generated INTERFACE)
target_include_directories(ctf_flags_generated INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include
                                                         ${CTF_GENERATED_DIR})
target_compile_definitions(
  ctf_flags_generated INTERFACE _GNU_SOURCE CTF_VERSION="${PROJECT_VERSION}" $<$<NOT:$<BOOL:${CTF_ASSERTS}>>:CTF_NO_ASSERT>
                                $<$<BOOL:${CTF_STRESS}>:CTF_STRESS>)
# Integers wrap in kernels as TensorFlow's do, and everywhere else for one rule. No contraction: a * b + c has one value
# whatever the instruction set.
target_compile_options(ctf_flags_generated INTERFACE -fwrapv -ffp-contract=off)

add_library(ctf_flags INTERFACE)
target_link_libraries(ctf_flags INTERFACE ctf_flags_generated)
target_compile_options(
  ctf_flags INTERFACE -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers
                      $<$<BOOL:${CTF_WERROR}>:-Werror>)

if(CTF_SANITIZE)
  # No recovery: a finding ends the test. -fno-wrapv's check (signed overflow) is off by -fwrapv, which is what we mean.
  add_compile_options(-fsanitize=${CTF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CTF_SANITIZE})
endif()
if(CTF_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(CTF_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "CTF_FUZZ needs clang (libFuzzer), and the compiler is ${CMAKE_C_COMPILER_ID}: use the preset "
                        "fuzz, or set CC=clang")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Targets for people: format, tidy, iwyu, coverage. Each exists where its tool does; none is part of `all`.

find_program(CTF_CLANG_FORMAT NAMES clang-format-14 clang-format)
find_program(CTF_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)
find_program(CTF_IWYU NAMES iwyu_tool iwyu_tool.py)
find_program(CTF_GCOVR gcovr)
mark_as_advanced(CTF_CLANG_FORMAT CTF_CLANG_TIDY CTF_IWYU CTF_GCOVR)
set(ctf_folders runtime graphdef ops engine tools examples tests bench include)
if(CTF_CLANG_FORMAT)
  add_custom_target(
    format
    COMMAND sh -c "find \"$@\" -name '*.[ch]' -o -name '*.cu' | xargs ${CTF_CLANG_FORMAT} -i" format ${ctf_folders}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    VERBATIM)
endif()
if(CTF_CLANG_TIDY)
  add_custom_target(
    tidy
    COMMAND ${CTF_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR}
            "^${PROJECT_SOURCE_DIR}/(runtime|graphdef|ops|engine|tools|examples)/"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    VERBATIM)
endif()
if(CTF_IWYU)
  add_custom_target(iwyu COMMAND ${CTF_IWYU} -p ${PROJECT_BINARY_DIR} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
if(CTF_COVERAGE AND CTF_GCOVR)
  add_custom_target(
    coverage_report
    COMMAND ${CTF_GCOVR} --root ${PROJECT_SOURCE_DIR} --exclude "build/.*" --exclude "tests/.*" ${PROJECT_BINARY_DIR}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    VERBATIM)
endif()

# What `cmake --install` and CPack put on a machine: the library, its headers, a CMake package, pkg-config files, and with
# CTF_INSTALL_LIBTENSORFLOW the names by which programs for libtensorflow look for it. Included by ctf_assemble.
include(CMakePackageConfigHelpers)

install(TARGETS ctf EXPORT ctfTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(EXPORT ctfTargets NAMESPACE ctf:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ctf)
file(WRITE ${PROJECT_BINARY_DIR}/package/ctfConfig.cmake "include(\"\${CMAKE_CURRENT_LIST_DIR}/ctfTargets.cmake\")\n")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/ctfConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/ctfConfig.cmake ${PROJECT_BINARY_DIR}/package/ctfConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ctf)

# ctf_pkgconfig(<name> <version> <libraries>): <name>.pc. Paths are relative to the file, so that the tree can be moved.
function(ctf_pkgconfig name version libraries)
  file(WRITE ${PROJECT_BINARY_DIR}/package/${name}.pc
"prefix=\${pcfiledir}/../..
libdir=\${pcfiledir}/..
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}

Name: ${name}
Description: ${PROJECT_DESCRIPTION}
Version: ${version}
Libs: -L\${libdir} ${libraries}
Cflags: -I\${includedir}
")
  install(FILES ${PROJECT_BINARY_DIR}/package/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

ctf_pkgconfig(ctf ${PROJECT_VERSION} -lctf)
if(CTF_INSTALL_LIBTENSORFLOW)
  # Two libraries in TensorFlow, one here: the second has nothing of its own and brings the first.
  foreach(name tensorflow tensorflow_framework)
    install(CODE "set(ctf_libdir \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}\")
      execute_process(COMMAND ${CMAKE_COMMAND} -E create_symlink libctf.so.${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} \"\${ctf_libdir}/lib${name}.so.2\")
      execute_process(COMMAND ${CMAKE_COMMAND} -E create_symlink lib${name}.so.2 \"\${ctf_libdir}/lib${name}.so\")")
  endforeach()
  ctf_pkgconfig(tensorflow 2.21.0 "-ltensorflow -ltensorflow_framework")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ctf)
set(CPACK_PACKAGE_CONTACT "the ctf project")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONFLICTS binutils-dev)  # which has a libctf.so, too
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
include(CPack)

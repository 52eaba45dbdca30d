# What `cmake --install` puts in place: headers, both libraries, the command, the pkg-config and CMake packages, the man page and shell
# completion (printed by the built command).
include(CMakePackageConfigHelpers)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/secant DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS secant RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
set_target_properties(libsecant PROPERTIES EXPORT_NAME secant)
set_target_properties(secant-deploy PROPERTIES EXPORT_NAME deploy)
install(TARGETS libsecant secant-deploy EXPORT secant LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/secant)
install(EXPORT secant NAMESPACE secant:: FILE secant-targets.cmake DESTINATION ${package})
file(WRITE ${CMAKE_BINARY_DIR}/secant-config.cmake "# find_package(secant): targets secant::secant and secant::deploy.\ninclude(\"\${CMAKE_CURRENT_LIST_DIR}/secant-targets.cmake\")\n")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/secant-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/secant-config.cmake ${CMAKE_BINARY_DIR}/secant-config-version.cmake DESTINATION ${package})

foreach(name secant secant-deploy)
  set(SECANT_PC_NAME ${name})
  configure_file(${CMAKE_SOURCE_DIR}/cmake/secant.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

# printed(file arguments...): a file of the build folder that the command prints.
set(printed_files "")
function(printed file)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${file} COMMAND secant ${ARGN} > ${file} WORKING_DIRECTORY ${CMAKE_BINARY_DIR} DEPENDS secant VERBATIM)
  list(APPEND printed_files ${CMAKE_BINARY_DIR}/${file})
  set(printed_files ${printed_files} PARENT_SCOPE)
endfunction()
printed(secant.1 doc --man)
printed(secant.bash doc --completion bash)
printed(_secant doc --completion zsh)
printed(secant.fish doc --completion fish)
add_custom_target(printed ALL DEPENDS ${printed_files})
install(FILES ${CMAKE_BINARY_DIR}/secant.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/secant.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME secant)
install(FILES ${CMAKE_BINARY_DIR}/_secant DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${CMAKE_BINARY_DIR}/secant.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

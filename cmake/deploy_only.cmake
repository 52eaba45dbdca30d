# -DSECANT_DEPLOY_ONLY=ON: libsecant-deploy alone, its headers and its pkg-config file. What nothing public leads to is left out; no command, no
# training, no data sets.
include(cmake/library.cmake)
target_compile_options(secant_flags INTERFACE -ffunction-sections -fdata-sections)
secant_library(secant-deploy ${deploy_rooms})
secant_symbols(secant-deploy FALSE)
target_link_options(secant-deploy PRIVATE -Wl,--gc-sections -s)

foreach(header base codec files options palette predict session tensor tensorfile)
  install(FILES ${CMAKE_SOURCE_DIR}/include/secant/${header}.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/secant)
endforeach()
install(TARGETS secant-deploy LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
file(RELATIVE_PATH SECANT_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" SECANT_PC_UP "${SECANT_PC_UP}")
set(SECANT_PC_NAME secant-deploy)
configure_file(${CMAKE_SOURCE_DIR}/cmake/secant.pc.in ${CMAKE_BINARY_DIR}/secant-deploy.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/secant-deploy.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

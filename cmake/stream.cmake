# What runs streams: libsecant-stream (room stream with its folder run, on libsecant-deploy and GStreamer), the plugin for GStreamer's own
# tools, and the Python module. The command opens the library when a stream is run.
if(NOT GST_FOUND OR NOT TARGET secant-deploy)
  return()
endif()
file(GLOB run_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/stream/run/*.c)
list(FILTER run_sources EXCLUDE REGEX "/plugin\\.c$")
add_library(room_stream_run OBJECT ${run_sources})
target_link_libraries(room_stream_run PUBLIC room_stream PkgConfig::GST)

add_library(secant-stream SHARED ${CMAKE_SOURCE_DIR}/cmake/empty.c)
set_target_properties(secant-stream PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${abi} EXPORT_NAME stream)
target_link_libraries(secant-stream PRIVATE secant_flags room_stream_run -Wl,--whole-archive room_stream -Wl,--no-whole-archive
  PUBLIC secant-deploy PRIVATE PkgConfig::GST)
if(NOT SECANT_SANITIZE)
  target_link_options(secant-stream PRIVATE -Wl,--no-undefined -Wl,-Bsymbolic-functions -Wl,-z,nodelete)
endif()
target_include_directories(secant-stream INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
secant_symbols(secant-stream FALSE)

add_library(gstsecant MODULE ${CMAKE_SOURCE_DIR}/src/stream/run/plugin.c)
target_link_libraries(gstsecant PRIVATE secant_flags secant-stream PkgConfig::GST)
set_target_properties(gstsecant PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/gstreamer-1.0 INSTALL_RPATH "$ORIGIN/..")
set_target_properties(secant PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
add_dependencies(secant secant-stream)
install(TARGETS gstsecant LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/gstreamer-1.0)
install(TARGETS secant-stream EXPORT secant LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

# The Python module needs no compiler: it calls the library. It lies ready in the build folder, and is installed beside the library.
file(GLOB python_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/python/*.py)
foreach(file ${python_files})
  get_filename_component(name ${file} NAME)
  configure_file(${file} ${CMAKE_BINARY_DIR}/python/${name} COPYONLY)
endforeach()
install(FILES ${python_files} DESTINATION ${CMAKE_INSTALL_LIBDIR}/secant/python)

# C++: MxStream::MxStreamManager is headers alone; messages are made by the protoc of whoever builds a program.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/MxStream ${CMAKE_SOURCE_DIR}/include/MxTools ${CMAKE_SOURCE_DIR}/include/MxBase
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# The two installed libraries, the command, and what goes with them.
#
# libsecant stands on libsecant-deploy, so that a process has one engine, one registry, one count of memory whichever of the two its parts
# link. What libsecant calls there beyond the public headers is exported too, under a symbol version of its own that is this very release's;
# the public symbols are those of cmake/symbols/NAME.txt, the ledger, under SECANT_MAJOR.MINOR. A minor release may change interfaces
# before 1.0, and so the name of the library (SONAME) has it.
include(cmake/library.cmake)
set(upper_rooms nn hub annotations data model judge train stream app)

# Rooms of libsecant-deploy are compiled visible, for libsecant; within them calls stay direct.
foreach(room ${deploy_rooms})
  get_target_property(type room_${room} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    set_target_properties(room_${room} PROPERTIES C_VISIBILITY_PRESET default)
    target_compile_options(room_${room} PRIVATE -fno-semantic-interposition)
  endif()
endforeach()
foreach(isa ${isas})
  if(TARGET kernels_${isa})
    set_target_properties(kernels_${isa} PROPERTIES C_VISIBILITY_PRESET default)
    target_compile_options(kernels_${isa} PRIVATE -fno-semantic-interposition)
  endif()
endforeach()

file(GLOB tool_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/*.c)
if(tool_sources)
  secant_library(secant-deploy ${deploy_rooms})
  secant_library(libsecant ${upper_rooms})
  secant_symbols(secant-deploy TRUE)
  secant_symbols(libsecant FALSE)
  set_target_properties(libsecant PROPERTIES OUTPUT_NAME secant)
  add_executable(secant ${tool_sources})
  # The command links the rooms statically, so that it starts fast and runs from the build folder and from anywhere.
  target_link_libraries(secant PRIVATE room_app)
  secant_lazy(secant "exec;formats;hub;codec;prepare;draw;annotations;data;deploy;model;judge;train;app" ${DNNL_LIBRARY} ${ZIP_LINK_LIBRARIES} ${SPNG_LINK_LIBRARIES} ${JPEG_LINK_LIBRARIES}
    ${TIFF_LINK_LIBRARIES} ${WEBP_LINK_LIBRARIES} ${CAIRO_LINK_LIBRARIES} ${YAML_LINK_LIBRARIES} ${UTF8PROC_LINK_LIBRARIES} ${CURL_LINK_LIBRARIES}
    ${SQLITE_LINK_LIBRARIES} ${HDF5_LINK_LIBRARIES})
  set_target_properties(secant PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  include(${CMAKE_SOURCE_DIR}/cmake/install.cmake OPTIONAL)
endif()

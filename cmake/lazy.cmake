# secant_lazy(target rooms libraries...): lets an executable open libraries at the first call of one of their functions, not at its start.
# The command stands on nine libraries and they on thirty more; finding and relocating those took 8 of 9 ms of the processor that `secant list`
# needed, though few verbs call more than one of them. The rooms know nothing of it: at the last link their calls meet stubs (lazy/stubs.sh).
# Elsewhere than on x86-64 under Linux, and with sanitizers, libraries are linked as usual; so they always are by libsecant and libsecant-deploy.
option(SECANT_LAZY "The command opens libraries when it needs them (x86-64, Linux)" ON)
function(secant_lazy target rooms)
  if(NOT SECANT_LAZY OR SECANT_SANITIZE OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
  endif()
  set(archives "")
  foreach(room ${rooms})
    list(APPEND archives $<TARGET_FILE:room_${room}>)
    list(APPEND targets room_${room})
  endforeach()
  set(script ${CMAKE_SOURCE_DIR}/cmake/lazy/stubs.sh)
  foreach(library ${ARGN})
    if(NOT library MATCHES "\\.so")
      continue()   # an archive: nothing to open
    endif()
    get_filename_component(name ${library} NAME_WE)
    set(stubs ${CMAKE_BINARY_DIR}/lazy/${name}.S)
    add_custom_command(OUTPUT ${stubs} COMMAND sh ${script} ${CMAKE_NM} ${CMAKE_READELF} ${library} ${archives} > ${stubs}
      DEPENDS ${script} ${targets} ${library} VERBATIM)
    target_sources(${target} PRIVATE ${stubs})
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/lazy)
  set_target_properties(${target} PROPERTIES SECANT_IS_LAZY TRUE)
  target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/lazy/lazy.c)
  target_link_options(${target} PRIVATE -Wl,--as-needed)   # a library whose functions all have stubs is not needed
  target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
endfunction()

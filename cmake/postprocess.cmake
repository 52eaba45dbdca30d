# src/stream/post/python.py, as it lies there, in the room that runs post-processors of Python with it.
set(file ${CMAKE_SOURCE_DIR}/src/stream/post/python.py)
set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
file(READ ${file} hex HEX)   # bytes, so that nothing in it needs care
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," SECANT_POST_PYTHON "${hex}")
configure_file(${CMAKE_SOURCE_DIR}/cmake/postprocess.c.in ${CMAKE_BINARY_DIR}/postprocess.c @ONLY)
target_sources(room_stream PRIVATE ${CMAKE_BINARY_DIR}/postprocess.c)

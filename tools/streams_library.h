/*
 * The library that runs streams, opened when it is wanted: the command starts without GStreamer, and works where there
 * is none. Each function of secant/manager.h that the command calls is a row.
 */
#ifndef TOOLS_STREAMS_LIBRARY_H
#define TOOLS_STREAMS_LIBRARY_H
#include <secant/manager.h>

#define STREAMS_FUNCTIONS(F) \
	F(streams_new) \
	F(streams_free) \
	F(streams_create_file) \
	F(streams_check_file) \
	F(streams_name) \
	F(streams_port) \
	F(streams_send) \
	F(streams_get) \
	F(streams_wait) \
	F(streams_statistics) \
	F(stream_result_came) \
	F(stream_result_code) \
	F(stream_result_data) \
	F(stream_result_mask) \
	F(stream_result_free)

#define F(name) __typeof__(secant_##name) *name;
typedef struct streams_library {
	STREAMS_FUNCTIONS(F)
} streams_library;
#undef F

/* NULL and err where this build has none, or GStreamer is not installed. */
const streams_library *streams_library_open(secant_err *err);
/* The folder of the Python module in `path`; false: it is not there. */
bool streams_python_path(char *path, size_t size);
#endif

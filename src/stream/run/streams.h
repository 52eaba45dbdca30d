/* The manager's streams, for what works on them by name. */
#ifndef STREAM_RUN_STREAMS_H
#define STREAM_RUN_STREAMS_H
#include <secant/manager.h>
#include "stream/run/stream_run.h"

/* Held; NULL: no such stream. */
stream_run *stream_find_run(secant_streams *m, const char *name);
#endif

/* Results as one JSON text: what mxpi_dataserialize makes of a frame. */
#ifndef STREAM_SERIALIZE_H
#define STREAM_SERIALIZE_H
#include "stream/frame.h"
/* `keys`: a list with commas, empty: everything. 0, or the original's code with `why`. */
int stream_serialize(base_str *out, stream_frame *f, const char *keys, bool headers, char *why, size_t size);
/* Whether a key is in a list with commas; blanks around names are let pass. */
bool stream_in_list(const char *list, const char *key);
#endif

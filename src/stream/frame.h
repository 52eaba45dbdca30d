/*
 * What goes through a stream: bytes, and messages by key. A frame may be seen by several branches of a stream at once
 * (behind a tee); what one adds, all have. Bytes and messages never change once they are there.
 */
#ifndef STREAM_FRAME_H
#define STREAM_FRAME_H
#include "stream/message.h"

/* Bytes that several hold. */
typedef struct stream_blob {
	int refs;
	size_t n;
	uint8_t *p;
} stream_blob;
stream_blob *stream_blob_new(size_t n); /* not zeroed; NULL: no memory */
stream_blob *stream_blob_of(const void *p, size_t n); /* a copy */
stream_blob *stream_blob_take(base_str *s); /* what was written; the string is empty again; NULL: no memory */
stream_blob *stream_blob_hold(stream_blob *b);
void stream_blob_drop(stream_blob *b); /* NULL is fine */

typedef struct stream_frame stream_frame;
stream_frame *stream_frame_new(void); /* held once; NULL: no memory */
stream_frame *stream_frame_hold(stream_frame *f);
void stream_frame_drop(stream_frame *f);

/* Adds a message under a key and takes the blob in any case (NULL: no memory). 0, or the original's code: a key that is
 * there (7010), reserved (1004) or empty (7024). kind NULL: the blob is plain text. */
int stream_frame_put(stream_frame *f, const char *key, const stream_message *kind, stream_blob *blob);
/* The message of a key; false: there is none. *blob is held by the caller; any may be NULL. */
bool stream_frame_get(stream_frame *f, const char *key, const stream_message **kind, stream_blob **blob);
/* The i-th in byte order of keys; the key lives as long as the frame. False after the last. */
bool stream_frame_at(stream_frame *f, int i, const char **key, const stream_message **kind, stream_blob **blob);
/* Everything of `from` but its bytes and what is reserved for the way through the stream. */
void stream_frame_copy_messages(stream_frame *to, stream_frame *from);

/* The bytes; NULL: none. Set once, before others see the frame. */
stream_blob *stream_frame_bytes(const stream_frame *f);
void stream_frame_set_bytes(stream_frame *f, stream_blob *b);
/* Which key holds the picture that is worked on; "" at first. Copied. */
void stream_frame_set_vision(stream_frame *f, const char *key);
void stream_frame_vision(stream_frame *f, char *key, size_t size);

/* What went wrong, by the name of the element; the last in byte order of names is what a client is told. */
void stream_frame_fail(stream_frame *f, const char *element, int code, const char *text);
/* The code of that last element, 0: nothing went wrong; `text`, nullable, receives all texts, a line each. */
int stream_frame_failed(stream_frame *f, base_str *text);

/* On its way: the number a client waits for (-1: none), time stamps, the channel. Set before others see the frame. */
typedef struct stream_way {
	int64_t id;
	uint64_t pts; /* GStreamer's; all bits set: none */
	uint32_t channel, frame;
	double sent; /* secant_seconds when a client sent it; 0: no client did */
} stream_way;
stream_way *stream_frame_way(stream_frame *f);
#endif

/*
 * A pipeline in memory, and the passes of its check: each returns false at the first fault.
 */
#ifndef SECANT_STREAM_STREAM_H
#define SECANT_STREAM_STREAM_H
#include "base/by_name.h"
#include "base/json.h"
#include "base/mem.h"
#include "stream/element.h"
#include <secant/stream.h>

/* The original's error codes that a check can end with. */
enum {
	SECANT_MX_FAILURE = 1001,
	SECANT_MX_INVALID_PARAM = 1004,
	SECANT_MX_INVALID_PATH = 1029,
	SECANT_MX_STATE = 6003,
	SECANT_MX_CONFIG = 6005,
	SECANT_MX_LINK = 6006,
	SECANT_MX_EXISTS = 6012,
	SECANT_MX_NO_ELEMENT = 6013,
	SECANT_MX_FACTORY = 6014,
	SECANT_MX_PROPERTIES = 6015,
	SECANT_MX_UNLINKED = 6016
};

typedef struct secant_stream secant_stream;

/* One end of a link. */
typedef struct secant_pad {
	secant_stream_element *peer; /* NULL: not linked */
	int media, peer_pad;
} secant_pad;

struct secant_stream_element {
	const char *name; /* without ":N" */
	const json_t *json;
	const secant_element *kind;
	secant_stream *stream;
	const char *data_source; /* what nextMeta says; NULL: nothing */
	secant_pad *sinks, *sources;
	int n_sinks, n_sources, arriving; /* arriving: links that name it */
	int seen; /* the last query that came by */
};

struct secant_stream {
	secant_pipeline *pipeline;
	const char *name;
	const json_t *json;
	const char **keys; /* in byte order */
	int n_keys;
	const char *device; /* deviceId of stream_config; NULL: none */
	secant_stream_element *elements;
	int n;
	secant_by_name by_name;
	int query; /* counts queries for media */
};

struct secant_pipeline {
	secant_arena *arena;
	json_t *root; /* NULL: no JSON */
	bool strict, no_memory;
	secant_stream_fault fault;
	const char **remarks;
	int n_remarks, remarks_capacity, n_streams, n_elements;
};

/* The text that the value of a property stands for; NULL: nothing stands for it. Numbers and booleans: unless strict.
 */
const char *secant_stream_value(secant_pipeline *p, const secant_prop *prop, const json_t *value);
/* Records the first fault; returns false. */
bool secant_stream_refuse(secant_stream *s, int code, const char *element, const char *property, const char *fmt, ...)
	SECANT_PRINTF(5, 6);
bool secant_stream_no_memory(secant_pipeline *p); /* false */
void secant_stream_remark(secant_pipeline *p, const char *fmt, ...) SECANT_PRINTF(2, 3);
/* No control characters, no 0x7F, no two spaces in a row: what the original takes anywhere. */
bool secant_stream_is_clean(const char *text);
/* A target "name" or "name:N": the name in fresh memory of the arena (NULL: none), *port N, 0 without, -1 where N is
 * none. With more than one colon it is all name. */
const char *secant_stream_target(secant_pipeline *p, const char *text, int *port);
/* The i-th of a list that may be a single string; NULL after the last. */
const json_t *secant_stream_listed(const json_t *list, size_t i);
secant_stream_element *secant_stream_find(const secant_stream *s, const char *name);
const char **secant_stream_keys(secant_pipeline *p, const json_t *object, int *n); /* in byte order; NULL: no memory */

bool secant_stream_validate(secant_stream *s); /* keys, factories, properties, the form of next */
bool secant_stream_create(secant_stream *s); /* stream_config, names, the form of nextMeta */
bool secant_stream_link(secant_stream *s); /* links, what nextMeta points at, ports left open */
bool secant_stream_start(secant_stream *s); /* what plugins refuse by themselves */
#endif

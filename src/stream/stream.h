/*
 * A pipeline in memory, and the passes of its check: each returns false at the first fault.
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H
#include "base/by_name.h"
#include "base/json.h"
#include "base/mem.h"
#include "stream/element.h"
#include <secant/stream.h>

/* The original's error codes that a check can end with. */
enum {
	STREAM_MX_FAILURE = 1001,
	STREAM_MX_INVALID_PARAM = 1004,
	STREAM_MX_NO_MEMORY = 1006,
	STREAM_MX_INVALID_PATH = 1029,
	STREAM_MX_STREAM_EXISTS = 6001,
	STREAM_MX_STATE = 6003,
	STREAM_MX_CONFIG = 6005,
	STREAM_MX_LINK = 6006,
	STREAM_MX_EXISTS = 6012,
	STREAM_MX_NO_ELEMENT = 6013,
	STREAM_MX_FACTORY = 6014,
	STREAM_MX_PROPERTIES = 6015,
	STREAM_MX_UNLINKED = 6016
};

typedef struct stream_instance stream_instance;

/* One end of a link. */
typedef struct stream_pad {
	stream_element *peer; /* NULL: not linked */
	int media, peer_pad;
} stream_pad;

struct stream_element {
	const char *name; /* without ":N" */
	const json_t *json;
	const stream_element_type *kind;
	stream_instance *stream;
	const char *data_source; /* what nextMeta says; NULL: nothing */
	stream_pad *sinks, *sources;
	int n_sinks, n_sources, arriving; /* arriving: links that name it */
	int seen; /* the last query that came by */
};

struct stream_instance {
	secant_pipeline *pipeline;
	const char *name;
	const json_t *json;
	const char **keys; /* in byte order */
	int n_keys;
	const char *device; /* deviceId of stream_config; NULL: none */
	stream_element *elements;
	int n;
	base_by_name by_name;
	int query; /* counts queries for media */
	bool standard; /* the last one met an element of GStreamer that is in no table */
};

/* Who makes something of streams while they are read; each returns false where it has refused the stream. */
typedef struct stream_visitor {
	bool (*meets)(void *user, stream_instance *s); /* before it is looked at: its name only; nullable */
	bool (*made)(void *user, stream_instance *s); /* all of it was right; nullable */
	/* An element that is in no table, in memory of p's arena; NULL: there is none, or no memory. Nullable. */
	const stream_element_type *(*standard)(secant_pipeline *p, const char *factory);
	void *user;
} stream_visitor;

struct secant_pipeline {
	base_arena *arena;
	json_t *root; /* NULL: no JSON */
	bool strict, no_memory;
	secant_stream_fault fault;
	const char **remarks;
	int n_remarks, remarks_capacity, n_streams, n_elements;
	const stream_visitor *visitor; /* NULL: nobody wants the streams */
	const stream_element_type **standard; /* what the visitor has found so far */
	const char *trouble; /* the visitor's, where it found nothing; NULL: none */
	int n_standard, standard_capacity;
};

/* As secant_pipeline_parse and _read, with a visitor. */
secant_pipeline *stream_pipeline_parse_to(
	const char *text, size_t size, bool strict, const stream_visitor *v, secant_err *err);
secant_pipeline *stream_pipeline_read_to(const char *path, bool strict, const stream_visitor *v, secant_err *err);

/* What a factory makes: of the table, or of the visitor; NULL: nothing. */
const stream_element_type *stream_kind(secant_pipeline *p, const char *factory);
/* The text that the value of a property stands for; NULL: nothing stands for it. Numbers and booleans: unless strict.
 */
const char *stream_value(secant_pipeline *p, const stream_prop *prop, const json_t *value);
/* Records the first fault; returns false. */
bool stream_refuse(stream_instance *s, int code, const char *element, const char *property, const char *fmt, ...)
	SECANT_PRINTF(5, 6);
bool stream_no_memory(secant_pipeline *p); /* false */
void stream_remark(secant_pipeline *p, const char *fmt, ...) SECANT_PRINTF(2, 3);
/* No control characters, no 0x7F, no two spaces in a row: what the original takes anywhere. */
bool stream_is_clean(const char *text);
/* A target "name" or "name:N": the name in fresh memory of the arena (NULL: none), *port N, 0 without, -1 where N is
 * none. With more than one colon it is all name. */
const char *stream_target(secant_pipeline *p, const char *text, int *port);
/* The i-th of a list that may be a single string; NULL after the last. */
const json_t *stream_listed(const json_t *list, size_t i);
stream_element *stream_find(const stream_instance *s, const char *name);
const char **stream_keys(secant_pipeline *p, const json_t *object, int *n); /* in byte order; NULL: no memory */

bool stream_validate(stream_instance *s); /* keys, factories, properties, the form of next */
bool stream_create(stream_instance *s); /* stream_config, names, the form of nextMeta */
bool stream_link(stream_instance *s); /* links, what nextMeta points at, ports left open */
bool stream_start(stream_instance *s); /* what plugins refuse by themselves */
#endif

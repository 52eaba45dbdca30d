/*
 * Reading JSON without building a tree: a pull parser for annotation files of any size. RFC 8259, strict, with line and
 * column in every error; a key that stands twice in one object is an error; at most 64 levels.
 *
 * The shape of a reader:
 *     for (ann_pull_object(j); ann_pull_key(j, &key);)
 *         if (ann_is(key, "id")) ann_pull_integer(j, &id);
 *         else ann_pull_skip(j, NULL);
 * Errors are sticky (j->err.code): after one every call returns false or nothing, so that loops end.
 */
#ifndef ANN_JSON_PULL_H
#define ANN_JSON_PULL_H
#include "annotations/text.h"

enum { PULL_DEPTH = 64 };
typedef struct pull_level {
	char kind;
	bool any;
	uint32_t keys;
} pull_level;

typedef struct json_pull {
	const char *start, *p, *end;
	const char *origin;
	secant_err err;
	pull_level level[PULL_DEPTH];
	int depth;
	ann_field *keys;
	int n_keys, keys_capacity; /* of the open objects, for duplicates */
	uint64_t *seen;
	size_t seen_capacity; /* hashed keys of one large object, made when it has more than a few */
	size_t seen_level;
	base_str scratch; /* unescaped strings */
	const char *line_at;
	uint32_t line; /* a place whose line is known */
} json_pull;

void ann_pull_init(json_pull *j, const char *data, size_t size, const char *origin);
void ann_pull_free(json_pull *j);
/* 'o', 'a', 's', 'n' (number, also nan and Infinity as other writers leave them), 't', 'f', '0' (null), 0 at an error
 * or the end. */
char ann_pull_peek(json_pull *j);
void ann_pull_object(json_pull *j);
bool ann_pull_key(json_pull *j, ann_field *key); /* false at the closing brace, which is taken */
/* A key as text, without its escapes, behind a prefix; cut to the room there is. */
void ann_pull_plain_key(json_pull *j, ann_field key, const char *prefix, char *out, size_t size);
void ann_pull_array(json_pull *j);
bool ann_pull_element(json_pull *j); /* false at the closing bracket, which is taken */
bool ann_pull_number(json_pull *j, double *v);
bool ann_pull_number_text(json_pull *j, double *v); /* or text that is one */
bool ann_pull_integer(json_pull *j, int64_t *v); /* a number without a fraction */
/* The text of a string, unescaped; valid until the next string. */
bool ann_pull_string(json_pull *j, ann_field *text);
/* Passes over a value of any kind; `raw` (nullable) receives its text. */
void ann_pull_skip(json_pull *j, ann_field *raw);
/* After the outermost value: an error if anything follows. */
void ann_pull_end(json_pull *j);
void ann_pull_fail(json_pull *j, const char *fmt, ...) SECANT_PRINTF(2, 3);
uint32_t ann_pull_line(json_pull *j); /* of the present place; cheap when called in order */
#endif

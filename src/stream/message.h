/*
 * The messages that buffers of a stream carry: protocol buffers of MindX SDK (package MxTools, version 3 of the
 * language), as a table. A message is its bytes, always: what a program sends is looked at where it lies, and what an
 * element makes is written once, pixels included. Encoding: protobuf.dev/programming-guides/encoding.
 */
#ifndef STREAM_MESSAGE_H
#define STREAM_MESSAGE_H
#include "base/json.h"
#include "base/mem.h"
#include "formats/onnx/wire.h"

typedef enum stream_field_type {
	STREAM_INT32,
	STREAM_UINT32,
	STREAM_UINT64,
	STREAM_FLOAT,
	STREAM_DOUBLE,
	STREAM_BOOL,
	STREAM_STRING,
	STREAM_BYTES,
	STREAM_ENUM,
	STREAM_MESSAGE,
	STREAM_MAP /* of strings to strings */
} stream_field_type;

typedef struct stream_field {
	const char *name;
	int number;
	stream_field_type type;
	bool many;
	const char *of; /* of MESSAGE: its name; of ENUM: "A|B|C", numbered from 0 */
} stream_field;

enum { STREAM_FIELDS = 13 };

typedef struct stream_message {
	const char *name, *file; /* "MxpiTensor", "MxpiDataType" */
	stream_field field[STREAM_FIELDS]; /* ends at a name of NULL */
} stream_message;

const stream_message *stream_message_at(int i); /* NULL after the last */
/* By name, with or without "MxTools." before it; NULL: there is none. */
const stream_message *stream_message_find(const char *name);
const stream_field *stream_message_field(const stream_message *m, int number); /* NULL: unknown */
/* The list's field of items: "visionVec" of MxpiVisionList; NULL: its first field is no list of messages. */
const stream_field *stream_message_items(const stream_message *m);

/* Whether bytes are such a message, all the way down. Fields that are not known may be there. */
bool stream_message_is(const stream_message *m, const void *bytes, size_t n);

/*
 * As JSON, as protobuf prints it with primitive fields always: fields in the order of the table, 64-bit integers as
 * text, bytes in base64, enumerations by name. `hide`: names of fields that are printed as if they were empty
 * ("dataStr"); NULL: none. The bytes must have been checked.
 */
void stream_message_print(base_str *out, const stream_message *m, const void *bytes, size_t n, const char *hide);
/* A text in quotes, as protobuf escapes it. */
void stream_message_print_text(base_str *out, const uint8_t *p, size_t n);
/* The fields alone, without braces, by name; reals have a point. `headers`: with headerVec of the message itself. */
void stream_message_print_fields(base_str *out, const stream_message *m, const void *bytes, size_t n, bool headers);
/* From JSON of that kind; fields that are not known are refused. */
secant_status stream_message_parse(
	base_str *out, const stream_message *m, const json_t *j, secant_err *err) SECANT_NODISCARD;
/* As a proto file: what a compiler of protocol buffers reads. `file`: "MxpiDataType". */
void stream_message_schema(base_str *out, const char *file);

/* ---- writing fields; numbers that are 0 are left out, as everywhere in this language ---- */
void stream_put_int(base_str *s, int number, int64_t v);
void stream_put_real(base_str *s, int number, double v); /* a float */
void stream_put_text(base_str *s, int number, const char *text);
void stream_put_message(base_str *s, int number, const base_str *m); /* also an empty one */
void stream_put_packed(base_str *s, int number, const int64_t *v, int n);
/* MxpiMetaHeader as field 1: the parent's key, and its index there. */
void stream_put_header(base_str *s, const char *key, int member);
/* Numbers of a field that may be packed or not: adds to v, at most `most`; false where they are broken or more. */
bool stream_take_ints(const format_wire_field *f, int64_t *v, int *n, int most);
float stream_float_of(const format_wire_field *f);
#endif

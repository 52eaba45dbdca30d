/*
 * Protocol buffers on the wire: fields one after another in memory that is lent. Nothing is copied, nothing recurses,
 * and no length is believed before the bytes are there; so models of any size are read in place. What the fields mean
 * is read.c's business (ONNX's published schema, onnx.proto). Encoding: protobuf.dev/programming-guides/encoding.
 */
#ifndef FORMAT_ONNX_WIRE_H
#define FORMAT_ONNX_WIRE_H
#include "base/bytes.h"
#include "base/mem.h"

/* Bytes that lie in the file. */
typedef struct format_wire {
	const uint8_t *p;
	size_t n;
} format_wire;

typedef enum format_wire_type {
	FORMAT_WIRE_VARINT = 0,
	FORMAT_WIRE_64 = 1,
	FORMAT_WIRE_BYTES = 2,
	FORMAT_WIRE_32 = 5
} format_wire_type;

typedef struct format_wire_field {
	int number;
	format_wire_type type;
	uint64_t value; /* of VARINT, 64, 32 */
	format_wire bytes; /* of BYTES */
} format_wire_field;

/* Takes the next field off: 1; 0 at the end; -1 where the bytes are no field. */
int format_wire_next(format_wire *w, format_wire_field *f);
/* Takes fields off until one of that number that holds bytes, which it gives; else as format_wire_next. */
int format_wire_next_bytes(format_wire *w, int number, format_wire *bytes);
/* Takes a varint off; false where there is none. */
bool format_wire_varint(format_wire *w, uint64_t *v);

/* ---- writing: fields added to a string ---- */
void format_wire_put_varint(base_str *s, int number, uint64_t v);
void format_wire_put_float(base_str *s, int number, float v);
void format_wire_put_bytes(base_str *s, int number, const void *data, size_t n);
void format_wire_put_text(base_str *s, int number, const char *text);
/* A message that was made in a string, which it frees. */
void format_wire_put_message(base_str *s, int number, base_str *message);
void format_wire_put_head(base_str *s, int number, uint64_t n); /* of n bytes that the caller adds */
#endif

/*
 * Protocol buffers on the wire: fields one after another in memory that is lent. Nothing is copied, nothing recurses,
 * and no length is believed before the bytes are there; so models of any size are read in place. What the fields mean
 * is read.c's business (ONNX's published schema, onnx.proto). Encoding: protobuf.dev/programming-guides/encoding.
 */
#ifndef SECANT_FORMATS_ONNX_WIRE_H
#define SECANT_FORMATS_ONNX_WIRE_H
#include "base/bytes.h"
#include "base/mem.h"

/* Bytes that lie in the file. */
typedef struct secant_wire {
	const uint8_t *p;
	size_t n;
} secant_wire;

typedef enum secant_wire_type {
	SECANT_WIRE_VARINT = 0,
	SECANT_WIRE_64 = 1,
	SECANT_WIRE_BYTES = 2,
	SECANT_WIRE_32 = 5
} secant_wire_type;

typedef struct secant_wire_field {
	int number;
	secant_wire_type type;
	uint64_t value; /* of VARINT, 64, 32 */
	secant_wire bytes; /* of BYTES */
} secant_wire_field;

/* Takes the next field off: 1; 0 at the end; -1 where the bytes are no field. */
int secant_wire_next(secant_wire *w, secant_wire_field *f);
/* Takes a varint off; false where there is none. */
bool secant_wire_varint(secant_wire *w, uint64_t *v);

/* ---- writing: fields added to a string ---- */
void secant_wire_put_varint(secant_str *s, int number, uint64_t v);
void secant_wire_put_float(secant_str *s, int number, float v);
void secant_wire_put_bytes(secant_str *s, int number, const void *data, size_t n);
void secant_wire_put_text(secant_str *s, int number, const char *text);
void secant_wire_put_head(secant_str *s, int number, uint64_t n); /* of n bytes that the caller adds */
#endif

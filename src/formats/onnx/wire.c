/* Protocol buffers on the wire; see wire.h. */
#include "formats/onnx/wire.h"

bool
secant_wire_varint(secant_wire *w, uint64_t *v)
{
	*v = 0;
	for (int shift = 0; shift < 70 && w->n; shift += 7) {
		uint8_t byte = *w->p;
		w->p++;
		w->n--;
		*v |= shift < 64 ? (uint64_t)(byte & 127) << shift : 0;
		if (byte < 128)
			return true;
	}
	return false;
}

static int
take(secant_wire *w, size_t n, secant_wire *out)
{
	if (w->n < n)
		return -1;
	*out = (secant_wire){ w->p, n };
	w->p += n;
	w->n -= n;
	return 1;
}

int
secant_wire_next(secant_wire *w, secant_wire_field *f)
{
	uint64_t key, length;
	secant_wire fixed;
	if (!w->n)
		return 0;
	if (!secant_wire_varint(w, &key) || key >> 3 == 0 || key >> 3 > INT32_MAX)
		return -1;
	*f = (secant_wire_field){ .number = (int)(key >> 3), .type = (secant_wire_type)(key & 7) };
	switch (f->type) {
	case SECANT_WIRE_VARINT: return secant_wire_varint(w, &f->value) ? 1 : -1;
	case SECANT_WIRE_64:
		if (take(w, 8, &fixed) < 0)
			return -1;
		f->value = secant_le64(fixed.p);
		return 1;
	case SECANT_WIRE_32:
		if (take(w, 4, &fixed) < 0)
			return -1;
		f->value = secant_le32(fixed.p);
		return 1;
	case SECANT_WIRE_BYTES:
		return secant_wire_varint(w, &length) && length <= w->n ? take(w, (size_t)length, &f->bytes) : -1;
	}
	return -1; /* groups, which the schema has none of */
}

static void
put_raw_varint(secant_str *s, uint64_t v)
{
	char b[10];
	size_t n = 0;
	do {
		b[n++] = (char)((v & 127) | (v > 127 ? 128 : 0));
		v >>= 7;
	} while (v);
	secant_str_addn(s, b, n);
}

void
secant_wire_put_varint(secant_str *s, int number, uint64_t v)
{
	put_raw_varint(s, (uint64_t)number << 3);
	put_raw_varint(s, v);
}

void
secant_wire_put_float(secant_str *s, int number, float v)
{
	uint8_t b[4];
	uint32_t bits;
	memcpy(&bits, &v, 4);
	secant_put_le(b, bits, 4);
	put_raw_varint(s, (uint64_t)number << 3 | SECANT_WIRE_32);
	secant_str_addn(s, (const char *)b, 4);
}

void
secant_wire_put_head(secant_str *s, int number, uint64_t n)
{
	put_raw_varint(s, (uint64_t)number << 3 | SECANT_WIRE_BYTES);
	put_raw_varint(s, n);
}

void
secant_wire_put_bytes(secant_str *s, int number, const void *data, size_t n)
{
	secant_wire_put_head(s, number, n);
	secant_str_addn(s, data, n);
}

void
secant_wire_put_text(secant_str *s, int number, const char *text)
{
	secant_wire_put_bytes(s, number, text, strlen(text));
}

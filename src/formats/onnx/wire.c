/* Protocol buffers on the wire; see wire.h. */
#include "formats/onnx/wire.h"

bool
format_wire_varint(format_wire *w, uint64_t *v)
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
take(format_wire *w, size_t n, format_wire *out)
{
	if (w->n < n)
		return -1;
	*out = (format_wire){ w->p, n };
	w->p += n;
	w->n -= n;
	return 1;
}

int
format_wire_next(format_wire *w, format_wire_field *f)
{
	uint64_t key, length;
	format_wire fixed;
	if (!w->n)
		return 0;
	if (!format_wire_varint(w, &key) || key >> 3 == 0 || key >> 3 > INT32_MAX)
		return -1;
	*f = (format_wire_field){ .number = (int)(key >> 3), .type = (format_wire_type)(key & 7) };
	switch (f->type) {
	case FORMAT_WIRE_VARINT: return format_wire_varint(w, &f->value) ? 1 : -1;
	case FORMAT_WIRE_64:
		if (take(w, 8, &fixed) < 0)
			return -1;
		f->value = base_le64(fixed.p);
		return 1;
	case FORMAT_WIRE_32:
		if (take(w, 4, &fixed) < 0)
			return -1;
		f->value = base_le32(fixed.p);
		return 1;
	case FORMAT_WIRE_BYTES:
		return format_wire_varint(w, &length) && length <= w->n ? take(w, (size_t)length, &f->bytes) : -1;
	}
	return -1; /* groups, which the schema has none of */
}

int
format_wire_next_bytes(format_wire *w, int number, format_wire *bytes)
{
	format_wire_field f;
	int got;
	while ((got = format_wire_next(w, &f)) > 0)
		if (f.number == number && f.type == FORMAT_WIRE_BYTES) {
			*bytes = f.bytes;
			break;
		}
	return got;
}

static void
put_raw_varint(base_str *s, uint64_t v)
{
	char b[10];
	size_t n = 0;
	do {
		b[n++] = (char)((v & 127) | (v > 127 ? 128 : 0));
		v >>= 7;
	} while (v);
	base_str_addn(s, b, n);
}

void
format_wire_put_varint(base_str *s, int number, uint64_t v)
{
	put_raw_varint(s, (uint64_t)number << 3);
	put_raw_varint(s, v);
}

void
format_wire_put_float(base_str *s, int number, float v)
{
	uint8_t b[4];
	uint32_t bits;
	memcpy(&bits, &v, 4);
	base_put_le(b, bits, 4);
	put_raw_varint(s, (uint64_t)number << 3 | FORMAT_WIRE_32);
	base_str_addn(s, (const char *)b, 4);
}

void
format_wire_put_head(base_str *s, int number, uint64_t n)
{
	put_raw_varint(s, (uint64_t)number << 3 | FORMAT_WIRE_BYTES);
	put_raw_varint(s, n);
}

void
format_wire_put_bytes(base_str *s, int number, const void *data, size_t n)
{
	format_wire_put_head(s, number, n);
	base_str_addn(s, data, n);
}

void
format_wire_put_text(base_str *s, int number, const char *text)
{
	format_wire_put_bytes(s, number, text, strlen(text));
}

void
format_wire_put_message(base_str *s, int number, base_str *message)
{
	format_wire_put_bytes(s, number, message->p ? message->p : "", message->n);
	s->failed |= message->failed;
	base_str_free(message);
}

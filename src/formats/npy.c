/*
 * .npy (numpy.lib.format versions 1 to 3), reading and writing one array:
 *
 *     "\x93NUMPY" | major | minor | u16 (version 1) or u32 n | n bytes: a Python dictionary as text | data
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
 *
 * The dictionary is read by a scanner for just these three keys, nothing is evaluated. Big-endian and Fortran order are
 * turned around. numpy has no bfloat16: writing one is an error. Structured and object arrays are errors.
 */
#include "formats/format.h"
#include "base/bytes.h"
#include <stdio.h>
#include <string.h>

/* numpy's letter and width of each dtype; bfloat16 has none. */
static const struct {
	char kind, width;
} descr[] = {
	[SECANT_F32] = { 'f', 4 },
	[SECANT_F64] = { 'f', 8 },
	[SECANT_F16] = { 'f', 2 },
	[SECANT_U8] = { 'u', 1 },
	[SECANT_I8] = { 'i', 1 },
	[SECANT_U16] = { 'u', 2 },
	[SECANT_I16] = { 'i', 2 },
	[SECANT_I32] = { 'i', 4 },
	[SECANT_I64] = { 'i', 8 },
	[SECANT_BOOL] = { 'b', 1 },
};
enum { DTYPES = sizeof descr / sizeof *descr };

typedef struct header {
	secant_dtype dtype;
	bool swap, fortran;
	bool has_descr, has_order, has_shape;
	secant_shape shape;
} header;

/* The text not yet read. */
typedef struct scan {
	const char *p, *end;
} scan;

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 10 && !memcmp(data, "\x93NUMPY", 6);
}

static void
skip_blanks(scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n'))
		s->p++;
}

static bool
next_is(scan *s, char c)
{
	skip_blanks(s);
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool
word_is(scan *s, const char *word)
{
	size_t n = strlen(word);
	skip_blanks(s);
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n))
		return false;
	s->p += n;
	return true;
}

/* A quoted string without escapes, at most 31 bytes. */
static bool
read_string(scan *s, char out[32])
{
	char quote = next_is(s, '\'') ? '\'' : next_is(s, '"') ? '"' : '\0';
	size_t n = 0;
	while (quote && s->p < s->end && *s->p != quote && n < 31)
		out[n++] = *s->p++;
	out[n] = '\0';
	return quote && next_is(s, quote);
}

static bool
read_number(scan *s, int64_t *v)
{
	skip_blanks(s);
	const char *start = s->p;
	for (*v = 0; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
		if (__builtin_mul_overflow(*v, (int64_t)10, v) || __builtin_add_overflow(*v, (int64_t)(*s->p - '0'), v))
			return false;
	return s->p > start;
}

/* (), (5,), (2, 3) or (2, 3,). */
static secant_status
read_shape(scan *s, secant_shape *shape, secant_err *err)
{
	if (!next_is(s, '('))
		return secant_fail(err, SECANT_ERR_FORMAT, "header: 'shape' is not a tuple");
	shape->rank = 0;
	while (!next_is(s, ')')) {
		if (shape->rank == SECANT_MAX_RANK)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "the array has more than %d dimensions", SECANT_MAX_RANK);
		if (!read_number(s, &shape->dim[shape->rank++]))
			return secant_fail(
				err, SECANT_ERR_FORMAT, "header: dimension %d is not a whole number of 0 or more", shape->rank - 1);
		if (!next_is(s, ',')) {
			if (next_is(s, ')'))
				break;
			return secant_fail(err, SECANT_ERR_FORMAT, "header: 'shape' does not end");
		}
	}
	return SECANT_OK;
}

static secant_status
read_descr(scan *s, header *h, secant_err *err)
{
	char text[32];
	if (!read_string(s, text))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "header: 'descr' is not a plain type: a structured array");
	char order = text[0], kind = order ? text[1] : '\0';
	int width = kind && text[2] >= '1' && text[2] <= '9' && !text[3] ? text[2] - '0' : 0;
	for (int d = 0; d < DTYPES && strchr("<>|=", order); d++) {
		if (descr[d].width && descr[d].kind == kind && descr[d].width == width) {
			h->dtype = (secant_dtype)d;
			h->swap = order == '>';
			return SECANT_OK;
		}
	}
	return secant_fail(err, SECANT_ERR_UNSUPPORTED, "dtype '%s' is not one secant has", text);
}

static secant_status
read_entry(scan *s, header *h, secant_err *err)
{
	char key[32];
	if (!read_string(s, key) || !next_is(s, ':'))
		return secant_fail(err, SECANT_ERR_FORMAT, "header: a key and a colon were expected");
	if (!strcmp(key, "descr")) {
		h->has_descr = true;
		return read_descr(s, h, err);
	}
	if (!strcmp(key, "shape")) {
		h->has_shape = true;
		return read_shape(s, &h->shape, err);
	}
	if (strcmp(key, "fortran_order"))
		return secant_fail(err, SECANT_ERR_FORMAT, "header: unknown key '%s'", key);
	h->has_order = true;
	h->fortran = word_is(s, "True");
	if (!h->fortran && !word_is(s, "False"))
		return secant_fail(err, SECANT_ERR_FORMAT, "header: 'fortran_order' is neither True nor False");
	return SECANT_OK;
}

static secant_status
read_dict(scan *s, header *h, secant_err *err)
{
	if (!next_is(s, '{'))
		return secant_fail(err, SECANT_ERR_FORMAT, "header: is not a dictionary");
	while (!next_is(s, '}')) {
		secant_status status = read_entry(s, h, err);
		if (status)
			return status;
		if (!next_is(s, ',')) {
			if (next_is(s, '}'))
				break;
			return secant_fail(err, SECANT_ERR_FORMAT, "header: the dictionary does not end");
		}
	}
	if (!h->has_descr || !h->has_order || !h->has_shape)
		return secant_fail(err, SECANT_ERR_FORMAT, "header: 'descr', 'fortran_order' or 'shape' is missing");
	return SECANT_OK;
}

/* Fortran order has the first index running fastest: element (i, j, ...) of the result lies at i + dim0 * (j + ...). */
static void
from_fortran(secant_tensor *t, const uint8_t *data)
{
	size_t size = secant_dtype_size(t->dtype);
	int64_t index[SECANT_MAX_RANK] = { 0 }, n = secant_shape_count(&t->shape);
	for (int64_t i = 0; i < n; i++) {
		int64_t from = 0;
		for (int d = t->shape.rank - 1; d >= 0; d--)
			from = from * t->shape.dim[d] + index[d];
		memcpy((uint8_t *)t->data + (size_t)i * size, data + (size_t)from * size, size);
		for (int d = t->shape.rank - 1; d >= 0 && ++index[d] == t->shape.dim[d]; d--)
			index[d] = 0;
	}
}

static secant_status
read_data(format_input *in, const header *h, const uint8_t *data, secant_err *err)
{
	if (!h->swap && !h->fortran)
		return format_add(in, "array", h->dtype, &h->shape, data, err);
	secant_tensor t;
	secant_status s = secant_tensor_new(&t, h->dtype, &h->shape, err);
	if (s)
		return s;
	if (h->fortran)
		from_fortran(&t, data);
	else if (secant_tensor_bytes(&t))
		memcpy(t.data, data, secant_tensor_bytes(&t));
	if (h->swap)
		base_swap_bytes(t.data, (size_t)secant_shape_count(&t.shape), secant_dtype_size(t.dtype));
	s = secant_tensors_add(in->set, "array", &t, err);
	secant_tensor_free(&t);
	return s;
}

static secant_status
read_file(format_input *in, secant_err *err)
{
	int major = in->data[6];
	size_t start = major == 1 ? 10 : 12;
	if (major < 1 || major > 3)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "numpy format version %d, known are 1 to 3", major);
	size_t n = in->size < start ? SIZE_MAX : major == 1 ? base_le16(in->data + 8) : base_le32(in->data + 8);
	if (in->size < start || n > in->size - start)
		return secant_fail(err, SECANT_ERR_FORMAT, "the file ends in its header");
	header h = { 0 };
	scan scanner = { (const char *)in->data + start, (const char *)in->data + start + n };
	secant_status s = read_dict(&scanner, &h, err);
	if (s)
		return s;
	int64_t bytes = format_bytes(h.dtype, &h.shape);
	size_t left = in->size - start - n;
	char text[96];
	if (bytes < 0 || (uint64_t)bytes != left)
		return secant_fail(err, SECANT_ERR_FORMAT, "an array of %s %s has %lld bytes, the file holds %zu",
			secant_dtype_name(h.dtype), secant_shape_text(&h.shape, text, sizeof text), (long long)bytes, left);
	return read_data(in, &h, in->data + start + n, err);
}

static secant_status
write_file(base_writer *w, const secant_tensors *set, const char *metadata_json, secant_err *err)
{
	char text[256];
	uint8_t head[10] = "\x93NUMPY\x01";
	if (set->n != 1)
		return secant_fail(err, SECANT_ERR_ARG, "a .npy file holds one tensor, there are %d", set->n);
	const secant_tensor *t = &set->v[0].tensor;
	if (!descr[t->dtype].width)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "tensor '%s': numpy has no dtype %s", set->v[0].name,
			secant_dtype_name(t->dtype));
	int n = snprintf(text, sizeof text, "{'descr': '%c%c%d', 'fortran_order': False, 'shape': (",
		descr[t->dtype].width > 1 ? '<' : '|', descr[t->dtype].kind, descr[t->dtype].width);
	for (int d = 0; d < t->shape.rank; d++)
		n += snprintf(text + n, sizeof text - (size_t)n, "%s%lld%s", d ? " " : "", (long long)t->shape.dim[d],
			d + 1 < t->shape.rank || d == 0 ? "," : "");
	n += snprintf(text + n, sizeof text - (size_t)n, "), }");
	int padded = (10 + n + 1 + 63) / 64 * 64 - 10; /* the data starts at a multiple of 64, as numpy has it */
	memset(text + n, ' ', (size_t)(padded - n));
	text[padded - 1] = '\n';
	base_put_le(head + 8, (uint64_t)padded, 2);
	base_writer_put(w, head, sizeof head, NULL);
	base_writer_put(w, text, (size_t)padded, NULL);
	base_writer_put(w, t->data, secant_tensor_bytes(t), NULL);
	return SECANT_OK;
}

const format_tensor_format format_tensor_format_npy = {
	.name = "npy",
	.brief = "one numpy array",
	.extensions = "npy",
	.detect = detect,
	.read = read_file,
	.write = write_file,
};

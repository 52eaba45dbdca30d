/*
 * Writing PLY: one element `vertex`, binary little-endian unless asked otherwise. Colours become uchar, whole numbers
 * that the cloud holds as reals become int where the survey shows that they fit. The count is written last, into room
 * left for it, when it is not known before.
 */
#include "codec/cloud/ply.h"
#include "codec/cloud/text.h"
#include <stdio.h>
#include <string.h>

enum { SLAB = 4096, COUNT_WIDTH = 15 };

typedef struct ply_writer {
	bool ascii, swap;
	uint64_t count_at; /* where the header's count stands */
	size_t row;
	secant_number type[];
} ply_writer;

static secant_number
type_for_ply(const secant_cloud_writer *w, int column)
{
	secant_number t = cloud_narrow(w, column);
	return t == SECANT_N_I64 || t == SECANT_N_U64 ? SECANT_N_F64 : t;
}

secant_status
cloud_ply_create(secant_cloud_writer *w, secant_err *err)
{
	static const char *const formats[] = { "binary_little_endian", "ascii", "binary_little_endian",
		"binary_big_endian" };
	if (w->opt.encoding == 4)
		return cloud_fail(
			w->name, err, SECANT_ERR_ARG, "--encoding: PLY is ascii, binary or big-endian, not compressed");
	ply_writer *p = w->state = secant_calloc(1, sizeof *p + (size_t)w->layout.columns * sizeof *p->type);
	if (!p)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	p->ascii = w->opt.encoding == 1;
	p->swap = w->opt.encoding == 3;
	char head[128];
	int n = snprintf(
		head, sizeof head, "ply\nformat %s 1.0\ncomment written by secant\nelement vertex ", formats[w->opt.encoding]);
	p->count_at = (uint64_t)n;
	secant_status s = base_writer_put(w->out, head, (size_t)n, err);
	if (!s && w->survey.n >= 0)
		s = base_writer_printf(w->out, err, "%lld\n", (long long)w->survey.n);
	else if (!s)
		s = base_writer_printf(w->out, err, "%*d\n", COUNT_WIDTH, 0);
	for (int i = 0; !s && i < w->layout.columns; i++) {
		char name[256];
		snprintf(name, sizeof name, "%s", w->layout.column[i].name);
		for (char *c = name; *c; c++)
			*c = *c <= ' ' ? '_' : *c;
		p->type[i] = type_for_ply(w, i);
		p->row += secant_number_size(p->type[i]);
		s = base_writer_printf(w->out, err, "property %s %s\n", cloud_ply_type_name(p->type[i]), name);
	}
	return s ? s : base_writer_put(w->out, "end_header\n", 11, err);
}

static void
put_column(const secant_cloud_writer *w, const secant_cloud *chunk, int i, int64_t first, int64_t n, uint8_t *to,
	const ply_writer *p, double colour)
{
	const secant_column *c = &chunk->column[i];
	size_t size = secant_number_size(p->type[i]);
	if (p->type[i] == c->type) {
		tensor_number_copy(to, p->row, tensor_column_at(c, first), size, size, p->swap, n);
		return;
	}
	double v[256];
	double factor = cloud_is_colour(c->name) && p->type[i] == SECANT_N_U8 ? colour : 1;
	for (int64_t k = 0; k < n; k += 256) {
		int64_t m = n - k < 256 ? n - k : 256;
		uint8_t *at = to + (size_t)k * p->row;
		secant_cloud_doubles(chunk, i, first + k, m, v);
		for (int64_t j = 0; j < m; j++)
			v[j] *= factor;
		tensor_number_store(at, p->type[i], p->row, m, v);
		if (p->swap)
			tensor_number_copy(at, p->row, at, p->row, size, true, m);
	}
}

secant_status
cloud_ply_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	const ply_writer *p = w->state;
	if (p->ascii)
		return cloud_put_rows(w, chunk, ' ', p->type, err);
	uint8_t *buffer = cloud_scratch(w, p->row * SLAB, err);
	if (!buffer)
		return SECANT_ERR_NOMEM;
	double colour = cloud_colour_factor(w, chunk, 255);
	for (int64_t first = 0; first < chunk->n; first += SLAB) {
		int64_t n = chunk->n - first < SLAB ? chunk->n - first : SLAB;
		uint8_t *to = buffer;
		for (int i = 0; i < chunk->columns; i++) {
			put_column(w, chunk, i, first, n, to, p, colour);
			to += secant_number_size(p->type[i]);
		}
		secant_status s = base_writer_put(w->out, buffer, p->row * (size_t)n, err);
		if (s)
			return s;
	}
	return SECANT_OK;
}

secant_status
cloud_ply_finish(secant_cloud_writer *w, secant_err *err)
{
	const ply_writer *p = w->state;
	if (w->survey.n >= 0)
		return w->survey.n == w->n
			? SECANT_OK
			: cloud_fail(w->name, err, SECANT_ERR_ARG, "%lld points were announced, %lld written",
				(long long)w->survey.n, (long long)w->n);
	secant_status s = base_writer_seek(w->out, p->count_at, err);
	return s ? s : base_writer_printf(w->out, err, "%*lld", COUNT_WIDTH, (long long)w->n);
}

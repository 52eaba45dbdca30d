/*
 * Writing text tables: x y z and every other column in the cloud's order, each number as short as it reads back the
 * same. Rows are made column by column in blocks, so that the type of a column is looked at once a block.
 */
#include "codec/cloud/text.h"
#include "codec/cloud/decimal.h"
#include <math.h>
#include <string.h>

enum { BLOCK = 64 };

/* One number; integers of any type without a point. */
static char *
print_value(char *out, const secant_column *c, secant_number type, double factor, int64_t p)
{
	const uint8_t *at = tensor_column_at(c, p);
	if (c->type == SECANT_N_F64 && type == SECANT_N_F64)
		return decimal_print(out, ((const double *)c->data)[p]);
	if (c->type == SECANT_N_F32 && type == SECANT_N_F32)
		return decimal_print_float(out, ((const float *)c->data)[p]);
	double v;
	tensor_number_load(&v, at, c->type, 0, 1);
	if (type == SECANT_N_F32)
		return decimal_print_float(out, (float)(v * factor));
	if (c->type == SECANT_N_I64 && factor == 1)
		return decimal_print_int(out, ((const int64_t *)c->data)[p]);
	if (c->type == SECANT_N_U64 && factor == 1 && ((const uint64_t *)c->data)[p] <= INT64_MAX)
		return decimal_print_int(out, (int64_t)((const uint64_t *)c->data)[p]);
	if (c->type == SECANT_N_U64 && factor == 1) {
		uint64_t whole = ((const uint64_t *)c->data)[p];
		out = decimal_print_int(out, (int64_t)(whole / 10));
		*out = (char)('0' + whole % 10);
		return out + 1;
	}
	return tensor_number_is_real(type) ? decimal_print(out, v * factor)
									   : decimal_print_int(out, (int64_t)nearbyint(v * factor));
}

secant_status
cloud_put_rows(
	secant_cloud_writer *w, const secant_cloud *chunk, char separator, const secant_number *types, secant_err *err)
{
	size_t row = (size_t)chunk->columns * (DECIMAL_ROOM + 1);
	char *buffer = (char *)cloud_scratch(w, row * BLOCK, err);
	if (!buffer)
		return SECANT_ERR_NOMEM;
	double colour = 1;
	for (int i = 3; i < chunk->columns; i++)
		if (types[i] == SECANT_N_U8 && chunk->column[i].type != SECANT_N_U8 && cloud_is_colour(chunk->column[i].name)) {
			colour = cloud_colour_factor(w, chunk, 255);
			break;
		}
	for (int64_t first = 0; first < chunk->n; first += BLOCK) {
		int64_t end = first + BLOCK < chunk->n ? first + BLOCK : chunk->n;
		char *out = buffer;
		for (int64_t p = first; p < end; p++) {
			for (int i = 0; i < chunk->columns; i++) {
				const secant_column *c = &chunk->column[i];
				bool scaled = types[i] == SECANT_N_U8 && c->type != SECANT_N_U8 && cloud_is_colour(c->name);
				out = print_value(out, c, types[i], scaled ? colour : 1, p);
				*out++ = i + 1 < chunk->columns ? separator : '\n';
			}
		}
		secant_status s = base_writer_put(w->out, buffer, (size_t)(out - buffer), err);
		if (s)
			return s;
	}
	return SECANT_OK;
}

typedef struct text_writer {
	char separator;
	bool pts;
	secant_number type[];
} text_writer;

static bool
has_blank(const char *name)
{
	return strpbrk(name, " \t,;\"\n\r") != NULL;
}

static secant_status
write_header(secant_cloud_writer *w, const text_writer *t, secant_err *err)
{
	secant_status s = t->separator == ',' || t->separator == ';' || w->opt.header == 1
		? SECANT_OK
		: base_writer_put(w->out, "//", 2, err);
	for (int i = 0; !s && i < w->layout.columns; i++) {
		const char *name = w->layout.column[i].name;
		const char *quote = has_blank(name) ? "\"" : "";
		s = base_writer_printf(
			w->out, err, "%s%s%s%c", quote, name, quote, i + 1 < w->layout.columns ? t->separator : '\n');
	}
	return s;
}

secant_status
cloud_text_create(secant_cloud_writer *w, secant_err *err)
{
	static const char chosen[] = { 0, ' ', '\t', ',', ';' };
	text_writer *t = w->state = secant_calloc(1, sizeof *t + (size_t)w->layout.columns * sizeof *t->type);
	if (!t)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	bool csv = !strcmp(w->format->name, "csv"), txt = !strcmp(w->format->name, "txt");
	t->separator = w->opt.separator ? chosen[w->opt.separator] : csv ? ',' : ' ';
	for (int i = 0; i < w->layout.columns; i++)
		t->type[i] = w->layout.column[i].type;
	bool header = w->opt.header == 1 || (w->opt.header == 0 && (csv || (txt && w->layout.columns > 3)));
	return header ? write_header(w, t, err) : SECANT_OK;
}

secant_status
cloud_text_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	const text_writer *t = w->state;
	return cloud_put_rows(w, chunk, t->separator, t->type, err);
}

secant_status
cloud_text_finish(secant_cloud_writer *w, secant_err *err)
{
	return SECANT_OK;
}

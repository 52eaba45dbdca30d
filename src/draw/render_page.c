/*
 * A page with a viewer: everything in one file that opens from a disk without a network. Points are 16 bits an axis
 * (1/65536 of the scene), colours an index into the legend where the legend says it all, else three bytes; both as
 * base64. The viewer itself is viewer.inc.
 */
#include "draw/render.h"
#include "base/base64.h"
#include <math.h>
#include <string.h>

#define PAGE(...) #__VA_ARGS__ "\n"
static const char viewer[] =
#include "draw/viewer.inc"
	;

/* Bytes as base64, given in pieces of any size. */
typedef struct base64 {
	base_writer *w;
	secant_err *err;
	uint8_t held[3];
	int n;
} base64;

static void
put_four(base64 *b)
{
	char out[4];
	base_base64_group(b->held, b->n, out);
	(void)base_writer_put(b->w, out, 4, b->err); /* sticky */
	b->n = 0;
}

static void
put_bytes(base64 *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		b->held[b->n++] = p[i];
		if (b->n == 3)
			put_four(b);
	}
}

static void
put_end(base64 *b)
{
	if (b->n)
		put_four(b);
}

/* A JSON string that is safe within a script element. */
static void
add_string(base_str *s, const char *text)
{
	base_str_add(s, "\"");
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < ' ' || *p == '"' || *p == '\\' || *p == '<' || *p == '>' || *p == '&')
			base_str_addf(s, "\\u%04x", *p);
		else
			base_str_addn(s, (const char *)p, 1);
	}
	base_str_add(s, "\"");
}

/* Which entry of the legend has the colour of point i; -1: none. */
static int
entry_of(const render_panel *p, int64_t i)
{
	for (int k = 0; k < p->entries; k++)
		if (p->value ? p->value[i] == p->entry[k].value : !memcmp(p->rgb + 3 * i, p->entry[k].rgb, 3))
			return k;
	return -1;
}

static bool
is_indexed(const render_panel *p, int64_t n, int64_t step)
{
	for (int64_t i = 0; i < n; i += step)
		if (entry_of(p, i) < 0)
			return false;
	return n > 0;
}

static secant_status
put_panel(base_writer *w, const render_scene *s, const render_panel *p, int64_t step, secant_err *err)
{
	base_str t = { 0 };
	bool indexed = is_indexed(p, s->n, step);
	base_str_add(&t, "{\"title\":");
	add_string(&t, p->title);
	base_str_addf(&t, ",\"indexed\":%s,\"entries\":[", indexed ? "true" : "false");
	for (int i = 0; i < p->entries; i++) {
		base_str_addf(&t, "%s{\"rgb\":[%d,%d,%d],\"text\":", i ? "," : "", p->entry[i].rgb[0], p->entry[i].rgb[1],
			p->entry[i].rgb[2]);
		add_string(&t, p->entry[i].text);
		base_str_add(&t, "}");
	}
	base_str_add(&t, "],\"data\":\"");
	secant_status status = t.failed ? secant_fail(err, SECANT_ERR_NOMEM, "page: no memory")
									: base_writer_put(w, t.p, t.n, err);
	base_str_free(&t);
	base64 b = { .w = w, .err = err };
	for (int64_t i = 0; !status && i < s->n; i += step) {
		uint8_t index = indexed ? (uint8_t)entry_of(p, i) : 0;
		put_bytes(&b, indexed ? &index : p->rgb + 3 * i, indexed ? 1 : 3);
	}
	put_end(&b);
	return status ? status : base_writer_put(w, "\"}", 2, err);
}

static void
put_points(base_writer *w, const render_scene *s, int64_t step, secant_err *err)
{
	base64 b = { .w = w, .err = err };
	for (int64_t i = 0; i < s->n; i += step) {
		uint8_t six[6];
		for (int k = 0; k < 3; k++) {
			double v = ((double)s->xyz[3 * i + k] + 1) * 32767.5;
			int q = v < 0 ? 0 : v > 65535 ? 65535 : (int)(v + 0.5);
			six[2 * k] = (uint8_t)q;
			six[2 * k + 1] = (uint8_t)(q >> 8);
		}
		put_bytes(&b, six, sizeof six);
	}
	put_end(&b);
}

static secant_status
put_page(base_writer *w, const char *path, const render_scene *s, const secant_view *v, secant_err *err)
{
	int64_t step = (s->n + v->page_points - 1) / v->page_points;
	step = step < 1 ? 1 : step;
	int64_t n = (s->n + step - 1) / step;
	double size = v->point_size > 0 ? v->point_size : fmin(14, fmax(1.5, 900 / sqrt((double)(n > 0 ? n : 1))));
	base_str t = { 0 };
	base_str_add(&t,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\">"
		"<title>cloud</title>\n<script>const D={\"title\":");
	add_string(&t, v->title ? v->title : base_path_name(path));
	base_str_addf(&t,
		",\"n\":%lld,\"all\":%lld,\"azimuth\":%g,\"elevation\":%g,\"zoom\":%g,\"size\":%.3g,\"dark\":%s,\"xyz\":\"",
		(long long)n, (long long)s->n, v->azimuth, v->elevation, v->zoom, size, v->background ? "true" : "false");
	secant_status status = t.failed ? secant_fail(err, SECANT_ERR_NOMEM, "page: no memory")
									: base_writer_put(w, t.p, t.n, err);
	base_str_free(&t);
	if (status)
		return status;
	put_points(w, s, step, err);
	status = base_writer_put(w, "\",\"panels\":[", 12, err);
	for (int i = 0; !status && i < s->panels; i++) {
		status = base_writer_put(w, ",", i > 0, err);
		if (!status)
			status = put_panel(w, s, &s->panel[i], step, err);
	}
	if (!status)
		status = base_writer_put(w, "]};</script>\n", 13, err);
	return status ? status : base_writer_put(w, viewer, sizeof viewer - 1, err);
}

secant_status
render_page(const char *path, const render_scene *s, const secant_view *v, secant_err *err)
{
	base_writer *w = base_writer_open(path, err);
	if (!w)
		return SECANT_ERR_IO;
	secant_status status = put_page(w, path, s, v, err);
	if (status) {
		base_writer_abort(w);
		return status;
	}
	return base_writer_commit(w, err);
}

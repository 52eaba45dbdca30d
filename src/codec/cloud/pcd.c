/*
 * PCD, the point cloud library's file: a text header (FIELDS, SIZE, TYPE, COUNT, WIDTH, HEIGHT, VIEWPOINT, POINTS,
 * DATA), then rows of text, records, or an LZF-packed block (u32 packed size, u32 size) in which each field stands by
 * itself for all points. A packed colour `rgb` or `rgba` becomes columns red, green, blue (and alpha); fields named _
 * are padding. Writing is in pcd_write.c.
 */
#include "codec/cloud/pcd.h"
#include "codec/cloud/decimal.h"
#include "codec/cloud/lzf.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = CLOUD_FIELDS, HEAD_LINES = 200 };

typedef struct pcd_field {
	char name[CLOUD_NAME], type;
	secant_number number;
	int64_t size, count;
	size_t offset; /* within a record */
} pcd_field;

typedef struct pcd_state {
	pcd_field field[WORDS];
	int fields, parts, numbers; /* numbers: in a row of text */
	size_t record;
	int64_t width, height, points, line;
	char data[32];
	bool sized, typed, counted;
	cloud_part part[CLOUD_FIELDS + 4 * 8];
	/* Text: */
	int column[CLOUD_FIELDS], colour[4];
	int packed; /* which number of a row is the packed colour, -1: none */
	bool whole; /* it is written as a whole number, not as the float with these bits */
	cloud_target target[CLOUD_FIELDS];
	uint8_t *unpacked; /* of binary_compressed */
} pcd_state;

static void
pcd_close(void *state)
{
	pcd_state *t = state;
	if (t)
		secant_free(t->unpacked);
	secant_free(t);
}

/* ---- header ---- */

static bool
take_word(const secant_cloud_reader *r, size_t *at, char *word, size_t room)
{
	while (*at < r->size && (r->data[*at] == ' ' || r->data[*at] == '\t' || r->data[*at] == '\r'))
		(*at)++;
	size_t n = 0;
	for (; *at < r->size && r->data[*at] > ' '; (*at)++)
		if (n < room - 1)
			word[n++] = (char)r->data[*at];
	word[n] = '\0';
	return n > 0;
}

static bool
whole_number(const char *word, int64_t *v)
{
	double d;
	const char *end = decimal_parse(word, &d);
	if (!end || *end || !(d >= 0 && d < 1e15) || d != nearbyint(d))
		return false;
	*v = (int64_t)d;
	return true;
}

/* Gives the words of a FIELDS, SIZE, TYPE or COUNT line to the fields. */
static secant_status
list_line(secant_cloud_reader *r, pcd_state *t, const char *key, size_t at, secant_err *err)
{
	char word[CLOUD_NAME];
	int n = 0;
	bool ok = true;
	for (; ok && take_word(r, &at, word, sizeof word); n++) {
		if (n == WORDS)
			return cloud_fail(
				r->name, err, SECANT_ERR_UNSUPPORTED, "line %lld: more than %d fields", (long long)t->line, WORDS);
		pcd_field *f = &t->field[n];
		if (!strcmp(key, "FIELDS"))
			memcpy(f->name, word, sizeof f->name);
		else if (!strcmp(key, "TYPE"))
			f->type = word[1] ? '?' : (char)toupper((unsigned char)word[0]);
		else
			ok = whole_number(word, !strcmp(key, "SIZE") ? &f->size : &f->count);
	}
	if (!strcmp(key, "FIELDS"))
		t->fields = n;
	if (!ok || n != t->fields || n == 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld: %s has %d good values, there are %d fields",
			(long long)t->line, key, ok ? n : n - 1, t->fields);
	t->sized |= !strcmp(key, "SIZE");
	t->typed |= !strcmp(key, "TYPE");
	t->counted |= !strcmp(key, "COUNT");
	return SECANT_OK;
}

/* Seven numbers; fewer, as old files have them, are none. */
static void
take_viewpoint(secant_cloud_reader *r, size_t at)
{
	char word[64];
	double v[7];
	for (int i = 0; i < 7; i++) {
		const char *end = take_word(r, &at, word, sizeof word) ? decimal_parse(word, &v[i]) : NULL;
		if (!end || *end || !isfinite(v[i]))
			return;
	}
	memcpy(r->view.viewpoint, v, sizeof v);
	r->view.known = true;
}

static secant_status
read_header(secant_cloud_reader *r, pcd_state *t, secant_err *err)
{
	static const char *const lists[] = { "FIELDS", "SIZE", "TYPE", "COUNT", NULL },
							 *const passed[] = { "VERSION", NULL };
	t->width = t->points = -1;
	t->height = 1;
	for (t->line = 1; t->line < HEAD_LINES && r->at < r->size; t->line++) {
		char key[32], word[32];
		size_t at = r->at;
		bool any = take_word(r, &at, key, sizeof key);
		if (!strcmp(key, "COLUMNS")) /* before version .6 */
			memcpy(key, "FIELDS", 7);
		const uint8_t *feed = memchr(r->data + r->at, '\n', r->size - r->at);
		size_t next = feed ? (size_t)(feed - r->data) + 1 : r->size;
		bool known = !any || key[0] == '#';
		for (int i = 0; passed[i]; i++)
			known |= !strcmp(key, passed[i]);
		for (int i = 0; lists[i] && !known; i++) {
			if (!strcmp(key, lists[i])) {
				secant_status s = list_line(r, t, key, at, err);
				if (s)
					return s;
				known = true;
			}
		}
		if (!strcmp(key, "VIEWPOINT")) {
			take_viewpoint(r, at);
			known = true;
		}
		int64_t *number = !strcmp(key, "WIDTH") ? &t->width
			: !strcmp(key, "HEIGHT")            ? &t->height
			: !strcmp(key, "POINTS")            ? &t->points
												: NULL;
		if (number && !(known = take_word(r, &at, word, sizeof word) && whole_number(word, number)))
			return cloud_fail(
				r->name, err, SECANT_ERR_FORMAT, "line %lld: %s is no whole number", (long long)t->line, key);
		r->at = next;
		if (!strcmp(key, "DATA")) {
			(void)take_word(r, &at, t->data, sizeof t->data);
			for (char *c = t->data; *c; c++)
				*c = (char)tolower((unsigned char)*c);
			return SECANT_OK;
		}
		if (!known)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld: '%s' does not belong in a PCD header",
				(long long)t->line, key);
	}
	return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the header has no line DATA");
}

static secant_status
check_fields(secant_cloud_reader *r, pcd_state *t, secant_err *err)
{
	static const struct {
		char type;
		int64_t size;
		secant_number number;
	} types[] = {
		{ 'I', 1, SECANT_N_I8 },
		{ 'U', 1, SECANT_N_U8 },
		{ 'I', 2, SECANT_N_I16 },
		{ 'U', 2, SECANT_N_U16 },
		{ 'I', 4, SECANT_N_I32 },
		{ 'U', 4, SECANT_N_U32 },
		{ 'I', 8, SECANT_N_I64 },
		{ 'U', 8, SECANT_N_U64 },
		{ 'F', 4, SECANT_N_F32 },
		{ 'F', 8, SECANT_N_F64 },
	};
	if (!t->fields || !t->sized || !t->typed)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the header lacks FIELDS, SIZE or TYPE");
	for (int i = 0; i < t->fields; i++) {
		pcd_field *f = &t->field[i];
		size_t k = 0;
		f->count = t->counted ? f->count : 1;
		while (k < sizeof types / sizeof *types && (types[k].type != f->type || types[k].size != f->size))
			k++;
		bool odd = k == sizeof types / sizeof *types;
		if (odd && f->size > 0 && f->size <= 4096 && f->count >= 1 && f->count <= 4096 && cloud_axis(f->name) < 0
			&& strcmp(t->data, "ascii") != 0) {
			if (strcmp(f->name, "_") != 0)
				secant_log(&r->opt.logger, SECANT_LOG_WARNING,
					"%s: the field '%s' has numbers of type %c and %lld bytes, which are none of PCD: left out",
					r->name, f->name, isprint(f->type) ? f->type : '?', (long long)f->size);
			f->count *= f->size;
			f->size = 1;
			memcpy(f->name, "_", 2);
			k = 1; /* bytes that nobody reads */
			odd = false;
		}
		if (odd || f->count < 1 || f->count > 65536)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
				"field '%s': type %c of %lld bytes, %lld times, is none of PCD", f->name,
				isprint(f->type) ? f->type : '?', (long long)f->size, (long long)f->count);
		f->number = types[k].number;
		f->offset = t->record;
		t->record += (size_t)(f->size * f->count);
		t->numbers += (int)f->count;
	}
	if (t->points < 0)
		t->points = t->width >= 0 && t->height < 1000000 ? t->width * t->height : -1;
	if (t->points < 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the header has neither POINTS nor WIDTH");
	return SECANT_OK;
}

static bool
is_packed_colour(const pcd_field *f)
{
	return (!strcmp(f->name, "rgb") || !strcmp(f->name, "rgba")) && f->size == 4 && f->count == 1;
}

/* ---- columns ---- */

/* The three or four colour columns of a packed field at byte `offset`. */
static secant_status
declare_colour(secant_cloud_reader *r, pcd_state *t, const pcd_field *f, secant_err *err)
{
	static const char *const names[] = { "red", "green", "blue", "alpha" };
	static const size_t byte[] = { 2, 1, 0, 3 };
	int n = f->name[3] == 'a' ? 4 : 3;
	for (int k = 0; k < 4; k++) {
		t->colour[k] = -1;
		secant_status s = k < n ? cloud_declare(r, names[k], SECANT_N_U8, &t->colour[k], err) : SECANT_OK;
		if (s)
			return s;
		if (k < n)
			t->part[t->parts++] = (cloud_part){
				.column = t->colour[k], .type = SECANT_N_U8, .offset = f->offset + byte[k]
			};
	}
	return SECANT_OK;
}

static secant_status
declare(secant_cloud_reader *r, pcd_state *t, secant_err *err)
{
	bool seen[3] = { false }, outgrown[CLOUD_FIELDS] = { false };
	secant_number stored = SECANT_N_F32;
	if (!strcmp(t->data, "ascii") && t->numbers <= CLOUD_FIELDS)
		cloud_outgrows_floats(r, t->numbers, outgrown);
	for (int i = 0, at = 0; i < t->fields; at += (int)t->field[i++].count) {
		const pcd_field *f = &t->field[i];
		bool wide = at < CLOUD_FIELDS && outgrown[at] && f->number == SECANT_N_F32;
		if (cloud_axis(f->name) >= 0 && (f->number != SECANT_N_F32 || wide))
			stored = SECANT_N_F64;
		if (wide && !is_packed_colour(f) && !(cloud_axis(f->name) >= 0 && r->opt.coordinates))
			cloud_say_outgrown(r, f->name);
	}
	secant_status s = cloud_begin(r, stored, err);
	int number = 0;
	t->packed = -1;
	for (int i = 0; !s && i < t->fields; i++) {
		const pcd_field *f = &t->field[i];
		if (is_packed_colour(f) && t->packed < 0) {
			t->packed = number;
			t->column[number++] = -1;
			s = declare_colour(r, t, f, err);
			continue;
		}
		for (int64_t k = 0; !s && k < f->count; k++, number++) {
			char name[CLOUD_NAME + 24];
			int axis = f->count == 1 ? cloud_axis(f->name) : -1, column = -1;
			snprintf(name, sizeof name, f->count > 1 ? "%s_%lld" : "%s", f->name, (long long)k);
			if (axis >= 0 && !seen[axis])
				seen[column = axis] = true;
			else if (strcmp(f->name, "_") && t->parts < CLOUD_FIELDS)
				s = cloud_declare(r, name,
					number < CLOUD_FIELDS && outgrown[number] && f->number == SECANT_N_F32 ? SECANT_N_F64 : f->number,
					&column, err);
			if (number < CLOUD_FIELDS)
				t->column[number] = column;
			if (column >= 0)
				t->part[t->parts++] = (cloud_part){
					.column = column, .type = f->number, .offset = f->offset + (size_t)(k * f->size)
				};
		}
	}
	for (int axis = 0; !s && axis < 3; axis++)
		if (!seen[axis])
			s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "there is no field %c", 'x' + axis);
	return s;
}

/* ---- data ---- */

/* In a packed block each field has its own place: offsets within a record become places in the block. */
static void
to_columns(pcd_state *t)
{
	for (int p = 0; p < t->parts; p++) {
		const pcd_field *f = t->field;
		while (t->part[p].offset >= f->offset + (size_t)(f->size * f->count))
			f++;
		t->part[p].offset = f->offset * (size_t)t->points + (t->part[p].offset - f->offset);
		t->part[p].stride = (size_t)(f->size * f->count);
	}
}

static secant_status
unpack(secant_cloud_reader *r, pcd_state *t, secant_err *err)
{
	if (t->points == 0)
		return SECANT_OK;
	if (!cloud_holds(r, 8, 1))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "ends at byte %zu, before the packed block", r->size);
	size_t packed = base_le32(r->data + r->at), size = base_le32(r->data + r->at + 4);
	r->at += 8;
	if (!cloud_holds(r, packed, 1))
		return cloud_fail(
			r->name, err, SECANT_ERR_FORMAT, "announces %zu packed bytes, but %zu follow", packed, r->size - r->at);
	/* LZF makes at most 264 bytes of 3. */
	if ((uint64_t)t->points > size / t->record || size != (size_t)t->points * t->record || size / 100 > packed)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"the packed block of %zu bytes announces %zu, but %lld points need %zu each", packed, size,
			(long long)t->points, t->record);
	t->unpacked = secant_calloc(size, 1);
	if (!t->unpacked)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu bytes", r->name, size);
	if (!cloud_lzf_unpack(t->unpacked, size, r->data + r->at, packed))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the packed block at byte %zu is damaged", r->at);
	to_columns(t);
	return SECANT_OK;
}

/* Whether the packed colours of the first row are whole numbers. */
static bool
whole_colours(const secant_cloud_reader *r, const pcd_state *t)
{
	char word[64] = "";
	size_t at = r->at;
	for (int i = 0; i <= t->packed; i++)
		(void)take_word(r, &at, word, sizeof word);
	return !strpbrk(word, ".eE");
}

static secant_status
pcd_open(secant_cloud_reader *r, secant_err *err)
{
	pcd_state *t = r->state = secant_calloc(1, sizeof *t);
	if (!t)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	secant_status s = read_header(r, t, err);
	if (!s)
		s = check_fields(r, t, err);
	if (!s)
		s = declare(r, t, err);
	if (s)
		return s;
	r->total = t->points;
	r->layout.view = r->view;
	if (t->height > 1 && t->width > 0 && t->height <= t->points / t->width && t->width * t->height == t->points) {
		r->layout.view.width = t->width;
		r->layout.view.height = t->height;
	}
	snprintf(r->details, sizeof r->details, "%s", t->data);
	for (int p = 0; p < t->parts; p++)
		t->part[p].stride = t->record;
	if (!strcmp(t->data, "ascii")) {
		if (t->numbers > CLOUD_FIELDS)
			return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "%d numbers in a row, at most %d can be read",
				t->numbers, CLOUD_FIELDS);
		t->whole = t->packed >= 0 && whole_colours(r, t);
		return SECANT_OK;
	}
	if (!strcmp(t->data, "binary_compressed"))
		return unpack(r, t, err);
	if (strcmp(t->data, "binary"))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"line %lld: DATA is '%s', expected ascii, binary or binary_compressed", (long long)t->line, t->data);
	if (!cloud_holds(r, (uint64_t)t->points, t->record))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "announces %lld points of %zu bytes, but %zu bytes follow",
			(long long)t->points, t->record, r->size - r->at);
	return SECANT_OK;
}

static void
spread_colours(const pcd_state *t, const double *packed, int64_t n, secant_cloud *out)
{
	static const int shift[] = { 16, 8, 0, 24 };
	for (int64_t i = 0; i < n; i++) {
		uint32_t bits = packed[i] >= 0 && packed[i] <= UINT32_MAX ? (uint32_t)packed[i] : 0;
		float f = (float)packed[i];
		if (!t->whole)
			memcpy(&bits, &f, sizeof bits);
		for (int k = 0; k < 4; k++)
			if (t->colour[k] >= 0)
				((uint8_t *)out->column[t->colour[k]].data)[out->n + i] = (uint8_t)(bits >> shift[k]);
	}
}

static secant_status
next_ascii(secant_cloud_reader *r, pcd_state *t, secant_cloud *out, int64_t max, secant_err *err)
{
	enum { AT_ONCE = 1 << 20 };
	int64_t n = 0;
	cloud_rows rows = {
		.fields = t->numbers, .separator = ' ', .target = t->target, .comments = true, .name = r->name
	};
	max = t->packed >= 0 && max > AT_ONCE ? AT_ONCE : max;
	double *packed = t->packed >= 0 ? secant_calloc((size_t)max, sizeof *packed) : NULL;
	if (t->packed >= 0 && !packed)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	for (int f = 0; f < t->numbers; f++) {
		secant_column *c = t->column[f] < 0 ? NULL : &out->column[t->column[f]];
		t->target[f] = f == t->packed ? (cloud_target){ packed, SECANT_N_F64 }
			: c                       ? (cloud_target){ tensor_column_at(c, out->n), c->type }
									  : (cloud_target){ NULL, SECANT_N_F64 };
	}
	secant_status s = SECANT_OK;
	while (!s && n == 0 && r->at < r->size)
		s = cloud_rows_parse(&rows, r->data, r->size, &r->at, &t->line, max, cloud_threads(r), &n, err);
	if (!s && packed)
		spread_colours(t, packed, n, out);
	secant_free(packed);
	out->n += s ? 0 : n;
	if (!s && n == 0)
		s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "announces %lld points, but there are %lld",
			(long long)t->points, (long long)r->done);
	return s;
}

/* Points behind those the header counts, as a program that died or appended leaves them. */
static void
say_more(const secant_cloud_reader *r, const pcd_state *t, size_t at)
{
	int64_t more = 0;
	if (at >= r->size)
		return;
	if (strcmp(t->data, "ascii") != 0) {
		more = (int64_t)((r->size - at) / t->record);
	} else {
		for (; at < r->size && r->data[at] <= ' '; at++)
			;
		more = cloud_count_lines(r->data, at, r->size);
	}
	if (more)
		secant_log(&r->opt.logger, SECANT_LOG_WARNING,
			"%s: the header counts %lld points, and there is room for %lld more: they were not read", r->name,
			(long long)t->points, (long long)more);
}

static secant_status
pcd_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	pcd_state *t = r->state;
	int64_t left = t->points - r->done;
	max = max < left ? max : left;
	if (max == 0)
		return SECANT_OK;
	if (!strcmp(t->data, "ascii")) {
		int64_t before = out->n;
		secant_status s = next_ascii(r, t, out, max, err);
		if (!s && out->n - before == left)
			say_more(r, t, r->at);
		return s;
	}
	if (t->unpacked) {
		cloud_take_records(t->part, t->parts, t->unpacked, r->done, max, out);
		return SECANT_OK;
	}
	cloud_take_records(t->part, t->parts, r->data + r->at, 0, max, out);
	r->at += (size_t)max * t->record;
	if (max == left)
		say_more(r, t, r->at);
	return SECANT_OK;
}

/* Comments may stand first; a header begins with VERSION, or with FIELDS in old files. */
static bool
pcd_sniff(const uint8_t *d, size_t n)
{
	size_t at = 0;
	while (at < n && d[at] == '#') {
		const uint8_t *feed = memchr(d + at, '\n', n - at);
		at = feed ? (size_t)(feed - d) + 1 : n;
	}
	return n - at > 8
		&& (!memcmp(d + at, "VERSION ", 8) || !memcmp(d + at, "FIELDS ", 7) || !memcmp(d + at, "COLUMNS ", 8));
}

const cloud_format cloud_pcd = {
	.name = "pcd",
	.brief = "point cloud library's file, ascii, binary or compressed",
	.extensions = "pcd",
	.sniff = pcd_sniff,
	.open = pcd_open,
	.next = pcd_next,
	.close = pcd_close,
	.create = cloud_pcd_create,
	.put = cloud_pcd_put,
	.finish = cloud_pcd_finish,
	.discard = cloud_pcd_discard,
	.wants_survey = true,
};

/*
 * E57 (ASTM E2807): scans in pages of 1024 bytes that each end in a checksum, described by XML at the end. A scan's
 * points are packets of byte streams, one for each field, whose numbers take as many bits as their ranges need. All
 * scans of a file are read one after the other, turned and moved by their poses into one system; with more than one a
 * column `scan` counts them. Points that a scanner calls invalid are left out and counted. Angles and ranges become
 * x, y, z. Reading holds a packet in memory, never a scan.
 */
#include "codec/cloud/e57_xml.h"
#include "codec/cloud/format.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 64, SCANS = 65536, HEAD = 48, SECTION = 32, PACKET = 65536, SUM = 4, CHUNK = 4096 };

typedef enum field_use {
	USE_COLUMN,
	USE_X,
	USE_Y,
	USE_Z,
	USE_RANGE,
	USE_AZIMUTH,
	USE_ELEVATION,
	USE_INVALID
} field_use;

/* One field of a scan: how its stream becomes numbers, and where those go. */
typedef struct e57_field {
	field_use use;
	int column; /* of the cloud, -1: nowhere */
	int bits; /* 0: a constant; a float has 32 or 64 */
	bool real;
	int64_t minimum;
	double scale, offset;
	uint8_t *stream; /* bytes of packets not read yet */
	size_t n, room, bit; /* of them; bits read of the first */
	double value[CHUNK];
} e57_field;

typedef struct e57_scan {
	int node; /* in the XML */
	int64_t points;
	uint64_t section; /* physical place */
} e57_scan;

typedef struct e57_state {
	cloud_e57_tree xml;
	size_t page, checked; /* size; a page whose sum was found right, plus 1 */
	e57_scan *scan;
	int scans, current; /* the scan being read */
	e57_field *field;
	int fields, scan_column;
	int64_t left, dropped, zeros; /* points of the scan; invalid ones; those at the scanner itself */
	uint64_t at, end; /* logical: the next packet, the section's end */
	double turn[3][3], move[3];
	int normal[3]; /* columns of the scan's normals, which turn with it; -1: it has none */
	uint8_t *packet;
	uint32_t table[256]; /* of the sums */
} e57_state;

/* ---- pages ---- */

/* CRC-32C (Castagnoli) of a page. */
static void
make_table(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t v = i;
		for (int k = 0; k < 8; k++)
			v = v >> 1 ^ (v & 1 ? 0x82f63b78u : 0);
		table[i] = v;
	}
}

static uint32_t
sum_of(const uint32_t table[256], const uint8_t *p, size_t n)
{
	uint32_t c = ~0u;
	while (n--)
		c = c >> 8 ^ table[(c ^ *p++) & 255];
	return ~c;
}

static uint64_t
to_logical(const e57_state *t, uint64_t physical)
{
	return physical / t->page * (t->page - SUM) + physical % t->page;
}

/* Copies logical bytes, whose pages must be whole and right. */
static secant_status
take(const secant_cloud_reader *r, e57_state *t, uint64_t at, void *out, size_t n, secant_err *err)
{
	uint8_t *to = out;
	size_t body = t->page - SUM;
	while (n) {
		uint64_t page = at / body, begin = page * t->page;
		size_t within = (size_t)(at % body), k = body - within < n ? body - within : n;
		if (page > r->size / t->page || begin + t->page > r->size)
			return cloud_fail(
				r->name, err, SECANT_ERR_FORMAT, "ends at byte %zu, before what its XML describes", r->size);
		const uint8_t *p = r->data + begin;
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
		t->checked = page + 1; /* a fuzzer makes no sums */
#endif
		if (t->checked != page + 1 && sum_of(t->table, p, body) != base_be32(p + body))
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the page at byte %llu is damaged: its sum is another",
				(unsigned long long)begin);
		t->checked = (size_t)page + 1;
		memcpy(to, p + within, k);
		to += k;
		at += k;
		n -= k;
	}
	return SECANT_OK;
}

/* ---- fields ---- */

static bool
whole_attribute(const cloud_e57_tree *x, int node, const char *name, int64_t *v)
{
	char text[32], *end;
	if (!cloud_e57_attribute(x, node, name, text, sizeof text))
		return true;
	*v = strtoll(text, &end, 10);
	return end > text && !*end;
}

static double
real_attribute(const cloud_e57_tree *x, int node, const char *name, double otherwise)
{
	char text[64], *end;
	if (!cloud_e57_attribute(x, node, name, text, sizeof text))
		return otherwise;
	double v = strtod(text, &end);
	return end > text ? v : otherwise;
}

static int
bits_of(int64_t lo, int64_t hi)
{
	int bits = 0;
	for (uint64_t span = (uint64_t)hi - (uint64_t)lo; span; span >>= 1)
		bits++;
	return bits;
}

/* What a field is for, and the name of its column. */
static field_use
use_of(const char *name, const char **column)
{
	static const struct {
		const char *name, *column;
		field_use use;
	} known[] = {
		{ "cartesianX", NULL, USE_X },
		{ "cartesianY", NULL, USE_Y },
		{ "cartesianZ", NULL, USE_Z },
		{ "sphericalRange", NULL, USE_RANGE },
		{ "sphericalAzimuth", NULL, USE_AZIMUTH },
		{ "sphericalElevation", NULL, USE_ELEVATION },
		{ "cartesianInvalidState", NULL, USE_INVALID },
		{ "sphericalInvalidState", NULL, USE_INVALID },
		{ "colorRed", "red", USE_COLUMN },
		{ "colorGreen", "green", USE_COLUMN },
		{ "colorBlue", "blue", USE_COLUMN },
		{ "returnIndex", "return_number", USE_COLUMN }, /* counted from 0 there, from 1 here */
		{ "returnCount", "number_of_returns", USE_COLUMN },
		{ "nor:normalX", "nx", USE_COLUMN },
		{ "nor:normalY", "ny", USE_COLUMN },
		{ "nor:normalZ", "nz", USE_COLUMN },
	};
	*column = name;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(name, known[i].name)) {
			*column = known[i].column;
			return known[i].use;
		}
	return USE_COLUMN;
}

/* How a field's stream is packed, and the narrowest type of a column for it. */
static secant_status
read_field(
	const secant_cloud_reader *r, const cloud_e57_tree *x, int node, e57_field *f, secant_number *type, secant_err *err)
{
	char kind[32] = "", precision[16] = "double";
	int64_t lo = INT64_MIN, hi = INT64_MAX;
	(void)cloud_e57_attribute(x, node, "type", kind, sizeof kind);
	(void)cloud_e57_attribute(x, node, "precision", precision, sizeof precision);
	*f = (e57_field){ .column = -1, .scale = 1 };
	f->real = !strcmp(kind, "Float");
	bool scaled = !strcmp(kind, "ScaledInteger");
	bool least = whole_attribute(x, node, "minimum", &lo), most = whole_attribute(x, node, "maximum", &hi);
	bool ok = least && most;
	if (f->real) {
		bool single = !strcmp(precision, "single");
		f->bits = single ? 32 : 64;
		*type = single ? SECANT_N_F32 : SECANT_N_F64;
		return SECANT_OK;
	}
	if ((!scaled && strcmp(kind, "Integer") != 0) || !ok || lo > hi)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED,
			"the field '%s' is %.20s of a range that is none; numbers are read alone", x->node[node].name, kind);
	f->minimum = lo;
	f->bits = bits_of(lo, hi);
	f->scale = scaled ? real_attribute(x, node, "scale", 1) : 1;
	f->offset = scaled ? real_attribute(x, node, "offset", 0) : 0;
	bool plain = f->scale == 1 && f->offset == 0;
	*type = !plain                           ? SECANT_N_F64
		: lo >= 0 && hi <= UINT8_MAX         ? SECANT_N_U8
		: lo >= 0 && hi <= UINT16_MAX        ? SECANT_N_U16
		: lo >= INT32_MIN && hi <= INT32_MAX ? SECANT_N_I32
											 : SECANT_N_I64;
	return SECANT_OK;
}

static int
prototype_of(const cloud_e57_tree *x, int scan)
{
	int points = cloud_e57_child(x, scan, "points");
	return points ? cloud_e57_child(x, points, "prototype") : 0;
}

/* Columns of all scans together; a name that two scans give different types is a double. */
static secant_status
declare_scan(secant_cloud_reader *r, e57_state *t, int scan, secant_err *err)
{
	secant_status s = SECANT_OK;
	int node = prototype_of(&t->xml, scan);
	for (int k = node ? t->xml.node[node].child : 0; !s && k; k = t->xml.node[k].next) {
		e57_field f;
		secant_number type;
		const char *column;
		s = read_field(r, &t->xml, k, &f, &type, err);
		if (s || use_of(t->xml.node[k].name, &column) != USE_COLUMN || strncmp(column, "is", 2) == 0)
			continue;
		int at = secant_cloud_find(&r->layout, column);
		if (at < 0)
			s = cloud_declare(r, column, type, &at, err);
		else if (r->layout.column[at].type != type)
			r->layout.column[at].type = SECANT_N_F64;
	}
	return s;
}

/* ---- scans ---- */

static void
leave_scan(e57_state *t)
{
	for (int i = 0; i < t->fields; i++)
		secant_free(t->field[i].stream);
	t->fields = 0;
	t->left = 0;
}

static void
read_pose(e57_state *t, int scan)
{
	const cloud_e57_tree *x = &t->xml;
	int pose = cloud_e57_child(x, scan, "pose"), rotation = pose ? cloud_e57_child(x, pose, "rotation") : 0,
		translation = pose ? cloud_e57_child(x, pose, "translation") : 0;
	double w = cloud_e57_number(x, rotation, "w", rotation ? 0 : 1), a = cloud_e57_number(x, rotation, "x", 0),
		   b = cloud_e57_number(x, rotation, "y", 0), c = cloud_e57_number(x, rotation, "z", 0);
	double length = sqrt(w * w + a * a + b * b + c * c);
	if (!(length > 0) || !isfinite(length)) {
		w = length = 1;
		a = b = c = 0;
	}
	w /= length, a /= length, b /= length, c /= length;
	const double turn[3][3] = {
		{ 1 - 2 * (b * b + c * c), 2 * (a * b - w * c), 2 * (a * c + w * b) },
		{ 2 * (a * b + w * c), 1 - 2 * (a * a + c * c), 2 * (b * c - w * a) },
		{ 2 * (a * c - w * b), 2 * (b * c + w * a), 1 - 2 * (a * a + b * b) },
	};
	memcpy(t->turn, turn, sizeof turn);
	t->move[0] = cloud_e57_number(x, translation, "x", 0);
	t->move[1] = cloud_e57_number(x, translation, "y", 0);
	t->move[2] = cloud_e57_number(x, translation, "z", 0);
}

/* Makes scan t->current the one that is read. */
static secant_status
enter_scan(secant_cloud_reader *r, e57_state *t, secant_err *err)
{
	uint8_t head[SECTION];
	const e57_scan *scan = &t->scan[t->current];
	int used = 0, node = prototype_of(&t->xml, scan->node);
	static const char *const normals[3] = { "nx", "ny", "nz" };
	bool seen[USE_INVALID + 1] = { false };
	secant_status s = SECANT_OK;
	t->normal[0] = t->normal[1] = t->normal[2] = -1;
	for (int k = t->xml.node[node].child; !s && k; k = t->xml.node[k].next) {
		secant_number type;
		const char *column;
		if (t->fields == FIELDS)
			return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "a scan has more than %d fields", FIELDS);
		e57_field *f = &t->field[t->fields++];
		s = read_field(r, &t->xml, k, f, &type, err);
		f->use = use_of(t->xml.node[k].name, &column);
		seen[f->use] = true;
		f->offset += strcmp(t->xml.node[k].name, "returnIndex") ? 0 : 1;
		f->column = f->use == USE_COLUMN ? secant_cloud_find(&r->layout, column) : -1;
		for (int axis = 0; axis < 3 && f->column >= 0; axis++)
			if (!strcmp(column, normals[axis]))
				t->normal[axis] = f->column;
		used += f->bits > 0;
	}
	bool cartesian = seen[USE_X] && seen[USE_Y] && seen[USE_Z],
		 spherical = seen[USE_RANGE] && seen[USE_AZIMUTH] && seen[USE_ELEVATION];
	if (!s && ((!cartesian && !spherical) || !used))
		s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "scan %d has neither x, y, z nor range and angles", t->current);
	if (s)
		return s;
	read_pose(t, scan->node);
	t->left = scan->points;
	t->at = to_logical(t, scan->section);
	s = take(r, t, t->at, head, sizeof head, err);
	if (!s && head[0] != 1)
		s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "scan %d has no section of points at byte %llu", t->current,
			(unsigned long long)scan->section);
	t->end = t->at + (s ? 0 : base_le64(head + 8));
	t->at = s ? 0 : to_logical(t, base_le64(head + 16));
	return s;
}

/* The next packet's streams go behind what their fields have left. */
static secant_status
next_packet(secant_cloud_reader *r, e57_state *t, secant_err *err)
{
	uint8_t *p = t->packet;
	for (;;) {
		if (t->at >= t->end)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "scan %d ends %lld points before its count", t->current,
				(long long)t->left);
		secant_status s = take(r, t, t->at, p, 4, err);
		size_t length = s ? 0 : (size_t)base_le16(p + 2) + 1;
		if (!s)
			s = take(r, t, t->at, p, length, err);
		if (s)
			return s;
		t->at += length;
		if (p[0] != 1)
			continue; /* an index, or nothing */
		size_t streams = length >= 6 ? base_le16(p + 4) : 0, at = 6 + 2 * streams;
		if (length < 6 || streams != (size_t)t->fields || at > length)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "a packet of scan %d has %zu streams, expected %d",
				t->current, streams, t->fields);
		for (int i = 0; i < t->fields; i++) {
			e57_field *f = &t->field[i];
			size_t n = base_le16(p + 6 + 2 * i);
			if (n > length - at)
				return cloud_fail(
					r->name, err, SECANT_ERR_FORMAT, "a packet of scan %d is shorter than its streams", t->current);
			if (f->n + n > f->room) {
				uint8_t *grown = base_realloc(f->stream, f->n + n + PACKET, 1);
				if (!grown)
					return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
				f->stream = grown;
				f->room = f->n + n + PACKET;
			}
			if (n)
				memcpy(f->stream + f->n, p + at, n);
			f->n += n;
			at += n;
			/* Streams that run far ahead of the others are no file that a program wrote. */
			if (f->n > ((size_t)1 << 28))
				return cloud_fail(
					r->name, err, SECANT_ERR_FORMAT, "the streams of scan %d are out of step", t->current);
		}
		return SECANT_OK;
	}
}

/* ---- points ---- */

/* Numbers that every field has in its streams. */
static int64_t
ready(const e57_state *t, int64_t most)
{
	for (int i = 0; i < t->fields; i++) {
		const e57_field *f = &t->field[i];
		int64_t n = f->bits ? (int64_t)((f->n * 8 - f->bit) / (size_t)f->bits) : most;
		most = n < most ? n : most;
	}
	return most;
}

static void
decode(e57_field *f, int64_t n)
{
	size_t bit = f->bit;
	if (!f->bits) { /* a constant has no stream */
		for (int64_t i = 0; i < n; i++)
			f->value[i] = (double)f->minimum * f->scale + f->offset;
		return;
	}
	for (int64_t i = 0; i < n; i++, bit += (size_t)f->bits) {
		uint64_t raw = 0;
		const uint8_t *p = f->stream + bit / 8;
		int shift = (int)(bit % 8), got = 0;
		for (int k = 0; got < f->bits; k++) {
			uint64_t byte = k ? p[k] : (uint64_t)p[0] >> shift;
			raw |= got < 64 ? byte << got : 0;
			got += k ? 8 : 8 - shift;
		}
		raw &= f->bits == 64 ? ~(uint64_t)0 : ((uint64_t)1 << f->bits) - 1;
		if (f->real && f->bits == 32) {
			uint32_t word = (uint32_t)raw;
			float v;
			memcpy(&v, &word, 4);
			f->value[i] = (double)v;
		} else if (f->real) {
			memcpy(&f->value[i], &raw, 8);
		} else {
			f->value[i] = (double)(int64_t)((uint64_t)f->minimum + raw) * f->scale + f->offset;
		}
	}
	f->n -= bit / 8 < f->n ? bit / 8 : f->n;
	if (f->n)
		memmove(f->stream, f->stream + bit / 8, f->n);
	f->bit = bit % 8;
}

/* The place of point i in the scanner's system; false: it is invalid. */
static bool
place(const e57_state *t, int64_t i, double p[3])
{
	double v[USE_INVALID + 1] = { 0 };
	bool cartesian = false;
	for (int k = 0; k < t->fields; k++) {
		const e57_field *f = &t->field[k];
		if (f->use != USE_COLUMN)
			v[f->use] = f->value[i];
		cartesian |= f->use == USE_X;
	}
	if (v[USE_INVALID] != 0)
		return false;
	double flat = v[USE_RANGE] * cos(v[USE_ELEVATION]);
	p[0] = cartesian ? v[USE_X] : flat * cos(v[USE_AZIMUTH]);
	p[1] = cartesian ? v[USE_Y] : flat * sin(v[USE_AZIMUTH]);
	p[2] = cartesian ? v[USE_Z] : v[USE_RANGE] * sin(v[USE_ELEVATION]);
	return true;
}

static void
turn_normal(const e57_state *t, secant_cloud *out, int64_t i)
{
	double v[3];
	if (t->normal[0] < 0 || t->normal[1] < 0 || t->normal[2] < 0)
		return;
	for (int axis = 0; axis < 3; axis++)
		v[axis] = secant_cloud_get(out, t->normal[axis], i);
	for (int axis = 0; axis < 3; axis++) {
		const double *turn = t->turn[axis];
		secant_cloud_set(out, t->normal[axis], i, turn[0] * v[0] + turn[1] * v[1] + turn[2] * v[2]);
	}
}

static void
append(e57_state *t, secant_cloud *out, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		double p[3], moved;
		if (!place(t, i, p)) {
			t->dropped++;
			continue;
		}
		t->zeros += p[0] == 0 && p[1] == 0 && p[2] == 0;
		for (int axis = 0; axis < 3; axis++) {
			const double *turn = t->turn[axis];
			moved = turn[0] * p[0] + turn[1] * p[1] + turn[2] * p[2] + t->move[axis];
			secant_cloud_set(out, axis, out->n, moved);
		}
		for (int k = 3; k < out->columns; k++) /* what this scan has not */
			secant_cloud_set(out, k, out->n, tensor_number_is_real(out->column[k].type) ? NAN : 0);
		for (int k = 0; k < t->fields; k++)
			if (t->field[k].column >= 0)
				secant_cloud_set(out, t->field[k].column, out->n, t->field[k].value[i]);
		turn_normal(t, out, out->n);
		if (t->scan_column >= 0)
			secant_cloud_set(out, t->scan_column, out->n, t->current);
		out->n++;
	}
}

static secant_status
e57_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	e57_state *t = r->state;
	int64_t before = out->n;
	secant_status s = SECANT_OK;
	while (!s && out->n - before < max && t->current < t->scans) {
		if (t->left == 0) {
			leave_scan(t);
			t->current++;
			s = t->current < t->scans ? enter_scan(r, t, err) : SECANT_OK;
			continue;
		}
		int64_t want = max - (out->n - before), n = ready(t, want < CHUNK ? want : CHUNK);
		n = n < t->left ? n : t->left;
		if (n == 0) {
			s = next_packet(r, t, err);
			continue;
		}
		for (int k = 0; k < t->fields; k++)
			decode(&t->field[k], n);
		append(t, out, n);
		t->left -= n;
	}
	if (!s && t->current == t->scans && t->zeros > 1)
		secant_log(&r->opt.logger, SECANT_LOG_WARNING,
			"%s: %lld points lie at the scanner itself (0 0 0): some programs write places without an echo so; they "
			"were "
			"kept",
			r->name, (long long)t->zeros);
	t->zeros = t->current == t->scans ? 0 : t->zeros;
	if (!s && t->current == t->scans && t->dropped) {
		secant_log(&r->opt.logger, SECANT_LOG_INFO, "%s: %lld points that the scanner calls invalid were left out",
			r->name, (long long)t->dropped);
		t->dropped = 0;
	}
	return s;
}

/* ---- opening ---- */

static void
e57_close(void *state)
{
	e57_state *t = state;
	if (!t)
		return;
	if (t->field)
		leave_scan(t);
	cloud_e57_tree_free(&t->xml);
	secant_free(t->scan);
	secant_free(t->field);
	secant_free(t->packet);
	secant_free(t);
}

static secant_status
read_xml(secant_cloud_reader *r, e57_state *t, secant_err *err)
{
	uint64_t at = base_le64(r->data + 24), length = base_le64(r->data + 32);
	if (length > r->size || at >= r->size)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"its XML of %llu bytes at byte %llu lies outside of %zu bytes", (unsigned long long)length,
			(unsigned long long)at, r->size);
	char *xml = secant_calloc((size_t)length + 1, 1);
	if (!xml)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	secant_status s = take(r, t, to_logical(t, at), xml, (size_t)length, err);
	if (!s)
		return cloud_e57_parse(&t->xml, xml, (size_t)length, r->name, err);
	secant_free(xml);
	return s;
}

static secant_status
read_scan(secant_cloud_reader *r, e57_state *t, int node, secant_err *err)
{
	e57_scan *scan = &t->scan[t->scans];
	int64_t section = -1;
	int points = cloud_e57_child(&t->xml, node, "points");
	*scan = (e57_scan){ .node = node };
	bool ok = points && prototype_of(&t->xml, node) && whole_attribute(&t->xml, points, "fileOffset", &section)
		&& whole_attribute(&t->xml, points, "recordCount", &scan->points);
	if (!ok || section < HEAD || scan->points < 0 || scan->points / 8 > (int64_t)r->size)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "scan %d describes no points of this file", t->scans);
	scan->section = (uint64_t)section;
	t->scans += scan->points > 0;
	return declare_scan(r, t, node, err);
}

/* Whole numbers that a scan does not have are 0 in its points (others are NaN): that is said. */
static void
say_missing(const secant_cloud_reader *r, const e57_state *t)
{
	for (int i = 3; i < r->layout.columns; i++) {
		int without = 0, first = 0;
		if (i == t->scan_column || tensor_number_is_real(r->layout.column[i].type))
			continue;
		for (int k = 0; k < t->scans; k++) {
			int node = prototype_of(&t->xml, t->scan[k].node);
			bool has = false;
			const char *column;
			for (int f = t->xml.node[node].child; f; f = t->xml.node[f].next)
				has |= use_of(t->xml.node[f].name, &column) == USE_COLUMN && !strcmp(column, r->layout.column[i].name);
			first = has || without ? first : k;
			without += !has;
		}
		if (without)
			secant_log(&r->opt.logger, SECANT_LOG_WARNING,
				"%s: %d of %d scans (scan %d is the first) have no %s: 0 stands there", r->name, without, t->scans,
				first, r->layout.column[i].name);
	}
}

static secant_status
read_scans(secant_cloud_reader *r, e57_state *t, secant_err *err)
{
	const cloud_e57_tree *x = &t->xml;
	int root = cloud_e57_child(x, 0, "e57Root"), list = root ? cloud_e57_child(x, root, "data3D") : 0, n = 0;
	for (int k = list ? x->node[list].child : 0; k; k = x->node[k].next)
		n++;
	if (!root || n > SCANS)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, root ? "more than 65536 scans" : "its XML has no e57Root");
	t->scan = secant_calloc((size_t)n + 1, sizeof *t->scan);
	t->field = secant_calloc(FIELDS, sizeof *t->field);
	t->packet = secant_calloc(PACKET, 1);
	if (!t->scan || !t->field || !t->packet)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	secant_status s = cloud_begin(r, SECANT_N_F64, err);
	for (int k = n ? x->node[list].child : 0; !s && k; k = x->node[k].next)
		s = read_scan(r, t, k, err);
	r->bound = 0;
	for (int i = 0; i < t->scans; i++)
		r->bound += t->scan[i].points;
	if (!s && r->bound / 8 > (int64_t)r->size) /* scans that share their bytes: a point takes a bit at least */
		s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "its scans announce %lld points in %zu bytes",
			(long long)r->bound, r->size);
	t->scan_column = -1;
	if (!s && t->scans > 1)
		s = cloud_declare(r, "scan", SECANT_N_I32, &t->scan_column, err);
	snprintf(r->details, sizeof r->details, "%d scan%s", t->scans, t->scans == 1 ? "" : "s");
	if (!s)
		say_missing(r, t);
	return s;
}

static secant_status
e57_open(secant_cloud_reader *r, secant_err *err)
{
	e57_state *t = r->state = secant_calloc(1, sizeof *t);
	if (!t)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	if (r->size < HEAD || memcmp(r->data, "ASTM-E57", 8) != 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "does not begin as E57 does (%zu bytes)", r->size);
	uint64_t page = base_le64(r->data + 40);
	if (base_le32(r->data + 8) != 1 || page < 64 || page > 1 << 20)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "is E57 %u.%u with pages of %llu bytes; 1.0 is read",
			base_le32(r->data + 8), base_le32(r->data + 12), (unsigned long long)page);
	t->page = (size_t)page;
	make_table(t->table);
	secant_status s = read_xml(r, t, err);
	if (!s)
		s = read_scans(r, t, err);
	if (!s && t->scans)
		s = enter_scan(r, t, err);
	return s;
}

static bool
e57_sniff(const uint8_t *d, size_t n)
{
	return n >= 8 && !memcmp(d, "ASTM-E57", 8);
}

const cloud_format cloud_e57 = {
	.name = "e57",
	.brief = "ASTM E57: all scans of a file in one system",
	.extensions = "e57",
	.sniff = e57_sniff,
	.open = e57_open,
	.next = e57_next,
	.close = e57_close,
};

/*
 * PLY, the Stanford polygon format: a text header of elements and their properties, then the elements as text or as
 * binary numbers of either byte order. Points are the element `vertex`; any names and types; other elements and lists
 * are stepped over, and with the option mesh_points the element `face` gives triangles to draw points on. Writing is in
 * ply_write.c.
 */
#include "codec/cloud/ply.h"
#include "codec/cloud/decimal.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ELEMENTS = 32, PROPERTIES = 256, WORD = 256 };

typedef struct property {
	char name[WORD];
	secant_number type, count; /* of a value; of a list's length */
	bool list;
} property;

typedef struct element {
	char name[32];
	int64_t n;
	int first, properties; /* within the table of all properties */
	size_t size; /* bytes of one, binary; 0: has lists */
} element;

typedef struct ply_state {
	bool ascii, swap;
	int elements, properties, vertex;
	element element[ELEMENTS];
	property property[PROPERTIES];
	cloud_part part[PROPERTIES]; /* of the vertex properties */
	cloud_target target[PROPERTIES];
	int64_t line; /* lines behind us */
} ply_state;

static const struct {
	const char *name, *sized;
	secant_number type;
} ply_types[] = {
	{ "char", "int8", SECANT_N_I8 },
	{ "uchar", "uint8", SECANT_N_U8 },
	{ "short", "int16", SECANT_N_I16 },
	{ "ushort", "uint16", SECANT_N_U16 },
	{ "int", "int32", SECANT_N_I32 },
	{ "uint", "uint32", SECANT_N_U32 },
	{ "float", "float32", SECANT_N_F32 },
	{ "double", "float64", SECANT_N_F64 },
	/* Not of the format, but of Open3D and numpy's writers; we write double instead. */
	{ "int64", "longlong", SECANT_N_I64 },
	{ "uint64", "ulonglong", SECANT_N_U64 },
	{ "bool", "boolean", SECANT_N_U8 },
};

static bool
type_named(const char *name, secant_number *type)
{
	for (size_t i = 0; i < sizeof ply_types / sizeof *ply_types; i++) {
		if (!strcmp(name, ply_types[i].name) || !strcmp(name, ply_types[i].sized)) {
			*type = ply_types[i].type;
			return true;
		}
	}
	return false;
}

const char *
cloud_ply_type_name(secant_number type)
{
	for (size_t i = 0; i < sizeof ply_types / sizeof *ply_types; i++)
		if (ply_types[i].type == type && secant_number_size(type) <= 8 && type != SECANT_N_I64 && type != SECANT_N_U64)
			return ply_types[i].name;
	return "double";
}

/* ---- header ---- */

/* Splits a line of the header into at most 6 words; returns their number. The line ends in a line feed; in a carriage
 * return alone when the first line does: a byte 10 behind the last line is data then. */
static int
header_words(secant_cloud_reader *r, char word[6][WORD])
{
	int n = 0;
	const uint8_t *d = r->data;
	while (r->at < r->size && d[r->at] != '\n' && d[r->at] != '\r') {
		while (r->at < r->size && (d[r->at] == ' ' || d[r->at] == '\t'))
			r->at++;
		int k = 0;
		for (; r->at < r->size && d[r->at] > ' '; r->at++)
			if (n < 6 && k < WORD - 1)
				word[n][k++] = (char)d[r->at];
		if (k) {
			word[n][k] = '\0';
			n++;
		} else if (r->at < r->size && d[r->at] < ' ' && d[r->at] != '\n' && d[r->at] != '\r' && d[r->at] != '\t') {
			r->at++;
		}
	}
	bool carriage = r->at < r->size && d[r->at] == '\r';
	r->at += carriage;
	bool alone = r->size > 4 && d[3] == '\r' && d[4] != '\n';
	r->at += !(carriage && alone) && r->at < r->size && d[r->at] == '\n';
	return n;
}

static secant_status
header_property(secant_cloud_reader *r, ply_state *p, char word[6][WORD], int n, secant_err *err)
{
	long long line = p->line;
	if (p->elements == 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld: a property before the first element", line);
	if (p->properties == PROPERTIES)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "line %lld: more than %d properties", line, PROPERTIES);
	property *q = &p->property[p->properties];
	element *e = &p->element[p->elements - 1];
	q->list = n >= 2 && !strcmp(word[1], "list");
	if (n != (q->list ? 5 : 3))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"line %lld: expected 'property TYPE NAME' or 'property list TYPE TYPE NAME'", line);
	const char *type = word[q->list ? 3 : 1];
	if (!type_named(type, &q->type) || (q->list && !type_named(type = word[2], &q->count)))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"line %lld: '%.40s' is no type of PLY: int8 to int64, uint8 to uint64, float, double", line, type);
	if (q->list && tensor_number_is_real(q->count))
		return cloud_fail(
			r->name, err, SECANT_ERR_FORMAT, "line %lld: the length of a list cannot be %.40s", line, word[2]);
	snprintf(q->name, sizeof q->name, "%s", word[n - 1]);
	e->size = q->list || (e->properties && e->size == 0) ? 0 : e->size + secant_number_size(q->type);
	e->properties++;
	p->properties++;
	return SECANT_OK;
}

static secant_status
header_element(secant_cloud_reader *r, ply_state *p, char word[6][WORD], int n, secant_err *err)
{
	double count;
	if (p->elements == ELEMENTS)
		return cloud_fail(
			r->name, err, SECANT_ERR_UNSUPPORTED, "line %lld: more than %d elements", (long long)p->line, ELEMENTS);
	const char *end = n == 3 ? decimal_parse(word[2], &count) : NULL;
	if (!end || *end || !(count >= 0 && count < 1e15) || count != nearbyint(count))
		return cloud_fail(
			r->name, err, SECANT_ERR_FORMAT, "line %lld: expected 'element NAME COUNT'", (long long)p->line);
	element *e = &p->element[p->elements++];
	*e = (element){ .n = (int64_t)count, .first = p->properties };
	snprintf(e->name, sizeof e->name, "%.31s", word[1]);
	return SECANT_OK;
}

static secant_status
read_header(secant_cloud_reader *r, ply_state *p, secant_err *err)
{
	char word[6][WORD];
	bool format = false;
	(void)header_words(r, word);
	for (p->line = 2; r->at < r->size; p->line++) {
		secant_status s = SECANT_OK;
		int n = header_words(r, word);
		if (n == 0 || !strcmp(word[0], "comment") || !strcmp(word[0], "obj_info"))
			continue;
		if (!strcmp(word[0], "end_header")) {
			if (!format)
				return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the header has no line 'format'");
			return SECANT_OK;
		}
		if (!strcmp(word[0], "format")) {
			static const char *const names[] = { "ascii", "binary_little_endian", "binary_big_endian" };
			int k = 0;
			while (n >= 2 && k < 3 && strcmp(word[1], names[k]))
				k++;
			if (n < 2 || k == 3)
				s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld: '%.40s' is no format of PLY",
					(long long)p->line, n < 2 ? "" : word[1]);
			else
				snprintf(r->details, sizeof r->details, "%s", names[k]);
			p->ascii = k == 0;
			p->swap = k == 2;
			format = true;
		} else if (!strcmp(word[0], "element")) {
			s = header_element(r, p, word, n, err);
		} else if (!strcmp(word[0], "property")) {
			s = header_property(r, p, word, n, err);
		} else {
			s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld: '%.40s' does not belong in a PLY header",
				(long long)p->line, word[0]);
		}
		if (s)
			return s;
	}
	return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the header has no end (byte %zu)", r->at);
}

/* ---- stepping over ---- */

/* The next line of text; false at the end. */
static bool
next_line(secant_cloud_reader *r, const char **begin, size_t *length)
{
	if (r->at >= r->size)
		return false;
	const uint8_t *feed = memchr(r->data + r->at, '\n', r->size - r->at);
	size_t end = feed ? (size_t)(feed - r->data) : r->size;
	*begin = (const char *)r->data + r->at;
	*length = end - r->at;
	r->at = feed ? end + 1 : end;
	return true;
}

static secant_status
cut_off(secant_cloud_reader *r, const element *e, int64_t i, secant_err *err)
{
	return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "ends at byte %zu, in element '%s' %lld of %lld", r->size,
		e->name, (long long)i, (long long)e->n);
}

/* The length of a binary list and where its items begin; false when the file ends before the last item. */
static bool
list_length(secant_cloud_reader *r, const ply_state *p, const property *q, size_t *at, double *count)
{
	size_t head = secant_number_size(q->count), size = secant_number_size(q->type);
	if (r->size - *at < head)
		return false;
	uint8_t turned[8];
	memcpy(turned, r->data + *at, head);
	if (p->swap)
		base_swap_bytes(turned, 1, head);
	tensor_number_load(count, turned, q->count, 0, 1);
	*at += head;
	return *count >= 0 && *count <= (double)((r->size - *at) / size);
}

/* Steps over one binary element with lists; offsets (nullable) receives where each property's value stands. False: cut
 * off. */
static bool
walk(secant_cloud_reader *r, const ply_state *p, const element *e, size_t *offsets)
{
	size_t at = r->at;
	for (int i = 0; i < e->properties; i++) {
		const property *q = &p->property[e->first + i];
		double count = 1;
		if (q->list && !list_length(r, p, q, &at, &count))
			return false;
		size_t size = secant_number_size(q->type) * (size_t)count;
		if (r->size - at < size)
			return false;
		if (offsets)
			offsets[i] = at;
		at += size;
	}
	r->at = at;
	return true;
}

static secant_status
skip_element(secant_cloud_reader *r, ply_state *p, const element *e, secant_err *err)
{
	if (!p->ascii && e->size) {
		if (!cloud_holds(r, (uint64_t)e->n, e->size))
			return cut_off(r, e, (int64_t)((r->size - r->at) / e->size), err);
		r->at += (size_t)e->n * e->size;
		return SECANT_OK;
	}
	if (e->properties == 0)
		return SECANT_OK;
	for (int64_t i = 0; i < e->n; i++) {
		const char *line;
		size_t length;
		if (p->ascii ? !next_line(r, &line, &length) : !walk(r, p, e, NULL))
			return cut_off(r, e, i, err);
		p->line++;
	}
	return SECANT_OK;
}

/* ---- points ---- */

static secant_status
declare(secant_cloud_reader *r, ply_state *p, const element *e, secant_err *err)
{
	bool seen[3] = { false };
	secant_number stored = SECANT_N_F32;
	size_t offset = 0;
	bool outgrown[PROPERTIES] = { false };
	if (p->ascii && e->size)
		cloud_outgrows_floats(r, e->properties, outgrown);
	for (int i = 0; i < e->properties; i++) {
		const property *q = &p->property[e->first + i];
		p->part[i] = (cloud_part){ .type = q->type, .swap = p->swap, .offset = offset, .stride = e->size };
		offset += secant_number_size(q->type);
		int axis = q->list ? -1 : cloud_axis(q->name);
		p->part[i].column = -1;
		if (axis >= 0 && !seen[axis]) {
			seen[p->part[i].column = axis] = true;
			bool fits = (q->type == SECANT_N_F32 && !outgrown[i]) || secant_number_size(q->type) < 4;
			stored = fits ? stored : SECANT_N_F64;
			if (q->type == SECANT_N_F32 && outgrown[i] && !r->opt.coordinates)
				cloud_say_outgrown(r, q->name);
		}
	}
	for (int axis = 0; axis < 3; axis++)
		if (!seen[axis])
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the element vertex has no property %c", 'x' + axis);
	secant_status s = cloud_begin(r, stored, err);
	for (int i = 0; !s && i < e->properties; i++) {
		const property *q = &p->property[e->first + i];
		if (q->list || p->part[i].column >= 0)
			continue;
		bool wide = q->type == SECANT_N_F32 && outgrown[i];
		s = cloud_declare(r, q->name, wide ? SECANT_N_F64 : q->type, &p->part[i].column, err);
		if (wide && p->part[i].column >= 0)
			cloud_say_outgrown(r, q->name);
	}
	return s;
}

static secant_status
next_ascii(secant_cloud_reader *r, ply_state *p, const element *e, secant_cloud *out, int64_t max, secant_err *err)
{
	int64_t n = 0;
	cloud_rows rows = { .fields = e->properties, .separator = ' ', .target = p->target, .name = r->name };
	for (int i = 0; i < e->properties; i++) {
		secant_column *c = p->part[i].column < 0 ? NULL : &out->column[p->part[i].column];
		p->target[i] = c ? (cloud_target){ tensor_column_at(c, out->n), c->type }
						 : (cloud_target){ NULL, SECANT_N_F64 };
	}
	while (n == 0 && r->at < r->size) {
		secant_status s = cloud_rows_parse(&rows, r->data, r->size, &r->at, &p->line, max, cloud_threads(r), &n, err);
		if (s)
			return s;
	}
	out->n += n;
	return n ? SECANT_OK : cut_off(r, e, r->done, err);
}

/* Rows of text with lists: each list is its length and as many numbers. */
static secant_status
next_ascii_lists(
	secant_cloud_reader *r, ply_state *p, const element *e, secant_cloud *out, int64_t max, secant_err *err)
{
	for (int64_t k = 0; k < max; k++) {
		const char *line;
		size_t length;
		char copy[WORD * 64];
		if (!next_line(r, &line, &length))
			return cut_off(r, e, r->done + k, err);
		p->line++;
		if (length >= sizeof copy)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld is longer than %zu bytes", (long long)p->line,
				sizeof copy - 1);
		memcpy(copy, line, length);
		copy[length] = '\0';
		const char *at = copy;
		for (int i = 0; i < e->properties; i++) {
			const property *q = &p->property[e->first + i];
			double v = 0, count = 1;
			for (int64_t item = q->list ? -1 : 0; at && item < (int64_t)count; item++) {
				at = decimal_parse(at + strspn(at, " \t"), item < 0 ? &count : &v);
				count = count >= 0 && count <= (double)length ? count : 0;
			}
			if (!at)
				return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld: property '%s' lacks a number",
					(long long)p->line, q->name);
			if (p->part[i].column >= 0)
				secant_cloud_set(out, p->part[i].column, out->n, v);
		}
		out->n++;
	}
	return SECANT_OK;
}

static secant_status
next_binary_lists(
	secant_cloud_reader *r, ply_state *p, const element *e, secant_cloud *out, int64_t max, secant_err *err)
{
	size_t offsets[PROPERTIES];
	for (int64_t k = 0; k < max; k++) {
		if (!walk(r, p, e, offsets))
			return cut_off(r, e, r->done + k, err);
		for (int i = 0; i < e->properties; i++) {
			if (p->part[i].column < 0)
				continue;
			secant_column *c = &out->column[p->part[i].column];
			tensor_number_convert(tensor_column_at(c, out->n), c->type, 0, r->data + offsets[i],
				p->property[e->first + i].type, 0, p->swap, 1);
		}
		out->n++;
	}
	return SECANT_OK;
}

static secant_status
ply_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	ply_state *p = r->state;
	if (r->ready.columns)
		return cloud_next_ready(r, out, max, err);
	const element *e = &p->element[p->vertex];
	int64_t left = e->n - r->done;
	max = max < left ? max : left;
	if (max == 0)
		return SECANT_OK;
	if (p->ascii && e->size)
		return next_ascii(r, p, e, out, max, err);
	if (p->ascii)
		return next_ascii_lists(r, p, e, out, max, err);
	if (!e->size)
		return next_binary_lists(r, p, e, out, max, err);
	cloud_take_records(p->part, e->properties, r->data + r->at, 0, max, out);
	r->at += (size_t)max * e->size;
	return SECANT_OK;
}

/* ---- faces ---- */

enum { CORNERS = 4096, FACE_BYTES = 65536 };

/* Where the numbers of one face come from: text that ends in a zero byte, or bytes of the file. */
typedef struct face {
	const char *text;
	size_t at;
	int64_t index;
} face;

/* The length of property q of a face (1 unless it is a list) and, for `corner`, its numbers; moves behind it. */
static secant_status
face_property(secant_cloud_reader *r, const ply_state *p, const property *q, face *f, int64_t *corner, int *corners,
	secant_err *err)
{
	size_t size = secant_number_size(q->type);
	double count = 1, v = 0;
	if (q->list && p->ascii)
		f->text = decimal_parse(f->text + strspn(f->text, " \t"), &count);
	else if (q->list)
		(void)list_length(r, p, q, &f->at, &count); /* checked by walk */
	if ((p->ascii && !f->text) || !(count >= 0) || (corner && count > CORNERS) || (p->ascii && count > FACE_BYTES))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "face %lld: a list without a length from 0 to %d",
			(long long)f->index, CORNERS);
	for (int64_t j = 0; j < (int64_t)count && (p->ascii || corner); j++) {
		if (p->ascii && !(f->text = decimal_parse(f->text + strspn(f->text, " \t"), &v)))
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "face %lld lacks numbers", (long long)f->index);
		if (!p->ascii)
			tensor_number_convert(&v, SECANT_N_F64, 8, r->data + f->at + (size_t)j * size, q->type, size, p->swap, 1);
		if (corner)
			corner[j] = v >= 0 && v < 1e15 ? (int64_t)v : -1;
	}
	f->at += (size_t)count * size;
	if (corner)
		*corners = (int)count;
	return SECANT_OK;
}

static secant_status
read_faces(secant_cloud_reader *r, ply_state *p, const element *e, cloud_mesh *m, secant_err *err)
{
	int64_t corner[CORNERS];
	int which = -1, corners = 0;
	for (int i = 0; i < e->properties; i++)
		if (p->property[e->first + i].list && strstr(p->property[e->first + i].name, "vertex_ind"))
			which = i;
	if (which < 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the element face has no list vertex_indices");
	char *text = secant_calloc(FACE_BYTES + 1, 1);
	secant_status s = text ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	for (int64_t k = 0; !s && k < e->n; k++) {
		face f = { .text = text, .at = r->at, .index = k };
		size_t length = 0;
		const char *line = NULL;
		if (p->ascii ? !next_line(r, &line, &length) : !walk(r, p, e, NULL)) {
			s = cut_off(r, e, k, err);
			break;
		}
		length = length < FACE_BYTES ? length : FACE_BYTES;
		if (line)
			memcpy(text, line, length);
		text[length] = '\0';
		for (int i = 0; !s && i <= which; i++)
			s = face_property(r, p, &p->property[e->first + i], &f, i == which ? corner : NULL, &corners, err);
		if (!s)
			s = cloud_mesh_polygon(m, corner, corners, err);
	}
	secant_free(text);
	return s;
}

/* With mesh_points: the vertices and the faces behind them, then points drawn on the faces. */
static secant_status
read_mesh(secant_cloud_reader *r, ply_state *p, int faces, secant_err *err)
{
	cloud_mesh m = { 0 };
	const element *e = &p->element[p->vertex];
	secant_status s = secant_cloud_like(&m.vertices, &r->layout, err);
	if (!s && e->n > (int64_t)r->size)
		s = cut_off(r, e, 0, err);
	if (!s)
		s = secant_cloud_reserve(&m.vertices, e->n, err);
	while (!s && m.vertices.n < e->n) {
		s = ply_next(r, &m.vertices, e->n - m.vertices.n, err);
		r->done = m.vertices.n;
	}
	for (int i = p->vertex + 1; !s && i < faces; i++)
		s = skip_element(r, p, &p->element[i], err);
	if (!s)
		s = read_faces(r, p, &p->element[faces], &m, err);
	r->done = 0;
	if (!s)
		s = cloud_mesh_ready(r, &m, 0, err);
	cloud_mesh_free(&m);
	return s;
}

/* Some call their points otherwise: "point", "testing" (DALES Objects). */
static bool
has_axes(const ply_state *p, const element *e)
{
	bool seen[3] = { false };
	for (int i = 0; i < e->properties; i++) {
		int axis = p->property[e->first + i].list ? -1 : cloud_axis(p->property[e->first + i].name);
		if (axis >= 0)
			seen[axis] = true;
	}
	return seen[0] && seen[1] && seen[2];
}

static secant_status
ply_open(secant_cloud_reader *r, secant_err *err)
{
	ply_state *p = r->state = secant_calloc(1, sizeof *p);
	if (!p)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	int faces = -1;
	secant_status s = read_header(r, p, err);
	if (s)
		return s;
	bool named = false;
	p->vertex = -1;
	for (int i = p->elements - 1; i >= 0; i--) {
		bool vertex = !strcmp(p->element[i].name, "vertex");
		p->vertex = vertex || (!named && has_axes(p, &p->element[i])) ? i : p->vertex;
		named |= vertex;
		faces = !strcmp(p->element[i].name, "face") && p->element[i].n > 0 ? i : faces;
	}
	if (p->vertex < 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "there is no element vertex");
	for (int i = 0; !s && i < p->vertex; i++)
		s = skip_element(r, p, &p->element[i], err);
	const element *e = &p->element[p->vertex];
	if (!s)
		s = declare(r, p, e, err);
	if (!s && !p->ascii && e->size && !cloud_holds(r, (uint64_t)e->n, e->size))
		s = cut_off(r, e, (int64_t)((r->size - r->at) / e->size), err);
	r->total = e->n;
	if (!s && r->opt.mesh_points > 0 && faces > p->vertex)
		s = read_mesh(r, p, faces, err);
	else if (!s && r->opt.mesh_points < 0 && faces > p->vertex)
		cloud_say_faces(r, p->element[faces].n, "faces");
	return s;
}

static bool
ply_sniff(const uint8_t *d, size_t n)
{
	return n >= 4 && !memcmp(d, "ply", 3) && (d[3] == '\n' || d[3] == '\r' || d[3] == ' ');
}

const cloud_format cloud_ply = {
	.name = "ply",
	.brief = "Stanford polygon file, ascii or binary",
	.extensions = "ply",
	.sniff = ply_sniff,
	.open = ply_open,
	.next = ply_next,
	.create = cloud_ply_create,
	.put = cloud_ply_put,
	.finish = cloud_ply_finish,
	.doubles = true,
	.wants_survey = true,
};

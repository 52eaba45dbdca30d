/*
 * NPY, numpy's array file: magic, version, a Python literal that describes the array, raw numbers. A cloud is an N x C
 * array of any number type, either byte or memory order (columns named by their values, guess.c), or an N array of a
 * structured type, whose fields name the columns. Written is an N x C array of f64, or of f32 when the coordinates are
 * f32 and every attribute is exact in it, where the values name the columns as they are called; else a structured array
 * whose fields have their names and types (--out-header yes or no says which).
 */
#include "codec/cloud/npy.h"
#include "codec/cloud/decimal.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 65536, SAMPLE = 100, SLAB = 4096 };

typedef struct npy_state {
	int fields;
	char name[CLOUD_FIELDS][CLOUD_NAME];
	cloud_part part[CLOUD_FIELDS];
	size_t stride; /* bytes from one point to the next */
	bool fortran;
	int64_t n;
} npy_state;

static const struct kind {
	const char *code;
	secant_number type;
} kinds[] = {
	{ "i1", SECANT_N_I8 },
	{ "u1", SECANT_N_U8 },
	{ "b1", SECANT_N_U8 },
	{ "i2", SECANT_N_I16 },
	{ "u2", SECANT_N_U16 },
	{ "i4", SECANT_N_I32 },
	{ "u4", SECANT_N_U32 },
	{ "i8", SECANT_N_I64 },
	{ "u8", SECANT_N_U64 },
	{ "f4", SECANT_N_F32 },
	{ "f8", SECANT_N_F64 },
};

const char *
cloud_npy_code(secant_number type)
{
	size_t i = 0;
	while (kinds[i].type != type)
		i++;
	return kinds[i].code;
}

/* "<f8": byte order, kind, size. */
static bool
type_of(const char *text, secant_number *type, bool *swap)
{
	*swap = text[0] == '>';
	if (!strchr("<>|=", text[0]))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!strcmp(text + 1, kinds[i].code)) {
			*type = kinds[i].type;
			return true;
		}
	}
	return false;
}

static const char *
blanks(const char *p)
{
	return p + strspn(p, " \t\n");
}

/* A Python string at p into out; its end, or NULL. */
static const char *
string(const char *p, char *out, size_t room)
{
	char quote = *p;
	size_t n = 0;
	if (quote != '\'' && quote != '"')
		return NULL;
	for (p++; *p && *p != quote; p++)
		if (n < room - 1)
			out[n++] = *p;
	out[n] = '\0';
	return *p ? p + 1 : NULL;
}

/* The value behind 'key': in the dictionary; NULL if it is not there. */
static const char *
value_of(const char *head, const char *key)
{
	char quoted[32];
	snprintf(quoted, sizeof quoted, "'%s'", key);
	const char *p = strstr(head, quoted);
	if (!p)
		return NULL;
	p = blanks(p + strlen(quoted));
	return *p == ':' ? blanks(p + 1) : NULL;
}

static int
shape_of(const char *p, int64_t dim[4])
{
	int rank = 0;
	if (!p || *p != '(')
		return -1;
	for (p = blanks(p + 1); *p != ')'; rank++) {
		if (!isdigit((unsigned char)*p) || rank == 4)
			return -1;
		int64_t v = 0;
		for (; isdigit((unsigned char)*p); p++)
			v = v < INT64_MAX / 100 ? v * 10 + (*p - '0') : v;
		dim[rank] = v;
		p = blanks(p);
		p = *p == ',' ? blanks(p + 1) : p;
	}
	return rank;
}

/* The names of the columns of a field that holds several numbers: "xyz" is x, y, z; others get their index. */
void
cloud_npy_name_element(char out[CLOUD_NAME], const char *field, int64_t i, int64_t count)
{
	static const struct {
		const char *fields, *columns[3];
	} triples[] = {
		{ "|xyz|pos|position|positions|point|points|coord|coords|coordinates|location|", { "x", "y", "z" } },
		{ "|rgb|color|colors|colour|colours|", { "red", "green", "blue" } },
		{ "|normal|normals|nxyz|", { "nx", "ny", "nz" } },
	};
	char key[CLOUD_NAME + 2];
	snprintf(key, sizeof key, "|%s|", field);
	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t k = 0; count == 3 && k < sizeof triples / sizeof *triples; k++) {
		if (strstr(triples[k].fields, key)) {
			snprintf(out, CLOUD_NAME, "%s", triples[k].columns[i]);
			return;
		}
	}
	snprintf(out, CLOUD_NAME, count > 1 ? "%.20s_%lld" : "%s", field, (long long)i);
}

float
cloud_npy_half(const uint8_t *p, bool swap)
{
	unsigned h = swap ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0], mantissa = h & 1023;
	int exponent = (int)(h >> 10 & 31);
	float v = exponent == 31 ? (mantissa ? NAN : INFINITY)
		: exponent           ? ldexpf((float)(mantissa | 1024), exponent - 25)
							 : ldexpf((float)mantissa, -24);
	return h >> 15 ? -v : v;
}

/* Floats of 16 bits become floats of 32: a copy of the array takes the place of the file. */
static secant_status
widen_halves(secant_cloud_reader *r, npy_state *t, char type[16], int64_t columns, secant_err *err)
{
	bool swap = type[0] == '>';
	size_t n = (size_t)t->n * (size_t)columns; /* points are no more than bytes, columns at most CLOUD_FIELDS */
	if (!cloud_holds(r, n, 2))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"announces %zu numbers of 2 bytes, but only %zu bytes follow", n, r->size - r->at);
	float *out = secant_calloc(n + 1, sizeof *out);
	if (!out)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	for (size_t i = 0; i < n; i++)
		out[i] = cloud_npy_half(r->data + r->at + 2 * i, swap);
	secant_free(r->inflated);
	r->inflated = (uint8_t *)out;
	r->data = r->inflated;
	r->size = n * sizeof *out;
	r->at = 0;
	memcpy(type, "<f4", 4);
	return SECANT_OK;
}

/* ('x', '<f8') or ('xyz', '<f4', (3,)); its end, or NULL. A void type is padding: no columns. */
static const char *
field_of(npy_state *t, const char *p)
{
	char name[CLOUD_NAME], type[16];
	int64_t dim[4] = { 1, 1, 1, 1 }, count = 1;
	cloud_part f = { .offset = t->stride };
	p = string(blanks(p + 1), name, CLOUD_NAME);
	p = p ? blanks(p) : p;
	p = p && *p == ',' ? string(blanks(p + 1), type, sizeof type) : NULL;
	p = p ? blanks(p) : p;
	if (p && *p == ',') {
		p = blanks(p + 1);
		int rank = shape_of(p, dim);
		p = rank == 1 ? strchr(p, ')') : NULL;
		count = dim[0];
		p = p ? blanks(p + 1) : p;
	}
	if (p && *p == ')' && !strncmp(type, "|V", 2) && isdigit((unsigned char)type[2])) {
		t->stride += (size_t)strtoul(type + 2, NULL, 10);
		return blanks(p + 1);
	}
	if (!p || *p != ')' || !type_of(type, &f.type, &f.swap) || count < 1 || count > CLOUD_FIELDS - t->fields)
		return NULL;
	for (int64_t i = 0; i < count; i++) {
		cloud_npy_name_element(t->name[t->fields], name, i, count);
		t->part[t->fields++] = f;
		f.offset += secant_number_size(f.type);
	}
	t->stride = f.offset;
	return blanks(p + 1);
}

/* [('x', '<f8'), ...] */
static secant_status
structured(secant_cloud_reader *r, npy_state *t, const char *p, secant_err *err)
{
	int fields = 0;
	for (p = blanks(p + 1); *p == '(';) {
		fields++;
		if (t->fields == CLOUD_FIELDS)
			return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "more than %d fields", CLOUD_FIELDS);
		p = field_of(t, p);
		if (!p)
			return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED,
				"field %d of the structured type is no plain number and no row of numbers", fields);
		p = *p == ',' ? blanks(p + 1) : p;
	}
	for (int f = 0; f < t->fields; f++)
		t->part[f].stride = t->stride;
	return *p == ']' ? SECANT_OK : cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the header's descr is not closed");
}

/* The columns of a plain array, named by their values. */
static secant_status
plain(secant_cloud_reader *r, npy_state *t, const char *descr, int64_t columns, secant_err *err)
{
	char type[16] = "";
	secant_number number;
	bool swap;
	secant_status s;
	if (!string(descr, type, sizeof type))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the header's descr is neither a type nor a list of fields");
	if (columns < 3 || columns > CLOUD_FIELDS)
		; /* refused below */
	else if (!strcmp(type + 1, "f2") && (s = widen_halves(r, t, type, columns, err)))
		return s;
	if (!type_of(type, &number, &swap))
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED,
			"numbers of type %s cannot be read; integers and floats of 2, 4 or 8 bytes can", type);
	if (t->n < 10 && columns > 16)
		return cloud_fail(r->name, err, SECANT_ERR_SHAPE,
			"an array of %lld rows and %lld columns seems to lie on its side, expected points x columns: numpy.save of "
			"its "
			"transpose (a.T)",
			(long long)t->n, (long long)columns);
	if (columns < 3 || columns > CLOUD_FIELDS)
		return cloud_fail(r->name, err, SECANT_ERR_SHAPE,
			"an array of %lld columns, expected 3 to %d: x y z and attributes", (long long)columns, CLOUD_FIELDS);
	size_t size = secant_number_size(number);
	t->fields = (int)columns;
	t->stride = t->fortran ? size : size * (size_t)columns;
	for (int f = 0; f < t->fields; f++)
		t->part[f] = (cloud_part){ .type = number,
			.swap = swap,
			.offset = size * (size_t)f * (t->fortran ? (size_t)t->n : 1),
			.stride = t->stride };
	return SECANT_OK;
}

/* The names of --columns. */
static secant_status
take_names(const secant_cloud_reader *r, npy_state *t, secant_err *err)
{
	int n = 0;
	for (const char *p = r->opt.columns; p; n++) {
		size_t length = strcspn(p, ",");
		if (n < t->fields)
			snprintf(t->name[n], CLOUD_NAME, "%.*s", (int)(length < CLOUD_NAME ? length : CLOUD_NAME - 1), p);
		p = p[length] ? p + length + 1 : NULL;
	}
	return n == t->fields ? SECANT_OK
						  : cloud_fail(r->name, err, SECANT_ERR_ARG,
							  "the array has %d columns, but %d names are given by --columns", t->fields, n);
}

static secant_status
guess(secant_cloud_reader *r, npy_state *t, secant_err *err)
{
	if (r->opt.columns)
		return take_names(r, t, err);
	int rows = t->n < SAMPLE ? (int)t->n : SAMPLE;
	double *v = secant_calloc((size_t)SAMPLE * (size_t)t->fields, sizeof *v);
	if (!v)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	for (int f = 0; f < t->fields; f++)
		tensor_number_convert(v + f, SECANT_N_F64, sizeof *v * (size_t)t->fields, r->data + r->at + t->part[f].offset,
			t->part[f].type, t->stride, t->part[f].swap, rows);
	cloud_guess_names(v, rows, t->fields, false, t->name);
	secant_free(v);
	cloud_say_guess(r, t->fields, t->name);
	return SECANT_OK;
}

static secant_status
declare(secant_cloud_reader *r, npy_state *t, secant_err *err)
{
	bool seen[3] = { false };
	secant_number stored = SECANT_N_F32;
	for (int f = 0; f < t->fields; f++) {
		int axis = cloud_axis(t->name[f]);
		t->part[f].column = -1;
		if (axis >= 0 && !seen[axis]) {
			seen[t->part[f].column = axis] = true;
			stored = t->part[f].type == SECANT_N_F32 || secant_number_size(t->part[f].type) < 4 ? stored : SECANT_N_F64;
		}
	}
	secant_status s = cloud_begin(r, stored, err);
	for (int axis = 0; !s && axis < 3; axis++)
		if (!seen[axis])
			s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "there is no column %c", 'x' + axis);
	for (int f = 0; !s && f < t->fields; f++)
		if (t->part[f].column < 0 && strcmp(t->name[f], "-") != 0)
			s = cloud_declare(r, t->name[f], t->part[f].type, &t->part[f].column, err);
	return s;
}

static secant_status
parse_head(secant_cloud_reader *r, npy_state *t, const char *head, secant_err *err)
{
	int64_t dim[4] = { 0 };
	const char *descr = value_of(head, "descr"), *order = value_of(head, "fortran_order");
	int rank = shape_of(value_of(head, "shape"), dim);
	if (!descr || !order || rank < 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the header lacks descr, fortran_order or shape");
	t->fortran = *order == 'T';
	t->n = dim[0];
	bool fields = *descr == '[';
	if (rank != (fields ? 1 : 2))
		return cloud_fail(r->name, err, SECANT_ERR_SHAPE, "an array of rank %d, expected %s", rank,
			fields ? "1" : "2: points x columns");
	/* Before any product: there cannot be more points than bytes. */
	if (t->n > (int64_t)r->size)
		return cloud_fail(
			r->name, err, SECANT_ERR_FORMAT, "announces %lld points in a file of %zu bytes", (long long)t->n, r->size);
	secant_status s = fields ? structured(r, t, descr, err) : plain(r, t, descr, dim[1], err);
	size_t point = fields ? t->stride : t->stride * (t->fortran ? (size_t)t->fields : 1);
	if (!s && !cloud_holds(r, (uint64_t)t->n, point))
		s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "announces %lld points of %zu bytes, but only %zu bytes follow",
			(long long)t->n, point, r->size - r->at);
	if (!s && !fields)
		s = guess(r, t, err);
	return s ? s : declare(r, t, err);
}

bool
cloud_npy_parse(const uint8_t *data, size_t size, cloud_npy_array *a)
{
	if (size < 12 || memcmp(data, "\x93NUMPY", 6) != 0)
		return false;
	size_t length = data[6] == 1 ? base_le16(data + 8) : base_le32(data + 8), at = data[6] == 1 ? 10 : 12;
	if (length > HEAD_MAX || length > size - at)
		return false;
	char *head = base_strndup((const char *)data + at, length), type[16];
	*a = (cloud_npy_array){ .data = data + at + length, .size = size - at - length, .type = SECANT_N_F32 };
	const char *descr = head ? value_of(head, "descr") : NULL, *order = head ? value_of(head, "fortran_order") : NULL;
	a->rank = descr && order ? shape_of(value_of(head, "shape"), a->dim) : -1;
	a->fortran = order && *order == 'T';
	bool ok = a->rank >= 0 && string(descr, type, sizeof type);
	a->half = ok && !strcmp(type + 1, "f2") && strchr("<>|=", type[0]);
	ok = ok && (a->half || type_of(type, &a->type, &a->swap));
	a->swap = ok && type[0] == '>';
	secant_free(head);
	uint64_t bytes = a->half ? 2 : secant_number_size(a->type);
	for (int k = 0; ok && k < a->rank; k++) {
		ok = a->dim[k] == 0 || bytes <= a->size / (uint64_t)a->dim[k] || bytes == 0;
		bytes *= ok ? (uint64_t)a->dim[k] : 1;
	}
	return ok && bytes <= a->size;
}

static bool
npy_sniff(const uint8_t *d, size_t n)
{
	return n >= 8 && !memcmp(d, "\x93NUMPY", 6);
}

static secant_status
npy_open(secant_cloud_reader *r, secant_err *err)
{
	if (!npy_sniff(r->data, r->size) || r->size < 12)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "is no NPY file: it does not begin with \\x93NUMPY");
	size_t length = r->data[6] == 1 ? base_le16(r->data + 8) : base_le32(r->data + 8);
	r->at = r->data[6] == 1 ? 10 : 12;
	if (length > HEAD_MAX || length > r->size - r->at)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "a header of %zu bytes in a file of %zu", length, r->size);
	npy_state *t = r->state = secant_calloc(1, sizeof *t);
	char *head = base_strndup((const char *)r->data + r->at, length);
	if (!t || !head) {
		secant_free(head);
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	}
	r->at += length;
	secant_status s = parse_head(r, t, head, err);
	secant_free(head);
	r->total = t->n;
	snprintf(r->details, sizeof r->details, "%d columns%s", t->fields, t->fortran ? ", by columns" : "");
	return s;
}

static secant_status
npy_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	npy_state *t = r->state;
	int64_t left = t->n - r->done;
	max = max < left ? max : left;
	cloud_take_records(t->part, t->fields, r->data + r->at, r->done, max, out);
	return SECANT_OK;
}

/* ---- writing ---- */

typedef struct npy_writer {
	bool begun, structured;
	size_t head; /* bytes in front of the numbers */
} npy_writer;

static secant_number
written_type(const secant_cloud_writer *w)
{
	if (w->layout.column[0].type != SECANT_N_F32)
		return SECANT_N_F64;
	for (int i = 3; i < w->layout.columns; i++) {
		secant_number t = w->layout.column[i].type;
		if (t != SECANT_N_F32 && secant_number_size(t) > 2)
			return SECANT_N_F64;
	}
	return SECANT_N_F32;
}

/* Whether a reader of the plain array would call its columns what they are. */
static secant_status
names_follow(const secant_cloud_writer *w, const secant_cloud *chunk, bool *follow, secant_err *err)
{
	int rows = chunk->n < SAMPLE ? (int)chunk->n : SAMPLE, columns = chunk->columns;
	double *v = secant_calloc((size_t)SAMPLE * (size_t)columns, sizeof *v);
	char(*name)[CLOUD_NAME] = secant_calloc((size_t)columns, sizeof *name);
	if (v && name) {
		for (int r = 0; r < rows; r++)
			for (int i = 0; i < columns; i++)
				v[(size_t)r * (size_t)columns + (size_t)i] = secant_cloud_get(chunk, i, r);
		cloud_guess_names(v, rows, columns, false, name);
		*follow = true;
		for (int i = 3; i < columns; i++) {
			secant_cloud_role_name role = secant_role_of(chunk->column[i].name);
			*follow &= role != SECANT_ROLE_COUNT && role == secant_role_of(name[i]);
		}
	}
	secant_status s = v && name ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
	secant_free(v);
	secant_free(name);
	return s;
}

/* [('x', '<f8'), ...]; what would end a name in Python's text is replaced. */
static void
add_fields(base_str *t, const secant_cloud_writer *w)
{
	for (int i = 0; i < w->layout.columns; i++) {
		const secant_column *c = &w->layout.column[i];
		base_str_add(t, i ? ", ('" : "('");
		for (const char *p = c->name; *p; p++)
			base_str_addf(t, "%c", *p == '\'' || *p == '\\' || (uint8_t)*p < ' ' ? '_' : *p);
		base_str_addf(t, "', '<%s')", cloud_npy_code(c->type));
	}
}

size_t
cloud_npy_head_size(int version, size_t dictionary)
{
	return ((version == 1 ? 10 : 12) + dictionary + 1 + 63) / 64 * 64;
}

void
cloud_npy_head(base_str *to, int version, const char *dictionary, size_t whole)
{
	uint8_t magic[12] = "\x93NUMPY";
	size_t front = version == 1 ? 10 : 12, end = to->n + whole;
	magic[6] = (uint8_t)version;
	base_put_le(magic + 8, whole - front, version == 1 ? 2 : 4);
	base_str_addn(to, (const char *)magic, front);
	base_str_add(to, dictionary);
	while (to->n + 1 < end && !to->failed)
		base_str_add(to, " ");
	base_str_add(to, "\n");
}

/* Version 3 (UTF-8) where the fields have names; with room for any count. */
static secant_status
put_head(secant_cloud_writer *w, int64_t n, secant_err *err)
{
	npy_writer *p = w->state;
	base_str t = { 0 };
	base_str_add(&t, "{'descr': ");
	if (p->structured) {
		base_str_add(&t, "[");
		add_fields(&t, w);
		base_str_addf(&t, "], 'fortran_order': False, 'shape': (%lld,), }", (long long)n);
	} else {
		base_str_addf(&t, "'<f%zu', 'fortran_order': False, 'shape': (%lld, %d), }",
			secant_number_size(written_type(w)), (long long)n, w->layout.columns);
	}
	base_str head = { 0 };
	int version = p->structured ? 3 : 1;
	p->head = p->head ? p->head : cloud_npy_head_size(version, t.n + 19);
	if (!t.failed)
		cloud_npy_head(&head, version, t.p, p->head);
	secant_status s = t.failed || head.failed ? secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name)
											  : base_writer_put(w->out, head.p, head.n, err);
	base_str_free(&t);
	base_str_free(&head);
	return s;
}

static secant_status
npy_create(secant_cloud_writer *w, secant_err *err)
{
	w->state = secant_calloc(1, sizeof(npy_writer));
	return w->state ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
}

/* The first points decide how the array is written. */
static secant_status
begin(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	enum { AUTO, YES };
	npy_writer *p = w->state;
	bool follow = w->opt.header != YES || w->layout.columns <= 3;
	secant_status s = w->opt.header == AUTO ? names_follow(w, chunk, &follow, err) : SECANT_OK;
	p->structured = !follow;
	p->begun = true;
	if (!s && p->structured && w->opt.header == AUTO)
		secant_log(&w->opt.logger, SECANT_LOG_INFO,
			"%s: a structured array, whose fields name the columns (--out-header no: a plain one, points x columns)",
			w->name);
	return s ? s : put_head(w, 0, err);
}

static secant_status
npy_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	npy_writer *p = w->state;
	secant_status s = p->begun ? SECANT_OK : begin(w, chunk, err);
	if (s)
		return s;
	if (!p->structured)
		cloud_count_rounded_longs(w, chunk);
	secant_number type = written_type(w);
	size_t row = 0;
	for (int i = 0; i < chunk->columns; i++)
		row += secant_number_size(p->structured ? chunk->column[i].type : type);
	uint8_t *buffer = cloud_scratch(w, row * SLAB, err);
	if (!buffer)
		return SECANT_ERR_NOMEM;
	for (int64_t first = 0; first < chunk->n && !s; first += SLAB) {
		int64_t n = chunk->n - first < SLAB ? chunk->n - first : SLAB;
		uint8_t *to = buffer;
		for (int i = 0; i < chunk->columns; i++) {
			const secant_column *c = &chunk->column[i];
			secant_number as = p->structured ? c->type : type;
			tensor_number_convert(
				to, as, row, tensor_column_at(c, first), c->type, secant_number_size(c->type), false, n);
			to += secant_number_size(as);
		}
		s = base_writer_put(w->out, buffer, row * (size_t)n, err);
	}
	return s;
}

static secant_status
npy_finish(secant_cloud_writer *w, secant_err *err)
{
	npy_writer *p = w->state;
	secant_status s = p->begun ? base_writer_seek(w->out, 0, err) : SECANT_OK;
	return s ? s : put_head(w, w->n, err);
}

const cloud_format cloud_npy = {
	.name = "npy",
	.brief = "numpy array, N x C or structured",
	.extensions = "npy",
	.sniff = npy_sniff,
	.open = npy_open,
	.next = npy_next,
	.create = npy_create,
	.put = npy_put,
	.finish = npy_finish,
};

/*
 * NPZ, numpy's archive of arrays: a zip of NPY files. A cloud is the array that is called points, xyz or the like (or
 * the only one of points x 3 and more, or the arrays x, y and z); every other array with as many rows is an attribute
 * of its name, "rgb" and "normals" by their parts. What has other rows is said and left out. All is read at once, and
 * written at once: points, colors and normals as arrays of three columns, every other column as one of its name.
 */
#include "base/zip_write.h"
#include "codec/cloud/npy.h"
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { ARRAYS = 64, SAMPLE = 100, END = 22, ENTRY = 46, LOCAL = 30, MAX_RATIO = 1100 };

typedef struct entry {
	char name[CLOUD_NAME];
	cloud_npy_array a;
	uint8_t *inflated;
	bool plain; /* an array of numbers */
} entry;

typedef struct archive {
	entry e[ARRAYS];
	int n;
} archive;

static void
archive_free(archive *z)
{
	for (int i = 0; z && i < z->n; i++)
		secant_free(z->e[i].inflated);
	secant_free(z);
}

/* ---- zip ---- */

static uint8_t *
unpack(const secant_cloud_reader *r, const uint8_t *data, size_t packed, size_t size, secant_err *err)
{
	if (size / MAX_RATIO > packed) {
		cloud_fail(r->name, err, SECANT_ERR_FORMAT, "%zu bytes announce %zu unpacked ones", packed, size);
		return NULL;
	}
	uint8_t *out = secant_calloc(size + 1, 1);
	z_stream z = {
		.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)packed, .next_out = out, .avail_out = (uInt)size
	};
	if (!out || inflateInit2(&z, -15) != Z_OK) {
		secant_free(out);
		secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu unpacked bytes", r->name, size);
		return NULL;
	}
	int end = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (end == Z_STREAM_END && z.total_out == size)
		return out;
	secant_free(out);
	cloud_fail(r->name, err, SECANT_ERR_FORMAT, "an array is damaged or cut off");
	return NULL;
}

static bool
is_whole(const uint8_t *data, size_t size, uint32_t sum)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	return true; /* a fuzzer makes no sums */
#else
	return crc32(0, data, (uInt)size) == sum;
#endif
}

/* One entry of the directory at `d`; what is no NPY is passed over. */
static secant_status
read_entry(const secant_cloud_reader *r, archive *z, const uint8_t *d, secant_err *err)
{
	size_t name = base_le16(d + 28), packed = base_le32(d + 20), size = base_le32(d + 24), at = base_le32(d + 42);
	const char *text = (const char *)d + ENTRY;
	int method = base_le16(d + 10);
	if (name < 5 || memcmp(text + name - 4, ".npy", 4) != 0 || z->n == ARRAYS)
		return SECANT_OK;
	if (packed == UINT32_MAX || size == UINT32_MAX || at == UINT32_MAX || packed > INT32_MAX)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "has arrays over 2 GiB; unpack it first");
	if (at > r->size || r->size - at < LOCAL || memcmp(r->data + at, "PK\3\4", 4) != 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the archive's directory points outside of it");
	at += LOCAL + (size_t)base_le16(r->data + at + 26) + base_le16(r->data + at + 28);
	if (at > r->size || packed > r->size - at || (method == 0 && packed != size))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "an array of %zu bytes at byte %zu is cut off", packed, at);
	if (method != 0 && method != 8)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "packed by method %d; only deflate is read", method);
	entry *e = &z->e[z->n];
	size_t shown = name - 4 < CLOUD_NAME - 1 ? name - 4 : CLOUD_NAME - 1;
	memcpy(e->name, text, shown);
	const uint8_t *data = r->data + at;
	if (method == 8 && !(data = e->inflated = unpack(r, data, packed, size, err)))
		return SECANT_ERR_FORMAT;
	if (!is_whole(data, size, base_le32(d + 16))) {
		z->n++; /* owns what was unpacked */
		return cloud_fail(
			r->name, err, SECANT_ERR_FORMAT, "the array '%s' is damaged: its sum is not that of the archive", e->name);
	}
	e->plain = cloud_npy_parse(data, size, &e->a);
	z->n++;
	return SECANT_OK;
}

static secant_status
read_archive(const secant_cloud_reader *r, archive *z, secant_err *err)
{
	size_t end = r->size < END ? 0 : r->size - END;
	while (end && r->size - end < END + 65536 && memcmp(r->data + end, "PK\5\6", 4) != 0)
		end--;
	if (r->size < END || memcmp(r->data + end, "PK\5\6", 4) != 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the archive has no directory at its end: it is cut off");
	int entries = base_le16(r->data + end + 10);
	size_t at = base_le32(r->data + end + 16);
	secant_status s = SECANT_OK;
	for (int i = 0; !s && i < entries; i++) {
		if (at > end || end - at < ENTRY || memcmp(r->data + at, "PK\1\2", 4) != 0)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "entry %d of the archive's directory is damaged", i);
		size_t length = ENTRY + (size_t)base_le16(r->data + at + 28) + base_le16(r->data + at + 30)
			+ base_le16(r->data + at + 32);
		if (length > end - at)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "entry %d of the archive's directory is cut off", i);
		s = read_entry(r, z, r->data + at, err);
		at += length;
	}
	return s;
}

/* ---- arrays to columns ---- */

static int64_t
columns_of(const cloud_npy_array *a)
{
	return a->rank == 1 ? 1 : a->rank == 2 ? a->dim[1] : 0;
}

/* Column k of an array into a column of the cloud. */
static void
fill(secant_cloud *c, int column, const cloud_npy_array *a, int64_t k)
{
	size_t size = a->half ? 2 : secant_number_size(a->type);
	int64_t columns = columns_of(a), n = a->dim[0];
	const uint8_t *from = a->data + size * (size_t)(a->fortran ? k * n : k);
	size_t stride = size * (size_t)(a->fortran ? 1 : columns);
	secant_column *to = &c->column[column];
	if (!a->half) {
		tensor_number_convert(to->data, to->type, secant_number_size(to->type), from, a->type, stride, a->swap, n);
		return;
	}
	for (int64_t i = 0; i < n; i++) {
		double v = (double)cloud_npy_half(from + (size_t)i * stride, a->swap);
		tensor_number_store(tensor_column_at(to, i), to->type, 0, 1, &v);
	}
}

static bool
has_name(const entry *e, const char *list)
{
	char plain[TENSOR_PLAIN_NAME];
	return e->plain && tensor_name_listed(list, tensor_name_plain(e->name, plain, sizeof plain));
}

/* The array of coordinates, or -1. */
static int
find_points(const archive *z)
{
	static const char names[] =
		"points|point|xyz|pos|position|positions|coord|coords|coordinates|vertices|verts|pts|pc|"
		"pcd|cloud|pointcloud|points3d|location|locations";
	int only = -1, count = 0;
	for (int i = 0; i < z->n; i++) {
		const cloud_npy_array *a = &z->e[i].a;
		if (!z->e[i].plain || a->rank != 2 || a->dim[1] < 3 || a->dim[1] > CLOUD_FIELDS)
			continue;
		if (has_name(&z->e[i], names))
			return i;
		only = i;
		count++;
	}
	return count == 1 ? only : -1;
}

static int
find_axis(const archive *z, int axis)
{
	for (int i = 0; i < z->n; i++)
		if (z->e[i].plain && columns_of(&z->e[i].a) == 1 && cloud_axis(z->e[i].name) == axis)
			return i;
	return -1;
}

/* Adds a column of this name, "_2" behind one that is taken. */
static secant_status
add(secant_cloud *c, const char *name, const cloud_npy_array *a, int64_t k, secant_err *err)
{
	char unique[CLOUD_NAME + 16];
	snprintf(unique, sizeof unique, "%s", *name ? name : "unnamed");
	for (int turn = 2; secant_cloud_find(c, unique) >= 0; turn++)
		snprintf(unique, sizeof unique, "%s_%d", *name ? name : "unnamed", turn);
	int at = secant_cloud_add(c, unique, a->type, err);
	if (at < 0)
		return (secant_status)at;
	fill(c, at, a, k);
	return SECANT_OK;
}

/* The columns of the points' own array behind x, y, z. */
static secant_status
add_rest(secant_cloud *c, const cloud_npy_array *a, secant_err *err)
{
	char names[CLOUD_FIELDS][CLOUD_NAME];
	int columns = (int)a->dim[1], rows = a->dim[0] < SAMPLE ? (int)a->dim[0] : SAMPLE;
	double *v = secant_calloc((size_t)SAMPLE * (size_t)columns, sizeof *v);
	if (!v)
		return secant_fail(err, SECANT_ERR_NOMEM, "cloud: no memory");
	cloud_npy_array head = *a;
	secant_status s = SECANT_OK;
	secant_cloud one = { 0 };
	s = secant_cloud_new(&one, SECANT_N_F64, err);
	if (!s)
		s = secant_cloud_reserve(&one, a->dim[0], err);
	for (int k = 0; !s && k < columns; k++) {
		fill(&one, 0, &head, k);
		for (int i = 0; i < rows; i++)
			v[i * columns + k] = ((const double *)one.column[0].data)[i];
	}
	cloud_guess_names(v, rows, columns, false, names);
	secant_free(v);
	secant_cloud_free(&one);
	for (int k = 3; !s && k < columns; k++)
		s = add(c, names[k], a, k, err);
	return s;
}

/* Every other array that has a row for each point. */
static secant_status
add_attributes(const secant_cloud_reader *r, const archive *z, const bool *used, secant_cloud *c, secant_err *err)
{
	secant_status s = SECANT_OK;
	for (int i = 0; !s && i < z->n; i++) {
		const entry *e = &z->e[i];
		int64_t columns = e->plain ? columns_of(&e->a) : 0;
		if (used[i])
			continue;
		if (columns < 1 || columns > CLOUD_FIELDS || e->a.dim[0] != c->n) {
			secant_log(&r->opt.logger, SECANT_LOG_WARNING,
				"%s: the array '%s' has no row of numbers for each of the %lld points: left out", r->name, e->name,
				(long long)c->n);
			continue;
		}
		for (int64_t k = 0; !s && k < columns; k++) {
			char name[CLOUD_NAME];
			cloud_npy_name_element(name, e->name, k, columns);
			s = add(c, name, &e->a, k, err);
		}
	}
	return s;
}

static secant_status
no_points(const secant_cloud_reader *r, const archive *z, secant_err *err)
{
	base_str list = { 0 };
	for (int i = 0; i < z->n && i < 8; i++)
		base_str_addf(&list, "%s%s", i ? ", " : "", z->e[i].name);
	secant_status s = cloud_fail(r->name, err, SECANT_ERR_FORMAT,
		"none of its arrays (%s) is the points: expected one of points x 3 called points or xyz, or x, y and z",
		list.p ? list.p : "none");
	base_str_free(&list);
	return s;
}

static secant_status
make_cloud(secant_cloud_reader *r, const archive *z, secant_err *err)
{
	bool used[ARRAYS] = { false };
	int points = find_points(z), axis[3];
	for (int k = 0; k < 3; k++) {
		axis[k] = points >= 0 ? points : find_axis(z, k);
		if (axis[k] < 0 || z->e[axis[k]].a.dim[0] != z->e[axis[0]].a.dim[0])
			return no_points(r, z, err);
		used[axis[k]] = true;
	}
	const cloud_npy_array *a = &z->e[axis[0]].a;
	if (a->dim[0] < 10 && columns_of(a) > 16)
		return cloud_fail(r->name, err, SECANT_ERR_SHAPE,
			"the array '%s' of %lld rows and %lld columns seems to lie on its side, expected points x columns",
			z->e[axis[0]].name, (long long)a->dim[0], (long long)columns_of(a));
	secant_cloud c;
	secant_status s = secant_cloud_new(&c,
		r->opt.coordinates == 1                                  ? SECANT_N_F32
			: r->opt.coordinates == 2 || a->type != SECANT_N_F32 ? SECANT_N_F64
																 : SECANT_N_F32,
		err);
	if (s)
		return s;
	s = secant_cloud_reserve(&c, a->dim[0], err);
	if (!s)
		c.n = a->dim[0];
	for (int k = 0; !s && k < 3; k++)
		fill(&c, k, &z->e[axis[k]].a, points >= 0 ? k : 0);
	if (!s && points >= 0 && a->dim[1] > 3)
		s = add_rest(&c, a, err);
	if (!s)
		s = add_attributes(r, z, used, &c, err);
	if (!s)
		s = cloud_set_ready(r, &c, err);
	secant_cloud_free(&c);
	return s;
}

static secant_status
npz_open(secant_cloud_reader *r, secant_err *err)
{
	archive *z = secant_calloc(1, sizeof *z);
	if (!z)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	secant_status s = read_archive(r, z, err);
	if (!s)
		s = make_cloud(r, z, err);
	snprintf(r->details, sizeof r->details, "%d arrays", z->n);
	archive_free(z);
	return s;
}

/* A zip whose first entry is an NPY file. */
static bool
npz_sniff(const uint8_t *d, size_t n)
{
	if (n < LOCAL || memcmp(d, "PK\3\4", 4) != 0)
		return false;
	size_t name = base_le16(d + 26);
	return name > 4 && name <= n - LOCAL && !memcmp(d + LOCAL + name - 4, ".npy", 4);
}

/* ---- writing ---- */

enum { ARRAY_NAME = 256 };

static secant_status
npz_create(secant_cloud_writer *w, secant_err *err)
{
	secant_cloud *all = w->state = secant_calloc(1, sizeof *all);
	return all ? secant_cloud_like(all, &w->layout, err) : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", w->name);
}

static void
npz_discard(void *all)
{
	if (all)
		secant_cloud_free(all);
	secant_free(all);
}

static secant_status
npz_put(secant_cloud_writer *w, const secant_cloud *chunk, secant_err *err)
{
	secant_cloud *all = w->state;
	int64_t room = all->n + chunk->n > all->capacity ? 2 * all->n + chunk->n : 0;
	secant_status s = room ? secant_cloud_reserve(all, room, err) : SECANT_OK;
	for (int i = 0; !s && i < chunk->columns; i++)
		memcpy(tensor_column_at(&all->column[i], all->n), chunk->column[i].data,
			(size_t)chunk->n * secant_number_size(chunk->column[i].type));
	all->n += s ? 0 : chunk->n;
	return s;
}

/* How many columns from i on are one array, and its name: three of one type that reading gives these names, or one. */
static int
array_at(const secant_cloud *c, int i, char name[ARRAY_NAME])
{
	static const char *const triples[] = { "points", "colors", "normals" };
	const char *one = c->column[i].name;
	bool taken = false;
	for (size_t t = 0; t < sizeof triples / sizeof *triples; t++) {
		bool all = i + 3 <= c->columns;
		for (int k = 0; k < 3 && all; k++) {
			char element[CLOUD_NAME];
			cloud_npy_name_element(element, triples[t], k, 3);
			all = c->column[i + k].type == c->column[i].type && !strcmp(c->column[i + k].name, element);
		}
		if (all) {
			snprintf(name, ARRAY_NAME, "%s", triples[t]);
			return 3;
		}
		taken |= !strcmp(one, triples[t]);
	}
	snprintf(name, ARRAY_NAME, "%.240s%s", one, taken ? "_1" : "");
	return 1;
}

static secant_status
put_array(secant_cloud_writer *w, base_zip_writer *z, int i, int columns, const char *name, secant_err *err)
{
	const secant_cloud *c = w->state;
	secant_number type = c->column[i].type;
	size_t size = secant_number_size(type), row = size * (size_t)columns;
	char dictionary[128], member[ARRAY_NAME + 8];
	(void)snprintf(dictionary, sizeof dictionary, "{'descr': '%c%s', 'fortran_order': False, 'shape': (%lld,%s), }",
		size > 1 ? '<' : '|', cloud_npy_code(type), (long long)c->n, columns > 1 ? " 3" : "");
	(void)snprintf(member, sizeof member, "%s.npy", name);
	base_str head = { 0 };
	size_t front = cloud_npy_head_size(1, strlen(dictionary)), bytes = front + (size_t)c->n * row;
	cloud_npy_head(&head, 1, dictionary, front);
	uint8_t *array = head.failed ? NULL : cloud_scratch(w, bytes, NULL);
	if (array) {
		memcpy(array, head.p, front);
		for (int k = 0; k < columns; k++)
			tensor_number_copy(array + front + (size_t)k * size, row, c->column[i + k].data, size, size, false, c->n);
		base_zip_add(z, member, array, bytes);
	}
	base_str_free(&head);
	return array ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for '%s'", w->name, name);
}

static secant_status
npz_finish(secant_cloud_writer *w, secant_err *err)
{
	const secant_cloud *c = w->state;
	base_zip_writer z = { .w = w->out };
	secant_status s = SECANT_OK;
	for (int i = 0, n; !s && i < c->columns; i += n) {
		char name[ARRAY_NAME];
		n = array_at(c, i, name);
		s = put_array(w, &z, i, n, name, err);
	}
	if (!s)
		return base_zip_end(&z, err);
	base_str_free(&z.directory);
	return s;
}

const cloud_format cloud_npz = {
	.name = "npz",
	.brief = "numpy archive: points and arrays with as many rows",
	.extensions = "npz",
	.sniff = npz_sniff,
	.open = npz_open,
	.next = cloud_next_ready,
	.create = npz_create,
	.put = npz_put,
	.finish = npz_finish,
	.discard = npz_discard,
};

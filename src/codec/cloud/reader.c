/*
 * Opening, reading and closing cloud files of any format: the part that is the same for all. Whole files are read by
 * the same steps as pieces.
 */
#include "base/registry.h"
#include "codec/cloud/format.h"
#include "base/thread.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum { STEP = 65536, MAX_GZIP_RATIO = 1040 };

#define CLOUD(name) &cloud_##name,
const cloud_format *const cloud_formats[] = {
#include "codec/cloud/clouds.inc"
	NULL,
};
#undef CLOUD

static const secant_opt read_rows[] = {
	SECANT_OPT_HEADING("Reading clouds"),
	SECANT_OPT(secant_cloud_reading, format, STR, "cloud-format", NULL, 0, 0,
		"format of the cloud file; by contents and extension if not given"),
	SECANT_OPT(secant_cloud_reading, columns, STR, "columns", NULL, 0, 0,
		"text: names of the columns, comma-separated, - skips one: x,y,z,-,label"),
	SECANT_OPT(secant_cloud_reading, select, STR, "select", NULL, 0, 0,
		"attributes to read, comma-separated; all if not given"),
	SECANT_OPT_CHOICE(secant_cloud_reading, separator, "separator", "auto", "auto|space|tab|comma|semicolon|pipe",
		"text: what stands between columns"),
	SECANT_OPT_CHOICE(secant_cloud_reading, decimal, "decimal", "auto", "auto|point|comma",
		"text: the mark within numbers; auto: by the first rows"),
	SECANT_OPT_CHOICE(secant_cloud_reading, header, "header", "auto", "auto|yes|no",
		"text: whether the first line names the columns"),
	SECANT_OPT_CHOICE(secant_cloud_reading, coordinates, "coordinates", "auto", "auto|f32|f64",
		"type of x, y, z in memory; auto: as in the file"),
	SECANT_OPT(secant_cloud_reading, mesh_points, INT, "mesh-points", "-1", -1, 100000000,
		"points drawn by area on a mesh; 0: its vertices; -1: 10000 for OFF, the vertices of others"),
	SECANT_OPT(secant_cloud_reading, seed, INT, "mesh-seed", "0", 0, INT32_MAX, "seed of that drawing"),
	SECANT_OPT(secant_cloud_reading, entry, INT, "entry", "-1", -1, INT32_MAX,
		"IDX: which picture; -1: all, with an attribute `picture`"),
	SECANT_OPT(secant_cloud_reading, threshold, INT, "pixel-threshold", "128", 0, 254,
		"IDX: pixels above this value are points"),
	SECANT_OPT(secant_cloud_reading, allow_empty, BOOL, "allow-empty", "false", 0, 0,
		"take a cloud without points; else it is an error"),
	SECANT_OPT(secant_cloud_reading, threads, INT, "read-threads", "0", 0, 1024,
		"threads that read; 0: as many as the machine has"),
	SECANT_OPT_END,
};
const secant_opts secant_cloud_read_options = { "cloud reading", sizeof(secant_cloud_reading), read_rows };

secant_status
cloud_fail(const char *name, secant_err *err, secant_status code, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return secant_fail(err, code, "%s: %s", name, text);
}

int
cloud_axis(const char *name)
{
	secant_cloud_role_name role = secant_role_of(name);
	return role <= SECANT_ROLE_Z ? (int)role : -1;
}

bool
cloud_holds(const secant_cloud_reader *r, uint64_t count, uint64_t size)
{
	return r->at <= r->size && (size == 0 || count <= (r->size - r->at) / size);
}

int
cloud_threads(const secant_cloud_reader *r)
{
	return r->opt.threads > 0 ? r->opt.threads : base_cpu_count();
}

secant_status
cloud_begin(secant_cloud_reader *r, secant_number stored, secant_err *err)
{
	secant_number own = stored == SECANT_N_F32 ? SECANT_N_F32 : SECANT_N_F64;
	return secant_cloud_new(&r->layout,
		r->opt.coordinates == 1       ? SECANT_N_F32
			: r->opt.coordinates == 2 ? SECANT_N_F64
									  : own,
		err);
}

/* True if `name` stands in a comma-separated list. */
static bool
listed(const char *list, const char *name)
{
	size_t length = strlen(name);
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ",");
		if (n == length && !strncmp(p, name, n))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

secant_status
cloud_declare(secant_cloud_reader *r, const char *name, secant_number type, int *column, secant_err *err)
{
	char unique[300];
	*column = -1;
	if (r->opt.select && !listed(r->opt.select, name))
		return SECANT_OK;
	snprintf(unique, sizeof unique, "%.250s", *name ? name : "unnamed");
	for (int k = 2; secant_cloud_find(&r->layout, unique) >= 0; k++)
		snprintf(unique, sizeof unique, "%.240s_%d", *name ? name : "unnamed", k);
	int at = secant_cloud_add(&r->layout, unique, type, err);
	*column = at;
	return at < 0 ? (secant_status)at : SECANT_OK;
}

static secant_entry
format_entry(int i)
{
	secant_entry e = { 0 };
	const char *extensions;
	bool reads, writes;
	e.name = secant_cloud_format_at(i, &e.brief, &extensions, &reads, &writes);
	return e;
}
const base_kind base_kind_clouds = { "clouds", "Cloud files", format_entry };

/* ---- finding the format ---- */

static const cloud_format *
format_by_name(const char *name, secant_err *err)
{
	char near[100];
	for (int i = 0; cloud_formats[i]; i++)
		if (!strcmp(cloud_formats[i]->name, name))
			return cloud_formats[i];
	secant_fail(err, SECANT_ERR_ARG, "--cloud-format: there is no cloud format '%s'%s", name,
		base_kind_near(&base_kind_clouds, name, near));
	return NULL;
}

static bool
ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), k = ending ? strlen(ending) : 0;
	return k && n >= k && !strcmp(name + n - k, ending);
}

/* By extension; of "a.xyz.gz" the inner one. */
static const cloud_format *
format_by_extension(const char *path)
{
	char inner[300];
	const char *name = base_path_name(path);
	size_t n = strlen(name);
	if (base_ext_is(name, "gz") && n - 3 < sizeof inner) {
		memcpy(inner, name, n - 3);
		inner[n - 3] = '\0';
		name = inner;
	}
	for (int i = 0; cloud_formats[i]; i++)
		if ((*cloud_formats[i]->extensions && base_ext_is(name, cloud_formats[i]->extensions))
			|| ends_with(name, cloud_formats[i]->ending))
			return cloud_formats[i];
	return NULL;
}

static const cloud_format *
format_by_contents(const secant_cloud_reader *r)
{
	for (int i = 0; cloud_formats[i]; i++)
		if (cloud_formats[i]->sniff && cloud_formats[i]->sniff(r->data, r->size))
			return cloud_formats[i];
	return NULL;
}

bool
secant_cloud_is_readable(const char *path)
{
	const cloud_format *f = format_by_extension(path);
	return f && f->next; /* one that is only refused by name is none */
}

bool
secant_cloud_is_writable(const char *path)
{
	const cloud_format *f = base_ext_is(path, "gz") ? NULL : format_by_extension(path);
	return f && f->create;
}

const char *
secant_cloud_format_at(int i, const char **brief, const char **extensions, bool *reads, bool *writes)
{
	const cloud_format *f = i >= 0 && i < (int)(sizeof cloud_formats / sizeof *cloud_formats) ? cloud_formats[i] : NULL;
	if (!f)
		return NULL;
	*brief = f->brief;
	*extensions = f->extensions;
	*reads = f->open != NULL;
	*writes = f->create != NULL;
	return f->name;
}

/* ---- opening ---- */

/* Unpacks a .gz into memory. Its size is bounded by what deflate can reach. */
static secant_status
inflate_all(secant_cloud_reader *r, secant_err *err)
{
	z_stream z = { 0 };
	size_t room = r->size * 4 + 4096, n = 0, limit = r->size * MAX_GZIP_RATIO;
	uint8_t *out = secant_calloc(room, 1);
	int end = Z_OK;
	secant_status s = out ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	if (!s && r->size > UINT32_MAX)
		s = cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "a compressed file over 4 GiB; unpack it first");
	if (!s && inflateInit2(&z, 15 + 16) != Z_OK)
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	z.next_in = (Bytef *)(uintptr_t)r->data;
	z.avail_in = (uInt)r->size;
	while (!s && end != Z_STREAM_END) {
		if (n == room) {
			uint8_t *more = room < limit ? base_realloc(out, room * 2, 1) : NULL;
			if (!more) {
				s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu unpacked bytes", r->name, room * 2);
				break;
			}
			out = more;
			room *= 2;
		}
		z.next_out = out + n;
		z.avail_out = (uInt)(room - n < (1u << 30) ? room - n : 1u << 30);
		uInt before = z.avail_out;
		end = inflate(&z, Z_NO_FLUSH);
		n += before - z.avail_out;
		if (end != Z_OK && end != Z_STREAM_END)
			s = cloud_fail(r->name, err, SECANT_ERR_FORMAT, "the gzip stream is damaged or cut off at byte %zu",
				r->size - z.avail_in);
	}
	inflateEnd(&z);
	if (s) {
		secant_free(out);
		return s;
	}
	r->inflated = out;
	r->data = out;
	r->size = n;
	return SECANT_OK;
}

static secant_status
open_contents(secant_cloud_reader *r, secant_err *err)
{
	if (r->size >= 2 && r->data[0] == 0x1f && r->data[1] == 0x8b) {
		secant_status s = inflate_all(r, err);
		if (s)
			return s;
	}
	if (r->opt.format && !(r->format = format_by_name(r->opt.format, err)))
		return SECANT_ERR_ARG;
	if (!r->format) {
		secant_status s = cloud_foreign_contents(r, err);
		if (s)
			return s;
		r->format = format_by_contents(r);
	}
	if (!r->format)
		r->format = format_by_extension(r->name);
	secant_status foreign = r->format ? SECANT_OK : cloud_foreign(r, err);
	if (foreign)
		return foreign;
	if (!r->format)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: is no cloud file by contents or extension", r->name);
	if (!r->format->open)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: format %s cannot be read", r->name, r->format->name);
	return r->format->open(r, err);
}

static secant_cloud_reader *
reader_new(const char *name, const secant_cloud_reading *opt, secant_err *err)
{
	secant_cloud_reader *r = secant_calloc(1, sizeof *r);
	char *copy = base_strdup(name);
	secant_status s = !r || !copy ? secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", name)
		: opt                     ? secant_opts_copy(&secant_cloud_read_options, &r->opt, opt, err)
								  : secant_opts_init(&secant_cloud_read_options, &r->opt, err);
	if (s) {
		secant_free(copy);
		secant_free(r);
		return NULL;
	}
	r->name = copy;
	r->total = r->bound = -1;
	return r;
}

static secant_cloud_reader *
opened(secant_cloud_reader *r, secant_status s)
{
	if (!s)
		return r;
	secant_cloud_close(r);
	return NULL;
}

secant_cloud_reader *
secant_cloud_open(const char *path, const secant_cloud_reading *opt, secant_err *err)
{
	secant_cloud_reader *r = reader_new(path, opt, err);
	if (!r)
		return NULL;
	secant_status s = base_file_map(&r->file, path, err);
	r->data = r->file.data;
	r->size = r->file.size;
	s = s ? s : open_contents(r, err);
	secant_status cut = base_file_was_cut(&r->file, path, err);
	return opened(r, cut ? cut : s);
}

secant_cloud_reader *
secant_cloud_open_memory(
	const void *data, size_t size, const char *name, const secant_cloud_reading *opt, secant_err *err)
{
	secant_cloud_reader *r = reader_new(name, opt, err);
	if (!r)
		return NULL;
	r->data = data;
	r->size = size;
	return opened(r, open_contents(r, err));
}

const secant_cloud *
secant_cloud_layout(const secant_cloud_reader *r)
{
	return &r->layout;
}

const char *
secant_cloud_format_name(const secant_cloud_reader *r)
{
	return r->format->name;
}

const char *
secant_cloud_details(const secant_cloud_reader *r)
{
	return r->details;
}

int64_t
secant_cloud_total(const secant_cloud_reader *r)
{
	return r->total;
}

void
secant_cloud_close(secant_cloud_reader *r)
{
	if (!r)
		return;
	if (r->format && r->format->close)
		r->format->close(r->state);
	else
		secant_free(r->state);
	secant_cloud_free(&r->layout);
	secant_cloud_free(&r->ready);
	secant_opts_free(&secant_cloud_read_options, &r->opt);
	if (r->file.data)
		base_file_unmap(&r->file);
	secant_free(r->inflated);
	secant_free(r->name);
	secant_free(r);
}

/* ---- reading ---- */

/* Column by column in slabs of points, so that a record is fetched from memory once. */
void
cloud_take_records(const cloud_part *part, int parts, const uint8_t *base, int64_t first, int64_t n, secant_cloud *out)
{
	enum { SLAB = 2048 };
	for (int64_t k = 0; k < n; k += SLAB) {
		int64_t m = n - k < SLAB ? n - k : SLAB;
		for (int i = 0; i < parts; i++) {
			if (part[i].column < 0)
				continue;
			secant_column *c = &out->column[part[i].column];
			tensor_number_convert(tensor_column_at(c, out->n), c->type, secant_number_size(c->type),
				base + part[i].offset + (size_t)(first + k) * part[i].stride, part[i].type, part[i].stride,
				part[i].swap, m);
		}
		out->n += m;
	}
}

secant_status
cloud_set_ready(secant_cloud_reader *r, secant_cloud *ready, secant_err *err)
{
	r->ready = *ready;
	*ready = (secant_cloud){ 0 };
	r->total = r->ready.n;
	secant_cloud_free(&r->layout);
	for (int i = r->ready.columns - 1; i >= 3; i--)
		if (r->opt.select && !listed(r->opt.select, r->ready.column[i].name))
			secant_cloud_remove(&r->ready, i);
	return secant_cloud_like(&r->layout, &r->ready, err);
}

secant_status
cloud_next_ready(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	int64_t left = r->ready.n - r->done, k = left < max ? left : max;
	for (int i = 0; i < out->columns; i++) {
		const secant_column *from = &r->ready.column[i];
		if (k > 0)
			memcpy(tensor_column_at(&out->column[i], out->n), tensor_column_at(from, r->done),
				(size_t)k * secant_number_size(from->type));
	}
	out->n += k;
	return SECANT_OK;
}

/* Gives back the pages of a mapped file that are behind us, in large steps, so that reading a large file does not fill
 * the memory. */
static void
release_read(secant_cloud_reader *r)
{
	enum { KEEP = 1 << 24 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE), upto = r->at / page * page;
	if (!r->file.map || r->inflated || upto < r->released + KEEP)
		return;
	(void)madvise((uint8_t *)r->file.map + r->released, upto - r->released, MADV_DONTNEED);
	r->released = upto;
}

/* Appends. */
static secant_status
read_more(secant_cloud_reader *r, secant_cloud *c, int64_t max, secant_err *err)
{
	int64_t before = c->n;
	secant_status s = r->format->next(r, c, max, err);
	r->done += c->n - before;
	release_read(r);
	secant_status cut = base_file_was_cut(&r->file, r->name, err);
	return cut ? cut : s;
}

secant_status
secant_cloud_next(secant_cloud_reader *r, secant_cloud *chunk, int64_t max, secant_err *err)
{
	secant_status s = SECANT_OK;
	if (max < 1)
		return secant_fail(
			err, SECANT_ERR_ARG, "cloud: at most %lld points at a time, expected 1 or more", (long long)max);
	if (chunk->columns == 0)
		s = secant_cloud_like(chunk, &r->layout, err);
	int64_t left = r->total >= 0 ? r->total - r->done : max;
	chunk->n = 0;
	if (!s)
		s = secant_cloud_reserve(chunk, left < max ? left : max, err);
	return s ? s : read_more(r, chunk, chunk->capacity < max ? chunk->capacity : max, err);
}

/* How many points to make room for at once: what is announced, so far as the file's size makes that credible; else
 * twice as many. */
static int64_t
next_capacity(const secant_cloud_reader *r, const secant_cloud *c)
{
	int64_t announced = r->total >= 0 ? r->total : r->bound, credible = (int64_t)(r->size / 2) + STEP;
	if (announced >= 0 && announced <= credible && announced > c->n)
		return announced;
	int64_t doubled = c->n < STEP ? STEP : c->n + c->n / 2;
	return r->total >= 0 && doubled > r->total ? r->total : doubled;
}

secant_status
secant_cloud_read(secant_cloud *c, const char *path, const secant_cloud_reading *opt, secant_err *err)
{
	*c = (secant_cloud){ 0 };
	secant_err local = { 0 };
	secant_cloud_reader *r = secant_cloud_open(path, opt, &local);
	secant_status s = r ? secant_cloud_like(c, &r->layout, &local) : local.code;
	int64_t before = -1;
	while (!s && c->n > before && !(r->total >= 0 && c->n >= r->total) && !(r->bound >= 0 && c->n >= r->bound)) {
		before = c->n;
		if (c->n == c->capacity)
			s = secant_cloud_reserve(c, next_capacity(r, c), &local);
		if (!s)
			s = read_more(r, c, c->capacity - c->n, &local);
	}
	if (!s && !c->n && !r->opt.allow_empty)
		s = cloud_fail(path, &local, SECANT_ERR_FORMAT, "there are no points in it");
	secant_cloud_close(r);
	if (s) {
		secant_cloud_free(c);
		return secant_fail(err, s, "%s", local.msg);
	}
	return SECANT_OK;
}

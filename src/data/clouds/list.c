/* The list of clouds that a layout fills, the table of layouts, and what they read: label files, lists of lines. */
#include "data/clouds/clouds.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <secant/info.h>
#include <secant/samples.h>
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/registry.h"

enum { LONGEST_FILE = 1 << 30 };

#define CLOUDSET(name) extern const data_cloudset data_cloudset_##name;
#include "data/clouds/cloudsets.inc"
#undef CLOUDSET

static const data_cloudset *const sets[] = {
#define CLOUDSET(name) &data_cloudset_##name,
#include "data/clouds/cloudsets.inc"
#undef CLOUDSET
	NULL,
};

const data_cloudset *
data_cloudset_at(int i)
{
	return i >= 0 && i < (int)(sizeof sets / sizeof *sets) ? sets[i] : NULL;
}

static secant_entry
set_entry(int i)
{
	const data_cloudset *s = data_cloudset_at(i);
	return s ? (secant_entry){ .name = s->name, .brief = s->brief } : (secant_entry){ 0 };
}
const base_kind base_kind_cloudsets = { "cloudsets", "Layouts of data sets of clouds", set_entry };

const data_cloudset *
data_cloudset_of(const char *path, const char *name, secant_err *err)
{
	char all[300], near[100];
	if (!name && data_clouds_are_hdf5(path)) {
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s", path, data_clouds_foreign(path));
		return NULL;
	}
	for (int i = 0; sets[i]; i++)
		if (name ? !strcmp(name, sets[i]->name) : sets[i]->detect(path))
			return sets[i];
	base_kind_list(&base_kind_cloudsets, "", all, sizeof all);
	if (name)
		secant_fail(err, SECANT_ERR_ARG, "--layout '%s' is none of %s%s", name, all,
			base_kind_near(&base_kind_cloudsets, name, near));
	else if (!secant_is_dir(path) && !secant_is_file(path))
		secant_fail(err, SECANT_ERR_IO, "%s: no such file or folder", path);
	else if (data_clouds_foreign(path))
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s", path, data_clouds_foreign(path));
	else
		secant_fail(err, SECANT_ERR_FORMAT, "%s: no data set of clouds is recognised there (%s)", path, all);
	return NULL;
}

const char *
secant_clouds_layout(const char *path)
{
	const data_cloudset *set = data_cloudset_of(path, NULL, NULL);
	return set ? set->name : NULL;
}

/* How many files of a folder are clouds of these endings. */
static int
count_ending(const char *path, const char *inner, const char *endings)
{
	base_names names = { 0 };
	int n = 0;
	char *folder = *inner ? base_path_join(path, inner) : base_strdup(path);
	if (folder && secant_is_dir(folder) && !base_dir_list(&names, folder, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n; i++)
			n += base_ext_is(names.v[i], endings);
	base_names_free(&names);
	secant_free(folder);
	return n;
}

static bool
holds_picture(const char *path, int depth)
{
	base_names names = { 0 };
	bool found = false;
	if (!base_dir_list(&names, path, depth ? BASE_DIR_FOLDERS : BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n && !found; i++) {
			char *inner = depth ? base_path_join(path, names.v[i]) : NULL;
			found = depth ? inner && holds_picture(inner, depth - 1) : secant_image_is_path(names.v[i]);
			secant_free(inner);
		}
	base_names_free(&names);
	return found;
}

bool
data_clouds_pictured(const char *path)
{
	return holds_picture(path, 2);
}

bool
data_clouds_certain(const char *path, bool *scans, bool *whole)
{
	static const char scanned[] = "las|laz|e57|ptx", others[] = "ply|pcd|pts|xyz|off|obj|stl|npz|gltf|glb",
					  *const places[] = { "", "clouds", "points", "train", "train/clouds", "train/points", "val",
						  "test", "training", "validation", "testing" };
	const data_cloudset *set = data_cloudset_of(path, NULL, NULL);
	int scan = 0, other = 0;
	if (scans)
		*scans = set && set->scans;
	if (whole)
		*whole = set && set->whole;
	if (!set || !set->any)
		return set != NULL;
	if (secant_is_file(path))
		scan = base_ext_is(path, scanned), other = base_ext_is(path, others);
	for (size_t i = 0; i < sizeof places / sizeof *places && !secant_is_file(path); i++) {
		scan += count_ending(path, places[i], scanned);
		other += count_ending(path, places[i], others);
		if (count_ending(path, places[i], "png|jpg|jpeg|tif|tiff|webp"))
			return false;
	}
	if (scans)
		*scans = scan > 0;
	return scan + other > 0;
}

/* ---- the list ---- */

void
data_cloud_list_free(data_cloud_list *l)
{
	for (int i = 0; i < l->n; i++) {
		secant_free(l->v[i].path);
		secant_free(l->v[i].labels);
	}
	for (int i = 0; i < l->categories; i++)
		secant_free(l->category[i]);
	for (int i = 0; l->class_name && i < l->classes; i++)
		secant_free(l->class_name[i]);
	secant_free(l->v);
	secant_free(l->category);
	secant_free(l->parts);
	secant_free(l->class_name);
	secant_free(l->columns);
	secant_free(l->shared);
	secant_free(l->values);
	*l = (data_cloud_list){ 0 };
}

secant_status
data_cloud_list_classes(data_cloud_list *l, const char *const *names, int n, secant_err *err)
{
	l->classes = n;
	l->class_name = secant_calloc((size_t)n, sizeof *l->class_name);
	bool ok = l->class_name != NULL;
	for (int i = 0; ok && i < n; i++)
		ok = (l->class_name[i] = base_strdup(names[i])) != NULL;
	return ok ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
}

secant_status
data_cloud_list_add(data_cloud_list *l, const char *path, const char *labels, int entry, int category, secant_err *err)
{
	if (base_grow((void **)&l->v, &l->capacity, l->n, sizeof *l->v))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d clouds", l->n + 1);
	data_cloud_item *it = &l->v[l->n];
	*it = (data_cloud_item){
		.path = base_strdup(path), .labels = labels ? base_strdup(labels) : NULL, .entry = entry, .category = category
	};
	l->n++;
	return it->path && (!labels || it->labels) ? SECANT_OK
											   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d clouds", l->n);
}

secant_status
data_cloud_list_add_folder(data_cloud_list *l, const char *folder, int category, secant_err *err)
{
	base_names files = { 0 };
	secant_status s = base_dir_list(&files, folder, BASE_DIR_FILES, err);
	for (int i = 0; i < files.n && !s; i++) {
		if (files.v[i][0] == '.' || !secant_cloud_is_readable(files.v[i]))
			continue;
		char *file = base_path_join(folder, files.v[i]);
		s = file ? data_cloud_list_add(l, file, NULL, 0, category, err)
				 : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		secant_free(file);
	}
	base_names_free(&files);
	return s;
}

int
data_cloud_list_category(data_cloud_list *l, const char *name, bool add, secant_err *err)
{
	for (int i = 0; i < l->categories; i++)
		if (!strcmp(l->category[i], name))
			return i;
	if (!add)
		return -1;
	if (base_grow((void **)&l->category, &l->category_room, l->categories, sizeof *l->category)
		|| !(l->category[l->categories] = base_strdup(name))) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d categories", l->categories + 1);
		return -2;
	}
	return l->categories++;
}

static secant_status
unknown_category(const data_cloud_list *l, const char *name, secant_err *err)
{
	char all[320] = "";
	for (int i = 0; i < l->categories && strlen(all) + strlen(l->category[i]) + 3 < sizeof all; i++)
		(void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", l->category[i]);
	return secant_fail(
		err, SECANT_ERR_ARG, "--category '%.60s' is none of %s", name, all[0] ? all : "the data set's: it has none");
}

secant_status
data_cloud_list_only(data_cloud_list *l, const char *name, secant_err *err)
{
	if (!name)
		return SECANT_OK;
	int want = data_cloud_list_category(l, name, false, err), kept = 0;
	if (want < 0)
		return unknown_category(l, name, err);
	for (int i = 0; i < l->n; i++) {
		if (l->v[i].category == want) {
			l->v[i].category = 0;
			l->v[kept++] = l->v[i];
		} else {
			secant_free(l->v[i].path);
			secant_free(l->v[i].labels);
		}
	}
	l->n = kept;
	if (l->parts) {
		int first = 0;
		for (int i = 0; i < want; i++)
			first += l->parts[i];
		l->first_label += l->local ? 0 : first;
		l->local = true;
		for (int i = 0; l->class_name && i < l->classes; i++)
			if (i < first || i >= first + l->parts[want])
				secant_free(l->class_name[i]);
			else
				l->class_name[i - first] = l->class_name[i];
		l->classes = l->parts[0] = l->parts[want];
	}
	char *keep = l->category[want];
	for (int i = 0; i < l->categories; i++)
		if (i != want)
			secant_free(l->category[i]);
	l->category[0] = keep;
	l->categories = 1;
	return kept ? SECANT_OK : secant_fail(err, SECANT_ERR_ARG, "--category '%s': the split has no cloud of it", name);
}

/* ---- text ---- */

static secant_status
bad_label(const char *path, int64_t line, const char *at, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_FORMAT, "%s:%lld: '%.*s' is no whole number; expected one label a line", path,
		(long long)line, (int)strcspn(at, "\r\n") > 40 ? 40 : (int)strcspn(at, "\r\n"), at);
}

secant_status
data_label_file_read(int64_t **out, int64_t *n, const char *path, secant_err *err)
{
	char *text = NULL;
	size_t size = 0;
	secant_status s = secant_file_read(&text, &size, path, LONGEST_FILE, err);
	int64_t lines = 1, line = 0;
	*out = NULL;
	*n = 0;
	for (size_t i = 0; !s && i < size; i++)
		lines += text[i] == '\n';
	if (!s && !(*out = secant_calloc((size_t)lines, sizeof **out)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %lld labels", path, (long long)lines);
	for (char *at = text, *next; !s && at && at < text + size; at = next) {
		size_t length = strcspn(at, "\n");
		char word[48];
		next = at + length + 1;
		line++;
		char *start = at + strspn(at, " \t\r");
		size_t used = strcspn(start, " \t\r\n");
		if (start >= at + length || used == 0)
			continue;
		long long v;
		double real;
		(void)snprintf(word, sizeof word, "%.*s", (int)(used < sizeof word ? used : sizeof word - 1), start);
		bool whole = used < sizeof word
			&& start[used + strspn(start + used, " \t\r")] == (at + length < text + size ? '\n' : '\0');
		if (whole && base_int_parse(word, &v))
			(*out)[(*n)++] = v;
		else if (whole && base_real_parse(word, &real) && fabs(real) < 9e15 && real == floor(real)) /* "48.000000" */
			(*out)[(*n)++] = (int64_t)real;
		else
			s = bad_label(path, line, at, err);
	}
	secant_free(text);
	if (s) {
		secant_free(*out);
		*out = NULL;
	}
	return s;
}

void
data_lines_free(data_lines *l)
{
	secant_free(l->text);
	secant_free(l->v);
	*l = (data_lines){ 0 };
}

secant_status
data_lines_read(data_lines *l, const char *path, secant_err *err)
{
	size_t size = 0;
	*l = (data_lines){ 0 };
	secant_status s = secant_file_read(&l->text, &size, path, LONGEST_FILE, err);
	for (char *at = l->text, *end; !s && at; at = end) {
		end = strchr(at, '\n');
		if (end)
			*end++ = '\0';
		at += strspn(at, " \t\r");
		size_t n = strlen(at);
		while (n && strchr(" \t\r", at[n - 1]))
			at[--n] = '\0';
		if (!n)
			continue;
		if (base_grow((void **)&l->v, &l->capacity, l->n, sizeof *l->v))
			s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
		else
			l->v[l->n++] = at;
	}
	if (s)
		data_lines_free(l);
	return s;
}

/* Rows of numbers are counted as the readers of text do: lines that begin with a number. */
void
data_cloud_where(const char *path, int64_t point, char *buffer, size_t size)
{
	secant_bytes b;
	int64_t row = -1, line = 1;
	bool body = true;
	(void)snprintf(buffer, size, "%s: point %lld", path, (long long)point + 1);
	if (!base_ext_is(path, "pts|xyz|txt|csv|ply|seg|label|labels") || base_file_map(&b, path, NULL))
		return;
	const char *at = (const char *)b.data, *end = at + b.size;
	if (b.size > 3 && !memcmp(at, "ply", 3)) {
		body = false;
		if (!memmem(at, b.size < 4096 ? b.size : 4096, "format ascii", 12))
			end = at;
	}
	for (; at < end; line++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at)), *p = at;
		stop = stop ? stop : end;
		while (p < stop && (*p == ' ' || *p == '\t'))
			p++;
		if (!body)
			body = stop - p >= 10 && !memcmp(p, "end_header", 10);
		else if (p < stop && strchr("+-.0123456789nNiI", *p) && ++row == point) {
			(void)snprintf(buffer, size, "%s:%lld", path, (long long)line);
			break;
		}
		at = stop + 1;
	}
	base_file_unmap(&b);
}

/* ---- the column of labels ---- */

static bool
varies(const secant_cloud *c, int i)
{
	double lo, hi;
	return secant_cloud_range(c, i, &lo, &hi) && lo < hi;
}

static bool
differ(const secant_cloud *c, int a, int b)
{
	for (int64_t p = 0; p < c->n; p++)
		if (secant_cloud_get(c, a, p) != secant_cloud_get(c, b, p))
			return true;
	return false;
}

secant_status
data_cloud_label_column(const secant_cloud *c, const char *asked, const char *path, int *column, secant_err *err)
{
	int first = *column = asked ? secant_cloud_find(c, asked) : secant_cloud_role(c, SECANT_ROLE_LABEL);
	if (first < 0)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: no column %s; give --label-column, or a label file of the same stem", path,
			asked ? asked : "of labels");
	for (int i = 3; !asked && i < c->columns; i++)
		if (i != first && secant_role_of(c->column[i].name) == SECANT_ROLE_LABEL && varies(c, i) && varies(c, first)
			&& differ(c, first, i))
			return secant_fail(err, SECANT_ERR_FORMAT,
				"%s: the columns '%s' and '%s' both may hold the classes, and differ: --label-column says which", path,
				c->column[first].name, c->column[i].name);
	return SECANT_OK;
}

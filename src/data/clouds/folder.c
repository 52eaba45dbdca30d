/*
 * A plain folder of labelled clouds:
 *
 *   DATA/SPLIT/STEM.*            a label for each point: in a column of the cloud (--label-column, or by role: LAS
 *                                classification, "label",
 *                                "scalar_Label"), or in a file of the same stem beside it (.seg .label .labels)
 *   DATA/SPLIT/{clouds,labels}/STEM.*     the same in two folders; `points` and `points_label` are names for them too
 *   training, validation, testing and the like   stand for train, val, test
 *   DATA/...                     without splits: divided as pictures are, by --validation-fraction or --folds
 *   DATA is a cloud file         that one cloud, for every split
 *
 * Classes: --class-file or DATA/classes.txt, a name a line. The numbers in the files are their indices, unless
 * --label-values says otherwise. With neither, the classes are the numbers that occur, in ascending order; LAS
 * classes get the names of the standard.
 */
#include "data/clouds/clouds.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "data/class_file.h"
#include "data/pairs.h"

enum { MOST_CLASSES = 4096 };
static const char *const cloud_folders[] = { "clouds", "points", NULL },
						 *const label_folders[] = { "labels", "points_label", NULL };
static const char label_extensions[] = "seg|label|labels";

/* ---- files ---- */

static char *
child(const char *path, const char *const *names)
{
	for (; *names; names++) {
		char *full = base_path_join(path, *names);
		if (full && secant_is_dir(full))
			return full;
		secant_free(full);
	}
	return NULL;
}

static bool
holds_clouds(const char *path)
{
	base_names names = { 0 };
	char *inner = child(path, cloud_folders);
	bool found = false;
	if (!base_dir_list(&names, inner ? inner : path, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n && !found; i++)
			found = names.v[i][0] != '.' && strcmp(names.v[i], "classes.txt") && secant_cloud_is_readable(names.v[i]);
	base_names_free(&names);
	secant_free(inner);
	return found;
}

char *
data_split_folder(const char *path, const char *split)
{
	static const char *const names[][7] = {
		{ "train", "training", "Train", "Training", "TRAIN" },
		{ "val", "valid", "validation", "Val", "Valid", "Validation", "dev" },
		{ "test", "testing", "Test", "Testing", "TEST" },
	};
	for (int i = 0; i < 3; i++)
		for (int k = 1; k < 7 && names[i][k] && !strcmp(split, names[i][0]); k++) {
			char *plain = base_path_join(path, split), *other = base_path_join(path, names[i][k]);
			if (plain && other && !secant_is_dir(plain) && secant_is_dir(other)) {
				secant_free(plain);
				return other;
			}
			secant_free(plain);
			secant_free(other);
		}
	return base_path_join(path, split);
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	char *folder = data_split_folder(path, split);
	bool there = secant_is_file(path) || (folder && secant_is_dir(folder) && holds_clouds(folder));
	secant_free(folder);
	return there;
}

static bool
detect(const char *path)
{
	return (secant_is_file(path) && secant_cloud_is_readable(path)) || has(path, NULL, "train")
		|| has(path, NULL, "val") || has(path, NULL, "test") || holds_clouds(path);
}

/* The label file of a cloud's stem; fresh memory, NULL: none. */
static char *
label_file(const char *folder, const char *stem)
{
	static const char *const extensions[] = { "seg", "label", "labels", "txt" };
	for (int i = 0; i < 4; i++) {
		char *file = base_format("%s/%s.%s", folder, stem, extensions[i]);
		if (file && secant_is_file(file))
			return file;
		secant_free(file);
	}
	return NULL;
}

static secant_status
add_file(data_cloud_list *out, const char *folder, const char *labels, const char *name, secant_err *err)
{
	char *path = base_path_join(folder, name), *stem = base_path_stem(name),
		 *label = stem ? label_file(labels ? labels : folder, stem) : NULL;
	secant_status s = path && stem ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (label && base_ext_is(name, "bin")) { /* its reader takes them: they are no text */
		secant_free(label);
		label = NULL;
	} else if (label && !labels
		&& (base_ext_is(name, "txt") || base_ext_is(label, "txt"))) { /* a .txt beside the clouds is a cloud */
		secant_free(label);
		label = NULL;
	}
	if (!s && labels && !label && !base_ext_is(name, "bin"))
		s = secant_fail(
			err, SECANT_ERR_IO, "%s has no label file %s/%s.seg (or .label, .labels, .txt)", path, labels, stem);
	if (!s)
		s = data_cloud_list_add(out, path, label, 0, -1, err);
	secant_free(path);
	secant_free(stem);
	secant_free(label);
	return s;
}

static secant_status
add_folder(data_cloud_list *out, const char *folder, secant_err *err)
{
	base_names names = { 0 };
	char *clouds = child(folder, cloud_folders), *labels = clouds ? child(folder, label_folders) : NULL;
	secant_status s = base_dir_list(&names, clouds ? clouds : folder, BASE_DIR_FILES, err);
	for (int i = 0; i < names.n && !s; i++)
		if (names.v[i][0] != '.' && strcmp(names.v[i], "classes.txt") && secant_cloud_is_readable(names.v[i])
			&& !base_ext_is(names.v[i], label_extensions))
			s = add_file(out, clouds ? clouds : folder, labels, names.v[i], err);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_IO, "%s: no clouds there", folder);
	base_names_free(&names);
	secant_free(clouds);
	secant_free(labels);
	return s;
}

static secant_status
divide(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	bool val = !strcmp(r->split, "val");
	if (!strcmp(r->split, "all"))
		return SECANT_OK;
	if (!val && strcmp(r->split, "train"))
		return secant_fail(err, SECANT_ERR_ARG, "%s has no split folders, so there are train, val and all, not '%s'",
			r->path, r->split);
	char *held = secant_calloc((size_t)out->n + 1, 1);
	data_division how;
	secant_status s = !held ? secant_fail(err, SECANT_ERR_NOMEM, "no memory to divide %d clouds", out->n)
							: data_division_of(&how, r->data, r->seed, err);
	if (!s)
		s = data_division_choose(&how, out->n, held, err);
	int all = out->n, kept = 0;
	for (int i = 0; i < all && !s; i++) {
		if (held[i] == val)
			out->v[kept++] = out->v[i];
		else {
			secant_free(out->v[i].path);
			secant_free(out->v[i].labels);
		}
	}
	out->n = s ? out->n : kept;
	secant_free(held);
	return s || kept ? s
					 : secant_fail(err, SECANT_ERR_ARG, "%s: none of %d clouds falls to %s", r->path, all, r->split);
}

static secant_status
find_files(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	if (secant_is_file(r->path))
		return data_cloud_list_add(out, r->path, NULL, 0, -1, err);
	char *folder = data_split_folder(r->path, r->split);
	secant_status s = folder ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && secant_is_dir(folder))
		s = add_folder(out, folder, err);
	else if (!s && (has(r->path, NULL, "train") || has(r->path, NULL, "val") || has(r->path, NULL, "test"))
		&& strcmp(r->split, "all"))
		s = secant_fail(err, SECANT_ERR_IO, "%s has no folder '%s' with clouds", r->path, r->split);
	else if (!s && !(s = add_folder(out, r->path, err)))
		s = divide(out, r, err);
	secant_free(folder);
	return s;
}

/* ---- classes ---- */

static secant_status
parse_values(data_cloud_list *out, const char *text, secant_err *err)
{
	int capacity = 0;
	out->classes = 0;
	for (const char *at = text;;) {
		size_t n = strcspn(at, ",");
		char word[32];
		long long v;
		(void)snprintf(word, sizeof word, "%.*s", (int)n, at);
		if (n >= sizeof word || !base_int_parse(word, &v))
			return secant_fail(
				err, SECANT_ERR_ARG, "--label-values: '%s' is no whole number; expected a list such as 2,6,9", word);
		for (int i = 0; i < out->classes; i++)
			if (out->values[i] == v)
				return secant_fail(err, SECANT_ERR_ARG, "--label-values: %lld stands there twice", v);
		if (out->classes == MOST_CLASSES
			|| base_grow((void **)&out->values, &capacity, out->classes, sizeof *out->values))
			return secant_fail(err, SECANT_ERR_NOMEM, "--label-values: no room for %d classes", out->classes + 1);
		out->values[out->classes++] = v;
		if (!at[n])
			return SECANT_OK;
		at += n + 1;
	}
}

static secant_status
name_classes(data_cloud_list *out, const char *file, secant_err *err)
{
	data_class_list names = { 0 };
	secant_status s = data_class_list_read(&names, file, err);
	if (s)
		return s;
	if (out->classes && out->classes != names.n)
		s = secant_fail(err, SECANT_ERR_ARG, "--label-values has %d classes, %s names %d", out->classes, file, names.n);
	else {
		out->classes = names.n;
		out->class_name = names.names;
		names.names = NULL;
		names.n = 0;
	}
	data_class_list_free(&names);
	return s;
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Adds the numbers of one cloud to the sorted set. */
static secant_status
collect(data_cloud_list *out, int *capacity, const double *v, int64_t n, const char *path, secant_err *err)
{
	int64_t last = INT64_MIN;
	for (int64_t i = 0; i < n; i++) {
		int64_t x = v[i] >= -1e15 && v[i] <= 1e15 ? (int64_t)v[i] : 0;
		if (v[i] != (double)x)
			return secant_fail(err, SECANT_ERR_FORMAT, "%s: point %lld has the label %g, which is no whole number",
				path, (long long)i + 1, v[i]);
		if (x == last || x < 0) /* below 0: points that nobody labelled */
			continue;
		last = x;
		if (out->classes && bsearch(&x, out->values, (size_t)out->classes, sizeof x, by_value))
			continue;
		if (out->classes == MOST_CLASSES)
			return secant_fail(err, SECANT_ERR_FORMAT,
				"%s: more than %d different labels; is the column right (--label-column)?", path, MOST_CLASSES);
		if (base_grow((void **)&out->values, capacity, out->classes, sizeof *out->values))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d classes", out->classes + 1);
		out->values[out->classes++] = x;
		qsort(out->values, (size_t)out->classes, sizeof *out->values, by_value);
	}
	return SECANT_OK;
}

static secant_status
labels_of(const data_cloud_item *it, const secant_cloud_options *o, double **numbers, int64_t *count, secant_err *err)
{
	secant_cloud c = { 0 };
	int64_t *v = NULL, n = 0;
	secant_status s = it->labels ? data_label_file_read(&v, &n, it->labels, err)
								 : secant_cloud_read(&c, it->path, NULL, err);
	int column = -1;
	if (!s && !it->labels)
		s = data_cloud_label_column(&c, o->source.label_column, it->path, &column, err);
	*count = n = it->labels ? n : c.n;
	if (!s && !(*numbers = secant_calloc((size_t)n + 1, sizeof **numbers)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %lld labels", it->path, (long long)n);
	if (!s && column >= 0)
		secant_cloud_doubles(&c, column, 0, n, *numbers);
	for (int64_t i = 0; v && !s && i < n; i++)
		(*numbers)[i] = (double)v[i];
	secant_free(v);
	secant_cloud_free(&c);
	return s;
}

static secant_status
discover(data_cloud_list *out, const secant_cloud_options *o, data_item_labels labels, secant_err *err)
{
	int capacity = 0;
	secant_status s = SECANT_OK;
	for (int i = 0; i < out->n && !s; i++) {
		const data_cloud_item *it = &out->v[i];
		double *numbers = NULL;
		int64_t n = 0;
		s = labels(it, o, &numbers, &n, err);
		if (!s)
			s = collect(out, &capacity, numbers, n, it->labels ? it->labels : it->path, err);
		secant_free(numbers);
	}
	if (!s && out->n && !out->classes)
		s = secant_fail(err, SECANT_ERR_FORMAT,
			"%s: no label is 0 or above here or in the other clouds; negative ones are of points that nobody labelled",
			out->v[0].path);
	return s;
}

/* Numbers without names: LAS has names for its own. */
static secant_status
name_numbers(data_cloud_list *out, secant_err *err)
{
	bool las = out->n && base_ext_is(out->v[0].path, "las|laz");
	if (!(out->class_name = secant_calloc((size_t)out->classes + 1, sizeof *out->class_name)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d classes", out->classes);
	for (int i = 0; i < out->classes; i++) {
		const char *name = las ? secant_las_class(out->values[i]) : NULL;
		if (!(out->class_name[i] = name ? base_strdup(name) : base_format("class %lld", (long long)out->values[i])))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d classes", out->classes);
	}
	return SECANT_OK;
}

secant_status
data_cloud_list_settle(data_cloud_list *out, const data_clouds_request *r, data_item_labels labels, secant_err *err)
{
	secant_status s = SECANT_OK;
	char *file = r->data->class_file ? base_strdup(r->data->class_file) : base_path_join(r->path, "classes.txt");
	if (!s && !file)
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && r->options->source.label_values)
		s = parse_values(out, r->options->source.label_values, err);
	out->unlabelled = true;
	out->others = r->options->source.label_values && r->options->source.label_others;
	if (!s && (r->data->class_file || secant_is_file(file)))
		s = name_classes(out, file, err);
	if (!s && !out->classes && !r->bare)
		s = discover(out, r->options, labels, err);
	if (!s && out->values && !out->class_name)
		s = name_numbers(out, err);
	secant_free(file);
	return s;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	secant_status s = find_files(out, r, err);
	return s ? s : data_cloud_list_settle(out, r, labels_of, err);
}

const data_cloudset data_cloudset_folder = {
	.name = "folder",
	.brief = "labelled clouds of any format: SPLIT/STEM.*, labels in a column or a file of the same stem",
	.any = true,
	.detect = detect,
	.find = find,
	.has = has,
};

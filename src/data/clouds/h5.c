/*
 * Shapes as arrays of HDF5, as PointNet's authors and those after them prepared them: `data` (shapes x points x 3 or
 * more), `label` (the class of each shape) and, of parts, `pid` (the part of each point, over all categories):
 *
 *   modelnet40_ply_hdf5_2048   train_files.txt, test_files.txt: data/modelnet40_ply_hdf5_2048/ply_data_train0.h5 a
 * line, of which the name counts; shape_names.txt hdf5_data                  train_hdf5_file_list.txt, ...;
 * all_object_categories.txt ("Airplane<TAB>02691156") shapenetpart_hdf5_2048     train0.h5, val0.h5, test0.h5, without
 * lists ScanObjectNN               training_objectdataset.h5, test_objectdataset.h5
 *
 * Without a list the files of a split are those whose names begin with train, val or test (behind "ply_data_"). The
 * categories of parts are those of the ShapeNet part benchmark (shapenet.c), in its order.
 */
#include "data/clouds/clouds.h"
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"
#include "data/clouds/h5_file.h"

enum { MOST_NUMBERS = 1 << 29, MOST_CLASSES = 10000 };

/* What list.shared holds, before the numbers: coordinates of all points, then the parts of all. */
typedef struct contents {
	int64_t shapes, points;
	bool parts;
} contents;

static float *
places_of(const uint8_t *shared)
{
	return (float *)(uintptr_t)(shared + sizeof(contents));
}

static int32_t *
parts_of(const uint8_t *shared)
{
	const contents *c = (const contents *)(const void *)shared;
	return (int32_t *)(void *)(places_of(shared) + 3 * c->shapes * c->points);
}

/* ---- files ---- */

static bool
is_of(const char *name, const char *split)
{
	static const char front[] = "ply_data_";
	if (!base_ext_is(name, "h5|hdf5"))
		return false;
	if (!strcmp(split, "all"))
		return true;
	if (!strncmp(name, front, sizeof front - 1))
		name += sizeof front - 1;
	if (!strcmp(split, "trainval"))
		return !strncmp(name, "train", 5) || !strncmp(name, "val", 3);
	return !strncmp(name, split, strlen(split));
}

/* The list of a split's files; fresh memory, NULL: none. */
static char *
list_of(const char *path, const char *split)
{
	static const char *const endings[] = { "files", "hdf5_file_list" };
	for (int i = 0; i < 2; i++) {
		char *list = base_format("%s/%s_%s.txt", path, split, endings[i]);
		if (list && secant_is_file(list))
			return list;
		secant_free(list);
	}
	return NULL;
}

/* Names of a split's files, in the list's order, else in byte order. Without err: none are there. */
static secant_status
files_of(base_names *out, const char *path, const char *split, secant_err *err)
{
	char *list = list_of(path, split);
	data_lines lines = { 0 };
	base_names names = { 0 };
	secant_status s = list ? data_lines_read(&lines, list, err) : base_dir_list(&names, path, BASE_DIR_FILES, err);
	for (int i = 0; i < lines.n && !s; i++)
		if (base_names_add(out, base_path_name(lines.v[i])))
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d names", i);
	for (int i = 0; i < names.n && !s; i++)
		if (is_of(names.v[i], split) && base_names_add(out, names.v[i]))
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d names", i);
	data_lines_free(&lines);
	base_names_free(&names);
	secant_free(list);
	return s;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	base_names names = { 0 };
	bool any = secant_is_dir(path) && !files_of(&names, path, split, NULL) && names.n;
	base_names_free(&names);
	return any;
}

static bool
detect(const char *path)
{
	return has(path, NULL, "train") || has(path, NULL, "test");
}

/* ---- classes ---- */

/* One name a line, before a tab. */
static secant_status
name_categories(data_cloud_list *out, const char *path, bool parts, int64_t classes, secant_err *err)
{
	static const char *const files[] = { "shape_names.txt", "all_object_categories.txt" };
	data_lines lines = { 0 };
	secant_status s = SECANT_OK;
	const char *name;
	for (int i = 0; i < 2 && !s && !lines.n; i++) {
		char *file = base_path_join(path, files[i]);
		if (file && secant_is_file(file))
			s = data_lines_read(&lines, file, err);
		secant_free(file);
	}
	for (int i = 0; i < lines.n && !s; i++) {
		lines.v[i][strcspn(lines.v[i], "\t")] = '\0';
		if (data_cloud_list_category(out, lines.v[i], true, err) < 0)
			s = SECANT_ERR_NOMEM;
	}
	for (int i = 0; !s && parts && !lines.n && data_shapenet_parts(i, &name); i++)
		if (data_cloud_list_category(out, name, true, err) < 0)
			s = SECANT_ERR_NOMEM;
	for (int64_t i = out->categories; i < classes && !s && !lines.n && !parts; i++) {
		char number[24];
		(void)snprintf(number, sizeof number, "%lld", (long long)i);
		if (data_cloud_list_category(out, number, true, err) < 0)
			s = SECANT_ERR_NOMEM;
	}
	data_lines_free(&lines);
	if (!s && classes > out->categories)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: label %lld, but %d classes have names", path,
			(long long)classes - 1, out->categories);
	return s;
}

static secant_status
name_parts(data_cloud_list *out, const char *path, secant_err *err)
{
	if (!(out->parts = secant_calloc((size_t)out->categories + 1, sizeof *out->parts)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d categories", out->categories);
	for (int i = 0; i < out->categories; i++) {
		const char *name;
		for (int k = 0, n; (n = data_shapenet_parts(k, &name)); k++)
			if (!strcmp(out->category[i], name))
				out->parts[i] = n;
		if (!out->parts[i])
			return secant_fail(err, SECANT_ERR_FORMAT,
				"%s: category '%s' is none of the ShapeNet part benchmark: nobody says how many parts it has", path,
				out->category[i]);
		out->classes += out->parts[i];
	}
	return data_shapenet_name_parts(out, err);
}

/* ---- shapes ---- */

static secant_status
wrong_shape(const char *file, const char *name, const data_h5_array *a, const char *expected, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_FORMAT, "%s: array '%s' is %lld x %lld x %lld; expected %s", file, name,
		(long long)a->dim[0], (long long)a->dim[1], (long long)a->dim[2], expected);
}

/* Room for more shapes, of as many points as those before. */
static secant_status
grow(data_cloud_list *out, const char *file, int64_t shapes, int64_t points, bool parts, secant_err *err)
{
	contents was = { 0 };
	if (out->shared)
		was = *(contents *)(void *)out->shared;
	if (out->shared && (was.points != points || was.parts != parts))
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: shapes of %lld points%s, those before have %lld%s", file,
			(long long)points, parts ? " with parts" : "", (long long)was.points, was.parts ? " with parts" : "");
	int64_t all = was.shapes + shapes, most = MOST_NUMBERS / (points * 4);
	if (all > most || all > INT32_MAX)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: more than %lld shapes of %lld points together", file,
			(long long)most, (long long)points);
	size_t size = sizeof(contents) + (size_t)(all * points) * (3 * sizeof(float) + sizeof(int32_t));
	uint8_t *p = secant_calloc(size, 1);
	if (!p)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu bytes", file, size);
	*(contents *)(void *)p = (contents){ all, points, parts };
	if (out->shared) {
		memcpy(places_of(p), places_of(out->shared), (size_t)(3 * was.shapes * points) * sizeof(float));
		memcpy(parts_of(p), parts_of(out->shared), (size_t)(was.shapes * points) * sizeof(int32_t));
	}
	secant_free(out->shared);
	out->shared = p;
	out->shared_size = size;
	return SECANT_OK;
}

/* Adds what a file's three arrays hold; *classes: one more than the greatest label. */
static secant_status
add_arrays(data_cloud_list *out, const char *file, const data_h5_array *data, const data_h5_array *label,
	const data_h5_array *part, int64_t *classes, secant_err *err)
{
	int64_t n = data->dim[0], points = data->dim[1], columns = data->dim[2],
			before = out->shared ? ((contents *)(void *)out->shared)->shapes : 0;
	if (data->rank != 3 || columns < 3)
		return wrong_shape(file, "data", data, "shapes x points x 3", err);
	if (label->dim[0] != n || label->dim[1] != 1 || label->dim[2] != 1)
		return wrong_shape(file, "label", label,
			label->rank > 1 && label->dim[1] == points ? "a class for each shape; a class for each point is of scenes "
														 "(S3DIS), which the layouts s3dis and pointcept read"
													   : "a class for each shape",
			err);
	if (part->rank && (part->dim[0] != n || part->dim[1] != points || part->dim[2] != 1))
		return wrong_shape(file, "pid", part, "shapes x points", err);
	secant_status s = grow(out, file, n, points, part->rank > 0, err);
	for (int64_t i = 0; i < n && !s; i++) {
		int32_t class = label->whole[i];
		if (class < 0 || class >= MOST_CLASSES)
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s: shape %lld has label %d", file, (long long)i + 1, class);
		else
			s = data_cloud_list_add(out, file, NULL, (int)(before + i), class, err);
		*classes = !s && class >= *classes ? class + 1 : *classes;
	}
	if (s)
		return s;
	float *to = places_of(out->shared) + 3 * before * points;
	for (int64_t i = 0; i < n * points; i++)
		memcpy(to + 3 * i, data->real + columns * i, 3 * sizeof *to);
	if (part->rank)
		memcpy(parts_of(out->shared) + before * points, part->whole, (size_t)(n * points) * sizeof(int32_t));
	return SECANT_OK;
}

static secant_status
add_file(data_cloud_list *out, const char *file, int64_t *classes, secant_err *err)
{
	data_h5_array data = { 0 }, label = { 0 }, part = { 0 };
	bool parts;
	secant_status s = data_h5_read(&data, file, "data", false, MOST_NUMBERS, NULL, err);
	if (!s && !(s = data_h5_read(&label, file, "label", true, MOST_NUMBERS, NULL, err))
		&& !(s = data_h5_read(&part, file, "pid", true, MOST_NUMBERS, &parts, err)))
		s = add_arrays(out, file, &data, &label, &part, classes, err);
	data_h5_free(&data);
	data_h5_free(&label);
	data_h5_free(&part);
	return s;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	base_names names = { 0 };
	int64_t classes = 0;
	secant_status s = files_of(&names, r->path, r->split, err);
	if (!s && !names.n)
		s = secant_fail(err, SECANT_ERR_IO,
			"%s: no files of the split '%s'; expected %s_files.txt, or names such as %s0.h5", r->path, r->split,
			r->split, r->split);
	for (int i = 0; i < names.n && !s; i++) {
		char *file = base_path_join(r->path, names.v[i]);
		s = !file                  ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path")
			: secant_is_file(file) ? add_file(out, file, &classes, err)
								   : secant_fail(err, SECANT_ERR_IO, "there is no %s, which the list names", file);
		secant_free(file);
	}
	base_names_free(&names);
	bool parts = !s && ((contents *)(void *)out->shared)->parts;
	if (!s)
		s = name_categories(out, r->path, parts, classes, err);
	if (!s && parts)
		s = name_parts(out, r->path, err);
	return s ? s : data_cloud_list_only(out, r->options->source.category, err);
}

static secant_status
read_shape(const data_clouds *set, const data_cloud_item *item, secant_cloud *c, int64_t **labels, secant_err *err)
{
	const contents *all = (const contents *)(const void *)set->list.shared;
	const float *from = places_of(set->list.shared) + 3 * item->entry * all->points;
	const int32_t *part = parts_of(set->list.shared) + item->entry * all->points;
	secant_status s = secant_cloud_new(c, SECANT_N_F32, err);
	*labels = NULL;
	if (!s && secant_cloud_reserve(c, all->points, err))
		s = SECANT_ERR_NOMEM;
	if (!s && all->parts && !(*labels = secant_calloc((size_t)all->points, sizeof **labels)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for labels", item->path);
	for (int64_t i = 0; i < all->points && !s; i++) {
		for (int k = 0; k < 3; k++)
			((float *)c->column[k].data)[i] = from[3 * i + k];
		if (*labels)
			(*labels)[i] = part[i];
		c->n++;
	}
	if (s)
		secant_cloud_free(c);
	return s;
}

const data_cloudset data_cloudset_hdf5 = {
	.name = "hdf5",
	.brief = "shapes as arrays of HDF5: ModelNet40, ShapeNet parts and ScanObjectNN as PointNet's relatives read them",
	.detect = detect,
	.find = find,
	.read = read_shape,
	.has = has,
};

/*
 * Clouds as Pointcept prepares them: SPLIT/SCENE/ or Area_N/SCENE/ with a NumPy array for each attribute: coord.npy
 * (N x 3), color.npy, normal.npy, and the labels in segment.npy (ScanNet: segment20.npy). Areas divide as those of
 * S3DIS: --test-area is val and test. Negative labels are of points that nobody labelled.
 */
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"
#include "codec/cloud/npy.h"
#include "data/clouds/clouds.h"

static bool
is_scene(const char *folder, const char *name)
{
	char *file = base_format("%s/%s/coord.npy", folder, name);
	bool is = file && secant_is_file(file);
	secant_free(file);
	return is;
}

static bool
has_scenes(const char *folder)
{
	base_names names = { 0 };
	bool any = false;
	if (secant_is_dir(folder) && !base_dir_list(&names, folder, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; i < names.n && !any; i++)
			any = is_scene(folder, names.v[i]);
	base_names_free(&names);
	return any;
}

static bool
detect(const char *path)
{
	base_names names = { 0 };
	bool any = false;
	if (secant_is_dir(path) && !base_dir_list(&names, path, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; i < names.n && !any; i++) {
			char *folder = base_path_join(path, names.v[i]);
			any = folder && has_scenes(folder);
			secant_free(folder);
		}
	base_names_free(&names);
	return any;
}

/* Is the folder, a split or an area, of the split that is wanted? */
static bool
is_of(const char *path, const char *name, const char *split, int test_area)
{
	if (!strcmp(split, "all"))
		return true;
	int area;
	if (sscanf(name, "Area_%9d", &area) == 1)
		return (area == test_area) == (strcmp(split, "train") != 0);
	char *folder = data_split_folder(path, split);
	bool is = folder && !strcmp(base_path_name(folder), name);
	secant_free(folder);
	return is;
}

static secant_status
add_scenes(data_cloud_list *out, const char *folder, secant_err *err)
{
	base_names names = { 0 };
	secant_status s = base_dir_list(&names, folder, BASE_DIR_FOLDERS, err);
	for (int i = 0; i < names.n && !s; i++) {
		char *scene = is_scene(folder, names.v[i]) ? base_path_join(folder, names.v[i]) : NULL;
		if (scene)
			s = data_cloud_list_add(out, scene, NULL, 0, -1, err);
		secant_free(scene);
	}
	base_names_free(&names);
	return s;
}

static secant_status
list_split(data_cloud_list *out, const char *path, const secant_cloud_options *o, const char *split, secant_err *err)
{
	base_names names = { 0 };
	secant_status s = base_dir_list(&names, path, BASE_DIR_FOLDERS, err);
	for (int i = 0; i < names.n && !s; i++) {
		char *folder = is_of(path, names.v[i], split, o ? o->source.test_area : 5) ? base_path_join(path, names.v[i])
																				   : NULL;
		if (folder)
			s = add_scenes(out, folder, err);
		secant_free(folder);
	}
	base_names_free(&names);
	return s;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	data_cloud_list l = { 0 };
	bool any = !list_split(&l, path, o, split, NULL) && l.n;
	data_cloud_list_free(&l);
	return any;
}

/* An array of one number a point, N or N x 1. */
static secant_status
read_numbers(const char *path, double **v, int64_t *n, secant_err *err)
{
	secant_bytes b;
	cloud_npy_array a;
	secant_status s = base_file_map(&b, path, err);
	if (s)
		return s;
	bool good = cloud_npy_parse(b.data, b.size, &a) && !a.half && !a.swap
		&& (a.rank == 1 || (a.rank == 2 && a.dim[1] == 1)) && a.dim[0] >= 0;
	size_t size = good ? secant_number_size(a.type) : 1;
	if (!good || (uint64_t)a.dim[0] > a.size / size)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: an array of one number for each point is wanted", path);
	else if (!(*v = secant_calloc((size_t)a.dim[0] + 1, sizeof **v)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %lld labels", path, (long long)a.dim[0]);
	else
		tensor_number_load(*v, a.data, a.type, size, *n = a.dim[0]);
	base_file_unmap(&b);
	return s;
}

static secant_status
labels_of(const data_cloud_item *it, const secant_cloud_options *o, double **v, int64_t *n, secant_err *err)
{
	static const char *const names[] = { "segment", "segment20", "segment200" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = base_format("%s/%s.npy", it->path, names[i]);
		if (!path)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		bool there = secant_is_file(path);
		secant_status s = there ? read_numbers(path, v, n, err) : SECANT_OK;
		secant_free(path);
		if (there)
			return s;
	}
	return secant_fail(err, SECANT_ERR_IO, "%s: no labels (segment.npy) beside coord.npy", it->path);
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	secant_status s = list_split(out, r->path, r->options, r->split, err);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_IO, "%s has no scenes (SCENE/coord.npy) of the split '%s'", r->path, r->split);
	return s ? s : data_cloud_list_settle(out, r, labels_of, err);
}

/* An array of three numbers a point becomes three columns. */
static secant_status
add_three(secant_cloud *c, const char *scene, const char *file, const char *const names[3], secant_err *err)
{
	char *path = base_format("%s/%s", scene, file);
	secant_cloud own = { 0 };
	secant_status s = SECANT_OK;
	if (path && secant_is_file(path) && !(s = secant_cloud_read(&own, path, NULL, err)) && own.n != c->n)
		s = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: %lld points, coord.npy has %lld", path, (long long)own.n, (long long)c->n);
	for (int k = 0; k < 3 && !s && own.columns; k++) {
		int column = secant_cloud_add(c, names[k], own.column[k].type, err);
		if (column < 0)
			s = err && err->code ? err->code : SECANT_ERR_NOMEM;
		for (int64_t i = 0; !s && i < c->n; i++)
			secant_cloud_set(c, column, i, secant_cloud_get(&own, k, i));
	}
	secant_cloud_free(&own);
	secant_free(path);
	return s;
}

static secant_status
read_scene(const data_clouds *set, const data_cloud_item *item, secant_cloud *c, int64_t **labels, secant_err *err)
{
	static const char *const colours[] = { "red", "green", "blue" }, *const normals[] = { "nx", "ny", "nz" };
	char *path = base_path_join(item->path, "coord.npy");
	double *v = NULL;
	int64_t n = 0;
	*labels = NULL;
	secant_status s = path ? secant_cloud_read(c, path, &set->reading, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	secant_free(path);
	if (s)
		return s;
	if (!(s = add_three(c, item->path, "color.npy", colours, err)))
		s = add_three(c, item->path, "normal.npy", normals, err);
	if (!s && !(s = labels_of(item, &set->options, &v, &n, err)) && n != c->n)
		s = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: %lld labels for %lld points", item->path, (long long)n, (long long)c->n);
	if (!s && !(*labels = secant_calloc((size_t)n + 1, sizeof **labels)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for labels", item->path);
	for (int64_t i = 0; !s && i < n; i++)
		(*labels)[i] = v[i] >= -1e15 && v[i] <= 1e15 ? (int64_t)v[i] : -1;
	secant_free(v);
	if (s)
		secant_cloud_free(c);
	return s;
}

const data_cloudset data_cloudset_pointcept = {
	.name = "pointcept",
	.brief = "Pointcept's arrays: SPLIT/SCENE or Area_N/SCENE with coord.npy, color.npy, normal.npy, segment.npy",
	.scans = true,
	.detect = detect,
	.find = find,
	.read = read_scene,
	.has = has,
};

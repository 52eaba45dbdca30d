/*
 * ModelNet and other sets of shapes with a class each, in three forms:
 *
 *   CLASS/{train,test}/NAME.off                              meshes (any mesh or cloud format); points are drawn on
 *                                                            them by area
 *   {train,val,trainval,test}.txt with lines CLASS/SPLIT/NAME.ply     the same as clouds, in the lists of
 *   pointnet.pytorch
 *   *_shape_names.txt, *_{train,test}.txt, CLASS/NAME.txt    normal-resampled: x,y,z,nx,ny,nz a line; CLASS_0001 is
 *                                                            of class CLASS
 *
 * Classes are in byte order of their names; in the last form in the order of the file.
 */
#include "data/clouds/clouds.h"
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"

/* ---- folders ---- */

static bool
is_split_folder(const char *path, const char *class, const char *split)
{
	char *folder = base_format("%s/%s/%s", path, class, split);
	base_names names = { 0 };
	bool found = false;
	if (folder && secant_is_dir(folder) && !base_dir_list(&names, folder, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n && !found; i++)
			found = secant_cloud_is_readable(names.v[i]);
	base_names_free(&names);
	secant_free(folder);
	return found;
}

static bool
find_split(const char *path, const char *split)
{
	base_names names = { 0 };
	bool found = false;
	if (!base_dir_list(&names, path, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; i < names.n && !found; i++)
			found = strcmp(names.v[i], "train") && strcmp(names.v[i], "val") && strcmp(names.v[i], "test")
				&& is_split_folder(path, names.v[i], split);
	base_names_free(&names);
	return found;
}

static bool
detect(const char *path)
{
	return (find_split(path, "train") || find_split(path, "test")) && !data_clouds_pictured(path);
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	return !strcmp(split, "all") || find_split(path, split);
}

static secant_status
add_folder(data_cloud_list *out, const char *path, const char *class, const char *split, int category, secant_err *err)
{
	char *folder = base_format("%s/%s/%s", path, class, split);
	secant_status s = !folder   ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path")
		: secant_is_dir(folder) ? data_cloud_list_add_folder(out, folder, category, err)
								: SECANT_OK;
	secant_free(folder);
	return s;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	base_names classes = { 0 };
	secant_status s = base_dir_list(&classes, r->path, BASE_DIR_FOLDERS, err);
	for (int i = 0; i < classes.n && !s; i++) {
		if (!is_split_folder(r->path, classes.v[i], "train") && !is_split_folder(r->path, classes.v[i], "test"))
			continue;
		int category = data_cloud_list_category(out, classes.v[i], true, err);
		bool all = !strcmp(r->split, "all");
		s = category < 0 ? SECANT_ERR_NOMEM
						 : add_folder(out, r->path, classes.v[i], all ? "train" : r->split, category, err);
		if (!s && all)
			s = add_folder(out, r->path, classes.v[i], "test", category, err);
	}
	base_names_free(&classes);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_IO, "%s: no class has a folder '%s' with clouds or meshes", r->path, r->split);
	return s ? s : data_cloud_list_only(out, r->options->source.category, err);
}

/* ---- lists of PLY files ---- */

static bool
has_list(const char *path, const secant_cloud_options *o, const char *split)
{
	char *list = base_format("%s/%s.txt", path, split);
	bool there = list && secant_is_file(list);
	secant_free(list);
	return there;
}

static bool
detect_list(const char *path)
{
	char *list = base_path_join(path, has_list(path, NULL, "train") ? "train.txt" : "test.txt");
	data_lines lines = { 0 };
	bool is = list && secant_is_file(list) && !data_lines_read(&lines, list, NULL) && lines.n && strchr(lines.v[0], '/')
		&& secant_cloud_is_readable(lines.v[0]);
	data_lines_free(&lines);
	secant_free(list);
	return is;
}

static secant_status
list_classes(data_cloud_list *out, const char *path, secant_err *err)
{
	base_names classes = { 0 };
	secant_status s = base_dir_list(&classes, path, BASE_DIR_FOLDERS, err);
	for (int i = 0; i < classes.n && !s; i++)
		if (classes.v[i][0] != '.' && data_cloud_list_category(out, classes.v[i], true, err) < 0)
			s = SECANT_ERR_NOMEM;
	base_names_free(&classes);
	return s;
}

static secant_status
add_line(
	data_cloud_list *out, const data_clouds_request *r, const char *list, int number, const char *line, secant_err *err)
{
	char class[128];
	size_t n = strcspn(line, "/");
	if (!base_path_is_safe(line) || !line[n] || n >= sizeof class)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s:%d: '%.100s' is no CLASS/SPLIT/NAME", list, number, line);
	(void)snprintf(class, sizeof class, "%.*s", (int)n, line);
	int category = data_cloud_list_category(out, class, false, err);
	char *file = base_path_join(r->path, line);
	secant_status s = file ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && (category < 0 || !secant_is_file(file)))
		s = secant_fail(err, SECANT_ERR_IO, "%s:%d: there is no %s", list, number, file);
	if (!s)
		s = data_cloud_list_add(out, file, NULL, 0, category, err);
	secant_free(file);
	return s;
}

static secant_status
find_list(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	data_lines lines = { 0 };
	char *list = base_format("%s/%s.txt", r->path, strcmp(r->split, "all") ? r->split : "trainval");
	secant_status s = list ? list_classes(out, r->path, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s)
		s = data_lines_read(&lines, list, err);
	for (int i = 0; i < lines.n && !s; i++)
		s = add_line(out, r, list, i + 1, lines.v[i], err);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: names no clouds", list);
	data_lines_free(&lines);
	secant_free(list);
	return s ? s : data_cloud_list_only(out, r->options->source.category, err);
}

/* ---- normal-resampled ---- */

/* PATH/PREFIX_shape_names.txt: the path without "shape_names.txt", fresh memory; modelnet40 before modelnet10 before
 * others. */
static char *
prefix_of(const char *path)
{
	static const char *const prefixes[] = { "modelnet40_", "modelnet10_", "" };
	for (int i = 0; i < 3; i++) {
		char *names = base_format("%s/%sshape_names.txt", path, prefixes[i]);
		bool there = names && secant_is_file(names);
		secant_free(names);
		if (there)
			return base_format("%s/%s", path, prefixes[i]);
	}
	base_names names = { 0 };
	char *found = NULL;
	size_t k = strlen("shape_names.txt");
	if (!base_dir_list(&names, path, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n && !found; i++) {
			size_t n = strlen(names.v[i]);
			if (n > k && !strcmp(names.v[i] + n - k, "shape_names.txt"))
				found = base_format("%s/%.*s", path, (int)(n - k), names.v[i]);
		}
	base_names_free(&names);
	return found;
}

static bool
detect_normal(const char *path)
{
	char *prefix = prefix_of(path);
	secant_free(prefix);
	return prefix != NULL;
}

static bool
has_normal(const char *path, const secant_cloud_options *o, const char *split)
{
	char *prefix = prefix_of(path), *list = prefix ? base_format("%s%s.txt", prefix, split) : NULL;
	bool there = list && secant_is_file(list);
	secant_free(prefix);
	secant_free(list);
	return there;
}

static secant_status
add_named(
	data_cloud_list *out, const data_clouds_request *r, const char *list, int number, const char *name, secant_err *err)
{
	char class[128];
	const char *end = strrchr(name, '_');
	size_t n = end ? (size_t)(end - name) : 0;
	if (!n || n >= sizeof class || !base_path_is_safe(name) || strchr(name, '/'))
		return secant_fail(err, SECANT_ERR_FORMAT, "%s:%d: '%.100s' is no CLASS_NUMBER", list, number, name);
	(void)snprintf(class, sizeof class, "%.*s", (int)n, name);
	int category = data_cloud_list_category(out, class, false, err);
	char *file = base_format("%s/%s/%s.txt", r->path, class, name);
	secant_status s = file ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && category < 0)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s:%d: class '%s' is not among the names", list, number, class);
	if (!s && !secant_is_file(file))
		s = secant_fail(err, SECANT_ERR_IO, "%s:%d: there is no %s", list, number, file);
	if (!s)
		s = data_cloud_list_add(out, file, NULL, 0, category, err);
	secant_free(file);
	return s;
}

static secant_status
find_normal(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	data_lines names = { 0 }, lines = { 0 };
	char *prefix = prefix_of(r->path), *list = prefix ? base_format("%s%s.txt", prefix, r->split) : NULL,
		 *classes = prefix ? base_format("%sshape_names.txt", prefix) : NULL;
	secant_status s = !prefix ? secant_fail(err, SECANT_ERR_IO, "%s: no *shape_names.txt there", r->path)
		: list && classes     ? SECANT_OK
							  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && !(s = data_lines_read(&names, classes, err)))
		s = data_lines_read(&lines, list, err);
	for (int i = 0; i < names.n && !s; i++)
		if (data_cloud_list_category(out, names.v[i], true, err) < 0)
			s = SECANT_ERR_NOMEM;
	for (int i = 0; i < lines.n && !s; i++)
		s = add_named(out, r, list, i + 1, lines.v[i], err);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: names no clouds", list);
	if (!s && !(out->columns = base_strdup("x,y,z,nx,ny,nz")))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	data_lines_free(&names);
	data_lines_free(&lines);
	secant_free(prefix);
	secant_free(list);
	secant_free(classes);
	return s ? s : data_cloud_list_only(out, r->options->source.category, err);
}

extern const data_cloudset data_cloudset_modelnet_ply, data_cloudset_modelnet_normal;
const data_cloudset data_cloudset_modelnet = {
	.name = "modelnet",
	.brief = "ModelNet: CLASS/{train,test}/NAME.off, meshes or clouds",
	.whole = true,
	.detect = detect,
	.find = find,
	.has = has,
};
const data_cloudset data_cloudset_modelnet_ply = {
	.name = "modelnet-ply",
	.brief = "ModelNet as clouds in lists: train.txt, test.txt with CLASS/SPLIT/NAME.ply",
	.whole = true,
	.detect = detect_list,
	.find = find_list,
	.has = has_list,
};
const data_cloudset data_cloudset_modelnet_normal = {
	.name = "modelnet-normal",
	.brief = "ModelNet, normal-resampled: *_shape_names.txt, *_train.txt, CLASS/CLASS_0001.txt",
	.whole = true,
	.detect = detect_normal,
	.find = find_normal,
	.has = has_normal,
};

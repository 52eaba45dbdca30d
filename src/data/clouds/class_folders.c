/*
 * Shapes with a class each, as folders of pictures are kept, too: SPLIT/CLASS/NAME, clouds or meshes of any format.
 *
 * Classes are the folders of the training split, in byte order of their names. Folders whose names differ from split to
 * split are scenes, not classes, and no such set.
 */
#include "data/clouds/clouds.h"
#include <string.h>
#include "base/file.h"
#include "base/mem.h"

/* Folders of a split that hold clouds; none where clouds stand beside them. */
static secant_status
find_classes(base_names *classes, const char *split_folder, secant_err *err)
{
	base_names folders = { 0 }, files = { 0 };
	secant_status s = base_dir_list(&files, split_folder, BASE_DIR_FILES, err);
	bool beside = false;
	for (int i = 0; i < files.n; i++)
		beside |= secant_cloud_is_readable(files.v[i]);
	base_names_free(&files);
	if (!s && !beside)
		s = base_dir_list(&folders, split_folder, BASE_DIR_FOLDERS, err);
	for (int i = 0; i < folders.n && !s; i++) {
		char *folder = base_path_join(split_folder, folders.v[i]);
		bool holds = false;
		s = folder ? base_dir_list(&files, folder, BASE_DIR_FILES, err)
				   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		for (int k = 0; k < files.n && !holds; k++)
			holds = files.v[k][0] != '.' && secant_cloud_is_readable(files.v[k]);
		if (!s && holds && folders.v[i][0] != '.' && base_names_add(classes, folders.v[i]))
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a name");
		base_names_free(&files);
		secant_free(folder);
	}
	base_names_free(&folders);
	return s;
}

/* The classes of a split; empty where it is not there. */
static secant_status
classes_of(base_names *classes, const char *path, const char *split, secant_err *err)
{
	char *folder = data_split_folder(path, split);
	secant_status s = !folder   ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path")
		: secant_is_dir(folder) ? find_classes(classes, folder, err)
								: SECANT_OK;
	secant_free(folder);
	return s;
}

static bool
has_name(const base_names *names, const char *name)
{
	for (int i = 0; i < names->n; i++)
		if (!strcmp(names->v[i], name))
			return true;
	return false;
}

static bool
detect(const char *path)
{
	static const char *const others[] = { "val", "test" };
	base_names train = { 0 };
	bool is = !classes_of(&train, path, "train", NULL) && train.n > 1 && !data_clouds_pictured(path);
	for (int i = 0; i < 2 && is; i++) {
		base_names other = { 0 };
		is = !classes_of(&other, path, others[i], NULL);
		for (int k = 0; k < other.n && is; k++)
			is = has_name(&train, other.v[k]);
		base_names_free(&other);
	}
	base_names_free(&train);
	return is;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	base_names classes = { 0 };
	bool there = !strcmp(split, "all") || (!classes_of(&classes, path, split, NULL) && classes.n > 0);
	base_names_free(&classes);
	return there;
}

static secant_status
add_class(data_cloud_list *out, const char *split_folder, const char *class, int category, secant_err *err)
{
	char *folder = base_path_join(split_folder, class);
	secant_status s = !folder   ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path")
		: secant_is_dir(folder) ? data_cloud_list_add_folder(out, folder, category, err)
								: SECANT_OK;
	secant_free(folder);
	return s;
}

static secant_status
add_split(data_cloud_list *out, const char *path, const char *split, const base_names *classes, secant_err *err)
{
	char *folder = data_split_folder(path, split);
	secant_status s = folder ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	for (int i = 0; i < classes->n && !s; i++)
		s = add_class(out, folder, classes->v[i], i, err);
	secant_free(folder);
	return s;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	static const char *const all[] = { "train", "val", "test" };
	base_names classes = { 0 };
	secant_status s = classes_of(&classes, r->path, "train", err);
	for (int i = 0; i < classes.n && !s; i++)
		if (data_cloud_list_category(out, classes.v[i], true, err) < 0)
			s = SECANT_ERR_NOMEM;
	if (!s && strcmp(r->split, "all"))
		s = add_split(out, r->path, r->split, &classes, err);
	else
		for (int i = 0; i < 3 && !s; i++)
			s = add_split(out, r->path, all[i], &classes, err);
	if (!s && !out->n)
		s = secant_fail(
			err, SECANT_ERR_IO, "%s: no class has a folder with clouds or meshes in '%s'", r->path, r->split);
	base_names_free(&classes);
	return s ? s : data_cloud_list_only(out, r->options->source.category, err);
}

const data_cloudset data_cloudset_class_folders = {
	.name = "class-folders",
	.brief = "shapes of any format with a class each: SPLIT/CLASS/NAME.*",
	.whole = true,
	.detect = detect,
	.find = find,
	.has = has,
};

/*
 * ScanNet v2 (Dai et al., CVPR 2017): [scans/]SCENE/SCENE_vh_clean_2.ply and SCENE_vh_clean_2.labels.ply, whose column
 * `label` has the numbers of NYU40. The 20 classes of the benchmark; the others are left out. Splits are the lists
 * scannetv2_{train,val,test}.txt where they are there, else every scene is train.
 */
#include "data/clouds/clouds.h"
#include <string.h>
#include "base/file.h"
#include "base/mem.h"

static const struct {
	int nyu;
	const char *name;
} classes[] = {
	{ 1, "wall" },
	{ 2, "floor" },
	{ 3, "cabinet" },
	{ 4, "bed" },
	{ 5, "chair" },
	{ 6, "sofa" },
	{ 7, "table" },
	{ 8, "door" },
	{ 9, "window" },
	{ 10, "bookshelf" },
	{ 11, "picture" },
	{ 12, "counter" },
	{ 14, "desk" },
	{ 16, "curtain" },
	{ 24, "refrigerator" },
	{ 28, "shower curtain" },
	{ 33, "toilet" },
	{ 34, "sink" },
	{ 36, "bathtub" },
	{ 39, "other furniture" },
};
enum { CLASSES = sizeof classes / sizeof *classes };

static char *
part_of(const char *folder, const char *scene, const char *ending)
{
	char *path = base_format("%s/%s/%s%s", folder, scene, scene, ending);
	if (path && secant_is_file(path))
		return path;
	secant_free(path);
	return NULL;
}

static char *
scenes_of(const char *path)
{
	char *scans = base_path_join(path, "scans");
	if (scans && secant_is_dir(scans))
		return scans;
	secant_free(scans);
	return base_strdup(path);
}

static bool
detect(const char *path)
{
	base_names names = { 0 };
	char *folder = scenes_of(path);
	bool is = false;
	if (folder && !base_dir_list(&names, folder, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; i < names.n && !is; i++) {
			char *mesh = !strncmp(names.v[i], "scene", 5) ? part_of(folder, names.v[i], "_vh_clean_2.ply") : NULL;
			is = mesh != NULL;
			secant_free(mesh);
		}
	base_names_free(&names);
	secant_free(folder);
	return is;
}

static char *
list_of(const char *path, const char *split)
{
	char *file = base_format("%s/scannetv2_%s.txt", path, split);
	if (file && secant_is_file(file))
		return file;
	secant_free(file);
	return NULL;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	char *list = list_of(path, split);
	bool there = list || !strcmp(split, "train") || !strcmp(split, "all");
	secant_free(list);
	return there;
}

static bool
is_listed(const data_lines *l, const char *scene)
{
	for (int i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], scene))
			return true;
	return false;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	base_names names = { 0 };
	data_lines lines = { 0 };
	char *folder = scenes_of(r->path), *list = list_of(r->path, r->split);
	secant_status s = folder ? base_dir_list(&names, folder, BASE_DIR_FOLDERS, err)
							 : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && list)
		s = data_lines_read(&lines, list, err);
	for (int i = 0; i < names.n && !s; i++) {
		char *mesh = !list || is_listed(&lines, names.v[i]) ? part_of(folder, names.v[i], "_vh_clean_2.ply") : NULL;
		if (mesh)
			s = data_cloud_list_add(out, mesh, NULL, 0, -1, err);
		secant_free(mesh);
	}
	data_lines_free(&lines);
	base_names_free(&names);
	secant_free(folder);
	secant_free(list);
	const char *name[CLASSES];
	if (!s && !(out->values = secant_calloc(CLASSES, sizeof *out->values)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for classes");
	for (int i = 0; i < CLASSES && !s; i++) {
		out->values[i] = classes[i].nyu;
		name[i] = classes[i].name;
	}
	out->others = true;
	return s ? s : data_cloud_list_classes(out, name, CLASSES, err);
}

static secant_status
read_labels(const char *mesh, const secant_cloud *c, int64_t **labels, secant_err *err)
{
	secant_cloud own = { 0 };
	char *path = base_format("%.*s.labels.ply", (int)strlen(mesh) - 4, mesh);
	secant_status s = path ? secant_cloud_read(&own, path, NULL, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	int column = s ? -1 : secant_cloud_role(&own, SECANT_ROLE_LABEL);
	if (!s && (column < 0 || own.n != c->n))
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: %lld points %s labels for the %lld of %s", path, (long long)own.n,
			column < 0 ? "without" : "with", (long long)c->n, mesh);
	else if (!s && !(*labels = secant_calloc((size_t)c->n + 1, sizeof **labels)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for labels", mesh);
	for (int64_t i = 0; !s && i < c->n; i++)
		(*labels)[i] = (int64_t)secant_cloud_get(&own, column, i);
	secant_cloud_free(&own);
	secant_free(path);
	return s;
}

static secant_status
read_scene(const data_clouds *set, const data_cloud_item *item, secant_cloud *c, int64_t **labels, secant_err *err)
{
	secant_cloud_reading o = set->reading;
	o.mesh_points = 0; /* the labels are of the vertices */
	*labels = NULL;
	secant_status s = secant_cloud_read(c, item->path, &o, err);
	if (s)
		return s;
	if ((s = read_labels(item->path, c, labels, err)))
		secant_cloud_free(c);
	return s;
}

const data_cloudset data_cloudset_scannet = {
	.name = "scannet",
	.brief = "ScanNet v2: [scans/]SCENE/SCENE_vh_clean_2.ply and .labels.ply; its 20 classes and lists",
	.scans = true,
	.detect = detect,
	.find = find,
	.read = read_scene,
	.has = has,
};

/*
 * Toronto3D (Tan et al., CVPR workshops 2020): L001.ply to L004.ply with scalar_Label; L002 is val and test, the others
 * train. Number 0 is not classified and left out.
 */
#include "data/clouds/clouds.h"
#include <string.h>
#include "base/file.h"
#include "base/mem.h"

static const char *const classes[] = { "road", "road marking", "natural", "building", "utility line", "pole", "car",
	"fence" };
enum { CLASSES = sizeof classes / sizeof *classes };

static bool
is_tile(const char *name)
{
	return strlen(name) == 8 && !strncmp(name, "L00", 3) && name[3] >= '1' && name[3] <= '4'
		&& base_ext_is(name, "ply");
}

static bool
detect(const char *path)
{
	base_names names = { 0 };
	int tiles = 0;
	if (!base_dir_list(&names, path, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n; i++)
			tiles += is_tile(names.v[i]);
	base_names_free(&names);
	return tiles > 0;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	return !strcmp(split, "train") || !strcmp(split, "val") || !strcmp(split, "test") || !strcmp(split, "all");
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	base_names names = { 0 };
	secant_status s = base_dir_list(&names, r->path, BASE_DIR_FILES, err);
	for (int i = 0; i < names.n && !s; i++) {
		bool held = !strcmp(names.v[i], "L002.ply"), all = !strcmp(r->split, "all");
		char *path = is_tile(names.v[i]) && (all || held == (strcmp(r->split, "train") != 0))
			? base_path_join(r->path, names.v[i])
			: NULL;
		if (path)
			s = data_cloud_list_add(out, path, NULL, 0, -1, err);
		secant_free(path);
	}
	base_names_free(&names);
	if (!s && !(out->values = secant_calloc(CLASSES, sizeof *out->values)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for classes");
	for (int i = 0; i < CLASSES && !s; i++)
		out->values[i] = i + 1;
	out->others = true;
	return s ? s : data_cloud_list_classes(out, classes, CLASSES, err);
}

const data_cloudset data_cloudset_toronto3d = {
	.name = "toronto3d",
	.brief = "Toronto3D: L001.ply to L004.ply; L002 is held out",
	.scans = true,
	.detect = detect,
	.find = find,
	.has = has,
};

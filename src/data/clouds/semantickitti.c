/*
 * SemanticKITTI (Behley et al., ICCV 2019): [dataset/]sequences/NN/velodyne/N.bin with labels/N.label. Splits and the
 * 19 classes of the benchmark: sequence 08 is val, 11 to 21 are test, the others train; moving things are what they are
 * at rest, and what the benchmark leaves out is left out.
 */
#include "data/clouds/clouds.h"
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"

static const char *const classes[] = { "car", "bicycle", "motorcycle", "truck", "other-vehicle", "person", "bicyclist",
	"motorcyclist", "road", "parking", "sidewalk", "other-ground", "building", "fence", "vegetation", "trunk",
	"terrain", "pole", "traffic-sign" };
enum { CLASSES = sizeof classes / sizeof *classes };

/* Number in the files, class from 1. */
static const struct {
	int raw, class;
} learning_map[] = {
	{ 10, 1 },
	{ 11, 2 },
	{ 13, 5 },
	{ 15, 3 },
	{ 16, 5 },
	{ 18, 4 },
	{ 20, 5 },
	{ 30, 6 },
	{ 31, 7 },
	{ 32, 8 },
	{ 40, 9 },
	{ 44, 10 },
	{ 48, 11 },
	{ 49, 12 },
	{ 50, 13 },
	{ 51, 14 },
	{ 60, 9 },
	{ 70, 15 },
	{ 71, 16 },
	{ 72, 17 },
	{ 80, 18 },
	{ 81, 19 },
	{ 252, 1 },
	{ 253, 7 },
	{ 254, 6 },
	{ 255, 8 },
	{ 256, 5 },
	{ 257, 5 },
	{ 258, 4 },
	{ 259, 5 },
};

static char *
sequences_of(const char *path)
{
	static const char *const places[] = { "sequences", "dataset/sequences" };
	for (int i = 0; i < 2; i++) {
		char *full = base_path_join(path, places[i]);
		if (full && secant_is_dir(full))
			return full;
		secant_free(full);
	}
	return NULL;
}

static bool
detect(const char *path)
{
	char *sequences = sequences_of(path);
	secant_free(sequences);
	return sequences != NULL;
}

static const char *
split_of(const char *sequence)
{
	long long n = -1;
	(void)base_int_parse(sequence, &n);
	return n == 8 ? "val" : n > 10 ? "test" : "train";
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	base_names names = { 0 };
	char *sequences = sequences_of(path);
	bool there = false;
	if (sequences && !base_dir_list(&names, sequences, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; i < names.n; i++)
			there |= !strcmp(split, "all") || !strcmp(split, split_of(names.v[i]));
	base_names_free(&names);
	secant_free(sequences);
	return there;
}

static secant_status
add_sequence(data_cloud_list *out, const char *sequence, secant_err *err)
{
	base_names scans = { 0 };
	char *folder = base_path_join(sequence, "velodyne");
	secant_status s = folder ? base_dir_list(&scans, folder, BASE_DIR_FILES, err)
							 : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	for (int i = 0; i < scans.n && !s; i++) {
		char *path = base_ext_is(scans.v[i], "bin") ? base_path_join(folder, scans.v[i]) : NULL;
		if (path)
			s = data_cloud_list_add(out, path, NULL, 0, -1, err);
		secant_free(path);
	}
	base_names_free(&scans);
	secant_free(folder);
	return s;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	base_names names = { 0 };
	char *sequences = sequences_of(r->path);
	secant_status s = sequences
		? base_dir_list(&names, sequences, BASE_DIR_FOLDERS, err)
		: secant_fail(err, SECANT_ERR_IO, "%s: no folder sequences; expected sequences/NN/velodyne/N.bin", r->path);
	for (int i = 0; i < names.n && !s; i++) {
		bool wanted = !strcmp(r->split, "all") || !strcmp(r->split, split_of(names.v[i]));
		char *full = wanted ? base_path_join(sequences, names.v[i]) : NULL;
		if (full)
			s = add_sequence(out, full, err);
		secant_free(full);
	}
	base_names_free(&names);
	secant_free(sequences);
	out->unlabelled = true;
	return s ? s : data_cloud_list_classes(out, classes, CLASSES, err);
}

static int64_t
class_of(double raw)
{
	for (size_t i = 0; i < sizeof learning_map / sizeof *learning_map; i++)
		if (learning_map[i].raw == raw)
			return learning_map[i].class - 1;
	return -1;
}

static secant_status
read_scan(const data_clouds *set, const data_cloud_item *item, secant_cloud *c, int64_t **labels, secant_err *err)
{
	*labels = NULL;
	secant_status s = secant_cloud_read(c, item->path, &set->reading, err);
	int column = s ? -1 : secant_cloud_find(c, "label");
	if (!s && column < 0)
		s = secant_fail(
			err, SECANT_ERR_FORMAT, "%s has no labels: a file of its name is missing in labels", item->path);
	if (!s && !(*labels = secant_calloc((size_t)c->n + 1, sizeof **labels)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for labels", item->path);
	for (int64_t i = 0; !s && i < c->n; i++)
		(*labels)[i] = class_of(secant_cloud_get(c, column, i));
	if (s)
		secant_cloud_free(c);
	return s;
}

const data_cloudset data_cloudset_semantickitti = {
	.name = "semantickitti",
	.brief = "SemanticKITTI: sequences/NN/velodyne/N.bin, labels/N.label; its 19 classes and splits",
	.scans = true,
	.detect = detect,
	.find = find,
	.read = read_scan,
	.has = has,
};

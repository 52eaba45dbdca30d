/*
 * The ShapeNet part benchmark, shapenetcore_partanno_segmentation_benchmark_v0, and its relative with normals:
 *
 *   synsetoffset2category.txt                               "Airplane<TAB>02691156"
 *   SYNSET/points/TOKEN.pts, SYNSET/points_label/TOKEN.seg  x y z a line; a number a line, from 1 in each category
 *   SYNSET/TOKEN.txt                                        (normals) x y z nx ny nz label, from 0 over all
 *                                                           categories
 *   train_test_split/shuffled_{train,val,test}_file_list.json   ["shape_data/SYNSET/TOKEN", ...]
 *
 * A shape is known by synset and token: tokens alone are not unique. How many parts a category has comes from
 * num_seg_classes.txt ("Airplane<TAB>4") where there is one, else from the benchmark's own counts, never from the
 * labels that happen to occur: a shape may lack parts.
 */
#include "data/clouds/clouds.h"
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"

static const struct {
	const char *name;
	int parts;
} benchmark[] = {
	{ "Airplane", 4 },
	{ "Bag", 2 },
	{ "Cap", 2 },
	{ "Car", 4 },
	{ "Chair", 4 },
	{ "Earphone", 3 },
	{ "Guitar", 3 },
	{ "Knife", 2 },
	{ "Lamp", 4 },
	{ "Laptop", 2 },
	{ "Motorbike", 6 },
	{ "Mug", 2 },
	{ "Pistol", 3 },
	{ "Rocket", 3 },
	{ "Skateboard", 3 },
	{ "Table", 3 },
};

typedef struct finding {
	const data_clouds_request *r;
	bool normals;
	data_lines names; /* of the categories, each ended by a zero byte */
	char **synset; /* of each category; point into names */
} finding;

static bool
holds(const char *path, const char *name)
{
	char *full = base_path_join(path, name);
	bool there = full && (secant_is_file(full) || secant_is_dir(full));
	secant_free(full);
	return there;
}

/* Is there a folder SYNSET/points of the first category? */
static bool
has_points(const char *path)
{
	base_names names = { 0 };
	bool found = false;
	if (!base_dir_list(&names, path, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; i < names.n && !found; i++) {
			char *folder = base_path_join(path, names.v[i]);
			found = folder && holds(folder, "points") && holds(folder, "points_label");
			secant_free(folder);
		}
	base_names_free(&names);
	return found;
}

static bool
detect(const char *path)
{
	return holds(path, "synsetoffset2category.txt") && has_points(path);
}
static bool
detect_normal(const char *path)
{
	return holds(path, "synsetoffset2category.txt") && !has_points(path);
}

/* ---- categories ---- */

/* "NAME<blank>WORD": ends the name with a zero byte and returns the word; NULL where there is none. */
static char *
split_line(char *line)
{
	char *at = line + strlen(line);
	while (at > line && at[-1] != ' ' && at[-1] != '\t')
		at--;
	if (at == line)
		return NULL;
	char *end = at;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	return end > line ? at : NULL;
}

static secant_status
read_categories(finding *f, data_cloud_list *out, secant_err *err)
{
	char *path = base_path_join(f->r->path, "synsetoffset2category.txt");
	secant_status s = path ? data_lines_read(&f->names, path, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && !(f->synset = secant_calloc((size_t)f->names.n + 1, sizeof *f->synset)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d categories", f->names.n);
	for (int i = 0; i < f->names.n && !s; i++) {
		f->synset[i] = split_line(f->names.v[i]);
		if (!f->synset[i] || !base_path_is_safe(f->synset[i]) || strchr(f->synset[i], '/'))
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s:%d: expected NAME<TAB>FOLDER", path, i + 1);
		else if (data_cloud_list_category(out, f->names.v[i], false, err) >= 0)
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s:%d: '%.60s' stands there twice", path, i + 1, f->names.v[i]);
		else if (data_cloud_list_category(out, f->names.v[i], true, err) < 0)
			s = SECANT_ERR_NOMEM;
	}
	if (!s && !f->names.n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: no categories; expected lines NAME<TAB>FOLDER", path);
	secant_free(path);
	return s;
}

/* Counts of num_seg_classes.txt replace the benchmark's. */
static secant_status
read_counts(finding *f, data_cloud_list *out, secant_err *err)
{
	char *path = base_path_join(f->r->path, "num_seg_classes.txt");
	data_lines lines = { 0 };
	secant_status s = !path    ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path")
		: secant_is_file(path) ? data_lines_read(&lines, path, err)
							   : SECANT_OK;
	for (int i = 0; i < lines.n && !s; i++) {
		char *word = split_line(lines.v[i]);
		long long n;
		int at = word ? data_cloud_list_category(out, lines.v[i], false, err) : -1;
		if (!word || !base_int_parse(word, &n) || n < 1 || n > 1000)
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s:%d: expected NAME<TAB>COUNT, 1 to 1000", path, i + 1);
		else if (at >= 0)
			out->parts[at] = (int)n;
	}
	data_lines_free(&lines);
	secant_free(path);
	return s;
}

static secant_status
count_parts(finding *f, data_cloud_list *out, secant_err *err)
{
	if (!(out->parts = secant_calloc((size_t)out->categories, sizeof *out->parts)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d categories", out->categories);
	for (int i = 0; i < out->categories; i++)
		for (size_t k = 0; k < sizeof benchmark / sizeof *benchmark; k++)
			if (!strcmp(out->category[i], benchmark[k].name))
				out->parts[i] = benchmark[k].parts;
	secant_status s = read_counts(f, out, err);
	for (int i = 0; i < out->categories && !s; i++) {
		if (!out->parts[i])
			s = secant_fail(err, SECANT_ERR_FORMAT,
				"%s: nobody says how many parts '%s' has; expected a line in num_seg_classes.txt: %s<TAB>COUNT",
				f->r->path, out->category[i], out->category[i]);
		out->classes += out->parts[i];
	}
	return s;
}

int
data_shapenet_parts(int i, const char **name)
{
	if (i < 0 || i >= (int)(sizeof benchmark / sizeof *benchmark))
		return 0;
	*name = benchmark[i].name;
	return benchmark[i].parts;
}

secant_status
data_shapenet_name_parts(data_cloud_list *out, secant_err *err)
{
	int at = 0;
	if (!(out->class_name = secant_calloc((size_t)out->classes, sizeof *out->class_name)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d parts", out->classes);
	for (int i = 0; i < out->categories; i++)
		for (int k = 1; k <= out->parts[i]; k++)
			if (!(out->class_name[at++] = base_format("%s %d", out->category[i], k)))
				return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d parts", out->classes);
	return SECANT_OK;
}

/* ---- shapes ---- */

static secant_status
add_shape(const finding *f, data_cloud_list *out, const char *file, size_t i, const char *entry, secant_err *err)
{
	const char *synset = strchr(entry, '/'), *token = synset ? strchr(synset + 1, '/') : NULL;
	int category = -1;
	if (!token || !base_path_is_safe(entry))
		return secant_fail(
			err, SECANT_ERR_FORMAT, "%s: entry %zu is '%.100s'; expected shape_data/SYNSET/TOKEN", file, i, entry);
	size_t n = (size_t)(token - synset - 1);
	for (int k = 0; k < out->categories; k++)
		if (strlen(f->synset[k]) == n && !strncmp(f->synset[k], synset + 1, n))
			category = k;
	if (category < 0)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: entry %zu: folder '%.*s' is no category of synsetoffset2category.txt", file, i, (int)n, synset + 1);
	char *cloud = f->normals ? base_format("%s/%s/%s.txt", f->r->path, f->synset[category], token + 1)
							 : base_format("%s/%s/points/%s.pts", f->r->path, f->synset[category], token + 1);
	char *labels = f->normals ? NULL
							  : base_format("%s/%s/points_label/%s.seg", f->r->path, f->synset[category], token + 1);
	secant_status s = cloud && (labels || f->normals)
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for %zu shapes", i);
	if (!s && (!secant_is_file(cloud) || (labels && !secant_is_file(labels))))
		s = secant_fail(
			err, SECANT_ERR_IO, "%s: entry %zu: there is no %s", file, i, secant_is_file(cloud) ? labels : cloud);
	if (!s)
		s = data_cloud_list_add(out, cloud, labels, 0, category, err);
	secant_free(cloud);
	secant_free(labels);
	return s;
}

static secant_status
add_split(const finding *f, data_cloud_list *out, const char *split, secant_err *err)
{
	char *path = base_format("%s/train_test_split/shuffled_%s_file_list.json", f->r->path, split);
	json_t *list = path ? base_json_read(path, err) : NULL, *entry;
	size_t i;
	secant_status s = list ? SECANT_OK
		: err && err->code ? err->code
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && !json_is_array(list))
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: is no list of shapes", path);
	json_array_foreach (list, i, entry) {
		if (!s)
			s = json_is_string(entry) ? add_shape(f, out, path, i, json_string_value(entry), err)
									  : secant_fail(err, SECANT_ERR_FORMAT, "%s: entry %zu is no text", path, i);
	}
	json_decref(list);
	secant_free(path);
	return s;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	char *file = base_format("%s/train_test_split/shuffled_%s_file_list.json", path,
		strcmp(split, "trainval") && strcmp(split, "all") ? split : "train");
	bool there = file && secant_is_file(file);
	secant_free(file);
	return there;
}

static secant_status
find_in(finding *f, data_cloud_list *out, secant_err *err)
{
	static const char *const all[] = { "train", "val", "test" };
	const char *split = f->r->split;
	secant_status s = read_categories(f, out, err);
	if (!s && !(s = count_parts(f, out, err)))
		s = data_shapenet_name_parts(out, err);
	bool several = !strcmp(split, "all") || !strcmp(split, "trainval");
	if (!s && !several && !has(f->r->path, NULL, split) && has(f->r->path, NULL, "train"))
		for (int i = 0; i < 3; i++)
			if (!strcmp(split, all[i]))
				s = secant_fail(err, SECANT_ERR_IO,
					"%s: there is no list of the split '%s' (train_test_split/shuffled_%s_file_list.json); --split "
					"says which to use",
					f->r->path, split, split);
	for (int i = 0; i < 3 && !s; i++)
		if (several ? (i < 2 || !strcmp(split, "all")) && (i == 0 || has(f->r->path, NULL, all[i]))
					: !strcmp(split, all[i]))
			s = add_split(f, out, all[i], err);
	if (!s && !several && strcmp(split, "train") && strcmp(split, "val") && strcmp(split, "test"))
		s = secant_fail(err, SECANT_ERR_ARG, "%s: there are the splits train, val, test, trainval and all, not '%s'",
			f->r->path, split);
	out->first_label = f->normals ? 0 : 1;
	out->local = !f->normals;
	if (!s && f->normals && !(out->columns = base_strdup("x,y,z,nx,ny,nz,label")))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	data_lines_free(&f->names);
	secant_free(f->synset);
	return s ? s : data_cloud_list_only(out, f->r->options->source.category, err);
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	return find_in(&(finding){ .r = r }, out, err);
}
static secant_status
find_normal(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	return find_in(&(finding){ .r = r, .normals = true }, out, err);
}

extern const data_cloudset data_cloudset_shapenet_normal;
const data_cloudset data_cloudset_shapenet = {
	.name = "shapenet",
	.brief = "ShapeNet part benchmark: SYNSET/points, SYNSET/points_label, train_test_split",
	.detect = detect,
	.find = find,
	.has = has,
};
const data_cloudset data_cloudset_shapenet_normal = {
	.name = "shapenet-normal",
	.brief = "ShapeNet part benchmark with normals: SYNSET/TOKEN.txt of seven columns",
	.detect = detect_normal,
	.find = find_normal,
	.has = has,
};

/*
 * nuScenes-lidarseg (Caesar et al., CVPR 2020): samples/LIDAR_TOP/X.pcd.bin with lidarseg/VERSION/TOKEN_lidarseg.bin, a
 * byte a point; which belong together stands in the tables VERSION/{lidarseg,sample_data,sample,scene,category}.json.
 * The classes are the 16 of the challenge; what it leaves out is left out. Splits are those of the authors' development
 * kit, by the numbers of scenes; val is test too. sample_data.json has over a gigabyte: it is read row by row.
 */
#include "data/clouds/clouds.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"

static const char *const classes[] = { "barrier", "bicycle", "bus", "car", "construction_vehicle", "motorcycle",
	"pedestrian", "traffic_cone", "trailer", "truck", "driveable_surface", "other_flat", "sidewalk", "terrain",
	"manmade", "vegetation" };
enum { CLASSES = sizeof classes / sizeof *classes, NUMBERS = 256 };

/* Categories of the tables, class from 0; those that are not named here are left out. */
static const struct {
	const char *category;
	int class;
} challenge[] = {
	{ "movable_object.barrier", 0 },
	{ "vehicle.bicycle", 1 },
	{ "vehicle.bus.bendy", 2 },
	{ "vehicle.bus.rigid", 2 },
	{ "vehicle.car", 3 },
	{ "vehicle.construction", 4 },
	{ "vehicle.motorcycle", 5 },
	{ "human.pedestrian.adult", 6 },
	{ "human.pedestrian.child", 6 },
	{ "human.pedestrian.construction_worker", 6 },
	{ "human.pedestrian.police_officer", 6 },
	{ "movable_object.trafficcone", 7 },
	{ "vehicle.trailer", 8 },
	{ "vehicle.truck", 9 },
	{ "flat.driveable_surface", 10 },
	{ "flat.other", 11 },
	{ "flat.sidewalk", 12 },
	{ "flat.terrain", 13 },
	{ "static.manmade", 14 },
	{ "static.vegetation", 15 },
};

/* Scenes that are held out, first and last number of each run: of the whole set, and of v1.0-mini. */
static const short held[][2] = { { 3, 3 }, { 12, 18 }, { 35, 36 }, { 38, 39 }, { 92, 110 }, { 221, 221 }, { 268, 278 },
	{ 329, 332 }, { 344, 346 }, { 519, 524 }, { 552, 565 }, { 625, 627 }, { 629, 630 }, { 632, 638 }, { 770, 771 },
	{ 775, 775 }, { 777, 778 }, { 780, 784 }, { 794, 800 }, { 802, 802 }, { 904, 917 }, { 919, 931 }, { 962, 963 },
	{ 966, 969 }, { 971, 972 }, { 1059, 1073 }, { 0, 0 } };
static const short held_mini[][2] = { { 103, 103 }, { 916, 916 }, { 0, 0 } };

/* ---- tables ---- */

typedef struct pair {
	char *key, *value;
} pair;
typedef struct pairs {
	pair *v;
	int n, capacity;
} pairs;

static void
pairs_free(pairs *p)
{
	for (int i = 0; i < p->n; i++) {
		secant_free(p->v[i].key);
		secant_free(p->v[i].value);
	}
	secant_free(p->v);
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const pair *)a)->key, ((const pair *)b)->key);
}

static const char *
value_of(const pairs *p, const char *key)
{
	const pair *hit = p->n && key
		? bsearch(&(pair){ (char *)(uintptr_t)key, NULL }, p->v, (size_t)p->n, sizeof *p->v, by_key)
		: NULL;
	return hit ? hit->value : NULL;
}

typedef secant_status (*take_row)(void *user, const json_t *row, secant_err *err);

/* Where the object that starts at `at` ends, behind its brace; NULL: nowhere. */
static const char *
object_end(const char *at, const char *end)
{
	int depth = 0;
	for (bool text = false; at < end; at++) {
		if (text && *at == '\\') {
			at++;
		} else if (text) {
			text = *at != '"';
		} else if (*at == '"') {
			text = true;
		} else if (*at == '{') {
			depth++;
		} else if (*at == '}' && --depth == 0) {
			return at + 1;
		}
	}
	return NULL;
}

static bool
has_word(const char *at, const char *end, const char *word)
{
	return !word || memmem(at, (size_t)(end - at), word, strlen(word));
}

/* Every object of a table's list that has the word in it. */
static secant_status
each_row(const char *path, const char *word, take_row take, void *user, secant_err *err)
{
	secant_bytes map;
	secant_status s = base_file_map(&map, path, err);
	if (s)
		return s;
	const char *at = (const char *)map.data, *end = at + map.size;
	for (int64_t n = 1; !s && (at = memchr(at, '{', (size_t)(end - at))); n++) {
		char where[32];
		const char *behind = object_end(at, end);
		(void)snprintf(where, sizeof where, "entry %lld", (long long)n);
		if (!behind) {
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s: %s does not end", path, where);
			break;
		}
		json_t *row = has_word(at, behind, word) ? base_json_parse(at, (size_t)(behind - at), where, err) : NULL;
		if (row)
			s = take(user, row, err);
		else if (has_word(at, behind, word))
			s = err ? err->code : SECANT_ERR_FORMAT;
		if (s)
			secant_err_prefix(err, "%s", path);
		json_decref(row);
		at = behind;
	}
	secant_status cut = base_file_was_cut(&map, path, err);
	base_file_unmap(&map);
	return cut ? cut : s;
}

/* Two texts of every row. */
typedef struct picking {
	const char *key, *value;
	pairs *out;
} picking;

static secant_status
pick(void *user, const json_t *row, secant_err *err)
{
	const picking *k = user;
	const char *key = json_string_value(json_object_get(row, k->key)),
			   *value = json_string_value(json_object_get(row, k->value));
	if (!key || !value)
		return secant_fail(err, SECANT_ERR_FORMAT, "an entry has no %s", key ? k->value : k->key);
	if (base_grow((void **)&k->out->v, &k->out->capacity, k->out->n, sizeof *k->out->v))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a table");
	pair *p = &k->out->v[k->out->n++];
	*p = (pair){ base_strdup(key), base_strdup(value) };
	if (p->key && p->value)
		return SECANT_OK;
	k->out->n--;
	secant_free(p->key);
	secant_free(p->value);
	return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a table");
}

static secant_status
read_table(const char *tables, const char *name, const char *key, const char *value, pairs *out, secant_err *err)
{
	char *path = base_path_join(tables, name);
	secant_status s = path ? each_row(path, NULL, pick, &(picking){ key, value, out }, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (out->n)
		qsort(out->v, (size_t)out->n, sizeof *out->v, by_key);
	secant_free(path);
	return s;
}

/* The folder of tables, the largest version first; fresh memory, NULL: there is none with labels. */
static char *
tables_of(const char *path)
{
	static const char *const versions[] = { "v1.0-trainval", "v1.0-mini", "v1.0-test" };
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		char *file = base_format("%s/%s/lidarseg.json", path, versions[i]);
		bool there = file && secant_is_file(file);
		secant_free(file);
		if (there)
			return base_path_join(path, versions[i]);
	}
	return NULL;
}

static bool
detect(const char *path)
{
	char *tables = secant_is_dir(path) ? tables_of(path) : NULL;
	secant_free(tables);
	return tables != NULL;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	return !strcmp(split, "train") || !strcmp(split, "val") || !strcmp(split, "test") || !strcmp(split, "all");
}

/* ---- what belongs together ---- */

typedef struct finding {
	data_cloud_list *out;
	const data_clouds_request *r;
	pairs labels, scene_of, name_of; /* of a scan, of a sample, of a scene */
	bool mini;
} finding;

static bool
is_held(const finding *f, const char *scene)
{
	const short(*run)[2] = f->mini ? held_mini : held;
	long long n = 0;
	(void)base_int_parse(strncmp(scene, "scene-", 6) ? scene : scene + 6 + strspn(scene + 6, "0"), &n);
	for (; (*run)[0]; run++)
		if (n >= (*run)[0] && n <= (*run)[1])
			return true;
	return false;
}

static secant_status
take_scan(void *user, const json_t *row, secant_err *err)
{
	finding *f = user;
	const char *token = json_string_value(json_object_get(row, "token")),
			   *sample = json_string_value(json_object_get(row, "sample_token")),
			   *file = json_string_value(json_object_get(row, "filename")), *labels = value_of(&f->labels, token);
	if (!labels)
		return SECANT_OK;
	const char *scene = value_of(&f->name_of, value_of(&f->scene_of, sample));
	if (!scene || !file)
		return secant_fail(err, SECANT_ERR_FORMAT, "scan %s has no %s", token, file ? "scene" : "filename");
	if (!base_path_is_safe(file) || !base_path_is_safe(labels))
		return secant_fail(err, SECANT_ERR_FORMAT, "scan %s: '%.100s' leads out of the folder", token, file);
	if (strcmp(f->r->split, "all") && is_held(f, scene) != (strcmp(f->r->split, "train") != 0))
		return SECANT_OK;
	char *cloud = base_path_join(f->r->path, file), *with = base_path_join(f->r->path, labels);
	secant_status s = cloud && with ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!s && (!secant_is_file(cloud) || !secant_is_file(with)))
		s = secant_fail(
			err, SECANT_ERR_IO, "there is no %s, which scan %s names", secant_is_file(cloud) ? with : cloud, token);
	if (!s)
		s = data_cloud_list_add(f->out, cloud, with, 0, -1, err);
	secant_free(cloud);
	secant_free(with);
	return s;
}

/* The class of each number in the files of labels, by the categories' names: -1 is left out. */
static secant_status
take_category(void *user, const json_t *row, secant_err *err)
{
	data_cloud_list *out = user;
	const char *name = json_string_value(json_object_get(row, "name"));
	const json_t *index = json_object_get(row, "index");
	json_int_t n = json_integer_value(index);
	if (!name || !json_is_integer(index) || n < 0 || n >= NUMBERS)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"a category has no name with an index from 0 to 255, which the tables of nuScenes-lidarseg add");
	for (size_t i = 0; i < sizeof challenge / sizeof *challenge; i++)
		if (!strcmp(challenge[i].category, name))
			((int8_t *)out->shared)[n] = (int8_t)challenge[i].class;
	return SECANT_OK;
}

static secant_status
read_categories(data_cloud_list *out, const char *tables, secant_err *err)
{
	char *path = base_path_join(tables, "category.json");
	secant_status s = path && (out->shared = secant_calloc(NUMBERS, 1))
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for classes");
	out->shared_size = s ? 0 : NUMBERS;
	if (!s) {
		memset(out->shared, -1, NUMBERS);
		s = each_row(path, NULL, take_category, out, err);
	}
	secant_free(path);
	return s;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	finding f = { .out = out, .r = r };
	char *tables = tables_of(r->path), *scans = tables ? base_path_join(tables, "sample_data.json") : NULL;
	secant_status s = scans ? SECANT_OK
							: secant_fail(err, SECANT_ERR_IO,
								"%s: no tables there; expected v1.0-trainval/lidarseg.json and its kind", r->path);
	f.mini = scans && !strcmp(base_path_name(tables), "v1.0-mini");
	if (!s && !(s = read_categories(out, tables, err))
		&& !(s = read_table(tables, "lidarseg.json", "sample_data_token", "filename", &f.labels, err))
		&& !(s = read_table(tables, "sample.json", "token", "scene_token", &f.scene_of, err))
		&& !(s = read_table(tables, "scene.json", "token", "name", &f.name_of, err)))
		s = each_row(scans, "LIDAR_TOP", take_scan, &f, err);
	pairs_free(&f.labels);
	pairs_free(&f.scene_of);
	pairs_free(&f.name_of);
	secant_free(tables);
	secant_free(scans);
	out->unlabelled = true;
	return s ? s : data_cloud_list_classes(out, classes, CLASSES, err);
}

static secant_status
read_scan(const data_clouds *set, const data_cloud_item *item, secant_cloud *c, int64_t **labels, secant_err *err)
{
	secant_bytes map = { 0 };
	const int8_t *class = (const int8_t *)set->list.shared;
	*labels = NULL;
	secant_status s = secant_cloud_read(c, item->path, &set->reading, err);
	if (s)
		return s;
	if (!(s = base_file_map(&map, item->labels, err)) && (int64_t)map.size != c->n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: %zu labels, a byte each, for the %lld points of %s", item->labels,
			map.size, (long long)c->n, item->path);
	if (!s && !(*labels = secant_calloc((size_t)c->n + 1, sizeof **labels)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for labels", item->path);
	for (int64_t i = 0; !s && i < c->n; i++)
		(*labels)[i] = class[map.data[i]];
	if (map.data) {
		secant_status cut = base_file_was_cut(&map, item->labels, err);
		base_file_unmap(&map);
		s = s ? s : cut;
	}
	if (s) {
		secant_free(*labels);
		*labels = NULL;
		secant_cloud_free(c);
	}
	return s;
}

const data_cloudset data_cloudset_nuscenes = {
	.name = "nuscenes",
	.brief = "nuScenes-lidarseg: samples/LIDAR_TOP, lidarseg, tables v1.0-*; 16 classes, val is test too",
	.scans = true,
	.detect = detect,
	.find = find,
	.read = read_scan,
	.has = has,
};

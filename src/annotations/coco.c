/*
 * COCO (Lin and others: Microsoft COCO, ECCV 2014; format page cocodataset.org/#format-data): one JSON a list, with
 * images, categories and annotations. Read are boxes, polygons, run lengths as text and as numbers, crowds, labels
 * without a box, captions and panoptic segments; keys nobody knows are kept as "coco.KEY", those of "attributes" under
 * their own name. The file is parsed as it streams by: a million boxes need no tree.
 */
#include "annotations/coco.h"
#include "annotations/json_pull.h"
#include "base/file.h"
#include "base/hash.h"
#include <secant/codec.h>
#include <stdio.h>
#include <sys/mman.h>

static const char *const tasks[] = { "instances", "person_keypoints", "stuff", "panoptic", "labels", "captions",
	"image_info", NULL };

/* --- finding the files
 * ----------------------------------------------------------------------------------------------------------- */

typedef enum json_is { IS_COCO, IS_LABELME, IS_OTHER, IS_DAMAGED } json_is;

/* What a JSON file is by the keys at its top level, up to the first that says so. A file that cannot be read, or is no
 * JSON up to there, is damaged, and so nobody knows what it was: its reader says what is wrong with it. */
static json_is
what_is(const char *path)
{
	secant_bytes b;
	if (base_file_map(&b, path, NULL))
		return IS_DAMAGED;
	json_pull j;
	json_is is = IS_OTHER;
	ann_field key;
	ann_pull_init(&j, (const char *)b.data, b.size, path);
	if (ann_pull_peek(&j) != 'o')
		ann_pull_skip(&j, NULL);
	else
		for (ann_pull_object(&j); is == IS_OTHER && ann_pull_key(&j, &key);)
			if (ann_is(key, "images") || ann_is(key, "annotations"))
				is = IS_COCO;
			else if (ann_is(key, "shapes"))
				is = IS_LABELME;
			else
				ann_pull_skip(&j, NULL);
	if (is == IS_OTHER) {
		ann_pull_end(&j);
		is = j.err.code ? IS_DAMAGED : IS_OTHER;
	}
	ann_pull_free(&j);
	base_file_unmap(&b);
	return is;
}

static const char *const plain[] = { "annotations", "instances", "coco", "dataset", "result", "labels",
	"_annotations.coco", NULL };
static const char *const lists[] = { "train", "val", "valid", "test", NULL };

/* Is the file named as COCO's are: after a task, a list, or one of the plain words? */
static bool
named_like_coco(const char *path)
{
	const char *name = base_path_name(path);
	bool like = false;
	for (int i = 0; tasks[i]; i++)
		like = like || !strncmp(name, tasks[i], strlen(tasks[i]));
	for (int i = 0; plain[i]; i++)
		like = like || (!strncmp(name, plain[i], strlen(plain[i])) && name[strlen(plain[i])] == '.');
	for (int i = 0; lists[i]; i++)
		like = like || !strncmp(name, lists[i], strlen(lists[i]));
	return like;
}

typedef struct candidate_files {
	base_names names; /* of COCO, as paths below the root, in byte order; with damaged files that may be */
	int good; /* so many of them are COCO */
	int damaged; /* and so many damaged, where COCO's files are */
	int others; /* other JSON, left out */
	char other[200]; /* the first of those */
} candidate_files;

/* A damaged file counts as COCO's: it is refused by the reader rather than left out. So does sound JSON of another
 * kind that stands under annotations/ with a name of COCO's. */
static secant_status
candidates(candidate_files *out, const char *root, secant_err *err)
{
	base_names all = { 0 };
	*out = (candidate_files){ 0 };
	secant_status status = ann_walk(&all, root, "json", 2, err);
	for (int i = 0; !status && i < all.n; i++) {
		const char *name = base_path_name(all.v[i]);
		bool roboflow = !strcmp(name, "_annotations.coco.json"),
			 under = !strncmp(all.v[i], "annotations/", 12) && !strchr(all.v[i] + 12, '/');
		if ((!roboflow && !under && strchr(all.v[i], '/')) || !strcmp(name, "secant.json"))
			continue;
		char *path = base_path_join(root, all.v[i]);
		if (!path) {
			status = ann_nomem(err);
			break;
		}
		json_is is = what_is(path);
		bool named = (roboflow || under) && named_like_coco(all.v[i]);
		secant_free(path);
		out->good += is == IS_COCO;
		out->damaged += is == IS_DAMAGED && (roboflow || under);
		if (is == IS_COCO || is == IS_DAMAGED || named) {
			if (base_names_add(&out->names, all.v[i]))
				status = ann_nomem(err);
		} else if (!out->others++)
			snprintf(out->other, sizeof out->other, "%s", all.v[i]);
	}
	base_names_free(&all);
	return status;
}

/* A set whose files cannot be read, or are all damaged, is taken for COCO where nothing else is more certain, so that
 * its reader says what is wrong. */
static int
detect(const char *path, const char **why)
{
	enum { SURE = 90, PERHAPS = 60 };
	*why = "it has JSON with images and annotations";
	if (secant_is_file(path)) {
		json_is is = base_ext_is(path, "json") ? what_is(path) : IS_OTHER;
		return is == IS_COCO ? SURE : is == IS_DAMAGED ? PERHAPS : 0;
	}
	candidate_files found;
	secant_err ignored = { 0 };
	bool failed = candidates(&found, path, &ignored) != SECANT_OK;
	base_names_free(&found.names);
	return !failed && found.good ? SURE : failed || found.damaged ? PERHAPS : 0;
}

/* "instances_train" -> task 0, split "train"; "train" -> -1, "train"; "annotations" -> -1, "". */
static int
task_and_split(const char *path, char split[128], int files)
{
	enum { NO_MEMORY = -2 };
	char *stem = base_path_stem(path);
	int task = -1;
	if (!stem)
		return NO_MEMORY;
	snprintf(split, 128, "%s", stem ? stem : "");
	if (stem && !strcmp(stem, "_annotations.coco")) {
		char *dir = base_path_dir(path);
		snprintf(split, 128, "%s", dir && strcmp(dir, ".") ? base_path_name(dir) : "");
		secant_free(dir);
		secant_free(stem);
		return -1;
	}
	for (int i = 0; stem && tasks[i]; i++) {
		size_t n = strlen(tasks[i]);
		if (!strncmp(stem, tasks[i], n) && (stem[n] == '_' || !stem[n])) {
			task = i;
			snprintf(split, 128, "%s", stem[n] ? stem + n + 1 : "");
		}
	}
	bool known = task >= 0;
	for (int i = 0; plain[i] && !known; i++)
		if (!strcmp(split, plain[i]))
			split[0] = 0, known = true;
	for (int i = 0; lists[i] && !known; i++)
		known = !strncmp(split, lists[i], strlen(lists[i]));
	if (!known && files < 2)
		split[0] = 0;
	secant_free(stem);
	return task;
}

/* --- reading
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Is there anything in the folder that may be, or hold, a picture? A look into it costs less than a question for every
 * picture. */
static bool
may_hold_pictures(const char *path)
{
	base_names names = { 0 };
	bool any = base_dir_list(&names, path, BASE_DIR_ALL, NULL) != SECANT_OK;
	for (int i = 0; i < names.n && !any; i++)
		any = !base_ext_is(names.v[i], "json|txt|xml|csv");
	base_names_free(&names);
	return any;
}

/* A picture that two files list under two ids (a file a class, or a task) is one picture: pictures from `first` on
 * whose file another picture has give it their objects. */
static secant_status
join_pictures(ann_set *s, int first, int *joined, secant_err *err)
{
	ann_table seen = { 0 };
	int *to = secant_calloc((size_t)s->n_images + 1, sizeof *to);
	secant_status status = to ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const char *path = ann_str(s, s->images[i].path);
		uint64_t key = base_fnv1a(path, strlen(path));
		uint32_t before;
		to[i] = i;
		if (!*path || s->images[i].flags & ANN_GONE)
			continue;
		if (!ann_table_get(&seen, key, &before)) {
			if (!ann_table_put(&seen, key, (uint32_t)i))
				status = ann_nomem(err);
		} else if (i >= first && (int)before < first && !strcmp(ann_str(s, s->images[before].path), path)) {
			to[i] = (int)before;
			s->images[before].splits |= s->images[i].splits;
			s->images[i].flags |= ANN_GONE;
			(*joined)++;
		}
	}
	for (int k = 0; !status && k < s->n_objects; k++)
		s->objects[k].image = to[s->objects[k].image];
	ann_table_free(&seen);
	secant_free(to);
	return status;
}

static secant_status
read_file(
	ann_set *s, const char *root, const char *relative, int files, const secant_dataset_reading *o, secant_err *err)
{
	char *path = relative ? base_path_join(root, relative) : base_strdup(root), split[128];
	char *dir = path ? base_path_dir(path) : NULL;
	secant_bytes b;
	if (!dir) {
		secant_free(path);
		return ann_nomem(err);
	}
	secant_err one = { 0 };
	secant_status status = SECANT_OK;
	if (task_and_split(relative ? relative : root, split, relative ? files : 1) < -1) {
		secant_free(dir), secant_free(path);
		return ann_nomem(err);
	}
	int list = *split ? ann_split(s, split, strlen(split)) : -1, first = s->n_images;
	if (base_file_map(&b, path, &one))
		status = ann_bad(s, "parse-error", path, 0, 0, err, "%s", one.msg);
	else {
		(void)madvise((void *)(uintptr_t)b.data, b.size, MADV_SEQUENTIAL);
		const bool utf8 = ann_is_utf8((const char *)b.data, b.size);
		if (utf8)
			status = ann_coco_parse(s, (const char *)b.data, b.size, path, list, b.map != NULL, err);
		base_file_unmap(&b);
		char *text = NULL;
		size_t n = 0;
		if (!utf8 && !(status = ann_load_text(s, path, &text, &n, err)) && text)
			status = ann_coco_parse(s, text, n, path, list, false, err);
		secant_free(text);
	}
	const char *base = relative ? root : dir;
	char in_images[160], with_year[160], *above = relative ? NULL : base_path_join(dir, "../images");
	snprintf(in_images, sizeof in_images, "images/%s", split);
	snprintf(with_year, sizeof with_year, "images/%s2017", split);
	const char *const usual[] = { o->images ? o->images : "images", in_images, split, with_year, "", "JPEGImages",
		"data", "train2017", "val2017", NULL };
	const char *folders[10] = { NULL };
	for (int i = 0, n = 0; usual[i]; i++) { /* folders that are not there need not be asked for every picture */
		char *folder = base_path_join(base, usual[i]);
		if (!folder && !status)
			status = ann_nomem(err);
		if (folder && (*usual[i] ? secant_is_dir(folder) : i == 4 && may_hold_pictures(base)))
			folders[n++] = usual[i];
		secant_free(folder);
	}
	const char *const beside[] = { "", NULL };
	bool has_above = above && secant_is_dir(above);
	for (int i = first; !status && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		if (!s->images[i].path && !ann_locate(s, i, name, base, folders)
			&& !(relative && ann_locate(s, i, name, dir, beside)) && above && has_above)
			(void)ann_locate(s, i, name, above, beside);
	}
	int joined = 0;
	if (!status && first)
		status = join_pictures(s, first, &joined, err);
	if (joined)
		ann_note(s, "%s: %d pictures are those of a file before", path, joined);
	secant_free(above), secant_free(dir), secant_free(path);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	if (o->classes)
		return secant_fail(err, SECANT_ERR_ARG,
			"--class-names: COCO files name their classes themselves (secant data remap renames them)");
	if (secant_is_file(path))
		return read_file(s, path, NULL, 1, o, err);
	candidate_files found;
	char split[128];
	secant_status status = candidates(&found, path, err);
	base_names files = found.names;
	int wanted = 1000;
	if (!status && found.others)
		ann_note(s, "%d JSON files are not COCO and were not read, the first is %s", found.others, found.other);
	if (!status && !files.n)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: no COCO annotations (annotations/*.json) in it", path);
	for (int i = 0; i < files.n; i++) {
		int task = task_and_split(files.v[i], split, files.n);
		if (task < -1 && !status)
			status = ann_nomem(err);
		bool asked = o->task && task >= 0 && !strcmp(tasks[task], o->task);
		wanted = asked ? task - 100 : o->task ? wanted : task < wanted ? task : wanted;
	}
	if (!status && o->task && wanted == 1000)
		status = secant_fail(err, SECANT_ERR_ARG, "--task: there are no files '%s_*.json' in %s", o->task, path);
	wanted = wanted < -1 ? wanted + 100 : wanted;
	for (int i = 0; !status && i < files.n; i++) {
		int task = task_and_split(files.v[i], split, files.n);
		if (task < -1)
			status = ann_nomem(err);
		else if (task == wanted || task < 0)
			status = read_file(s, path, files.v[i], files.n, o, err);
		else
			ann_note(s, "%s was not read: choose it with --task %s", files.v[i], tasks[task]);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	base_names_free(&files);
	return status ? status : ann_compact(s, err);
}

static secant_status
parse_one(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err)
{
	return ann_coco_parse(s, data, n, origin, -1, false, err);
}

const ann_format ann_format_coco = {
	.name = "coco",
	.brief = "COCO JSON: boxes, polygons, run lengths, crowds, panoptic",
	.prefix = "coco.",
	.cvat_turns = true,
	.keeps_ids = true,
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_PARTS | ANN_HOLDS_RLE | ANN_HOLDS_ATTRIBUTES
		| ANN_HOLDS_CROWD | ANN_HOLDS_AREA | ANN_HOLDS_IMAGE_ATTRIBUTES | ANN_HOLDS_LABELS | ANN_HOLDS_FRACTIONS
		| ANN_HOLDS_BOTH,
	.detect = detect,
	.read = read,
	.write = ann_coco_write,
	.parse = parse_one,
};

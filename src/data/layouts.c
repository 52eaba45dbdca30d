/*
 * Layouts that people have beside the plain ones of pairs.c, found by the words in their names (any case):
 *
 *   DATA/SPLIT/images with DATA/SPLIT/masks       DATA/images/SPLIT with DATA/masks/SPLIT
 *   DATA/SPLIT_images with DATA/SPLIT_masks       DATA/SPLIT with DATA/SPLIT_masks
 *   DATA/train-volume.tif, train-labels.tif       stacks of pages (volumes.c)
 *   DATA/images with DATA/masks                   DATA, or DATA/NAME of several, with pictures beside their masks
 *
 * A picture and its mask share their names once what says "mask" or "image" is taken off: x.png and x_mask.png,
 * x_sat.jpg and x_mask.png, image_7.png and mask_7.png, x.jpg and x.png (beside each other the PNG is the mask, since a
 * JPEG cannot be one). A layout counts only if every picture finds exactly one mask: a guess is never half right.
 */
#include "data/layouts.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <secant/codec.h>
#include "base/file.h"
#include "base/mem.h"

/* What folders, and beginnings or ends of names, are called. */
static const char *const image_words[] = {
	"images",
	"image",
	"imgs",
	"img",
	"JPEGImages",
	"pictures",
	"photos",
	"sat",
	"rgb",
	"inputs",
	"input",
	"original",
	NULL,
};
static const char *const label_words[] = {
	"labels",
	"label",
	"masks",
	"mask",
	"annotations",
	"annotation",
	"gt",
	"groundtruth",
	"ground_truth",
	"segmentation",
	"segmentations",
	"seg",
	"targets",
	"target",
	"matte",
	NULL,
};
static const char *const splits[][5] = {
	{ "train", "training", "trn", NULL },
	{ "val", "valid", "validation", "dev", NULL },
	{ "test", "testing", "tst", NULL },
};
enum { SPLITS = 3 };

/* ---- names ---- */

static bool
is_word(const char *name, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == n && !strncasecmp(name, *words, n))
			return true;
	return false;
}

/* The folder in `path` that is called by one of the words; fresh memory, NULL: there is none (or no memory). */
static char *
folder_called(const char *path, const char *const *words)
{
	base_names names = { 0 };
	char *found = NULL;
	if (base_dir_list(&names, path, BASE_DIR_FOLDERS, NULL))
		return NULL;
	for (; !found && *words; words++)
		for (int i = 0; !found && i < names.n; i++)
			if (!strcasecmp(names.v[i], *words))
				found = base_path_join(path, names.v[i]);
	base_names_free(&names);
	return found;
}

/* The folder called WORD of the split, with one of the other words before or behind: train_images, masks-val. */
static char *
folder_of_both(const char *path, const char *const *split, const char *const *words)
{
	base_names names = { 0 };
	char *found = NULL;
	if (base_dir_list(&names, path, BASE_DIR_FOLDERS, NULL))
		return NULL;
	for (int i = 0; !found && i < names.n; i++) {
		const char *name = names.v[i], *cut = strpbrk(name, "_- .");
		if (!cut)
			continue;
		size_t first = (size_t)(cut - name), last = strlen(cut + 1);
		if ((is_word(name, first, split) && is_word(cut + 1, last, words))
			|| (is_word(name, first, words) && is_word(cut + 1, last, split)))
			found = base_path_join(path, name);
	}
	base_names_free(&names);
	return found;
}

static bool
is_between(char c)
{
	return c == '_' || c == '-' || c == '.' || c == ' ';
}

/* Takes one of the words off the end or the beginning of a stem, where something stands between; whether it did. */
static bool
take_off(char *stem, const char *const *words)
{
	size_t n = strlen(stem);
	for (; *words; words++) {
		size_t k = strlen(*words);
		if (k + 1 >= n)
			continue;
		if (is_between(stem[n - k - 1]) && !strcasecmp(stem + n - k, *words)) {
			stem[n - k - 1] = '\0';
			return true;
		}
		if (is_between(stem[k]) && !strncasecmp(stem, *words, k)) {
			memmove(stem, stem + k + 1, n - k);
			return true;
		}
	}
	return false;
}

/* ---- files of a folder, by what is left of their stems ---- */

typedef struct named {
	char *key, *name;
	bool label; /* its name says so */
} named;
typedef struct folder {
	named *v;
	int n;
} folder;

static int
by_key(const void *a, const void *b)
{
	const named *x = a, *y = b;
	int d = strcmp(x->key, y->key);
	return d ? d : x->label != y->label ? x->label - y->label : strcmp(x->name, y->name);
}

static void
folder_free(folder *f)
{
	for (int i = 0; i < f->n; i++) {
		secant_free(f->v[i].key);
		secant_free(f->v[i].name);
	}
	secant_free(f->v);
	*f = (folder){ 0 };
}

/* How names are read: as they are, or without the words of pictures, of labels. */
enum { PLAIN, IMAGES, LABELS, BOTH };

static secant_status
folder_list(folder *f, const char *path, int words, secant_err *err)
{
	base_names names = { 0 };
	*f = (folder){ 0 };
	secant_status s = base_dir_list(&names, path, BASE_DIR_FILES, err);
	if (!s && !(f->v = secant_calloc((size_t)names.n + 1, sizeof *f->v)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %d names", path, names.n);
	for (int i = 0; !s && i < names.n; i++) {
		if (names.v[i][0] == '.' || !secant_image_is_path(names.v[i]))
			continue;
		named *one = &f->v[f->n];
		one->key = base_path_stem(names.v[i]);
		one->name = base_strdup(names.v[i]);
		f->n++;
		if (!one->key || !one->name) {
			s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %d names", path, names.n);
			break;
		}
		one->label = words >= LABELS && take_off(one->key, label_words);
		if (!one->label && (words == IMAGES || words == BOTH))
			(void)take_off(one->key, image_words);
	}
	base_names_free(&names);
	if (!s)
		qsort(f->v, (size_t)f->n, sizeof *f->v, by_key);
	return s;
}

static bool
is_lossy(const char *name)
{
	return base_ext_is(name, "jpg|jpeg|jpe|jfif|webp");
}

/* Two lists in order of their keys: is each of `a` once in it, and once in `b`? *pairs gets them, n its number. */
static bool
covers(const folder *a, const folder *b, const char **first)
{
	int at = 0;
	for (int i = 0; i < a->n; i++) {
		*first = a->v[i].name;
		if (i && !strcmp(a->v[i - 1].key, a->v[i].key))
			return false;
		while (at < b->n && strcmp(b->v[at].key, a->v[i].key) < 0)
			at++;
		if (at >= b->n || strcmp(b->v[at].key, a->v[i].key)
			|| (at + 1 < b->n && !strcmp(b->v[at + 1].key, a->v[i].key)))
			return false;
	}
	return a->n > 0;
}

static secant_status
add_covered(data_pairs *out, const char *images, const folder *a, const char *labels, const folder *b, secant_err *err)
{
	int at = 0;
	secant_status s = SECANT_OK;
	for (int i = 0; !s && i < a->n; i++) {
		while (labels && strcmp(b->v[at].key, a->v[i].key))
			at++;
		s = data_pairs_add(out, base_path_join(images, a->v[i].name),
			labels ? base_path_join(labels, b->v[at].name) : NULL, labels != NULL, err);
	}
	return s;
}

/* Pictures in one folder, masks in another: by equal stems, else without the words that say which is which. */
static secant_status
two_folders(data_pairs *out, const char *images, const char *labels, bool want_labels, bool *found, secant_err *err)
{
	static const int ways[][2] = { { PLAIN, PLAIN }, { PLAIN, LABELS }, { IMAGES, LABELS }, { IMAGES, PLAIN } };
	const char *first = "";
	secant_status s = SECANT_OK;
	bool done = false;
	for (size_t k = 0; !s && !done && k < sizeof ways / sizeof *ways; k++) {
		folder a, b = { 0 };
		s = folder_list(&a, images, ways[k][0], err);
		if (!s && want_labels)
			s = folder_list(&b, labels, ways[k][1], err);
		*found |= a.n > 0;
		if (!s && (want_labels ? covers(&a, &b, &first) : a.n > 0)) {
			done = true;
			s = add_covered(out, images, &a, want_labels ? labels : NULL, &b, err);
		}
		char name[160];
		(void)snprintf(name, sizeof name, "%s", first);
		if (!s && !done && a.n && k + 1 == sizeof ways / sizeof *ways)
			s = secant_fail(
				err, SECANT_ERR_FORMAT, "%s/%s has no label of its name in %s, or several", images, name, labels);
		folder_free(&a);
		folder_free(&b);
		first = "";
	}
	return s;
}

/* Pictures and masks in one folder: a word says which are masks, or of each two the PNG beside a JPEG is. */
static secant_status
one_folder(data_pairs *out, const char *path, bool want_labels, bool *found, secant_err *err)
{
	folder f;
	secant_status s = folder_list(&f, path, BOTH, err);
	int labels = 0, pairs = 0;
	for (int i = 0; i < f.n; i++)
		labels += f.v[i].label;
	for (int i = 0; !labels && i + 1 < f.n; i++) /* none says so: a JPEG and a picture without loss */
		if (!strcmp(f.v[i].key, f.v[i + 1].key) && is_lossy(f.v[i].name) != is_lossy(f.v[i + 1].name)) {
			f.v[i].label = !is_lossy(f.v[i].name);
			f.v[i + 1].label = !is_lossy(f.v[i + 1].name);
			pairs++;
		}
	if (!labels && pairs)
		qsort(f.v, (size_t)f.n, sizeof *f.v, by_key);
	bool any = labels || pairs;
	for (int i = 0; !s && any && i < f.n; i++) {
		bool has = i + 1 < f.n && !strcmp(f.v[i].key, f.v[i + 1].key) && !f.v[i].label && f.v[i + 1].label;
		bool more = has && i + 2 < f.n && !strcmp(f.v[i].key, f.v[i + 2].key);
		*found = true;
		if (f.v[i].label)
			continue; /* of a picture that is not here */
		if (!has || more)
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s/%s has %s beside it", path, f.v[i].name,
				more ? "several masks" : "no mask");
		else
			s = data_pairs_add(out, base_path_join(path, f.v[i].name),
				want_labels ? base_path_join(path, f.v[i + 1].name) : NULL, want_labels, err);
	}
	folder_free(&f);
	return s;
}

/* Folders that each hold pictures beside their masks. */
static secant_status
many_folders(data_pairs *out, const char *path, bool want_labels, bool *found, secant_err *err)
{
	base_names names = { 0 };
	secant_status s = base_dir_list(&names, path, BASE_DIR_FOLDERS, err);
	for (int i = 0; !s && i < names.n; i++) {
		char *child = names.v[i][0] == '.' ? NULL : base_path_join(path, names.v[i]);
		if (child)
			s = one_folder(out, child, want_labels, found, err);
		secant_free(child);
	}
	base_names_free(&names);
	return s;
}

/* ---- layouts ---- */

/* Folders of pictures and of labels; labels NULL: beside each other. */
typedef struct place {
	char *images, *labels;
} place;

static void
place_free(place *p)
{
	secant_free(p->images);
	secant_free(p->labels);
	*p = (place){ 0 };
}

/* {images,masks} in `path`. */
static bool
place_in(place *p, const char *path)
{
	p->images = folder_called(path, image_words);
	p->labels = p->images ? folder_called(path, label_words) : NULL;
	if (!p->labels)
		place_free(p);
	return p->labels != NULL;
}

/* Where the split lies; false: the layout has no folder for it. */
static bool
place_of(place *p, const char *path, const char *const *split)
{
	*p = (place){ 0 };
	char *inner = folder_called(path, split);
	if (inner && place_in(p, inner)) {
		secant_free(inner);
		return true;
	}
	place around = { 0 };
	if (place_in(&around, path)) {
		p->images = folder_called(around.images, split);
		p->labels = p->images ? folder_called(around.labels, split) : NULL;
		place_free(&around);
	}
	if (!p->labels) {
		place_free(p);
		p->labels = folder_of_both(path, split, label_words);
		p->images = p->labels ? folder_of_both(path, split, image_words) : NULL;
		if (p->labels && !p->images)
			p->images = inner, inner = NULL;
		if (!p->images)
			place_free(p);
	}
	if (!p->images && inner) /* beside each other, if that is what lies there */
		p->images = inner, inner = NULL;
	secant_free(inner);
	return p->images != NULL;
}

static const char *const *
split_words(const char *split)
{
	for (int i = 0; i < SPLITS; i++)
		if (is_word(split, strlen(split), splits[i]))
			return splits[i];
	return NULL;
}

static secant_status
find_at(data_pairs *out, const place *p, bool want_labels, bool *found, secant_err *err)
{
	return p->labels ? two_folders(out, p->images, p->labels, want_labels, found, err)
					 : one_folder(out, p->images, want_labels, found, err);
}

bool
data_layout_has(const char *path, const char *split)
{
	const char *const *words = secant_is_dir(path) ? split_words(split) : NULL;
	place p = { 0 };
	bool there = words && place_of(&p, path, words), found = false;
	data_pairs pairs = { 0 };
	if (there && find_at(&pairs, &p, true, &found, NULL))
		found = false;
	data_pairs_free(&pairs);
	place_free(&p);
	return found;
}

secant_status
data_layout_find(data_pairs *out, const char *path, const char *split, bool want_labels, const data_division *how,
	bool *found, secant_err *err)
{
	*found = false;
	if (!secant_is_dir(path))
		return SECANT_OK;
	const char *const *words = split_words(split);
	place p = { 0 };
	secant_status s = SECANT_OK;
	bool parted = false;
	for (int i = 0; i < SPLITS; i++)
		parted |= data_layout_has(path, splits[i][0]);
	if (parted && words && place_of(&p, path, words))
		s = find_at(out, &p, want_labels, found, err);
	else if (!parted) {
		s = data_volume_is(path) ? (*found = true, data_volume_find(out, path, want_labels, err))
			: place_in(&p, path) ? find_at(out, &p, want_labels, found, err)
								 : one_folder(out, path, want_labels, found, err);
		if (!s && !*found)
			s = many_folders(out, path, want_labels, found, err);
		if (!s && out->n)
			s = data_pairs_divide(out, path, split, how, err);
	}
	if (!s && parted && how->folds > 1)
		s = secant_fail(err, SECANT_ERR_ARG,
			"--folds %d: %s is divided already; folds are made of a data set without split folders", how->folds, path);
	place_free(&p);
	*found &= s || out->n;
	if (s)
		data_pairs_free(out);
	return s;
}

/* ---- in words ---- */

static void
list_some(const char *path, base_dir_what what, const char *kind, char *buffer, size_t size)
{
	base_names names = { 0 };
	if (!base_dir_list(&names, path, what, NULL) && names.n) {
		size_t at = strlen(buffer);
		(void)snprintf(buffer + at, size - at, "%s%d %s%s (", at ? " and " : "", names.n, kind, names.n > 1 ? "s" : "");
		for (int i = 0; i < names.n && i < 3; i++) {
			at = strlen(buffer);
			(void)snprintf(buffer + at, size - at, "%s%.40s", i ? ", " : "", names.v[i]);
		}
		at = strlen(buffer);
		(void)snprintf(buffer + at, size - at, names.n > 3 ? ", ...)" : ")");
	}
	base_names_free(&names);
}

void
data_layout_describe(const char *path, char *buffer, size_t size)
{
	*buffer = '\0';
	list_some(path, BASE_DIR_FOLDERS, "folder", buffer, size);
	list_some(path, BASE_DIR_FILES, "file", buffer, size);
	if (!*buffer)
		(void)snprintf(buffer, size, "nothing");
}

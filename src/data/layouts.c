/*
 * Layouts that people have beside the plain ones of pairs.c, found by the words in their names (any case):
 *
 *   DATA/SPLIT/images with DATA/SPLIT/masks       DATA/images/SPLIT with DATA/masks/SPLIT
 *   DATA/SPLIT_images with DATA/SPLIT_masks       DATA/SPLIT with DATA/SPLIT_masks
 *   DATA/train-volume.tif, train-labels.tif       stacks of pages (volumes.c)
 *   DATA/images with DATA/masks                   DATA, or DATA/NAME of several, with pictures beside their masks
 *   DATA/SPLIT/NAME/images with masks             of several NAMEs (LoveDA: Train/Urban/images_png)
 *   DATA/NAME/...                                 one folder around all of it, as archives leave it
 *
 * A word may be a part of a folder's name: img_dir and ann_dir, images_png and masks_png, 2_Ortho_RGB and 5_Labels_all.
 *
 * A picture and its mask share their names once what says "mask" or "image" is taken off: x.png and x_mask.png,
 * x_sat.jpg and x_mask.png, image_7.png and mask_7.png, x.jpg and x.png (beside each other the PNG is the mask, since a
 * JPEG cannot be one); or once the end is taken off that all names of the folder have: x_instance_color_RGB.png. A
 * layout counts only if every picture finds exactly one mask: a guess is never half right. Where two folders that are
 * called after labels would both do, it is refused.
 */
#include "data/layouts.h"
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <secant/codec.h>
#include "base/file.h"
#include "base/mem.h"
#include "annotations/name_key.h"

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
	"leftImg8bit",
	"imagesTr",
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
	"gts",
	"ann",
	"anns",
	"manual",
	"labelsTr",
	"labelTrainIds", /* COCO-Stuff as MMSegmentation prepares it */
	NULL,
};
static const char *const splits[][6] = {
	{ "train", "training", "trn", "train2017", NULL },
	{ "val", "valid", "validation", "dev", "val2017", NULL },
	{ "test", "testing", "tst", "test2017", NULL },
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

/* The words of a split by one of them; NULL: none. */
static const char *const *
split_words(const char *split)
{
	for (int i = 0; i < SPLITS; i++)
		if (is_word(split, strlen(split), splits[i]))
			return splits[i];
	return NULL;
}

static const char between[] = "_- .";

static bool
is_between(char c)
{
	return c && strchr(between, c);
}

/* Is one of the parts of a name a word of the list? */
static bool
says(const char *name, const char *const *words)
{
	for (size_t n; *name; name += n + is_between(name[n])) {
		n = strcspn(name, between);
		if (is_word(name, n, words))
			return true;
	}
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

static int
count_parts(const char *name)
{
	int n = 1;
	for (; *name; name++)
		n += is_between(*name);
	return n;
}

/* The folder with words of both lists in its name, and none of a third: train_images, masks-val; of several the one
 * with the fewest parts, if it is alone. Words NULL: any, if there is no second. */
static char *
folder_saying(const char *path, const char *const *some, const char *const *others, const char *const * not )
{
	base_names names = { 0 };
	const char *found = NULL;
	bool several = false;
	int least = INT_MAX;
	if (base_dir_list(&names, path, BASE_DIR_FOLDERS, NULL))
		return NULL;
	for (int i = 0; i < names.n; i++) {
		int parts = count_parts(names.v[i]);
		const char *name = names.v[i];
		if (name[0] == '.' || (some && !says(name, some)) || (others && !says(name, others)) || (not &&says(name, not ))
			|| parts > least)
			continue;
		several = found && (parts == least || !some);
		found = name;
		least = parts;
	}
	char *path_of = found && !several ? base_path_join(path, found) : NULL;
	base_names_free(&names);
	return path_of;
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

/* How names are read: as they are, without the words of pictures, of labels, or without the end that all of them have.
 */
enum { PLAIN, IMAGES, LABELS, BOTH, WITHOUT_END };

/* Takes off the end that all keys have, from a sign that stands between words on. */
static void
drop_common_end(folder *f)
{
	size_t common = f->n > 1 ? strlen(f->v[0].key) : 0;
	for (int i = 1; i < f->n; i++) {
		size_t n = strlen(f->v[i].key), k = 0;
		while (k < common && k < n && f->v[i].key[n - k - 1] == f->v[0].key[strlen(f->v[0].key) - k - 1])
			k++;
		common = k;
	}
	const char *end = f->n ? f->v[0].key + strlen(f->v[0].key) - common : "";
	for (; common && !is_between(*end); common--)
		end++;
	for (int i = 0; common && i < f->n; i++)
		f->v[i].key[strlen(f->v[i].key) - common] = '\0';
}

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
		one->label = (words == LABELS || words == BOTH) && take_off(one->key, label_words);
		if (!one->label && (words == IMAGES || words == BOTH))
			(void)take_off(one->key, image_words);
		char *key = ann_name_key(one->key); /* as Windows and macOS have names */
		secant_free(one->key);
		one->key = key;
		if (!key) {
			s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %d names", path, names.n);
			break;
		}
	}
	base_names_free(&names);
	if (!s && words == WITHOUT_END)
		drop_common_end(f);
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

/* A folder that is called after labels holds none: what lies there instead. */
static secant_status
say_unread(const char *labels, secant_err *err)
{
	base_names names = { 0 };
	bool any = !base_dir_list(&names, labels, BASE_DIR_FILES, NULL) && names.n;
	secant_status s = any ? secant_fail(err, SECANT_ERR_FORMAT,
						  "%s holds no pictures that are read as labels (%.100s): write PNG", labels, names.v[0])
						  : secant_fail(err, SECANT_ERR_FORMAT, "%s holds no pictures", labels);
	base_names_free(&names);
	return s;
}

/* Pictures in one folder, masks in another: by equal stems, else without the words that say which is which. */
static secant_status
two_folders(data_pairs *out, const char *images, const char *labels, bool want_labels, bool *found, secant_err *err)
{
	static const int ways[][2] = { { PLAIN, PLAIN }, { PLAIN, LABELS }, { IMAGES, LABELS }, { IMAGES, PLAIN },
		{ PLAIN, WITHOUT_END }, { WITHOUT_END, PLAIN }, { WITHOUT_END, WITHOUT_END } };
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
			s = b.n ? secant_fail(
					err, SECANT_ERR_FORMAT, "%s/%s has no label of its name in %s, or several", images, name, labels)
					: say_unread(labels, err);
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
		if (f.v[i].label)
			continue; /* of a picture that is not here */
		*found = true;
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

static bool
holds_pictures(const char *path)
{
	base_names names = { 0 };
	bool holds = false;
	if (!base_dir_list(&names, path, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n && !holds; i++)
			holds = names.v[i][0] != '.' && secant_image_is_path(names.v[i]);
	base_names_free(&names);
	return holds;
}

/* Folders that each hold pictures beside their masks; all that hold pictures must. */
static secant_status
many_folders(data_pairs *out, const char *path, bool want_labels, bool *found, secant_err *err)
{
	base_names names = { 0 };
	const char *without = NULL;
	secant_status s = base_dir_list(&names, path, BASE_DIR_FOLDERS, err);
	for (int i = 0; !s && i < names.n; i++) {
		char *child = names.v[i][0] == '.' ? NULL : base_path_join(path, names.v[i]);
		bool has = false;
		if (child)
			s = one_folder(out, child, want_labels, &has, err);
		*found = *found || has;
		if (child && !has && holds_pictures(child))
			without = names.v[i];
		secant_free(child);
	}
	if (!s && *found && without)
		s = secant_fail(
			err, SECANT_ERR_FORMAT, "%s/%s holds pictures without masks, unlike the folders beside it", path, without);
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

/* The one folder of `path` that holds pictures; fresh memory, NULL: none, or several. */
static char *
folder_of_pictures(const char *path)
{
	base_names names = { 0 };
	char *found = NULL;
	bool several = false;
	if (base_dir_list(&names, path, BASE_DIR_FOLDERS, NULL))
		return NULL;
	for (int i = 0; i < names.n && !several; i++) {
		char *child = names.v[i][0] == '.' ? NULL : base_path_join(path, names.v[i]);
		bool holds = child && holds_pictures(child);
		several = holds && found;
		if (holds && !found)
			found = child, child = NULL;
		secant_free(child);
	}
	base_names_free(&names);
	if (several)
		secant_free(found);
	return several ? NULL : found;
}

static bool
has_split(const char *path)
{
	bool has = false;
	for (int i = 0; i < SPLITS && !has; i++) {
		char *child = folder_called(path, splits[i]);
		has = child != NULL;
		secant_free(child);
	}
	return has;
}

/* Down through folders that hold nothing but one folder, or one called by the words, to pictures or splits: images/10k,
 * labels/sem_seg/masks (BDD100K). */
static void
descend(char **at, const char *const *words)
{
	enum { MOST = 3 };
	for (int i = 0; i < MOST && *at && !holds_pictures(*at) && !has_split(*at); i++) {
		char *child = folder_saying(*at, NULL, NULL, NULL);
		child = child ? child : words ? folder_called(*at, words) : NULL;
		if (!child)
			return;
		secant_free(*at);
		*at = child;
	}
}

/* {images,masks} in `path`. */
static bool
place_in(place *p, const char *path)
{
	p->images = folder_called(path, image_words);
	p->labels = folder_called(path, label_words);
	p->labels = p->labels ? p->labels : folder_saying(path, label_words, NULL, NULL);
	p->images = p->images || !p->labels ? p->images : folder_saying(path, image_words, NULL, label_words);
	if (!p->images && p->labels) { /* the only other one, but for a split beside its labels */
		p->images = folder_saying(path, NULL, NULL, label_words);
		if (p->images && split_words(base_path_name(p->images)))
			place_free(p);
	}
	if (!p->labels || !p->images)
		place_free(p);
	char *deeper = p->labels && !holds_pictures(p->labels) ? folder_of_pictures(p->labels) : NULL;
	if (deeper && split_words(base_path_name(deeper)))
		secant_free(deeper);
	else if (deeper) { /* annotations/trimaps */
		secant_free(p->labels);
		p->labels = deeper;
	}
	descend(&p->images, NULL);
	descend(&p->labels, label_words);
	return p->labels != NULL;
}

/* The folders of `path` that hold pictures and labels in folders of their own; all that hold pictures must. */
static secant_status
folders_of_places(data_pairs *out, const char *path, bool want_labels, bool *found, secant_err *err)
{
	base_names names = { 0 };
	secant_status s = base_dir_list(&names, path, BASE_DIR_FOLDERS, err);
	bool half = false;
	for (int i = 0; !s && !half && i < names.n; i++) {
		char *child = names.v[i][0] == '.' ? NULL : base_path_join(path, names.v[i]);
		char *other = NULL;
		place p = { 0 };
		if (child && place_in(&p, child))
			s = two_folders(out, p.images, p.labels, want_labels, found, err);
		else if (child)
			half = holds_pictures(child) || (other = folder_of_pictures(child));
		place_free(&p);
		secant_free(child), secant_free(other);
	}
	base_names_free(&names);
	if (half) {
		data_pairs_free(out);
		*found = false;
	}
	return s;
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
		p->labels = folder_saying(path, split, label_words, NULL);
		p->images = p->labels ? folder_saying(path, split, image_words, label_words) : NULL;
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

/* Another folder beside that of the labels that is called after labels, too, and has one for every picture: DRIVE's
 * 1st_manual and mask, which is the field of view. */
static secant_status
refuse_rivals(const place *p, secant_err *err)
{
	base_names names = { 0 };
	char *dir = base_path_dir(p->labels);
	secant_status s = SECANT_OK;
	bool rival = false;
	if (dir && !base_dir_list(&names, dir, BASE_DIR_FOLDERS, NULL))
		for (int i = 0; !s && i < names.n; i++) {
			char *other = base_path_join(dir, names.v[i]);
			data_pairs pairs = { 0 };
			bool found = false;
			bool apart = false; /* the labels of another split */
			for (int k = 0; k < SPLITS; k++)
				apart |= says(names.v[i], splits[k]) && !says(base_path_name(p->labels), splits[k]);
			if (other && !apart && strcmp(other, p->labels) && strcmp(other, p->images)
				&& says(names.v[i], label_words))
				rival = !two_folders(&pairs, p->images, other, true, &found, NULL) && pairs.n;
			if (rival)
				s = secant_fail(err, SECANT_ERR_FORMAT,
					"%s and %s both have a label for every picture of %s: leave one of them, or say which with a list "
					"of "
					"lines image,label",
					p->labels, other, p->images);
			data_pairs_free(&pairs);
			secant_free(other);
		}
	base_names_free(&names);
	secant_free(dir);
	return s;
}

static secant_status
find_at(data_pairs *out, const place *p, bool want_labels, bool *found, secant_err *err)
{
	if (p->labels)
		return two_folders(out, p->images, p->labels, want_labels, found, err);
	secant_status s = one_folder(out, p->images, want_labels, found, err);
	return s || *found ? s : folders_of_places(out, p->images, want_labels, found, err);
}

/* The one folder around all of it, as archives leave it; fresh memory, NULL: `path` itself is where to look. */
static char *
inner_of(const char *path)
{
	base_names names = { 0 };
	const char *only = NULL;
	int folders = 0;
	bool pictures = false;
	if (base_dir_list(&names, path, BASE_DIR_ALL, NULL))
		return NULL;
	for (int i = 0; i < names.n; i++) {
		char *child = names.v[i][0] == '.' ? NULL : base_path_join(path, names.v[i]);
		bool is = child && secant_is_dir(child) && strcmp(names.v[i], "__MACOSX");
		folders += is;
		only = is ? names.v[i] : only;
		pictures = pictures || (child && !is && secant_image_is_path(names.v[i]));
		secant_free(child);
	}
	bool speaks = only && (split_words(only) || says(only, image_words) || says(only, label_words));
	char *inner = folders == 1 && !pictures && !speaks ? base_path_join(path, only) : NULL;
	base_names_free(&names);
	return inner;
}

bool
data_layout_has(const char *path, const char *split)
{
	char *inner = inner_of(path);
	if (inner) {
		bool there = data_layout_has(inner, split);
		secant_free(inner);
		return there;
	}
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
	char *inner = inner_of(path);
	if (inner) {
		secant_status s = data_layout_find(out, inner, split, want_labels, how, found, err);
		secant_free(inner);
		return s;
	}
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
		if (!s && !*found)
			s = folders_of_places(out, path, want_labels, found, err);
		if (!s && out->n)
			s = data_pairs_divide(out, path, split, how, err);
	}
	if (!s && !*found && !parted && words) { /* folders of the split that do not pair: that is said */
		place_free(&p);
		if (place_of(&p, path, words) && p.labels)
			s = find_at(out, &p, want_labels, found, err);
	}
	if (!s && parted && how->folds > 1)
		s = secant_fail(err, SECANT_ERR_ARG,
			"--folds %d: %s is divided already; folds are made of a data set without split folders", how->folds, path);
	if (!s && want_labels && out->n && p.labels)
		s = refuse_rivals(&p, err);
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

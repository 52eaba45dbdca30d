/*
 * The layouts of a data set, tried in this order:
 *
 *   DATA/SPLIT/{images,labels|masks}/STEM.*      split folders (ImageFolder)
 *   DATA/SPLIT/NAME/{image,mask|label}.*         split folders with a folder per sample
 *   DATA/{images,labels|masks}/STEM.*            no splits: divided
 *   DATA/NAME/{image,mask|label}.*               a folder per sample, divided
 *   DATA is a file                               a line a pair: image,label[,split], or with tabs or spaces between;
 *                                                relative to the file;
 *                                                divided without third column
 *
 * "Divided": names in byte order are shuffled (Fisher-Yates, Philox keyed by the seed); the first share, or every
 * k-th of them, is "val", the rest is "train", "all" is both; each keeps byte order. Hidden files and files that are
 * no pictures by name are passed over.
 */
#include "data/pairs.h"
#include "data/joined.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/clouds/clouds.h"
#include "data/layouts.h"
#include "base/rng.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <secant/codec.h>

enum { LONGEST_LIST = 1 << 28 };
static const char *const label_folders[] = { "labels", "masks", NULL };
static const char *const label_stems[] = { "mask", "label", NULL };

void
data_pairs_free(data_pairs *p)
{
	for (int i = 0; i < p->n; i++) {
		secant_free(p->v[i].image);
		secant_free(p->v[i].label);
	}
	secant_free(p->v);
	*p = (data_pairs){ 0 };
}

secant_status
data_pairs_add(data_pairs *p, char *image, char *label, bool want_label, secant_err *err)
{
	if (!image || (want_label && !label) || base_grow((void **)&p->v, &p->capacity, p->n, sizeof *p->v)) {
		secant_free(image);
		secant_free(label);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d pictures", p->n + 1);
	}
	p->v[p->n++] = (data_pair){ image, label };
	return SECANT_OK;
}

/* ---- folders of pictures and folders of labels ---- */

typedef struct stem_name {
	char *stem;
	const char *name;
} stem_name;
typedef struct stem_list {
	stem_name *v;
	int n;
	base_names names;
} stem_list;

static int
by_stem(const void *a, const void *b)
{
	const stem_name *x = a, *y = b;
	int d = strcmp(x->stem, y->stem);
	return d ? d : strcmp(x->name, y->name);
}

static void
free_stems(stem_list *l)
{
	for (int i = 0; i < l->n; i++)
		secant_free(l->v[i].stem);
	secant_free(l->v);
	base_names_free(&l->names);
}

/* The pictures of a folder by stem; two of one stem are an error, since nobody can say which is meant. */
static secant_status
list_stems(stem_list *l, const char *folder, secant_err *err)
{
	*l = (stem_list){ 0 };
	secant_status s = base_dir_list(&l->names, folder, BASE_DIR_FILES, err);
	if (s)
		return s;
	l->v = secant_calloc((size_t)l->names.n + 1, sizeof *l->v);
	if (!l->v)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %d names", folder, l->names.n);
	for (int i = 0; i < l->names.n; i++) {
		if (l->names.v[i][0] == '.' || !secant_image_is_path(l->names.v[i]))
			continue;
		char *stem = base_path_stem(l->names.v[i]);
		if (!stem)
			return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %d names", folder, l->names.n);
		l->v[l->n++] = (stem_name){ stem, l->names.v[i] };
	}
	qsort(l->v, (size_t)l->n, sizeof *l->v, by_stem);
	for (int i = 1; i < l->n; i++)
		if (!strcmp(l->v[i - 1].stem, l->v[i].stem))
			return secant_fail(err, SECANT_ERR_FORMAT,
				"%s: '%s' and '%s' have the same stem, so that one name stands for two pictures", folder,
				l->v[i - 1].name, l->v[i].name);
	return SECANT_OK;
}

/* A file of the picture's stem in the folder of labels, which is no picture that is read: " (p.gif lies there, ...)".
 */
static void
say_unread(const char *labels, const char *picture, char *out, size_t size)
{
	base_names names = { 0 };
	char *stem = base_path_stem(picture);
	*out = 0;
	if (stem && !base_dir_list(&names, labels, BASE_DIR_FILES, NULL))
		for (int i = 0; i < names.n && !*out; i++) {
			char *other = base_path_stem(names.v[i]);
			if (other && !strcmp(other, stem))
				(void)snprintf(out, size, "; %.100s lies there, which is not read as a label: write PNG", names.v[i]);
			secant_free(other);
		}
	base_names_free(&names);
	secant_free(stem);
}

/* Both lists are sorted by stem: one walk pairs them. */
static secant_status
match(data_pairs *out, const char *images, const stem_list *pictures, const char *labels, const stem_list *masks,
	secant_err *err)
{
	int missing = 0, at = 0;
	const char *first = NULL;
	for (int i = 0; i < pictures->n; i++) {
		while (labels && at < masks->n && strcmp(masks->v[at].stem, pictures->v[i].stem) < 0)
			at++;
		bool found = labels && at < masks->n && !strcmp(masks->v[at].stem, pictures->v[i].stem);
		if (labels && !found) {
			first = first ? first : pictures->v[i].name;
			missing++;
			continue;
		}
		secant_status s = data_pairs_add(out, base_path_join(images, pictures->v[i].name),
			found ? base_path_join(labels, masks->v[at].name) : NULL, found, err);
		if (s)
			return s;
	}
	if (!missing)
		return SECANT_OK;
	char unread[200], more[60] = "";
	say_unread(labels, first, unread, sizeof unread);
	if (missing > 1)
		(void)snprintf(more, sizeof more, ", nor have %d more pictures", missing - 1);
	return secant_fail(err, SECANT_ERR_FORMAT, "%s/%s has no label in %s%s%s", images, first, labels, more, unread);
}

/* A child of `path` that is a folder, fresh memory; NULL when there is none (or no memory). */
static char *
child_folder(const char *path, const char *name)
{
	char *full = base_path_join(path, name);
	if (full && !secant_is_dir(full)) {
		secant_free(full);
		full = NULL;
	}
	return full;
}

static secant_status
find_in_folders(data_pairs *out, const char *path, const char *images, bool want_labels, secant_err *err)
{
	char *labels = NULL;
	stem_list pictures = { 0 }, masks = { 0 };
	for (int i = 0; want_labels && !labels && label_folders[i]; i++)
		labels = child_folder(path, label_folders[i]);
	secant_status s = SECANT_OK;
	if (want_labels && !labels)
		s = secant_fail(err, SECANT_ERR_IO, "%s has images but neither labels nor masks beside them", path);
	if (!s)
		s = list_stems(&pictures, images, err);
	if (!s && labels)
		s = list_stems(&masks, labels, err);
	if (!s)
		s = match(out, images, &pictures, labels, &masks, err);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s holds no pictures", images);
	free_stems(&pictures);
	free_stems(&masks);
	secant_free(labels);
	return s;
}

/* ---- a folder per sample ---- */

/* The picture in `folder` whose stem is one of `stems`; NULL when there is none (or no memory). */
static char *
picture_named(const char *folder, const base_names *names, const char *const *stems)
{
	for (; *stems; stems++)
		for (int i = 0; i < names->n; i++) {
			size_t n = strlen(*stems);
			if (!strncmp(names->v[i], *stems, n) && names->v[i][n] == '.' && !strchr(names->v[i] + n + 1, '.')
				&& secant_image_is_path(names->v[i]))
				return base_path_join(folder, names->v[i]);
		}
	return NULL;
}

/* The label of a sample's folder: a picture, or where there are several, or a folder of them, the folder that joins
 * them. */
static char *
label_of(const char *folder, const base_names *names)
{
	static const char *const inner[] = { "masks", "labels" };
	if (data_joined_wants(folder))
		return base_strdup(folder);
	char *label = picture_named(folder, names, label_stems);
	for (size_t i = 0; i < sizeof inner / sizeof *inner && !label; i++)
		label = child_folder(folder, inner[i]);
	return label;
}

/* A sample of the Data Science Bowl 2018: its one picture in images, and in masks one for each object, none of them
 * called as the picture. NULL: it is none. */
static char *
picture_of_objects(const char *folder)
{
	char *images = child_folder(folder, "images"), *masks = child_folder(folder, "masks"), *found = NULL;
	base_names pictures = { 0 }, objects = { 0 };
	if (images && masks && data_joined_wants(masks) && !base_dir_list(&pictures, images, BASE_DIR_FILES, NULL)
		&& !base_dir_list(&objects, masks, BASE_DIR_FILES, NULL) && pictures.n == 1
		&& secant_image_is_path(pictures.v[0])) {
		size_t stem = strcspn(pictures.v[0], ".") + 1;
		bool own = false;
		for (int i = 0; i < objects.n; i++)
			own = own || !strncmp(objects.v[i], pictures.v[0], stem);
		found = own ? NULL : base_path_join(images, pictures.v[0]);
	}
	base_names_free(&pictures);
	base_names_free(&objects);
	secant_free(images);
	secant_free(masks);
	return found;
}

static secant_status
sample_folder(data_pairs *out, const char *folder, bool want_labels, secant_err *err)
{
	static const char *const image_stems[] = { "image", NULL };
	base_names names = { 0 };
	secant_status s = base_dir_list(&names, folder, BASE_DIR_FILES, err);
	if (s)
		return s;
	char *image = picture_named(folder, &names, image_stems);
	image = image ? image : picture_of_objects(folder);
	char *label = image && want_labels ? label_of(folder, &names) : NULL;
	if (image && want_labels && !label) {
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s has no label: %s holds neither mask.* nor label.*", image, folder);
		secant_free(image);
	} else if (image)
		s = data_pairs_add(out, image, label, want_labels, err);
	base_names_free(&names);
	return s;
}

/* Finds nothing, without an error, where there are no such folders. */
static secant_status
find_sample_folders(data_pairs *out, const char *path, bool want_labels, secant_err *err)
{
	base_names names = { 0 };
	secant_status s = base_dir_list(&names, path, BASE_DIR_FOLDERS, err);
	for (int i = 0; !s && i < names.n; i++) {
		char *folder = base_path_join(path, names.v[i]);
		s = folder ? sample_folder(out, folder, want_labels, err)
				   : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
		secant_free(folder);
	}
	base_names_free(&names);
	return s;
}

static secant_status
find_in(data_pairs *out, const char *path, bool want_labels, secant_err *err)
{
	char *images = child_folder(path, "images");
	secant_status s = images ? find_in_folders(out, path, images, want_labels, err)
							 : find_sample_folders(out, path, want_labels, err);
	secant_free(images);
	return s;
}

/* ---- a list ---- */

/* What stands between the fields of a line: the first comma or tab outside quotes, else space where the first word is a
 * picture's name (of "my picture.png" it is not). */
static char
separator(const char *line)
{
	bool quoted = false;
	for (const char *p = line; *p; p++) {
		if (!quoted && (*p == ',' || *p == '\t'))
			return *p;
		quoted ^= *p == '"';
	}
	size_t n = strcspn(line, " ");
	char word[4096];
	if (!line[n] || n >= sizeof word)
		return ',';
	memcpy(word, line, n);
	word[n] = '\0';
	return secant_image_is_path(word) ? ' ' : ',';
}

/* Cuts one field off a line; quotes around a field are taken off, "" inside them is one quote. */
static char *
cut_field(char **at, char between)
{
	char *p = *at, *start = p, *to = p, end[2] = { between, '\0' };
	if (!p)
		return NULL;
	while (*p == ' ' || (*p == '\t' && between != '\t'))
		p++;
	if (*p == '"') {
		start = to = ++p;
		for (; *p && !(*p == '"' && p[1] != '"'); p++) {
			p += *p == '"';
			*to++ = *p;
		}
		p += *p == '"';
		p += strcspn(p, end);
	} else {
		start = p;
		p += strcspn(p, end);
		to = p;
		while (to > start && (to[-1] == ' ' || to[-1] == '\t'))
			to--;
	}
	char *next = *p ? p + 1 : NULL;
	if (next && between == ' ')
		next += strspn(next, " ");
	*at = next && (*next || between != ' ') ? next : NULL;
	*to = '\0';
	return start;
}

typedef struct list_reading {
	const char *path, *split;
	char *dir;
	bool want_labels, *has_splits;
	data_pairs *out;
} list_reading;

static secant_status
list_line(const list_reading *r, char *line, int number, secant_err *err)
{
	char between = separator(line + strspn(line, " ")), *rest = line, *image = cut_field(&rest, between),
		 *label = cut_field(&rest, between), *split = cut_field(&rest, between);
	if (!*image || (number == 1 && !strcmp(image, "image")))
		return SECANT_OK;
	char *hash = *image == '#' ? base_path_join(r->dir, image) : NULL; /* a picture may be called so */
	bool comment = *image == '#' && !(hash && secant_is_file(hash));
	secant_free(hash);
	if (comment)
		return SECANT_OK;
	if (rest)
		return secant_fail(
			err, SECANT_ERR_FORMAT, "%s:%d: more than three fields, expected image,label[,split]", r->path, number);
	if (r->want_labels && (!label || !*label))
		return secant_fail(
			err, SECANT_ERR_FORMAT, "%s:%d: '%.200s' has no label, expected image,label", r->path, number, image);
	if (split && *split) {
		*r->has_splits = true;
		if (strcmp(split, r->split) && strcmp(r->split, "all"))
			return SECANT_OK;
	}
	return data_pairs_add(r->out, base_path_join(r->dir, image), r->want_labels ? base_path_join(r->dir, label) : NULL,
		r->want_labels, err);
}

static secant_status
find_in_list(data_pairs *out, const char *path, const char *split, bool want_labels, bool *has_splits, secant_err *err)
{
	char *text = NULL;
	size_t size = 0;
	secant_status s = secant_file_read(&text, &size, path, LONGEST_LIST, err);
	if (s)
		return s;
	list_reading r = { path, split, base_path_dir(path), want_labels, has_splits, out };
	if (!r.dir)
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	if (!s && memchr(text, 0, size))
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: a zero byte at %zu: not a list of pictures", path, strlen(text));
	int number = 1;
	char *line = text + (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0);
	for (char *end; !s && line; line = end, number++) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		s = list_line(&r, line, number, err);
	}
	secant_free(r.dir);
	secant_free(text);
	return s;
}

/* ---- division ---- */

static int
by_image(const void *a, const void *b)
{
	return strcmp(((const data_pair *)a)->image, ((const data_pair *)b)->image);
}

secant_status
data_division_choose(const data_division *how, int n, char *val, secant_err *err)
{
	if (how->folds > 1 && how->fold >= how->folds)
		return secant_fail(
			err, SECANT_ERR_RANGE, "--fold %d: --folds %d has folds 0 to %d", how->fold, how->folds, how->folds - 1);
	if (how->folds > n)
		return secant_fail(err, SECANT_ERR_RANGE, "--folds %d: there are only %d pictures to divide", how->folds, n);
	int *order = secant_calloc((size_t)n + 1, sizeof *order);
	if (!order)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to divide %d samples", n);
	for (int i = 0; i < n; i++)
		order[i] = i;
	base_rng rng = base_rng_make(how->seed, BASE_FOR_SPLIT, 0, 0);
	base_rng_shuffle(&rng, order, n);
	int held = (int)lround(how->fraction * n);
	if (how->fraction > 0 && held == 0 && n > 1)
		held = 1;
	for (int i = 0; i < n; i++)
		val[order[i]] = how->folds > 1 ? i % how->folds == how->fold : i < held;
	secant_free(order);
	return SECANT_OK;
}

secant_status
data_pairs_divide(data_pairs *p, const char *path, const char *split, const data_division *how, secant_err *err)
{
	bool val = !strcmp(split, "val"), train = !strcmp(split, "train");
	qsort(p->v, (size_t)p->n, sizeof *p->v, by_image);
	if (!strcmp(split, "all"))
		return SECANT_OK;
	if (!val && !train)
		return secant_fail(
			err, SECANT_ERR_ARG, "%s has no split folders, so there are train, val and all, not '%s'", path, split);
	if (val && how->folds < 2 && !(how->fraction > 0))
		return secant_fail(err, SECANT_ERR_ARG,
			"%s has no split folders and --validation-fraction is 0: nothing is left for val", path);
	char *held = secant_calloc((size_t)p->n, 1);
	secant_status s = held ? data_division_choose(how, p->n, held, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory to divide %d pictures", path, p->n);
	if (s)
		return secant_free(held), s;
	int all = p->n, kept = 0;
	for (int i = 0; i < all; i++) {
		if (held[i] == val)
			p->v[kept++] = p->v[i];
		else {
			secant_free(p->v[i].image);
			secant_free(p->v[i].label);
		}
	}
	p->n = kept;
	secant_free(held);
	return kept ? SECANT_OK : secant_fail(err, SECANT_ERR_ARG, "%s: none of %d pictures falls to %s", path, all, split);
}

/* ---- the whole ---- */

/* "train, val": which split folders there are, for a message. */
static void
name_splits(const char *path, char *buffer, size_t size)
{
	static const char *const usual[] = { "train", "val", "test", NULL };
	buffer[0] = '\0';
	for (int i = 0; usual[i]; i++) {
		char *folder = child_folder(path, usual[i]);
		if (folder)
			(void)snprintf(buffer + strlen(buffer), size - strlen(buffer), "%s%s", buffer[0] ? ", " : "", usual[i]);
		secant_free(folder);
	}
}

static secant_status
find_divided(
	data_pairs *out, const char *path, const char *split, bool want_labels, const data_division *how, secant_err *err)
{
	char splits[64];
	name_splits(path, splits, sizeof splits);
	if (splits[0])
		return secant_fail(err, SECANT_ERR_IO, "%s has no folder '%s', only %s", path, split, splits);
	secant_status s = find_in(out, path, want_labels, err);
	char there[300];
	data_layout_describe(path, there, sizeof there);
	if (!s && !out->n && data_clouds_foreign(path))
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s", path, data_clouds_foreign(path));
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_IO,
			"%s: no pictures with labels found: it holds %s; expected %s/images and %s/labels, images and labels, or "
			"pictures beside their masks (x.jpg, x.png or x_mask.png); a list of lines image,label does for all else",
			path, there, split, split);
	return s ? s : data_pairs_divide(out, path, split, how, err);
}

static secant_status
find(data_pairs *out, const char *path, const char *split, bool want_labels, const data_division *how, secant_err *err)
{
	if (secant_is_file(path)) {
		bool has_splits = false;
		secant_status s = find_in_list(out, path, split, want_labels, &has_splits, err);
		if (!s && !out->n)
			s = secant_fail(err, SECANT_ERR_FORMAT,
				has_splits ? "%s names no pictures for the split '%s'" : "%s names no pictures", path, split);
		if (!s && has_splits && how->folds > 1)
			s = secant_fail(
				err, SECANT_ERR_ARG, "--folds %d: %s is divided already, by its third column", how->folds, path);
		return s || has_splits ? s : data_pairs_divide(out, path, split, how, err);
	}
	if (!secant_is_dir(path))
		return secant_fail(err, SECANT_ERR_IO, "%s: no such file or folder", path);
	char *folder = child_folder(path, split);
	if (folder && how->folds > 1) {
		secant_free(folder);
		return secant_fail(err, SECANT_ERR_ARG,
			"--folds %d: %s is divided already (%s/%s); folds are made of a data set without split folders", how->folds,
			path, path, split);
	}
	if (!folder)
		return find_divided(out, path, split, want_labels, how, err);
	secant_status s = find_in(out, folder, want_labels, err);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_IO, "%s has neither a folder images nor folders with image.png in it%s", folder,
			data_cloudset_of(path, NULL, NULL)
				? "; its files can be read as clouds: --arch pointnet-dense trains on those"
				: "");
	secant_free(folder);
	return s;
}

secant_status
data_division_of(data_division *d, const secant_data_options *o, uint64_t seed, secant_err *err)
{
	char *end;
	const char *text = o->fold ? o->fold : "0";
	long fold = strtol(text, &end, 10);
	*d = (data_division){ o->validation_fraction, o->folds, (int)fold, seed };
	if (!strcmp(text, "all"))
		return secant_fail(err, SECANT_ERR_ARG,
			"--fold all: train makes a model of each fold; here one of them is wanted, 0 to %d",
			o->folds > 1 ? o->folds - 1 : 0);
	if (end == text || *end || fold < 0 || fold > 999)
		return secant_fail(err, SECANT_ERR_ARG, "--fold: '%s' is no fold, a number from 0", text);
	return SECANT_OK;
}

secant_status
data_pairs_find(
	data_pairs *out, const char *path, const char *split, bool want_labels, const data_division *how, secant_err *err)
{
	secant_status s = find(out, path, split, want_labels, how, err);
	if (s)
		data_pairs_free(out);
	return s;
}

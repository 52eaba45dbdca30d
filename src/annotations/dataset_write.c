/* Writing data sets: names and lists as the options want them, for the time of writing. */
#include "annotations/dataset.h"
#include "base/file.h"
#include "base/rng.h"
#include <stdio.h>
#include <stdlib.h>

static const secant_opt writing_rows[] = {
	SECANT_OPT(
		secant_dataset_writing, to, STR, "to", NULL, 1, 0, "format to write; the one that was read when not given"),
	SECANT_OPT(secant_dataset_writing, out, STR, "out", NULL, 1, 0, "folder to make; it must not exist"),
	SECANT_OPT_CHOICE(secant_dataset_writing, names, "names", "auto", "auto|keep|number",
		"names of pictures; auto: 000001, ... for nwpu, else kept"),
	SECANT_OPT_CHOICE(secant_dataset_writing, link, "link", "copy", "copy|hardlink|symlink|reflink",
		"how pictures get into the new folder"),
	SECANT_OPT(secant_dataset_writing, pictures, BOOL, "pictures", "true", 1, 0, "write the pictures too"),
	SECANT_OPT(secant_dataset_writing, dry_run, BOOL, "dry-run", "false", 1, 0, "only say what would be written"),
	SECANT_OPT_CHOICE(secant_dataset_writing, voc_origin, "to-origin", "auto", SECANT_VOC_ORIGINS,
		"how VOC numbers count pixels when written; auto: as --voc-origin, or as they were read, else as they are"),
	SECANT_OPT(secant_dataset_writing, folder, STR, "voc-folder", NULL, 1, 0,
		"voc: text of <folder>; the output folder's name when not given"),
	SECANT_OPT(secant_dataset_writing, recipe, BOOL, "recipe", "false", 1, 0,
		"voc: <folder> VOC2012 and <depth> 3, as the well-known NWPU script has them"),
	SECANT_OPT(secant_dataset_writing, train_ratio, REAL, "train-ratio", "-1", -1, 1,
		"share of list train, the rest is val; -1: 0.8 for nwpu, else the lists there are"),
	SECANT_OPT(secant_dataset_writing, seed, INT, "seed", "0", 0, 2147483647, "of the split"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_writing_options = { "writing", sizeof(secant_dataset_writing), writing_rows };

typedef struct kept {
	ann_text *name;
	uint64_t *splits;
	ann_text split[ANN_SPLITS];
	int n_splits;
} kept;

static secant_status
number_names(ann_set *s, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++) {
		char ext[16], name[40];
		snprintf(ext, sizeof ext, "%s", base_path_ext(ann_str(s, s->images[i].name)));
		int n = snprintf(
			name, sizeof name, "%06d%s%s", s->images[i].number ? s->images[i].number : i + 1, *ext ? "." : "", ext);
		s->images[i].name = ann_store(s, name, (size_t)n);
	}
	return ann_sound(s, err);
}

/* Folders "images" within the names of pictures go, where all names stay apart: a reader that puts "labels" for the
 * last of them would look in another place than ours. */
static secant_status
drop_images_folders(ann_set *s, secant_err *err)
{
	ann_set names;
	secant_status status = SECANT_OK;
	bool apart = true;
	ann_init(&names);
	for (int i = 0; !status && apart && i < s->n_images; i++) {
		base_str t = { 0 };
		for (const char *p = ann_str(s, s->images[i].name); *p;) {
			size_t n = strcspn(p, "/");
			bool folder = p[n] == '/';
			if (!folder || n != strlen("images") || strncmp(p, "images", n))
				base_str_addn(&t, p, n + folder);
			p += n + folder;
		}
		apart = t.p && ann_find_image(&names, t.p, t.n) < 0;
		if (!t.p || t.failed || (apart && ann_add_image(&names, t.p, t.n) < 0))
			status = ann_nomem(err);
		base_str_free(&t);
	}
	for (int i = 0; !status && apart && i < s->n_images; i++) {
		const char *name = ann_str(&names, names.images[i].name);
		if (strcmp(name, ann_str(s, s->images[i].name)))
			s->images[i].name = ann_store(s, name, strlen(name));
	}
	ann_free(&names);
	return status ? status : ann_sound(s, err);
}

typedef struct ordered {
	const char *name;
	int at;
} ordered;

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const ordered *)a)->name, ((const ordered *)b)->name);
}

static secant_status
split_train_val(ann_set *s, double ratio, int seed, secant_err *err)
{
	ordered *list = secant_calloc((size_t)s->n_images + 1, sizeof *list);
	int *shuffled = secant_calloc((size_t)s->n_images + 1, sizeof *shuffled);
	if (!list || !shuffled) {
		secant_free(list), secant_free(shuffled);
		return ann_nomem(err);
	}
	for (int i = 0; i < s->n_images; i++) {
		list[i] = (ordered){ ann_str(s, s->images[i].name), i };
		shuffled[i] = i;
	}
	qsort(list, (size_t)s->n_images, sizeof *list, by_name);
	base_rng r = base_rng_make((uint64_t)seed, BASE_FOR_SPLIT, 0, 0);
	base_rng_shuffle(&r, shuffled, s->n_images);
	int n_train = (int)nearbyint(s->n_images * ratio);
	s->n_splits = 0;
	(void)ann_split(s, "train", 5);
	(void)ann_split(s, "val", 3);
	for (int i = 0; i < s->n_images; i++)
		s->images[list[shuffled[i]].at].splits = i < n_train ? 1 : 2;
	secant_free(list);
	secant_free(shuffled);
	return ann_sound(s, err);
}

static void
restore(ann_set *s, kept *k)
{
	for (int i = 0; k->name && k->splits && i < s->n_images; i++) {
		s->images[i].name = k->name[i];
		s->images[i].splits = k->splits[i];
	}
	for (int i = 0; i < s->n_classes; i++)
		s->classes[i].written = 0;
	memcpy(s->splits, k->split, sizeof k->split);
	s->n_splits = k->n_splits;
	secant_free(k->name);
	secant_free(k->splits);
}

secant_status
secant_dataset_write(
	secant_dataset *d, const secant_dataset_writing *options, const secant_watch *watch, char **report, secant_err *err)
{
	ann_set *s = &d->set;
	secant_dataset_writing w = *options;
	const char *to = w.to ? w.to : ann_str(s, s->format);
	const ann_format *f = ann_find_format(to);
	if (report)
		*report = NULL;
	char near[100];
	if (!f || !f->write)
		return secant_fail(err, SECANT_ERR_ARG,
			f ? "--to: format '%s' is only read%s" : "--to: there is no format '%s'%s", to,
			f ? "" : base_kind_near(&base_kind_datasets, to, near));
	kept k = { secant_calloc((size_t)s->n_images + 1, sizeof *k.name),
		secant_calloc((size_t)s->n_images + 1, sizeof *k.splits), { 0 }, s->n_splits };
	memcpy(k.split, s->splits, sizeof k.split);
	int origin = s->voc_origin;
	const ann_format *from = ann_find_format(ann_str(s, s->format));
	bool numbered = from && from->numbers_images && from != f, number = w.names == 2 || (w.names == 0 && numbered);
	secant_status status = k.name && k.splits ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		k.name[i] = s->images[i].name;
		k.splits[i] = s->images[i].splits;
	}
	if (!status && number)
		status = number_names(s, err);
	else if (!status && f->swaps_images)
		status = drop_images_folders(s, err);
	if (w.train_ratio < 0 && numbered && !s->n_splits)
		w.train_ratio = 0.8;
	if (!status && w.train_ratio >= 0)
		status = split_train_val(s, w.train_ratio, w.seed, err);
	ann_out out = { .fd = -1 };
	if (!status) {
		status = ann_out_open(&out, &w, watch, err);
		if (!status)
			ann_lose_common(s, &out, f);
		if (!status)
			status = f->write(s, &out, err);
		if (!status && s->extra)
			status = ann_out_file(&out, s->extra_name, s->extra, strlen(s->extra), err);
		if (!status)
			status = ann_write_manifest(
				s, &out, f->name, f->own_sizes ? s->voc_origin : 0, number ? k.name : NULL, err);
		secant_status closed = ann_out_close(&out, s, !status, report, err);
		status = status ? status : closed;
	}
	s->voc_origin = origin;
	restore(s, &k);
	return status;
}

/*
 * What people keep of Cityscapes (Cordts and others: The Cityscapes Dataset, CVPR 2016), and of Mapillary Vistas: which
 * label files a folder has. In the order of preference: _labelIds (34 ids), _labelTrainIds (19 classes, 255 void; what
 * trainers keep after createTrainIdLabelImgs), _instanceIds (id * 1000 + n), _color, _polygons.json; of gtFine, else of
 * gtCoarse. Mapillary has versions 1.2 (66 classes) and 2.0 (124) side by side.
 */
#include "annotations/json_pull.h"
#include "annotations/masks.h"
#include "base/file.h"
#include <stdio.h>

static const struct {
	const char *end, *instances, *words;
	int fixed;
	bool polygons;
} kinds[] = {
	{ "_gtFine_labelIds", "_gtFine_instanceIds", NULL, CITY_IDS, false },
	{ "_gtFine_labelTrainIds", "_gtFine_instanceIds",
		"_gtFine_labelTrainIds: the 19 classes that are trained, 255 void", CITY_TRAIN_IDS, false },
	{ "_gtFine_instanceIds", "_gtFine_instanceIds", "_gtFine_instanceIds: a class is the number before the thousands",
		CITY_IDS, false },
	{ "_gtFine_color", NULL, "_gtFine_color: classes by their colours", CITY_IDS, false },
	{ "_gtFine_polygons", NULL, "_gtFine_polygons.json", CITY_IDS, true },
	{ "_gtCoarse_labelIds", "_gtCoarse_instanceIds", NULL, CITY_IDS, false },
	{ "_gtCoarse_labelTrainIds", "_gtCoarse_instanceIds",
		"_gtCoarse_labelTrainIds: the 19 classes that are trained, 255 void", CITY_TRAIN_IDS, false },
	{ "_gtCoarse_polygons", NULL, "_gtCoarse_polygons.json", CITY_IDS, true },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

bool
ann_cityscapes_instances(const char *path)
{
	const char *name = base_path_name(path);
	return strstr(name, "_gtFine_instanceIds.") || strstr(name, "_gtCoarse_instanceIds.");
}

/* The best kind that the folders have, -1: none. */
static int
best_kind(const char *root, const mask_layout *l)
{
	int best = KINDS;
	for (int k = 0; k < 8 && l->place[k].masks; k++) {
		base_names files = { 0 };
		char *folder = base_path_join(root, l->place[k].masks);
		if (folder && secant_is_dir(folder) && !ann_walk(&files, folder, "png|json", 6, NULL))
			for (int i = 0; i < files.n; i++)
				for (int kind = 0; kind < best; kind++) {
					const char *at = strstr(files.v[i], kinds[kind].end);
					if (at && at[strlen(kinds[kind].end)] == '.' && kinds[kind].polygons == base_ext_is(at, "json"))
						best = kind;
				}
		base_names_free(&files);
		secant_free(folder);
	}
	return best < KINDS ? best : -1;
}

void
ann_cityscapes_layout(ann_set *s, const char *root, mask_layout *l)
{
	static const char *const coarse[] = { "gtCoarse/train", "gtCoarse/val", "gtCoarse/test", "gtCoarse/train_extra" },
							 *const pictures[] = { "leftImg8bit/train", "leftImg8bit/val", "leftImg8bit/test",
								 "leftImg8bit/train_extra" };
	int kind = best_kind(root, l);
	if (kind < 0) {
		mask_layout other = *l;
		for (int i = 0; i < 4; i++) {
			other.place[i].masks = other.place[i].instances = coarse[i];
			other.place[i].images = pictures[i];
		}
		other.place[3].list = "train_extra";
		if ((kind = best_kind(root, &other)) >= 0)
			*l = other;
	}
	if (kind < 0) { /* pictures without labels */
		ann_note(s,
			"no labels in gtFine: files *_gtFine_labelIds.png (or _labelTrainIds, _instanceIds, _color, "
			"_polygons.json) are looked for");
		return;
	}
	l->mask_end = kinds[kind].end;
	l->instance_end = kinds[kind].instances ? kinds[kind].instances : "";
	for (int i = 0; i < 8; i++)
		l->place[i].instances = kinds[kind].instances ? l->place[i].masks : NULL;
	l->fixed = kinds[kind].fixed;
	l->polygons = kinds[kind].polygons;
	if (kinds[kind].words)
		ann_note(s, "no *_labelIds.png: read is %s", kinds[kind].words);
}

/* {"imgHeight": h, "imgWidth": w, "objects": [{"label": "road", "polygon": [[x, y], ...]}]}; "cargroup" is a crowd of
 * cars. */
secant_status
ann_cityscapes_polygons(ann_set *s, int image, const char *path, secant_err *err)
{
	char *data = NULL;
	size_t n = 0;
	secant_status status = ann_load_text(s, path, &data, &n, err);
	if (status || !data)
		return status;
	json_pull j;
	ann_field key, text;
	double *xy = NULL, v;
	int capacity = 0;
	ann_pull_init(&j, data, n, path);
	for (ann_pull_object(&j); ann_pull_key(&j, &key);) {
		if ((ann_is(key, "imgHeight") || ann_is(key, "imgWidth")) && ann_pull_peek(&j) == 'n') {
			int64_t size;
			if (ann_pull_integer(&j, &size) && size > 0 && size < 1 << 30)
				*(ann_is(key, "imgHeight") ? &s->images[image].height : &s->images[image].width) = (int32_t)size;
			continue;
		}
		if (!ann_is(key, "objects")) {
			ann_pull_skip(&j, NULL);
			continue;
		}
		for (ann_pull_array(&j); !status && ann_pull_element(&j);) {
			char label[128] = "";
			int count = 0;
			bool gone = false;
			uint32_t line = ann_pull_line(&j);
			for (ann_pull_object(&j); ann_pull_key(&j, &key);) {
				if (ann_is(key, "label") && ann_pull_string(&j, &text))
					snprintf(label, sizeof label, "%.*s", (int)(ann_len(text) > 120 ? 120 : ann_len(text)), text.p);
				else if (ann_is(key, "polygon"))
					for (ann_pull_array(&j); ann_pull_element(&j);)
						for (ann_pull_array(&j); ann_pull_element(&j) && ann_pull_number(&j, &v);) {
							if (base_grow((void **)&xy, &capacity, count, sizeof *xy))
								ann_pull_fail(&j, "no memory");
							else
								xy[count++] = v;
						}
				else if (ann_is(key, "deleted"))
					gone = ann_pull_peek(&j) != 'f' && ann_pull_peek(&j) != '0', ann_pull_skip(&j, NULL);
				else if (!ann_is(key, "label"))
					ann_pull_skip(&j, NULL);
			}
			if (j.err.code)
				break;
			if (gone)
				continue;
			size_t length = strlen(label), group = strlen("group");
			int class = ann_find_class(s, label, length);
			bool crowd = class < 0 && length > group && !strcmp(label + length - group, "group");
			class = crowd ? ann_find_class(s, label, length - group) : class;
			if (class < 0 || count < 2 || count & 1 || !ann_finite(xy, count)) {
				status = ann_bad(s, class < 0 ? "class-undefined" : "polygon-odd", path, line, 0, err,
					class < 0 ? "'%s' is no class of Cityscapes" : "the polygon of '%s' is none", label);
				continue;
			}
			uint32_t shape = ann_polygon(s, xy, count / 2);
			ann_object *o = ann_add_object(s, image, class);
			if (!o) {
				status = ann_nomem(err);
				break;
			}
			o->shape = shape;
			o->line = line;
			o->flags = ANN_BOX_DERIVED | (crowd ? ANN_CROWD : 0u);
		}
	}
	ann_pull_end(&j);
	if (!status && j.err.code)
		status = ann_unparsable(s, path, &j.err, err);
	ann_pull_free(&j);
	secant_free(data), secant_free(xy);
	return status;
}

/* --- Mapillary Vistas
 * -------------------------------------------------------------------------------------------------- */

static bool
has(const char *root, const char *version)
{
	static const char *const lists[] = { "training", "validation", "testing", "all" };
	bool any = false;
	for (int i = 0; i < 4 && !any; i++) {
		char *folder = base_format("%s/%s%s%s/labels", root, lists[i], *version ? "/" : "", version);
		any = folder && secant_is_dir(folder);
		secant_free(folder);
	}
	return any;
}

secant_status
ann_mapillary_layout(ann_set *s, const char *root, const char *asked, mask_layout *l, secant_err *err)
{
	static const struct {
		const char *version, *meta, *place[2], *instances[2];
	} versions[] = {
		{ "", "config.json", { "training/labels", "validation/labels" },
			{ "training/instances", "validation/instances" } },
		{ "v1.2", "config_v1.2.json", { "training/v1.2/labels", "validation/v1.2/labels" },
			{ "training/v1.2/instances", "validation/v1.2/instances" } },
		{ "v2.0", "config_v2.0.json", { "training/v2.0/labels", "validation/v2.0/labels" },
			{ "training/v2.0/instances", "validation/v2.0/instances" } },
	};
	int chosen = -1;
	for (int i = 0; i < 3; i++)
		if (asked ? !strcmp(asked, versions[i].version) : chosen < 0 && has(root, versions[i].version))
			chosen = i;
	if (chosen < 0 || !has(root, versions[chosen].version))
		return secant_fail(
			err, SECANT_ERR_ARG, "%s: it has no labels of version %s", root, asked ? asked : "1.2 or 2.0");
	for (int i = 0; !asked && i < 3; i++)
		if (i != chosen && has(root, versions[i].version))
			ann_note(s, "read is version %s; there is also %s, which --task %s reads",
				*versions[chosen].version ? versions[chosen].version : "in labels", versions[i].version,
				versions[i].version);
	static const char *const images[] = { "training/images", "validation/images" }, *const lists[] = { "train", "val" };
	for (int i = 0; chosen && i < 8; i++) {
		bool used = i < 2;
		l->place[i].list = used ? lists[i] : NULL;
		l->place[i].images = used ? images[i] : NULL;
		l->place[i].masks = used ? versions[chosen].place[i] : NULL;
		l->place[i].instances = used ? versions[chosen].instances[i] : NULL;
	}
	char *meta = base_path_join(root, versions[chosen].meta);
	if (meta && secant_is_file(meta))
		l->meta = versions[chosen].meta;
	secant_free(meta);
	return SECANT_OK;
}

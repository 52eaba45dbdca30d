/*
 * CrowdHuman (Shao and others, arXiv:1805.00123): annotation_train.odgt, a picture a line,
 *
 *     {"ID": "273271,c9db000d5146c15", "gtboxes": [{"tag": "person", "fbox": [x, y, w, h], "vbox": [...],
 *      "hbox": [...], "extra": {"box_id": 0, "occ": 0, "ignore": 0}, "head_attr": {...}}]}
 *
 * A person's box is that of the whole body, fbox; of what is seen of it and of its head (vbox, hbox) are attributes.
 * The tag "mask" is a region that is not to be judged.
 */
#include "annotations/find.h"
#include "base/file.h"
#include "base/json.h"

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"gtboxes\"", "\"ID\"", NULL };
	return ann_head_has(path, words);
}

static secant_status
take_box(ann_set *s, int image, const json_t *j, uint32_t line, const char *origin, secant_err *err)
{
	const json_t *box = json_object_get(j, "fbox"), *extra = json_object_get(j, "extra");
	secant_status status = SECANT_OK;
	double v[4];
	for (size_t k = 0; k < 4; k++)
		v[k] = ann_tree_number(json_array_get(box, k), NULL);
	bool region = !strcmp(ann_tree_text(j, "tag"), "mask");
	int at = ann_named_object(s, image, region ? "person" : ann_tree_text(j, "tag"));
	if (at < 0)
		return ann_nomem(err);
	s->objects[at].line = line;
	if (!ann_set_box(s, at, v, origin, &status, err))
		return status;
	uint32_t head = 0;
	ann_tree_keep(s, &head, "box_id", json_object_get(extra, "box_id"));
	ann_tree_keep(s, &head, "occ", json_object_get(extra, "occ"));
	ann_tree_keep(s, &head, "vbox", json_object_get(j, "vbox"));
	ann_tree_keep(s, &head, "hbox", json_object_get(j, "hbox"));
	s->objects[at].attributes = region ? 0 : head;
	s->objects[at].flags |= region || ann_tree_number(extra, "ignore") == 1 ? ANN_VOID : 0u;
	return SECANT_OK;
}

static secant_status
take_picture(ann_set *s, ann_finder *f, const json_t *j, int split, uint32_t line, const char *origin, secant_err *err)
{
	secant_status status = SECANT_OK;
	const char *id = ann_tree_text(j, "ID");
	char *name = base_format("%s.jpg", id);
	const json_t *one;
	size_t i;
	if (!*id || !name) {
		secant_free(name);
		return ann_bad(s, "parse-error", origin, line, 0, err, "a picture without ID");
	}
	int image = f ? ann_finder_stem(f, id) : 0;
	if (image < 0)
		image = ann_finder_picture(f, s, name, origin, &status, err);
	secant_free(name);
	if (image < 0)
		return status;
	ann_text source = ann_intern(s, origin, strlen(origin));
	s->images[image].source = source;
	s->images[image].splits |= split >= 0 ? 1ull << split : 0;
	json_array_foreach (json_object_get(j, "gtboxes"), i, one)
		if (!status)
			status = take_box(s, image, one, line, origin, err);
	return status;
}

static const ann_files files = {
	.extension = "odgt",
	.because = "it has CrowdHuman's .odgt",
	.sure = 96,
	.is = is_own,
	.line = take_picture,
};

const ann_format ann_format_crowdhuman = {
	.name = "crowdhuman",
	.brief = "CrowdHuman: .odgt, a picture a line of JSON, boxes of whole bodies",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_VOID,
	.attributes = "box_id|occ|vbox|hbox",
	.files = &files,
};

/*
 * Tsinghua-Tencent 100K (Zhu and others, CVPR 2016), traffic signs: annotations.json,
 *
 *     {"types": ["i1", ...], "imgs": {"62627": {"id": 62627, "path": "train/62627.jpg", "objects": [
 *      {"category": "pl80", "bbox": {"xmin", "ymin", "xmax", "ymax"}, "polygon": [[x, y], ...], "ellipse": {...}}]}}}
 *
 * A sign has its box, and its outline where there is one.
 */
#include "annotations/find.h"
#include "base/file.h"

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"imgs\"", "\"objects\"", "\"path\"", NULL };
	return ann_head_has(path, words);
}

static secant_status
take_sign(ann_set *s, int image, const json_t *j, const char *origin, secant_err *err)
{
	const json_t *b = json_object_get(j, "bbox"), *outline = json_object_get(j, "polygon");
	double x0 = ann_tree_number(b, "xmin"), y0 = ann_tree_number(b, "ymin"), x1 = ann_tree_number(b, "xmax"),
		   y1 = ann_tree_number(b, "ymax");
	const double box[4] = { x0, y0, x1 - x0, y1 - y0 };
	secant_status status = SECANT_OK;
	int n = 0, at = ann_named_object(s, image, ann_tree_text(j, "category"));
	if (at < 0)
		return ann_nomem(err);
	if (!ann_set_box(s, at, box, origin, &status, err))
		return status;
	ann_corners(&s->objects[at], fmin(x0, x1), fmin(y0, y1), fmax(x0, x1), fmax(y0, y1));
	double *xy = json_array_size(outline) ? ann_tree_points(outline, 1, 1, &n) : NULL;
	uint32_t shape = xy && n > 2 ? ann_polygon(s, xy, n) : 0;
	if (json_array_size(outline) && !xy)
		ann_leave(s, "outline that is no pairs of numbers");
	secant_free(xy);
	s->objects[at].shape = shape;
	return SECANT_OK;
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	json_t *pictures = json_object_get(top, "imgs"), *picture, *sign;
	const json_t *type;
	secant_status status = SECANT_OK;
	const char *key;
	size_t i;
	if (!json_is_object(pictures))
		return ann_bad(s, "parse-error", origin, 0, 0, err, "\"imgs\" should be an object of pictures");
	json_array_foreach (json_object_get(top, "types"), i, type)
		if (json_is_string(type) && ann_class_listed(s, json_string_value(type), json_string_length(type)) < 0)
			return ann_nomem(err);
	json_object_foreach (pictures, key, picture) {
		const char *path = ann_tree_text(picture, "path");
		char *name = *path ? NULL : base_format("%s.jpg", key);
		int image = f ? ann_finder_picture(f, s, name ? name : path, origin, &status, err) : 0;
		secant_free(name);
		if (image >= 0) {
			ann_text source = ann_intern(s, origin, strlen(origin));
			s->images[image].source = source;
		}
		json_array_foreach (json_object_get(picture, "objects"), i, sign)
			if (image >= 0 && !status)
				status = take_sign(s, image, sign, origin, err);
		if (status)
			return status;
	}
	return SECANT_OK;
}

static const ann_files files = {
	.extension = "json",
	.because = "it has TT100K's JSON",
	.sure = 95,
	.is = is_own,
	.tree = read_tree,
};

const ann_format ann_format_tt100k = {
	.name = "tt100k",
	.brief = "Tsinghua-Tencent 100K: traffic signs, boxes and outlines",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_FRACTIONS | ANN_HOLDS_BOTH,
	.files = &files,
};

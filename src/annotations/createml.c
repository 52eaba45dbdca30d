/*
 * CreateML (Apple): JSON files that list pictures with boxes, x and y being their middle:
 *
 *     [{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {"x": 20, "y": 35, "width": 20, "height":
 * 30}}]}]
 */
#include "annotations/find.h"

static bool
is_createml(const char *path)
{
	static const char *const words[] = { "\"coordinates\"", "\"annotations\"", "\"label\"", NULL };
	static const char *const old[] = { "\"coordinates\"", "\"imagefilename\"", "\"label\"", NULL };
	return ann_head_has(path, words) || ann_head_has(path, old);
}

static secant_status
read_tree(ann_set *s, ann_finder *f, const json_t *top, const char *origin, secant_err *err)
{
	size_t i, k;
	json_t *item, *one;
	secant_status status = SECANT_OK;
	if (!json_is_array(top))
		return ann_bad(s, "parse-error", origin, 1, 0, err, "a list of pictures is needed");
	json_array_foreach (top, i, item) {
		const char *name = ann_tree_text(item, "image");
		name = *name ? name : ann_tree_text(item, "imagefilename");
		int image = f ? ann_finder_picture(f, s, name, origin, &status, err) : 0;
		if (status)
			return status;
		if (image < 0)
			continue;
		s->images[image].source = ann_intern(s, origin, strlen(origin));
		json_t *list = json_object_get(item, "annotations");
		json_array_foreach (list ? list : json_object_get(item, "annotation"), k, one) {
			const json_t *c = json_object_get(one, "coordinates");
			const double w = ann_tree_number(c, "width"), h = ann_tree_number(c, "height"),
						 box[4] = { ann_tree_number(c, "x") - w / 2, ann_tree_number(c, "y") - h / 2, w, h };
			int at = ann_named_object(s, image, ann_tree_text(one, "label"));
			if (at < 0)
				return ann_nomem(err);
			if (ann_set_box(s, at, box, origin, &status, err)) {
				uint32_t head = 0;
				ann_tree_keep(s, &head, "score", json_object_get(one, "confidence"));
				s->objects[at].attributes = head;
			}
			if (status)
				return status;
		}
	}
	return SECANT_OK;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = SECANT_OK;
	base_str_add(&t, "[");
	for (int i = 0; !status && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		bool first = true;
		base_str_add(&t, i ? ",\n{\"image\": " : "\n{\"image\": ");
		ann_json_string(&t, name, strlen(name));
		base_str_add(&t, ", \"annotations\": [");
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->flags & (ANN_NO_BOX | ANN_VOID) || o->class < 0)
				continue;
			const char *class = ann_str(s, s->classes[o->class].name);
			const double v[4] = { ann_tidy(ann_x0(o) + ann_w(o) / 2), ann_tidy(ann_y0(o) + ann_h(o) / 2), ann_w(o),
				ann_h(o) };
			static const char *const keys[] = { "{\"x\": ", ", \"y\": ", ", \"width\": ", ", \"height\": " };
			base_str_add(&t, first ? "{\"label\": " : ", {\"label\": ");
			first = false;
			ann_json_string(&t, class, strlen(class));
			base_str_add(&t, ", \"coordinates\": ");
			for (int n = 0; n < 4; n++) {
				base_str_add(&t, keys[n]);
				ann_put_number(&t, v[n]);
			}
			base_str_add(&t, "}}");
		}
		base_str_add(&t, "]}");
		status = ann_out_picture(out, s, &s->images[i], name, err);
		ann_out_lose(out, s->images[i].splits != 0, "membership of a picture in a list");
	}
	base_str_add(&t, "\n]\n");
	if (!status)
		status = ann_out_str(out, "_annotations.createml.json", &t, err);
	base_str_free(&t);
	return status;
}

static const ann_files files = {
	.extension = "json",
	.because = "it has CreateML JSON",
	.sure = 95,
	.is = is_createml,
	.tree = read_tree,
};

const ann_format ann_format_createml = {
	.name = "createml",
	.brief = "CreateML JSON: pictures and boxes by their middle",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS,
	.files = &files,
	.write = write,
};

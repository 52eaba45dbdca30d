/* XML of MIT LabelMe 3.0 (Annotations, Images, Masks): polygons, bounding boxes, masks in files of their own. */
#include "annotations/labelme.h"
#include "annotations/rle.h"
#include "base/file.h"
#include <secant/codec.h>
#include <stdio.h>

static void
read_pt(xml_pull *x, labelme_shape *sh)
{
	ann_field tag;
	double v[2] = { 0, 0 };
	while (ann_xml_child(x, &tag)) {
		if (ann_is(tag, "x"))
			(void)ann_xml_real(x, &v[0]);
		else if (ann_is(tag, "y"))
			(void)ann_xml_real(x, &v[1]);
		else
			ann_xml_skip(x);
	}
	for (int i = 0; i < 2; i++) {
		if (base_grow((void **)&sh->xy, &sh->capacity, sh->n, sizeof *sh->xy)) {
			ann_xml_fail(x, "no memory");
			return;
		}
		sh->xy[sh->n++] = v[i];
	}
}

typedef struct xml_object {
	labelme_shape sh;
	bool box, deleted, masked;
	double rect[4];
	char mask[300];
} xml_object;

static void
read_part(ann_set *s, xml_pull *x, ann_field tag, xml_object *o)
{
	ann_field text;
	base_str json = { 0 };
	if (ann_is(tag, "name")) {
		if (ann_xml_next_text(x, &text))
			snprintf(o->sh.label, sizeof o->sh.label, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	} else if (ann_is(tag, "deleted"))
		o->deleted = ann_xml_next_text(x, &text) && ann_is(text, "1");
	else if (ann_is(tag, "type"))
		o->box = ann_xml_next_text(x, &text) && ann_is(text, "bounding_box");
	else if (ann_is(tag, "polygon") || ann_is(tag, "segm")) {
		while (ann_xml_child(x, &tag)) {
			if (ann_is(tag, "pt"))
				read_pt(x, &o->sh);
			else if (ann_is(tag, "mask") && ann_xml_next_text(x, &text)) {
				o->masked = true;
				snprintf(o->mask, sizeof o->mask, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
			} else if (ann_is(tag, "box")) {
				static const char *const names[] = { "xmin", "ymin", "xmax", "ymax" };
				while (ann_xml_child(x, &tag)) {
					int i = 0;
					while (i < 4 && !ann_is(tag, names[i]))
						i++;
					if (i < 4)
						(void)ann_xml_real(x, &o->rect[i]);
					else
						ann_xml_skip(x);
				}
			} else if (!ann_is(tag, "mask"))
				ann_xml_skip(x);
		}
	} else {
		char key[120];
		snprintf(key, sizeof key, "labelme.%.*s", (int)(ann_len(tag) > 100 ? 100 : ann_len(tag)), tag.p);
		ann_xml_json(x, &json);
		if (json.p && strcmp(json.p, "\"\""))
			ann_add_attribute(s, &o->sh.head, key, json.p, json.n);
	}
	base_str_free(&json);
}

/* Masks/FOLDER/NAME.png beside Annotations/FOLDER. */
static uint32_t
xml_mask(ann_set *s, const char *origin, const char *name, secant_status *status, secant_err *err)
{
	const char *at = strstr(origin, "Annotations/");
	char *dir = at ? base_path_dir(at + 12) : NULL;
	char *path = dir && base_path_is_safe(name) ? base_format("%.*sMasks/%s/%s", (int)(at - origin), origin, dir, name)
												: NULL;
	secant_image im = { 0 };
	secant_err one = { 0 };
	secant_image_read_options grey = { .channels = 1, .to_u8 = true };
	uint32_t shape_at = 0;
	ann_rle r;
	if (!path || secant_image_read(&im, path, &grey, &one))
		*status = ann_bad(s, "image-missing", origin, 0, 0, err, "the mask '%s' cannot be read: %s", name, one.msg);
	else if (!(*status = ann_rle_from_pixels(&r, im.data, (uint32_t)im.height, (uint32_t)im.width, err))) {
		base_str text = { 0 };
		ann_rle_encode(&text, r.runs, r.n);
		shape_at = ann_rle_text(s, im.height, im.width, &text);
		base_str_free(&text);
		ann_rle_free(&r);
	}
	secant_image_free(&im);
	secant_free(dir), secant_free(path);
	return shape_at;
}

secant_status
ann_labelme_xml(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	xml_pull x;
	ann_field tag;
	xml_object o = { .sh = { 0 } };
	secant_status status = SECANT_OK;
	int deleted = 0;
	ann_xml_init(&x, data, n, origin);
	(void)ann_xml_root(&x, &tag);
	while (!status && ann_xml_child(&x, &tag)) {
		if (!ann_is(tag, "object")) {
			if (ann_is(tag, "imagesize"))
				while (ann_xml_child(&x, &tag)) {
					double v = 0;
					if (!ann_is(tag, "nrows") && !ann_is(tag, "ncols"))
						ann_xml_skip(&x);
					else if (ann_xml_real(&x, &v) && v >= 0 && v < 1e9)
						*(ann_is(tag, "nrows") ? &s->images[image].height : &s->images[image].width) = (int32_t)v;
				}
			else
				ann_xml_skip(&x);
			continue;
		}
		uint32_t line = ann_xml_line(&x);
		o.sh.n = 0, o.sh.head = 0, o.sh.label[0] = 0, o.box = o.deleted = o.masked = false;
		while (ann_xml_child(&x, &tag))
			read_part(s, &x, tag, &o);
		if (x.err.code)
			break;
		if (o.deleted) {
			deleted++;
			continue;
		}
		uint32_t mask = o.masked ? xml_mask(s, origin, o.mask, &status, err) : 0;
		if (status)
			break;
		if (o.sh.n < 2 && !o.masked) {
			status = ann_bad(
				s, "parse-error", origin, line, 0, err, "object '%s' has neither points nor mask", o.sh.label);
			continue;
		}
		if (!ann_finite(o.sh.xy, o.sh.n) || !ann_finite(o.rect, 4)) {
			status = ann_bad(
				s, "value-not-finite", origin, line, 0, err, "a coordinate of '%s' is not finite", o.sh.label);
			continue;
		}
		int class = ann_class_named(s, o.sh.label, strlen(o.sh.label));
		uint32_t polygon = o.masked ? mask : ann_polygon(s, o.sh.xy, o.sh.n / 2);
		ann_object *to = class >= 0 ? ann_add_object(s, image, class) : NULL;
		if (!to) {
			status = ann_nomem(err);
			break;
		}
		to->line = line;
		to->attributes = o.sh.head;
		double box[4];
		if (o.masked)
			ann_corners(to, o.rect[0], o.rect[1], o.rect[2], o.rect[3]), to->shape = polygon;
		else if (o.box && ann_extent(s, polygon, box))
			ann_corners(to, box[0], box[1], box[2], box[3]);
		else
			to->shape = polygon, to->flags |= ANN_BOX_DERIVED;
	}
	if (deleted)
		ann_note(s, "%s: %d deleted objects were left out", origin, deleted);
	if (!status && x.err.code)
		status = secant_fail(err, x.err.code, "%s", x.err.msg);
	secant_free(o.sh.xy);
	ann_xml_free(&x);
	return status;
}

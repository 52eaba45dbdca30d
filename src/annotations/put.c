/* Pieces of JSON that several writers need. */
#include "annotations/put.h"

void
ann_put_text(base_str *t, const char *before, const char *text)
{
	base_str_add(t, before);
	ann_json_string(t, text, strlen(text));
}

void
ann_put_real(base_str *t, const char *before, double v)
{
	base_str_add(t, before);
	ann_put_number(t, isfinite(v) ? v : 0);
}

void
ann_put_points(base_str *t, const double *xy, int n, bool flat)
{
	for (int i = 0; i < n; i++) {
		ann_put_real(t, flat ? i ? ", " : "" : i ? ", [" : "[", xy[2 * i]);
		ann_put_real(t, ", ", xy[2 * i + 1]);
		base_str_add(t, flat ? "" : "]");
	}
}

bool
ann_put_pairs(base_str *t, const ann_set *s, uint32_t head, const char *before, bool plain)
{
	bool any = false;
	for (; head; head = s->attributes[head].next) {
		const char *key = ann_str(s, s->attributes[head].key), *value = ann_str(s, s->attributes[head].value);
		ann_put_text(t, any ? ", " : before, key);
		any = true;
		base_str_add(t, ": ");
		if (plain && *value != '"') {
			base_str text = { 0 };
			ann_json_plain(&text, value);
			ann_json_string(t, text.p ? text.p : "", text.n);
			base_str_free(&text);
		} else
			base_str_add(t, value);
	}
	return any;
}

const char *
ann_class_of(const ann_set *s, const ann_object *o)
{
	return o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "";
}

bool
ann_is_thing(const ann_set *s, const ann_object *o)
{
	return !(o->flags & (ANN_NO_BOX | ANN_VOID)) && o->class >= 0 && !ann_void_class(s, o->class);
}

secant_status
ann_out_beneath(ann_out *out, const ann_set *s, int image, const char *prefix, secant_err *err)
{
	const ann_image *im = &s->images[image];
	char *path = base_format("%s%s%s", prefix, *prefix ? "/" : "", ann_str(s, im->name));
	secant_status status = path ? ann_out_picture(out, s, im, path, err) : ann_nomem(err);
	secant_free(path);
	return status;
}

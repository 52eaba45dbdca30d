/* Pieces of JSON that several writers need. */
#include "annotations/put.h"
#include "annotations/attributes.h"

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

static void
put_pair(base_str *t, const char *before, const char *key, const char *value, bool plain)
{
	ann_put_text(t, before, key);
	base_str_add(t, ": ");
	if (plain && *value != '"') {
		base_str text = { 0 };
		ann_json_plain(&text, value);
		ann_json_string(t, text.p ? text.p : "", text.n);
		base_str_free(&text);
	} else
		base_str_add(t, value);
}

bool
ann_take_attribute(const ann_set *s, uint32_t *head, const char *const **extra, const char **key, const char **value)
{
	if (*head) {
		const ann_attribute *a = &s->attributes[*head];
		*key = ann_str(s, a->key), *value = ann_str(s, a->value), *head = a->next;
		return true;
	}
	if (!*extra || !**extra)
		return false;
	*key = (*extra)[0], *value = (*extra)[1], *extra += 2;
	return true;
}

bool
ann_put_pairs(base_str *t, const ann_set *s, uint32_t head, const char *before, bool plain)
{
	bool any = false;
	for (; head; head = s->attributes[head].next, any = true)
		put_pair(
			t, any ? ", " : before, ann_str(s, s->attributes[head].key), ann_str(s, s->attributes[head].value), plain);
	return any;
}

bool
ann_put_object_pairs(base_str *t, const ann_set *s, const ann_object *o, const char *before, bool plain)
{
	ann_implied extra;
	bool any = ann_put_pairs(t, s, o->attributes, before, plain);
	(void)ann_find_implied(
		s, o, ANN_IMPLIED_CROWD | ANN_IMPLIED_AREA | ANN_IMPLIED_DIFFICULT | ANN_IMPLIED_BOX, 0, 0, 1, &extra);
	for (const char *const *p = extra.pair; *p; p += 2, any = true)
		put_pair(t, any ? ", " : before, p[0], p[1], plain);
	return any;
}

bool
ann_in_list(const ann_set *s, int image, int list)
{
	return list < 0 ? !s->images[image].splits : s->images[image].splits >> list & 1;
}

secant_status
ann_write_lists(ann_set *s, ann_out *out, ann_write_list one, secant_err *err)
{
	bool unlisted = !s->n_images;
	for (int i = 0; i < s->n_images; i++)
		unlisted = unlisted || !s->images[i].splits;
	secant_status status = unlisted ? one(s, out, -1, err) : SECANT_OK;
	for (int k = 0; !status && k < s->n_splits; k++)
		status = one(s, out, k, err);
	return status;
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
ann_put_pair(ann_set *s, ann_out *out, const ann_image *im, const char *text_folder, const char *extension,
	base_str *text, const char *picture_folder, secant_err *err)
{
	const char *name = ann_str(s, im->name);
	char *own = ann_with_extension(name, extension), *file = own ? base_format("%s%s", text_folder, own) : NULL;
	char *picture = base_format("%s%s", picture_folder, name);
	secant_status status = file && picture ? ann_out_str(out, file, text, err) : ann_nomem(err);
	if (!status)
		status = ann_out_picture(out, s, im, picture, err);
	secant_free(own), secant_free(file), secant_free(picture);
	return status;
}

secant_status
ann_out_beneath(ann_out *out, const ann_set *s, int image, const char *prefix, secant_err *err)
{
	const ann_image *im = &s->images[image];
	char *path = base_format("%s%s%s", prefix, *prefix ? "/" : "", ann_str(s, im->name));
	secant_status status = path ? ann_out_picture(out, s, im, path, err) : ann_nomem(err);
	bool known = !*prefix;
	for (int i = 0; i < out->beneath.n && !known; i++)
		known = !strcmp(out->beneath.v[i], prefix);
	if (!status && !known && base_names_add(&out->beneath, prefix))
		status = ann_nomem(err);
	secant_free(path);
	return status;
}

void
ann_lose_point_sets(const ann_set *s, ann_out *out)
{
	for (int i = 0; i < s->n_objects; i++) {
		int parts, n = 0;
		const double *xy;
		if (ann_shape_kind(s, s->objects[i].shape) != ANN_POINTS)
			continue;
		(void)ann_part(ann_parts(s, s->objects[i].shape, &parts), &xy, &n);
		ann_out_lose(out, n > 1, "set of points (a line through them is written)");
	}
}

/* Writing a CSV of boxes, with a column for each attribute. */
#include "annotations/attributes.h"
#include "annotations/csv_boxes.h"

/* Keys of all attributes of objects, in order of appearance; those for which there is no column are counted as lost. */
static int
attribute_keys(const ann_set *s, ann_text *keys, int most, ann_out *out)
{
	int n = 0;
	for (int i = 0; i < s->n_objects; i++)
		for (uint32_t a = s->objects[i].attributes; a; a = s->attributes[a].next) {
			int k = 0;
			while (k < n && keys[k] != s->attributes[a].key)
				k++;
			if (k == n && n < most)
				keys[n++] = s->attributes[a].key;
			else if (k == n)
				ann_out_lose(out, 1, "attribute of objects beyond %d kinds, which have columns", most);
		}
	return n;
}

static void
put_row(
	base_str *t, const ann_set *s, const ann_image *im, const ann_object *o, const ann_text *keys, int n, bool areas)
{
	ann_implied extra;
	const char *name = ann_str(s, im->name), *class = o && o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "";
	bool box = o && !(o->flags & ANN_NO_BOX);
	const double v[4] = { box ? ann_x0(o) : 0, box ? ann_y0(o) : 0, box ? ann_x1(o) : 0, box ? ann_y1(o) : 0 };
	int more = 0;
	const char *split = ann_one_split(s, im, &more);
	ann_csv_cell(t, name, strlen(name));
	base_str_addf(t, ",%d,%d,", im->width, im->height);
	ann_csv_cell(t, class, strlen(class));
	for (int i = 0; i < 4; i++) {
		base_str_add(t, ",");
		if (box)
			ann_put_number(t, v[i]);
	}
	base_str_add(t, ",");
	ann_csv_cell(t, split, strlen(split));
	base_str_add(t, o && o->flags & ANN_CROWD ? ",1," : o ? ",0," : ",,");
	base_str_add(t, o && o->flags & ANN_DIFFICULT ? "1" : o ? "0" : "");
	for (int i = 0; i < n; i++) {
		base_str value = { 0 };
		const char *json = o ? ann_get(s, o->attributes, ann_str(s, keys[i])) : NULL;
		base_str_add(t, ",");
		if (json)
			ann_value_text(&value, json);
		ann_csv_cell(t, value.p ? value.p : "", value.n);
		base_str_free(&value);
	}
	if (areas) {
		base_str_add(t, ",");
		if (o && ann_find_implied(s, o, ANN_IMPLIED_AREA, 0, 0, 1, &extra))
			base_str_add(t, extra.pair[1]);
	}
	base_str_add(t, "\n");
}

secant_status
ann_csv_write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	ann_text keys[ANN_COLUMNS - KNOWN];
	int n = attribute_keys(s, keys, ANN_COLUMNS - KNOWN, out), more = 0;
	bool areas = false;
	ann_implied extra;
	for (int i = 0; i < s->n_objects && !areas; i++)
		areas = ann_find_implied(s, &s->objects[i], ANN_IMPLIED_AREA, 0, 0, 1, &extra) > 0;
	base_str_add(&t, "filename,width,height,class,xmin,ymin,xmax,ymax,split,iscrowd,difficult");
	for (int i = 0; i < n; i++) {
		base_str_add(&t, ",");
		ann_csv_cell(&t, ann_str(s, keys[i]), strlen(ann_str(s, keys[i])));
	}
	base_str_add(&t, areas ? ",coco.area\n" : "\n");
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		(void)ann_one_split(s, im, &more);
		bool any = false;
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++)
			if (!(s->objects[s->order[k]].flags & ANN_VOID)) {
				put_row(&t, s, im, &s->objects[s->order[k]], keys, n, areas);
				any = true;
			}
		if (!any)
			put_row(&t, s, im, NULL, keys, n, areas);
		char *picture = base_format("images/%s", ann_str(s, im->name));
		status = picture ? ann_out_picture(out, s, im, picture, err) : ann_nomem(err);
		secant_free(picture);
	}
	if (more)
		ann_out_lose(out, more, "second list of a picture (the first is written)");
	if (!status)
		status = ann_out_str(out, "annotations.csv", &t, err);
	base_str_free(&t);
	return status;
}

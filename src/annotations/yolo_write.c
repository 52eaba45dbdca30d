/* Writing YOLO: a text file a picture, numbers as shares of its width and height; see yolo.c. */
#include "annotations/put.h"
#include "annotations/trace.h"
#include "annotations/yolo.h"

static void
put_share(base_str *t, double v, double of)
{
	base_str_addn(t, " ", 1);
	ann_put_decimals(t, v / of, 6, 12);
}

static secant_status
put_object(base_str *t, const ann_set *s, const ann_object *o, yolo_flavour kind, double w, double h, ann_ring *ring,
	secant_err *err)
{
	double corner[8];
	const double *xy = corner;
	int n = 4;
	secant_status status = SECANT_OK;
	base_str_addf(t, "%d", o->class);
	if (kind == YOLO_BOXES) {
		put_share(t, ann_x0(o) + ann_w(o) / 2, w);
		put_share(t, ann_y0(o) + ann_h(o) / 2, h);
		put_share(t, ann_w(o), w);
		put_share(t, ann_h(o), h);
	} else {
		if (kind == YOLO_QUADS)
			status = ann_corners_of(s, o, corner, err);
		else {
			status = ann_one_ring(s, o, ring, err);
			xy = ring->xy;
			n = ring->n;
		}
		for (int i = 0; !status && i < 2 * n; i++)
			put_share(t, xy[i], i & 1 ? h : w);
	}
	base_str_addn(t, "\n", 1);
	return status;
}

secant_status
ann_yolo_write(ann_set *s, ann_out *out, yolo_flavour kind, secant_err *err)
{
	base_str t = { 0 };
	ann_ring ring = { 0 };
	int more = 0;
	secant_status status = ann_yolo_write_yaml(s, out, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *split = ann_one_split(s, im, &more);
		bool any = s->first[i] < s->first[i + 1];
		if (any)
			status = ann_need_size(s, im, "YOLO, whose numbers are shares of it,", err);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->class >= 0 && !(o->flags & (ANN_NO_BOX | ANN_VOID)))
				status = put_object(&t, s, o, kind, im->width, im->height, &ring, err);
		}
		char *labels = base_format("labels/%s%s", split, *split ? "/" : "");
		char *pictures = base_format("images/%s%s", split, *split ? "/" : "");
		if (!status)
			status = labels && pictures ? ann_put_pair(s, out, im, labels, "txt", &t, pictures, err) : ann_nomem(err);
		secant_free(labels), secant_free(pictures);
		if (!status && i % 512 == 511)
			status = ann_call_watch(out->watch, err);
	}
	if (more)
		ann_out_lose(out, more, "second list of a picture (it goes to the first)");
	base_str_free(&t);
	secant_free(ring.xy);
	return status;
}

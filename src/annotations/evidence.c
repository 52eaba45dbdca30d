/*
 * What the numbers of a set say about themselves, whatever its format: boxes whose corners are exchanged, boxes that
 * reach beyond their pictures (corners taken for sizes, most often), places that are shares of pictures where pixels
 * should stand, run lengths of another size than their picture. What can be put right without a guess is, and a note
 * says so; `check` has rules for these and sees the numbers as they stand.
 */
#include "annotations/format.h"
#include "annotations/settle.h"

static void
turn_reversed(ann_set *s)
{
	int n = 0, first = -1;
	for (int i = 0; i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		const double v[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
		if (o->flags & (ANN_NO_BOX | ANN_BOX_DERIVED) || (v[2] >= v[0] && v[3] >= v[1]))
			continue;
		ann_corners(o, fmin(v[0], v[2]), fmin(v[1], v[3]), fmax(v[0], v[2]), fmax(v[1], v[3]));
		first = n++ ? first : i;
	}
	if (n)
		ann_note(s, "%d box%s before %s: the corners were exchanged, the first is in '%s'", n,
			n > 1 ? "es end" : " ends", n > 1 ? "they begin" : "it begins",
			ann_str(s, s->images[s->objects[first].image].name));
}

/* CVAT's other exports (COCO, VOC, Datumaro) leave the turn of a box in an attribute "rotation": degrees clockwise
 * about its middle. */
static void
turn_boxes(ann_set *s)
{
	const ann_format *f = ann_find_format(ann_str(s, s->format));
	int n = 0, first = -1;
	for (int i = 0; f && f->cvat_turns && i < s->n_objects; i++) {
		uint32_t *link = &s->objects[i].attributes;
		while (*link && strcmp(ann_str(s, s->attributes[*link].key), "rotation"))
			link = &s->attributes[*link].next;
		const char *value = *link ? ann_str(s, s->attributes[*link].value) : "";
		double degrees;
		if (s->objects[i].flags & ANN_NO_BOX || s->objects[i].shape || !ann_real(value, value + strlen(value), &degrees)
			|| !isfinite(degrees) || fmod(degrees, 360) == 0)
			continue;
		*link = s->attributes[*link].next;
		const ann_object *o = &s->objects[i];
		uint32_t shape = ann_turned(s, ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o), degrees);
		s->objects[i].shape = shape;
		s->objects[i].flags = (s->objects[i].flags & ~(uint32_t)ANN_XYWH) | ANN_BOX_DERIVED;
		first = n++ ? first : i;
	}
	if (n)
		ann_note(s,
			"%d box%s an attribute 'rotation', as CVAT writes it: turned by so many degrees about the middle, the "
			"first is "
			"in '%s'",
			n, n > 1 ? "es have" : " has", ann_str(s, s->images[s->objects[first].image].name));
}

/* The farthest numbers of an object; false: it has no place, or run lengths, which are pixels. */
static bool
place_of(const ann_set *s, const ann_object *o, double v[4])
{
	if (ann_shape_kind(s, o->shape) == ANN_RLE)
		return false;
	v[0] = ann_x0(o), v[1] = ann_y0(o), v[2] = ann_x1(o), v[3] = ann_y1(o);
	if (o->shape)
		return ann_extent(s, o->shape, v);
	return !(o->flags & ANN_NO_BOX);
}

/* All places within 0 and 1, not all on whole numbers: shares, where pixels should stand. */
bool
ann_places_are_shares(const ann_set *s)
{
	enum { SMALL = 8 }; /* a picture in which such a place may well be pixels */
	bool any = false;
	for (int i = 0; i < s->n_objects; i++) {
		const ann_object *o = &s->objects[i];
		const ann_image *im = &s->images[o->image];
		double v[4];
		if (ann_shape_kind(s, o->shape) == ANN_RLE)
			return false;
		if (!place_of(s, o, v))
			continue;
		if (im->width < SMALL || im->height < SMALL)
			return false;
		for (int k = 0; k < 4; k++) {
			if (!(v[k] >= -.001 && v[k] <= 1.001))
				return false;
			any = any || v[k] != floor(v[k]);
		}
	}
	return any;
}

/* Boxes of which more than a pixel is outside; do they lie within, if the last two numbers are corners? */
static void
say_beyond(ann_set *s)
{
	int n = 0, first = -1, boxes = 0, corners = 0;
	for (int i = 0; i < s->n_objects; i++) {
		const ann_object *o = &s->objects[i];
		const ann_image *im = &s->images[o->image];
		double v[4];
		if (im->width <= 0 || !place_of(s, o, v))
			continue;
		bool plain = o->flags & ANN_XYWH && !o->shape;
		boxes += plain;
		corners += plain && o->box[2] > o->box[0] && o->box[3] > o->box[1] && o->box[2] <= im->width + 1
			&& o->box[3] <= im->height + 1;
		if (v[0] >= -1 && v[1] >= -1 && v[2] <= im->width + 1 && v[3] <= im->height + 1)
			continue;
		first = n++ ? first : i;
	}
	if (n)
		ann_note(s,
			"%d object%s beyond the edge of %s picture, the first is in '%s' (line %u)%s; `secant data check` lists "
			"them",
			n, n > 1 ? "s reach" : " reaches", n > 1 ? "their" : "its",
			ann_str(s, s->images[s->objects[first].image].name), s->objects[first].line,
			corners == boxes && boxes >= n ? ": are the last two numbers of boxes corners, not width and height?" : "");
}

/* What the last two numbers of a box x, y, w, h are, as its shape shows: its size, the corner where the shape ends, or
 * neither. */
typedef enum last_two { NEITHER, SIZE, CORNER } last_two;
static last_two
last_two_of(const ann_set *s, const ann_object *o)
{
	double e[4];
	if (!(o->flags & ANN_XYWH) || o->flags & (ANN_NO_BOX | ANN_BOX_DERIVED) || !o->shape || !ann_extent(s, o->shape, e))
		return NEITHER;
	if (fabs(o->box[0] + o->box[2] - e[2]) <= 1 && fabs(o->box[1] + o->box[3] - e[3]) <= 1)
		return SIZE;
	bool corner = true;
	for (int k = 0; k < 4; k++)
		corner = corner && fabs(o->box[k] - e[k]) <= .5;
	return corner ? CORNER : NEITHER;
}

/* Corners where sizes should stand, as the shapes show, and no shape speaks against it. */
static void
turn_corners(ann_set *s)
{
	int n = 0;
	for (int i = 0; i < s->n_objects; i++) {
		last_two are = last_two_of(s, &s->objects[i]);
		if (are == SIZE)
			return;
		n += are == CORNER;
	}
	for (int i = 0; n && i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		if (last_two_of(s, o) == CORNER)
			ann_corners(o, o->box[0], o->box[1], o->box[2], o->box[3]);
	}
	if (n)
		ann_note(s, "%d box%s two corners where width and height should stand, as %s shape shows: taken for corners", n,
			n > 1 ? "es have" : " has", n > 1 ? "their" : "its");
}

static secant_status
run_sizes(ann_set *s, secant_err *err)
{
	for (int i = 0; i < s->n_objects; i++) {
		const ann_object *o = &s->objects[i];
		const ann_image *im = &s->images[o->image];
		if (ann_shape_kind(s, o->shape) != ANN_RLE || im->width <= 0 || im->height <= 0)
			continue;
		int h = (int)s->shapes[o->shape + 1], w = (int)s->shapes[o->shape + 2];
		if (h == im->height && w == im->width)
			continue;
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s:%u: the run lengths of an object of '%s' are of %d x %d pixels (height x width), its picture has %d x "
			"%d: "
			"were height and width exchanged, or the picture scaled?",
			ann_str(s, im->source ? im->source : s->root), o->line, ann_str(s, im->name), h, w, im->height, im->width);
	}
	return SECANT_OK;
}

/* Pictures that EXIF turns are shown upright by the tools of today, and so their labels are taken; those of old stored
 * them as the pixels lie, which the sizes tell only where width and height change places. */
static void
say_turned(ann_set *s)
{
	int n = 0, first = -1;
	for (int i = 0; i < s->n_objects; i++) {
		const ann_image *im = &s->images[s->objects[i].image];
		bool again = i && s->objects[i - 1].image == s->objects[i].image;
		if (im->orientation > 1 && !again)
			first = n++ ? first : s->objects[i].image;
	}
	if (n)
		ann_note(s, "%d picture%s turned by EXIF: labels are taken to be of the upright picture, the first is '%s'", n,
			n > 1 ? "s are" : " is", ann_str(s, s->images[first].name));
}

secant_status
ann_evidence(ann_set *s, secant_err *err)
{
	if (s->collect)
		return SECANT_OK;
	turn_reversed(s);
	turn_corners(s);
	turn_boxes(s);
	say_beyond(s);
	say_turned(s);
	return run_sizes(s, err);
}

/*
 * CVAT XML 1.1 ("CVAT for images", "CVAT for video"): XML with <image> elements that hold box, polygon, polyline,
 * points, ellipse, cuboid, skeleton, mask (row-major run lengths within left, top, width, height) and tag; <track>
 * elements with one shape a frame. Coordinates are 0-based floats, rotation is in degrees clockwise about the middle.
 * Images may name a subset, which is their list and, in exports of projects, their folder.
 *
 * CVAT writes every frame of a track. Tracks that hold keyframes alone are filled up as CVAT does it: linearly between
 * two keyframes, up to where a shape has left the view; frames of a video are pictures even where they show nothing.
 */
#include "annotations/cvat.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Is this CVAT's? Its files have a version or meta data before the first picture. */
static bool
is_cvat(const char *file)
{
	secant_bytes b;
	if (!base_ext_is(file, "xml") || !secant_is_file(file) || base_file_map(&b, file, NULL))
		return false;
	bool is = memmem(b.data, b.size < 4096 ? b.size : 4096, "<annotations", 12) != NULL;
	base_file_unmap(&b);
	return is;
}

/* annotations.xml, or whatever name an export was given: XML of CVAT in the folder itself or in annotations/. */
static secant_status
candidates(base_names *out, const char *root, secant_err *err)
{
	base_names all = { 0 };
	secant_status status = ann_walk(&all, root, "xml", 1, err);
	for (int i = 0; !status && i < all.n && i < 5000; i++) {
		if (strchr(all.v[i], '/') && strncasecmp(all.v[i], "annotations/", 12))
			continue;
		char *path = base_path_join(root, all.v[i]);
		if (!path || (is_cvat(path) && base_names_add(out, all.v[i])))
			status = ann_nomem(err);
		secant_free(path);
		if (i == 50 && !out->n)
			break; /* a folder of some other XML */
	}
	base_names_free(&all);
	return status;
}

static int
detect(const char *path, const char **why)
{
	base_names found = { 0 };
	*why = "it has CVAT XML";
	if (!secant_is_dir(path))
		return is_cvat(path) ? 90 : 0;
	int sure = !candidates(&found, path, NULL) && found.n ? 90 : 0;
	base_names_free(&found);
	return sure;
}

enum { IS_FRAME = 1 << 20 }; /* flag of a picture while it is read */

static double
z_order(const ann_set *s, const ann_object *o)
{
	const char *json = o->attributes ? ann_get(s, o->attributes, "cvat.z_order") : NULL;
	double v = 0;
	return json && ann_real(json, json + strlen(json), &v) ? v : 0;
}

/* What lies on top comes later, as everybody else has it; objects of one height stay as they are. */
static void
by_z_order(ann_set *s, int first)
{
	for (int i = first + 1; i < s->n_objects; i++) {
		ann_object o = s->objects[i];
		double z = z_order(s, &o);
		int to = i;
		while (to > first && z_order(s, &s->objects[to - 1]) > z)
			to--;
		memmove(&s->objects[to + 1], &s->objects[to], (size_t)(i - to) * sizeof o);
		s->objects[to] = o;
	}
}

static void
read_image(cvat_reader *r)
{
	ann_set *s = r->s;
	ann_field text, tag;
	char name[1024] = "";
	uint32_t line = ann_xml_line(&r->x);
	if (!ann_xml_attribute(&r->x, "name", &text)) {
		ann_xml_fail(&r->x, "an image without name");
		return;
	}
	ann_cvat_fail(r, ann_picture_name(s, text.p, ann_len(text), r->origin, line, name, r->err));
	int at = r->status ? -1 : ann_add_image(s, name, strlen(name));
	if (at < 0) {
		ann_cvat_fail(r, r->status ? r->status : ann_nomem(r->err));
		return;
	}
	double w = ann_cvat_number(r, "width", 0), h = ann_cvat_number(r, "height", 0), id = ann_cvat_number(r, "id", -1);
	ann_image *im = &s->images[at];
	im->width = w > 0 && w < 1e9 ? (int32_t)w : 0;
	im->height = h > 0 && h < 1e9 ? (int32_t)h : 0;
	im->id = id >= 0 && id < 9e15 ? (int64_t)id : ANN_NO_ID;
	im->line = line;
	im->source = ann_intern(s, r->origin, strlen(r->origin));
	if (ann_xml_attribute(&r->x, "subset", &text) && ann_len(text)) {
		int split = ann_split(s, text.p, ann_len(text));
		s->images[at].splits = split >= 0 ? 1ull << split : 0;
	}
	int first = s->n_objects;
	while (ann_xml_child(&r->x, &tag)) {
		if (ann_cvat_is_shape(tag))
			(void)ann_cvat_shape(r, tag, at, NULL, NULL);
		else if (ann_is(tag, "attributes"))
			(void)ann_attributes_read(s, &r->x, &s->images[at].attributes);
		else {
			ann_note(s, "%s: element <%.*s> of a picture was left out", r->origin,
				(int)(ann_len(tag) > 40 ? 40 : ann_len(tag)), tag.p);
			ann_xml_skip(&r->x);
		}
	}
	ann_join_parts(s, first);
	by_z_order(s, first);
}

/* The picture of a frame; -1: no memory. Its name is settled when pictures are looked for. */
static int
frame_image(cvat_reader *r, int frame)
{
	char name[40];
	int n = snprintf(name, sizeof name, "frame_%06d.PNG", frame), at = ann_find_image(r->s, name, (size_t)n);
	if (at >= 0)
		return at;
	at = ann_add_image(r->s, name, (size_t)n);
	if (at < 0) {
		ann_cvat_fail(r, ann_nomem(r->err));
		return -1;
	}
	ann_image *im = &r->s->images[at];
	im->width = r->width, im->height = r->height;
	im->number = frame;
	im->flags = IS_FRAME;
	im->source = ann_intern(r->s, r->origin, strlen(r->origin));
	return at;
}

static void
note_keyframe(cvat_reader *r, int frame, int object)
{
	if (base_grow((void **)&r->key, &r->keys_capacity, r->n_keys, sizeof *r->key)) {
		ann_cvat_fail(r, ann_nomem(r->err));
		return;
	}
	cvat_keyframe *k = &r->key[r->n_keys++];
	*k = (cvat_keyframe){ .frame = frame, .object = object, .rotation = r->rotation };
	if (object < 0)
		return;
	const ann_object *o = &r->s->objects[object];
	ann_kind kind = ann_shape_kind(r->s, o->shape);
	k->is_box = !(o->flags & ANN_NO_BOX) && (!kind || kind == ANN_QUAD);
	if (kind == ANN_QUAD) { /* the box before it was turned */
		int parts, n;
		const double *xy, *p = ann_parts(r->s, o->shape, &parts);
		(void)ann_part(p, &xy, &n);
		double cx = (xy[0] + xy[4]) / 2, cy = (xy[1] + xy[5]) / 2, w = hypot(xy[2] - xy[0], xy[3] - xy[1]),
			   h = hypot(xy[4] - xy[2], xy[5] - xy[3]);
		const double b[4] = { cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2 };
		memcpy(k->box, b, sizeof b);
	} else {
		const double b[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
		memcpy(k->box, b, sizeof b);
	}
}

/* The frames between two keyframes of a box: numbers go straight, an angle the shorter way round. */
static void
fill_between(cvat_reader *r, const cvat_keyframe *a, const cvat_keyframe *b)
{
	ann_set *s = r->s;
	int last = b->object < 0 ? b->frame - 1 : b->frame - r->step;
	if (a->object < 0 || b->frame - a->frame > 1000000)
		return;
	for (int f = a->frame + r->step; f <= last && !r->status; f += r->step) {
		if (!a->is_box || (b->object >= 0 && !b->is_box)) {
			r->unfilled++;
			continue;
		}
		double t = b->object < 0 ? 0 : (double)(f - a->frame) / (b->frame - a->frame), box[4];
		double turn = b->object < 0 ? 0 : remainder(b->rotation - a->rotation, 360);
		for (int i = 0; i < 4; i++)
			box[i] = a->box[i] + (b->object < 0 ? 0 : t * (b->box[i] - a->box[i]));
		int at = frame_image(r, f);
		ann_object *o = at >= 0 ? ann_add_object(s, at, s->objects[a->object].class) : NULL;
		if (!o) {
			ann_cvat_fail(r, ann_nomem(r->err));
			return;
		}
		uint32_t line = s->objects[a->object].line, head = ann_copy_attributes(s, s, s->objects[a->object].attributes);
		o = &s->objects[s->n_objects - 1];
		o->line = line, o->attributes = head;
		ann_corners(o, box[0], box[1], box[2], box[3]);
		turn = fmod(a->rotation + t * turn, 360);
		if (turn != 0) {
			uint32_t shape = ann_turned(s, box[0], box[1], box[2], box[3], turn);
			o->shape = shape;
			o->flags = ANN_BOX_DERIVED;
		}
		r->filled++;
	}
}

/* A track: its shapes go to the pictures of its frames; shapes that have left the view are no objects. */
static void
read_track(cvat_reader *r, int number)
{
	ann_field text, tag;
	char label[300] = "", id[24];
	bool dense = false; /* frames between keyframes are written out */
	snprintf(id, sizeof id, "%d", number);
	if (ann_xml_attribute(&r->x, "label", &text))
		snprintf(label, sizeof label, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	int64_t v;
	if (ann_xml_attribute(&r->x, "id", &text) && ann_integer(text.p, text.end, &v))
		snprintf(id, sizeof id, "%lld", (long long)v);
	if (ann_xml_attribute(&r->x, "task_id", &text) && ann_integer(text.p, text.end, &v)) {
		if (r->task >= 0 && r->task != v)
			ann_xml_fail(&r->x,
				"tracks of several tasks (%lld and %lld), whose frames have the same numbers: export each task by "
				"itself",
				(long long)r->task, (long long)v);
		r->task = v;
	}
	r->n_keys = 0;
	while (ann_xml_child(&r->x, &tag)) {
		double frame = ann_cvat_number(r, "frame", -1);
		bool outside = ann_cvat_number(r, "outside", 0) != 0;
		dense = dense || ann_cvat_number(r, "keyframe", 1) == 0;
		if (!(frame >= 0 && frame < 1e9) || !ann_cvat_is_shape(tag)) {
			ann_xml_skip(&r->x);
			continue;
		}
		r->rotation = 0;
		int at = outside ? -1 : frame_image(r, (int)frame);
		if (outside)
			ann_xml_skip(&r->x);
		int object = at >= 0 ? ann_cvat_shape(r, tag, at, label, id) : -1;
		if (r->x.err.code)
			return;
		note_keyframe(r, (int)frame, object);
	}
	for (int i = 1; !dense && !r->status && i < r->n_keys; i++)
		if (r->key[i].frame > r->key[i - 1].frame)
			fill_between(r, &r->key[i - 1], &r->key[i]);
}

static int
whole_text(cvat_reader *r, int otherwise)
{
	ann_field text;
	int64_t v;
	return ann_xml_next_text(&r->x, &text) && ann_integer(text.p, text.end, &v) && v >= 0 && v < 1 << 30 ? (int)v
																										 : otherwise;
}

/* A label of <meta>; those with a <parent> are points of a skeleton and no classes. */
static void
read_label(cvat_reader *r)
{
	ann_field tag, text;
	char name[300] = "";
	bool part = false;
	unsigned rgb;
	int colour = -1;
	while (ann_xml_child(&r->x, &tag)) {
		if (!ann_is(tag, "name") && !ann_is(tag, "parent") && !ann_is(tag, "color")) {
			ann_xml_skip(&r->x);
			continue;
		}
		if (!ann_xml_next_text(&r->x, &text))
			return;
		if (ann_is(tag, "name"))
			snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
		else if (ann_is(tag, "parent"))
			part = ann_len(text) > 0;
		else if (ann_len(text) == 7 && *text.p == '#') {
			char hex[8];
			snprintf(hex, sizeof hex, "%.6s", text.p + 1);
			colour = sscanf(hex, "%6x", &rgb) == 1 ? (int)rgb : -1;
		}
	}
	int at = part || !*name ? 0 : ann_class_named(r->s, name, strlen(name));
	if (at < 0)
		ann_cvat_fail(r, ann_nomem(r->err));
	else if (!part && *name && colour >= 0)
		r->s->classes[at].colour = colour;
}

/* The label list of <meta> and what it says of a video, wherever it stands in it. */
static void
read_meta(cvat_reader *r, int depth)
{
	ann_field tag, text;
	while (ann_xml_child(&r->x, &tag)) {
		if (ann_is(tag, "label"))
			read_label(r);
		else if (ann_is(tag, "size"))
			r->size = whole_text(r, 0);
		else if (ann_is(tag, "start_frame"))
			r->start = whole_text(r, 0);
		else if (ann_is(tag, "width"))
			r->width = whole_text(r, 0);
		else if (ann_is(tag, "height"))
			r->height = whole_text(r, 0);
		else if (ann_is(tag, "frame_filter")) {
			int64_t v;
			if (ann_xml_next_text(&r->x, &text) && ann_starts(text, "step=") && ann_integer(text.p + 5, text.end, &v)
				&& v > 0 && v < 1 << 20)
				r->step = (int)v;
		} else if ((ann_is(tag, "task") || ann_is(tag, "project") || ann_is(tag, "job") || ann_is(tag, "labels")
					   || ann_is(tag, "original_size") || ann_is(tag, "tasks"))
			&& depth < 6)
			read_meta(r, depth + 1);
		else
			ann_xml_skip(&r->x);
	}
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	cvat_reader r = { .s = s, .origin = origin, .step = 1, .task = -1, .err = err };
	ann_field tag;
	int tracks = 0;
	ann_xml_init(&r.x, data, n, origin);
	if (ann_xml_root(&r.x, &tag) && !ann_is(tag, "annotations"))
		ann_xml_fail(&r.x, "the first element is not <annotations>");
	while (ann_xml_child(&r.x, &tag)) {
		if (ann_is(tag, "image"))
			read_image(&r);
		else if (ann_is(tag, "track"))
			read_track(&r, tracks++);
		else if (ann_is(tag, "meta"))
			read_meta(&r, 0);
		else
			ann_xml_skip(&r.x);
	}
	ann_xml_end(&r.x);
	secant_status status = r.status ? r.status
		: r.x.err.code              ? secant_fail(err, r.x.err.code, "%s", r.x.err.msg)
									: SECANT_OK;
	for (int f = 0; !status && tracks && f < r.size && f < 1000000; f++)
		if (frame_image(&r, r.start + f * r.step) < 0)
			status = r.status;
	if (r.filled)
		ann_note(s, "%s: %d shapes between keyframes were interpolated, as CVAT does", origin, r.filled);
	if (r.unfilled)
		ann_note(s,
			"%s: %d shapes between keyframes are missing (only boxes are interpolated): export from CVAT writes them",
			origin, r.unfilled);
	secant_free(r.xy), secant_free(r.key);
	ann_xml_free(&r.x);
	return status;
}

static int
by_frame(const void *a, const void *b, void *user)
{
	const ann_set *s = user;
	int x = s->images[*(const int *)a].number, y = s->images[*(const int *)b].number;
	return (x > y) - (x < y);
}

/* Pictures of a folder by their place, for frames: "frame_000012" in any case and with any extension, else, where there
 * are as many pictures as frames, in their order. */
static secant_status
find_frames(ann_set *s, const char *root, const secant_dataset_reading *o, int first, secant_err *err)
{
	base_names all = { 0 };
	char *folder = o->images ? base_path_join(root, o->images) : base_strdup(root);
	secant_status status = folder ? ann_walk(&all, folder, ANN_PICTURES, 8, err) : ann_nomem(err);
	int frames = 0, found = 0, *at = secant_calloc((size_t)(s->n_images - first) + 1, sizeof *at);
	status = !status && !at ? ann_nomem(err) : status;
	for (int i = first; !status && i < s->n_images; i++)
		if (s->images[i].flags & IS_FRAME)
			at[frames++] = i;
	for (int k = 0; !status && k < all.n; k++) {
		const char *name = base_path_name(all.v[k]);
		int64_t number;
		const char *dot = strrchr(name, '.');
		if (strncasecmp(name, "frame_", 6) || !ann_integer(name + 6, dot, &number))
			continue;
		char wanted[40];
		int n = snprintf(wanted, sizeof wanted, "frame_%06lld.PNG", (long long)number),
			i = ann_find_image(s, wanted, (size_t)n);
		char *path = base_path_join(folder, all.v[k]);
		if (path && i >= first && !s->images[i].path) {
			s->images[i].path = ann_store(s, path, strlen(path));
			s->images[i].name = ann_store(s, name, strlen(name));
			found++;
		}
		secant_free(path);
	}
	if (!status && !found && frames && all.n == frames) {
		qsort_r(at, (size_t)frames, sizeof *at, by_frame, s);
		for (int k = 0; k < frames; k++) {
			char *path = base_path_join(folder, all.v[k]);
			if (path)
				s->images[at[k]].path = ann_store(s, path, strlen(path));
			s->images[at[k]].name = ann_store(s, all.v[k], strlen(all.v[k]));
			found++;
			secant_free(path);
		}
		ann_note(s, "frames are the %d pictures in the order of their names", frames);
	}
	if (!status && found) { /* where there are pictures, frames that have none and show nothing are no pictures */
		status = ann_index(s, err);
		int gone = 0;
		for (int i = first; !status && i < s->n_images; i++)
			if (s->images[i].flags & IS_FRAME && !s->images[i].path && s->first[i] == s->first[i + 1]) {
				s->images[i].flags |= ANN_GONE;
				gone++;
			}
		if (gone)
			ann_note(s, "%d frames without object have no picture and were left out", gone);
	}
	secant_free(at), secant_free(folder);
	base_names_free(&all);
	return status;
}

/* images/SUBSET/NAME, or one of the usual folders. */
static void
find_picture(ann_set *s, int i, const char *root, const char *const *folders)
{
	const char *subset = s->images[i].splits ? ann_str(s, s->splits[__builtin_ctzll(s->images[i].splits)]) : "";
	char below[2][400];
	snprintf(below[0], sizeof below[0], "%.200s/%.190s", folders[0], subset);
	snprintf(below[1], sizeof below[1], "%.190s", subset);
	const char *const own[] = { below[0], below[1], NULL };
	if (!*subset || !ann_locate(s, i, ann_str(s, s->images[i].name), root, own))
		(void)ann_locate(s, i, ann_str(s, s->images[i].name), root, folders);
}

/* Two pictures of one name in two subsets are told apart by the subset. */
static secant_status
keep_apart(ann_set *s, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		int first = ann_find_image(s, name, strlen(name));
		if (first >= i || first < 0 || !s->images[i].splits || s->images[i].splits == s->images[first].splits)
			continue;
		for (int k = 0; k < 2; k++) {
			ann_image *im = &s->images[k ? i : first];
			const char *subset = im->splits ? ann_str(s, s->splits[__builtin_ctzll(im->splits)]) : "";
			char *full = *subset && !strchr(ann_str(s, im->name), '/') ? base_format("%s/%s", subset, name) : NULL;
			if (full)
				im->name = ann_store(s, full, strlen(full));
			secant_free(full);
			name = ann_str(s, s->images[i].name);
		}
	}
	return ann_sound(s, err);
}

static secant_status
read_file(ann_set *s, const char *root, const char *file, const secant_dataset_reading *o, secant_err *err)
{
	int first = s->n_images;
	secant_status status = ann_read_text(s, -1, file, parse, err);
	const char *const folders[] = { o->images ? o->images : "images", "", "data", "images/default", "images/train",
		NULL };
	bool frames = false;
	for (int i = first; !status && i < s->n_images; i++) {
		frames = frames || s->images[i].flags & IS_FRAME;
		if (!(s->images[i].flags & IS_FRAME))
			find_picture(s, i, root, folders);
	}
	if (!status && frames)
		status = find_frames(s, root, o, first, err);
	for (int i = first; i < s->n_images; i++)
		s->images[i].flags &= ~(uint32_t)IS_FRAME, s->images[i].number = 0;
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	bool dir = secant_is_dir(path);
	base_names files = { 0 };
	char *root = dir ? base_strdup(path) : base_path_dir(path);
	secant_status status = root ? ann_read_option_names(s, o, err) : ann_nomem(err);
	if (!status && dir)
		status = candidates(&files, path, err);
	if (!status && dir && !files.n)
		status = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: no XML of CVAT (annotations.xml) in it or in its folder annotations", path);
	if (!status && !dir)
		status = read_file(s, root, path, o, err);
	for (int i = 0; !status && i < files.n; i++) {
		char *file = base_path_join(path, files.v[i]);
		status = file ? read_file(s, root, file, o, err) : ann_nomem(err);
		secant_free(file);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	base_names_free(&files);
	secant_free(root);
	if (!status)
		status = ann_compact(s, err);
	return status ? status : keep_apart(s, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, -1, d, n, o, e);
}

const ann_format ann_format_cvat = {
	.name = "cvat",
	.brief = "CVAT XML 1.1: images, and for reading tracks of videos",
	.prefix = "cvat.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_POLYGON | ANN_HOLDS_RLE | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_LINES
		| ANN_HOLDS_LABELS | ANN_HOLDS_FRACTIONS | ANN_HOLDS_IMAGE_ATTRIBUTES | ANN_HOLDS_PARTS | ANN_HOLDS_QUAD,
	.detect = detect,
	.read = read,
	.write = ann_cvat_write,
	.parse = parse_one,
};

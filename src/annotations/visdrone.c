/*
 * VisDrone (Zhu and others: Detection and Tracking Meet Drones Challenge, TPAMI 2021): annotations/NAME.txt for
 * images/NAME.jpg, or for the frames sequences/NAME/0000001.jpg of a video, a box a row,
 *
 *     [frame, track,] left, top, width, height, considered, class, truncation, occlusion
 *
 * Classes are numbered: 0 are regions not to be judged, 1 to 10 things, 11 others. What is not to be considered is not
 * judged either.
 */
#include "annotations/find.h"
#include "base/file.h"
#include <stdio.h>

static const char *const usual[] = { "pedestrian", "people", "bicycle", "car", "van", "truck", "tricycle",
	"awning-tricycle", "bus", "motor", "others" };
enum { THINGS = 10, CLASSES = sizeof usual / sizeof *usual, PICTURE = 8, VIDEO = 10 };

/* The numbers of a row, which may end in a comma: how many; 0: it is no row. */
static int
row_of(const ann_lines *l, double v[VIDEO])
{
	ann_field f[VIDEO + 2];
	int n = ann_fields(l->line, l->n, ',', f, VIDEO + 2);
	if (n <= VIDEO + 1 && n > 1 && !ann_len(ann_trim(f[n - 1].p, f[n - 1].end)))
		n--;
	bool good = n == PICTURE || n == VIDEO;
	for (int i = 0; i < n && good; i++)
		good = ann_real(f[i].p, f[i].end, &v[i]);
	return good ? n : 0;
}

static bool
is_named(const char *path)
{
	char *dir = base_path_dir(path);
	bool is = dir && !strcmp(base_path_name(dir), "annotations");
	secant_free(dir);
	return is;
}

static bool
is_own(const char *path)
{
	char *data = NULL;
	size_t n = 0;
	double v[VIDEO];
	if (!is_named(path) || !base_ext_is(path, "txt") || secant_file_read(&data, &n, path, (size_t)1 << 30, NULL))
		return false;
	ann_lines l = ann_lines_of(data, n);
	bool is = ann_next_line(&l) && row_of(&l, v);
	secant_free(data);
	return is;
}

/* VisDrone2019-DET-train is a list. */
static void
join_list(ann_set *s, int image)
{
	static const char *const lists[] = { "train", "val", "test" };
	const char *name = strstr(ann_str(s, s->images[image].name), "VisDrone"),
			   *root = strstr(base_path_name(ann_str(s, s->root)), "VisDrone");
	for (size_t i = 0; i < sizeof lists / sizeof *lists && !s->images[image].splits; i++) {
		char *part = base_format("-%s", lists[i]);
		bool says = part && ((name && strstr(name, part)) || (root && strstr(root, part)));
		int split = says ? ann_split(s, lists[i], strlen(lists[i])) : -1;
		s->images[image].splits = split >= 0 ? 1ull << split : 0;
		secant_free(part);
	}
}

/* The picture of a file (frame 0), or of a frame of a video; where there is none, the name that it should have had. */
static int
picture(ann_set *s, ann_finder *f, const char *origin, int64_t frame, secant_status *status, secant_err *err)
{
	char *stem = base_path_stem(origin), *dir = base_path_dir(ann_below(s, origin));
	char *up = dir ? base_path_dir(dir) : NULL, *name = NULL, *path = NULL;
	int at = -1;
	if (!f)
		at = 0;
	else if (stem && up && frame) {
		name = base_format("%s/%07lld.jpg", stem, (long long)frame);
		path = base_format("%s%ssequences/%s", strcmp(up, ".") ? up : "", strcmp(up, ".") ? "/" : "", name ? name : "");
	} else if (stem && dir) {
		at = ann_find_beside(s, dir, stem);
		name = base_format("%s.jpg", stem);
	}
	at = at < 0 && path ? ann_find_image(s, path, strlen(path)) : at;
	if (at < 0 && !name)
		*status = ann_nomem(err);
	else if (at < 0)
		at = ann_finder_picture(f, s, name, origin, status, err);
	if (at >= 0) {
		ann_text source = ann_intern(s, origin, strlen(origin));
		s->images[at].source = source;
		join_list(s, at);
	}
	secant_free(stem), secant_free(dir), secant_free(up), secant_free(name), secant_free(path);
	return at;
}

static secant_status
add_box(ann_set *s, int image, const double *v, const double *track, uint32_t line, const char *origin, secant_err *err)
{
	static const char *const keys[] = { "truncation", "occlusion" };
	int kind = v[5] >= 0 && v[5] <= CLASSES && v[5] == floor(v[5]) ? (int)v[5] : -1;
	secant_status status = SECANT_OK;
	if (kind < 0)
		return ann_bad(s, "parse-error", origin, line, 0, err, "class %g is not one of 0 to %d", v[5], CLASSES);
	int at = ann_named_object(s, image, usual[kind ? kind - 1 : 0]);
	if (at < 0)
		return ann_nomem(err);
	s->objects[at].line = line;
	if (!ann_set_box(s, at, v, origin, &status, err))
		return status;
	uint32_t head = 0;
	char number[32];
	if (track) {
		snprintf(number, sizeof number, "%.0f", *track);
		ann_add_attribute(s, &head, "track_id", number, strlen(number));
	}
	for (int k = 0; k < 2; k++)
		if (isfinite(v[6 + k]) && v[6 + k] != 0) {
			snprintf(number, sizeof number, "%.9g", v[6 + k]);
			ann_add_attribute(s, &head, keys[k], number, strlen(number));
		}
	s->objects[at].attributes = head;
	s->objects[at].class = kind ? s->objects[at].class : ANN_NO_CLASS;
	s->objects[at].flags |= !kind || v[4] == 0 ? ANN_VOID : 0u;
	return SECANT_OK;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	secant_status status = SECANT_OK;
	int image = -1, fields = 0;
	int64_t frame = -1; /* that `image` is */
	while (!status && ann_next_line(&l)) {
		double v[VIDEO];
		if (!ann_len(ann_trim(l.line, l.line + l.n)))
			continue;
		int m = row_of(&l, v);
		bool video = m == VIDEO;
		if (!m || (fields && m != fields))
			return ann_bad(s, "parse-error", origin, l.number, 0, err,
				"a row is eight numbers (x,y,w,h,considered,class,truncation,occlusion), or ten with frame and track");
		if (video && !(v[0] >= 1 && v[0] < 1e7 && fabs(v[1]) < 1e15))
			return ann_bad(s, "parse-error", origin, l.number, 0, err, "frame %g should count from 1", v[0]);
		fields = m;
		int64_t now = video ? (int64_t)v[0] : 0;
		if (now != frame)
			image = picture(s, f, origin, frame = now, &status, err);
		if (image >= 0 && !status)
			status = add_box(s, image, video ? v + 2 : v, video ? v + 1 : NULL, l.number, origin, err);
	}
	return status;
}

static const ann_files files = {
	.extension = "txt",
	.because = "it has annotations/*.txt of VisDrone's eight or ten numbers",
	.sure = 92,
	.is = is_own,
	.reads = is_named,
	.text = parse,
	.unlisted = true,
};

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	for (int i = 0; i < THINGS && !o->classes; i++)
		if (ann_class_named(s, usual[i], strlen(usual[i])) < 0)
			return ann_nomem(err);
	return ann_read_files(s, path, o, &files, watch, err);
}

const ann_format ann_format_visdrone = {
	.name = "visdrone",
	.brief = "VisDrone: annotations/*.txt of pictures and of videos",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_VOID,
	.attributes = "track_id|truncation|occlusion",
	.files = &files,
	.read = read,
};

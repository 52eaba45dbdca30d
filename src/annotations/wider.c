/*
 * WIDER FACE (Yang, Luo, Loy, Tang: WIDER FACE: A Face Detection Benchmark, CVPR 2016): the files
 * wider_face_split/wider_face_{train,val}_bbx_gt.txt, for each picture
 *
 *     0--Parade/0_Parade_marchingband_1_849.jpg
 *     1
 *     449 330 122 149 0 0 0 0 0 0        x y w h blur expression illumination invalid occlusion pose
 *
 * A picture without faces has a row of zeros after its 0. Faces that are invalid are not to be judged.
 */
#include "annotations/find.h"
#include "annotations/put.h"
#include "base/file.h"
#include <stdio.h>

static const char *const extra[] = { "blur", "expression", "illumination", NULL, "occlusion", "pose" };
enum { INVALID = 7, FIELDS = 10 };

static bool
is_list(const char *path)
{
	static const char end[] = "bbx_gt.txt";
	size_t n = strlen(path), m = strlen(end);
	return n >= m && !strcmp(path + n - m, end) && secant_is_file(path);
}

static secant_status
add_face(ann_set *s, int image, const ann_lines *l, const char *origin, secant_err *err)
{
	ann_field f[FIELDS + 1];
	double v[FIELDS] = { 0 };
	int m = ann_fields(l->line, l->n, 0, f, FIELDS + 1);
	bool good = m == 4 || m == FIELDS, zero = true;
	for (int i = 0; i < m && good; i++) {
		good = ann_real(f[i].p, f[i].end, &v[i]);
		zero = zero && v[i] == 0;
	}
	if (!good)
		return ann_bad(s, "parse-error", origin, l->number, 0, err,
			"a face is four or ten numbers (x y w h blur expression illumination invalid occlusion pose)");
	if (zero)
		return SECANT_OK;
	secant_status status = SECANT_OK;
	int at = ann_named_object(s, image, "face");
	if (at < 0)
		return ann_nomem(err);
	s->objects[at].line = l->number;
	if (!ann_set_box(s, at, v, origin, &status, err))
		return status;
	uint32_t head = 0;
	for (int i = 4; i < m; i++) {
		char number[32];
		if (!extra[i - 4] || v[i] == 0)
			continue;
		snprintf(number, sizeof number, "%.9g", v[i]);
		if (isfinite(v[i]))
			ann_add_attribute(s, &head, extra[i - 4], number, strlen(number));
	}
	s->objects[at].attributes = head;
	s->objects[at].flags |= m > INVALID && v[INVALID] != 0 ? ANN_VOID : 0u;
	return SECANT_OK;
}

/* The picture: below WIDER_train or WIDER_val, whichever the list is of, or wherever else its name is found. */
static int
picture(ann_set *s, ann_finder *f, ann_field name, const char *origin, secant_status *status, secant_err *err)
{
	static const char *const lists[] = { "train", "val", "test" };
	int at = -1, split = -1;
	if (!f)
		return 0;
	for (size_t i = 0; i < sizeof lists / sizeof *lists && split < 0; i++)
		if (strstr(base_path_name(origin), lists[i]))
			split = (int)i;
	char *text = base_strndup(name.p, ann_len(name));
	char *below = split >= 0 && text ? base_format("WIDER_%s/images/%s", lists[split], text) : NULL;
	if (!text)
		*status = ann_nomem(err);
	else if (below)
		at = ann_find_image(s, below, strlen(below));
	if (at < 0 && !*status)
		at = ann_finder_picture(f, s, text, origin, status, err);
	if (at >= 0 && split >= 0 && (split = ann_split(s, lists[split], strlen(lists[split]))) >= 0)
		s->images[at].splits |= 1ull << split;
	if (at >= 0)
		s->images[at].source = ann_intern(s, origin, strlen(origin));
	secant_free(text), secant_free(below);
	return at;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	secant_status status = SECANT_OK;
	while (!status && ann_next_line(&l)) {
		ann_field name = ann_trim(l.line, l.line + l.n), count;
		int64_t faces = 0;
		if (!ann_len(name))
			continue;
		if (!memchr(name.p, '.', ann_len(name)))
			return ann_bad(s, "parse-error", origin, l.number, 0, err, "the name of a picture should stand here");
		int image = picture(s, f, name, origin, &status, err);
		if (status)
			break;
		if (!ann_next_line(&l))
			return ann_bad(s, "parse-error", origin, l.number, 0, err, "the list ends before the number of faces");
		count = ann_trim(l.line, l.line + l.n);
		if (!ann_integer(count.p, count.end, &faces) || faces < 0)
			return ann_bad(s, "parse-error", origin, l.number, 0, err, "the number of faces should stand here");
		for (int64_t i = 0; !status && i < faces; i++) {
			if (!ann_next_line(&l))
				return ann_bad(s, "parse-error", origin, l.number, 0, err, "the list ends after %lld of %lld faces",
					(long long)i, (long long)faces);
			if (image >= 0)
				status = add_face(s, image, &l, origin, err);
		}
		ann_lines next = l;
		if (!status && !faces && ann_next_line(&next)) { /* the row of zeros */
			ann_field z[FIELDS + 1];
			int m = ann_fields(next.line, next.n, 0, z, FIELDS + 1);
			bool zeros = m >= 4;
			for (int i = 0; i < m && zeros; i++)
				zeros = ann_is(z[i], "0");
			l = zeros ? next : l;
		}
	}
	return status;
}

static void
put_face(base_str *t, const ann_set *s, const ann_object *o)
{
	const double box[4] = { ann_x0(o), ann_y0(o), ann_w(o), ann_h(o) };
	for (int k = 0; k < 4; k++)
		ann_put_real(t, k ? " " : "", box[k]);
	for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
		const char *json = extra[i] && o->attributes ? ann_get(s, o->attributes, extra[i]) : NULL;
		double v;
		bool has = json && ann_real(json, json + strlen(json), &v);
		ann_put_real(t, " ", has ? v : i + 4 == INVALID && o->flags & ANN_VOID ? 1 : 0);
	}
	base_str_add(t, "\n");
}

static secant_status
write_list(ann_set *s, ann_out *out, int list, secant_err *err)
{
	base_str t = { 0 };
	const char *name = list < 0 ? "all" : ann_str(s, s->splits[list]);
	char *folder = base_format("WIDER_%s/images", name), *event = base_format("WIDER_%s/images/no_label", name);
	char *file = base_format("wider_face_split/wider_face_%s_bbx_gt.txt", name);
	secant_status status = folder && event && file ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		int faces = 0;
		if (!ann_in_list(s, i, list))
			continue;
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++)
			faces += !(s->objects[s->order[k]].flags & ANN_NO_BOX);
		/* a picture lies in the folder of its event; readers tell its line by the slash */
		const char *picture = ann_str(s, s->images[i].name);
		bool bare = !strchr(picture, '/');
		base_str_addf(
			&t, "%s%s\n%d\n%s", bare ? "no_label/" : "", picture, faces, faces ? "" : "0 0 0 0 0 0 0 0 0 0 \n");
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++)
			if (!(s->objects[s->order[k]].flags & ANN_NO_BOX))
				put_face(&t, s, &s->objects[s->order[k]]);
		status = ann_out_beneath(out, s, i, bare ? event : folder, err);
	}
	if (!status)
		status = ann_out_str(out, file, &t, err);
	secant_free(folder), secant_free(event), secant_free(file);
	base_str_free(&t);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	return ann_write_lists(s, out, write_list, err);
}

static const ann_files files = {
	.extension = "txt",
	.because = "it has WIDER FACE's *_bbx_gt.txt",
	.sure = 96,
	.is = is_list,
	.text = parse,
	.unlisted = true,
};

const ann_format ann_format_wider = {
	.name = "wider",
	.brief = "WIDER FACE: lists of faces, *_bbx_gt.txt",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_VOID,
	.attributes = "blur|expression|illumination|occlusion|pose",
	.only_class = "face",
	.files = &files,
	.write = write,
};

/*
 * Open Images (Kuznetsova et al., IJCV 2020): *-annotations-bbox.csv with the columns
 *
 *     ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside
 *
 * in any order, boxes as shares of their pictures, LabelName a machine's name like /m/01g317, which
 * *class-descriptions*.csv translates. Pictures are ID.jpg anywhere below. The files list millions of pictures, of
 * which few are there: rows of others are left out, and a note counts them. A box of a group is a crowd.
 */
#include "annotations/csv.h"
#include "annotations/find.h"
#include "annotations/put.h"
#include "base/file.h"
#include <stdio.h>

enum { ID, LABEL, CONFIDENCE, X0, X1, Y0, Y1, GROUP, EXTRA, N_COLUMNS = EXTRA + 4, FIELDS = 64 };
static const char *const columns[N_COLUMNS] = { "ImageID", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax",
	"IsGroupOf", "IsOccluded", "IsTruncated", "IsDepiction", "IsInside" };
static const char *const keys[] = { "occluded", "truncated", "depiction", "inside" };

static bool
header(const char *p, size_t n, int at[N_COLUMNS])
{
	ann_field f[FIELDS];
	int m = ann_fields(p, n, ',', f, FIELDS);
	for (int k = 0; k < N_COLUMNS; k++) {
		at[k] = -1;
		for (int i = 0; i < m && i < FIELDS; i++)
			if (ann_is(ann_trim(f[i].p, f[i].end), columns[k]))
				at[k] = i;
		if (at[k] < 0 && k != CONFIDENCE && k < GROUP)
			return false;
	}
	return true;
}

static bool
is_boxes(const char *path)
{
	secant_bytes b;
	int at[N_COLUMNS];
	if (!secant_is_file(path) || base_file_map(&b, path, NULL))
		return false;
	ann_lines l = ann_lines_of((const char *)b.data, b.size < 4096 ? b.size : 4096);
	bool is = ann_next_line(&l) && header(l.line, l.n, at);
	base_file_unmap(&b);
	return is;
}

static int
detect(const char *path, const char **why)
{
	*why = "it has Open Images' CSV of boxes";
	return ann_detect_texts(path, "csv", is_boxes, 96);
}

/* The names that people have for classes: pictures of `out` are the machine's names, their paths the people's. */
static secant_status
read_descriptions(ann_set *s, ann_set *out, secant_err *err)
{
	base_names files = { 0 };
	const char *root = ann_str(s, s->root);
	char *data = NULL;
	size_t n;
	secant_status status = ann_walk(&files, root, "csv", 3, err);
	for (int i = 0; !status && i < files.n; i++) {
		if (!strstr(base_path_name(files.v[i]), "class-descriptions"))
			continue;
		char *path = base_path_join(root, files.v[i]);
		status = path ? ann_load_text(s, path, &data, &n, err) : ann_nomem(err);
		ann_lines l = ann_lines_of(data ? data : "", status || !data ? 0 : n);
		while (!status && ann_next_line(&l)) {
			const char *comma = memchr(l.line, ',', l.n);
			if (!comma || *l.line != '/')
				continue;
			ann_field name = ann_trim(comma + 1, l.line + l.n);
			if (ann_len(name) >= 2 && *name.p == '"' && name.end[-1] == '"')
				name.p++, name.end--;
			int at = ann_add_image(out, l.line, (size_t)(comma - l.line));
			if (at < 0)
				status = ann_nomem(err);
			else
				out->images[at].path = ann_store(out, name.p, ann_len(name));
		}
		secant_free(data), secant_free(path);
		data = NULL;
	}
	base_names_free(&files);
	return status;
}

static secant_status
take_row(ann_set *s, int image, const ann_field *f, const int *at, const ann_set *names, uint32_t line,
	const char *origin, secant_err *err)
{
	double v[4];
	secant_status status = SECANT_OK;
	secant_err one = { 0 };
	for (int k = 0; k < 4; k++)
		if (!ann_real(f[at[X0 + k]].p, f[at[X0 + k]].end, &v[k]) || !(v[k] >= -.02 && v[k] <= 1.02))
			return ann_bad(
				s, "parse-error", origin, line, 0, err, "%s is no share of a picture, 0 to 1", columns[X0 + k]);
	if (s->images[image].width <= 0 && ann_probe(s, image, &one))
		return ann_unreadable(s, image, ann_str(s, s->images[image].path), &one, err);
	const double w = s->images[image].width, h = s->images[image].height,
				 box[4] = { ann_tidy(v[0] * w), ann_tidy(v[2] * h), ann_tidy((v[1] - v[0]) * w),
					 ann_tidy((v[3] - v[2]) * h) };
	char class[300];
	const ann_field label = f[at[LABEL]];
	int known = ann_find_image(names, label.p, ann_len(label));
	if (known >= 0 && names->images[known].path)
		snprintf(class, sizeof class, "%s", ann_str(names, names->images[known].path));
	else
		snprintf(class, sizeof class, "%.*s", (int)(ann_len(label) < 290 ? ann_len(label) : 290), label.p);
	int object = *class ? ann_named_object(s, image, class) : -2;
	if (object < 0)
		return object == -2 ? ann_bad(s, "parse-error", origin, line, 0, err, "a box without a class") : ann_nomem(err);
	s->objects[object].line = line;
	if (!ann_set_box(s, object, box, origin, &status, err))
		return status;
	uint32_t head = 0;
	if (at[CONFIDENCE] >= 0 && !ann_is(f[at[CONFIDENCE]], "1")
		&& ann_is_json_number(f[at[CONFIDENCE]].p, ann_len(f[at[CONFIDENCE]])))
		ann_add_attribute(s, &head, "score", f[at[CONFIDENCE]].p, ann_len(f[at[CONFIDENCE]]));
	for (int k = EXTRA; k < N_COLUMNS; k++)
		if (at[k] >= 0 && ann_is(f[at[k]], "1")) /* 0: no, -1: nobody knows */
			ann_add_attribute(s, &head, keys[k - EXTRA], "true", 4);
	s->objects[object].attributes = head;
	s->objects[object].flags |= at[GROUP] >= 0 && ann_is(f[at[GROUP]], "1") ? ANN_CROWD : 0u;
	return SECANT_OK;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	static const char *const lists[][2] = { { "train", "train" }, { "oidv6-train", "train" }, { "validation", "val" },
		{ "test", "test" } };
	ann_lines l = ann_lines_of(data, n);
	ann_set names;
	int at[N_COLUMNS], split = -1, absent = 0, taken = 0;
	if (!ann_next_line(&l) || !header(l.line, l.n, at))
		return ann_bad(
			s, "parse-error", origin, 1, 0, err, "the columns ImageID, LabelName, XMin, XMax, YMin, YMax are needed");
	ann_init(&names);
	secant_status status = f ? read_descriptions(s, &names, err) : SECANT_OK;
	for (size_t i = 0; i < sizeof lists / sizeof *lists && f; i++)
		if (!strncmp(base_path_name(origin), lists[i][0], strlen(lists[i][0])))
			split = ann_split(s, lists[i][1], strlen(lists[i][1]));
	while (!status && ann_next_line(&l)) {
		ann_field v[FIELDS];
		char id[300];
		if (!ann_len(ann_trim(l.line, l.line + l.n)))
			continue;
		int m = ann_fields(l.line, l.n, ',', v, FIELDS), last = 0;
		for (int k = 0; k < N_COLUMNS; k++)
			last = at[k] > last ? at[k] : last;
		if (m <= last || m > FIELDS) {
			status = ann_bad(s, "parse-error", origin, l.number, 0, err, "%d columns; the first row has more", m);
			continue;
		}
		for (int k = 0; k < m; k++)
			v[k] = ann_trim(v[k].p, v[k].end);
		snprintf(id, sizeof id, "%.*s", (int)(ann_len(v[at[ID]]) < 290 ? ann_len(v[at[ID]]) : 290), v[at[ID]].p);
		int image = f ? ann_finder_stem(f, id) : 0;
		absent += image < 0;
		taken += image >= 0;
		if (image < 0)
			continue;
		s->images[image].source = ann_intern(s, origin, strlen(origin));
		s->images[image].splits |= split >= 0 ? 1ull << split : 0;
		status = take_row(s, image, v, at, &names, l.number, origin, err);
	}
	if (!status && absent && !taken)
		status = ann_bad(s, "image-missing", origin, 0, 0, err,
			"none of its pictures (ID.jpg) is there, and shares of a picture have no place without its size");
	else if (!status && absent)
		ann_note(s, "%s: %d rows are of pictures that are not there: left out", origin, absent);
	if (!status && f && !names.n_images)
		ann_note(s, "%s: no class-descriptions CSV: classes keep their machine's names", origin);
	ann_free(&names);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	return ann_read_texts(s, path, o, "csv", is_boxes, parse, watch, err);
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, NULL, d, n, o, e);
}

static void
put_row(base_str *t, const ann_set *s, const ann_object *o, const char *id)
{
	const ann_image *im = &s->images[o->image];
	const double v[4] = { ann_x0(o) / im->width, ann_x1(o) / im->width, ann_y0(o) / im->height,
		ann_y1(o) / im->height };
	const char *score = o->attributes ? ann_get(s, o->attributes, "score") : NULL;
	ann_csv_cell(t, id, strlen(id));
	base_str_addf(t, ",secant,/x/%d,%s", o->class + 1, score ? score : "1");
	for (int k = 0; k < 4; k++)
		ann_put_real(t, ",", v[k]);
	static const int order[] = { 0, 1, -1, 2, 3 }; /* the group stands in the middle */
	for (int k = 0; k < 5; k++) {
		const char *value = order[k] >= 0 && o->attributes ? ann_get(s, o->attributes, keys[order[k]]) : NULL;
		bool is = order[k] < 0 ? o->flags & ANN_CROWD : value && (!strcmp(value, "true") || !strcmp(value, "1"));
		base_str_add(t, is ? ",1" : ",0");
	}
	base_str_add(t, "\n");
}

/* What Open Images calls a list. */
static const char *
list_name(const char *list)
{
	return !strcmp(list, "val") ? "validation" : list;
}

static secant_status
write_list(ann_set *s, ann_out *out, int list, secant_err *err)
{
	base_str t = { 0 };
	const char *name = list < 0 ? "" : ann_str(s, s->splits[list]);
	char *file = base_format("annotations/%s%sannotations-bbox.csv", list_name(name), *name ? "-" : "");
	secant_status status = file ? SECANT_OK : ann_nomem(err);
	base_str_add(&t,
		"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,"
		"IsInside\n");
	for (int i = 0; !status && i < s->n_images; i++) {
		if (!ann_in_list(s, i, list))
			continue;
		char *id = ann_with_extension(ann_str(s, s->images[i].name), "");
		if (id && *id)
			id[strlen(id) - 1] = 0; /* the dot */
		status = id ? ann_need_size(s, &s->images[i], "shares of pictures", err) : ann_nomem(err);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++)
			if (ann_is_thing(s, &s->objects[s->order[k]]))
				put_row(&t, s, &s->objects[s->order[k]], id);
		ann_out_lose(
			out, list >= 0 && s->first[i] == s->first[i + 1], "membership of a picture without boxes in a list");
		secant_free(id);
	}
	if (!status)
		status = ann_out_str(out, file, &t, err);
	base_str_free(&t);
	secant_free(file);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = ann_write_lists(s, out, write_list, err);
	for (int i = 0; i < s->n_classes; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		base_str_addf(&t, "/x/%d,", i + 1);
		ann_csv_cell(&t, name, strlen(name));
		base_str_add(&t, "\n");
	}
	if (!status)
		status = ann_out_str(out, "annotations/class-descriptions-boxable.csv", &t, err);
	for (int i = 0; !status && i < s->n_images; i++) { /* readers look for a picture in the folder of its list */
		const char *list = s->images[i].splits ? ann_str(s, s->splits[__builtin_ctzll(s->images[i].splits)]) : "";
		char *folder = base_format("images%s%s", *list ? "/" : "", list_name(list));
		status = folder ? ann_out_beneath(out, s, i, folder, err) : ann_nomem(err);
		secant_free(folder);
	}
	base_str_free(&t);
	return status;
}

const ann_format ann_format_open_images = {
	.name = "open-images",
	.brief = "Open Images: CSV of boxes and class descriptions",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_CROWD,
	.attributes = "score|occluded|truncated|depiction|inside",
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse_one,
};

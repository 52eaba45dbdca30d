/*
 * CSV: one object a row, one file. With a header, in any order: filename (image, path, image_path), width, height,
 * class (label, name), xmin ymin xmax ymax (x1 y1 x2 y2, left top right bottom) or x y w h, split (subset); other
 * columns become attributes. Without a header: path,x1,y1,x2,y2,class. A picture without objects has a row whose box is
 * empty. Quotes as in RFC 4180.
 */
#include "annotations/attributes.h"
#include "base/file.h"
#include <stdio.h>
#include <strings.h>

enum { FILE_NAME, WIDTH, HEIGHT, CLASS, X0, Y0, X1, Y1, BOX_W, BOX_H, SPLIT, CROWD, DIFFICULT, KNOWN };
static const char *const spelling[KNOWN] = {
	"filename|image|file|file_name|path|image_path|img",
	"width|image_width",
	"height|image_height",
	"class|label|name|class_name|category",
	"xmin|x1|left|x0|x_min",
	"ymin|y1|top|y0|y_min",
	"xmax|x2|right|x_max",
	"ymax|y2|bottom|y_max",
	"w|box_width",
	"h|box_height",
	"split|subset|set",
	"iscrowd|crowd",
	"difficult",
};
enum { COLUMNS = 128 };

typedef struct row {
	ann_field f[COLUMNS];
	int n;
	secant_str room;
} row;

/* One record, quotes taken off; the text of quoted fields goes to room. False at the end. */
static bool
next_record(ann_lines *l, char separator, row *r, bool *bad)
{
	ann_lines at = *l;
	if (!secant_ann_next_line(&at))
		return false;
	const char *p = at.line, *end = at.line + at.n;
	size_t offset[COLUMNS], length[COLUMNS];
	r->n = 0;
	r->room.n = 0;
	for (;;) {
		if (r->n == COLUMNS) {
			*bad = true;
			break;
		}
		offset[r->n] = r->room.n;
		if (p < end && *p == '"') {
			p++;
			for (;; p++) {
				if (p >= l->end) {
					*bad = true;
					break;
				}
				if (*p == '"' && p + 1 < l->end && p[1] == '"') {
					secant_str_addn(&r->room, p++, 1);
					continue;
				}
				if (*p == '"')
					break;
				if (*p == '\n')
					at.number++;
				secant_str_addn(&r->room, p, 1);
			}
			if (*bad)
				break;
			p++;
			if (p > end) { /* the field went over the end of the line */
				const char *stop = memchr(p, '\n', (size_t)(l->end - p));
				end = stop ? stop : l->end;
				at.p = stop ? stop + 1 : l->end;
				end -= end > p && end[-1] == '\r';
			}
		} else {
			const char *q = p;
			while (q < end && *q != separator)
				q++;
			secant_str_addn(&r->room, p, (size_t)(q - p));
			p = q;
		}
		length[r->n] = r->room.n - offset[r->n];
		r->n++;
		if (p >= end || *p != separator) {
			*bad = *bad || p < end;
			break;
		}
		p++;
	}
	for (int i = 0; i < r->n && !*bad; i++) {
		const char *base = (r->room.p ? r->room.p : "") + offset[i];
		r->f[i] = secant_ann_trim(base, base + length[i]);
	}
	*l = at;
	return true;
}

static int
column(ann_field f)
{
	for (int k = 0; k < KNOWN; k++)
		for (const char *p = spelling[k]; *p;) {
			size_t n = strcspn(p, "|");
			if (ann_len(f) == n && !strncasecmp(f.p, p, n))
				return k;
			p += n + (p[n] == '|');
		}
	return -1;
}

static bool
is_header(const row *r, int map[COLUMNS])
{
	int known = 0;
	bool file = false;
	for (int i = 0; i < r->n; i++) {
		map[i] = column(r->f[i]);
		known += map[i] >= 0;
		file = file || map[i] == FILE_NAME;
	}
	return file && known >= 2;
}

static int
detect(const char *path, const char **why)
{
	*why = "it is a CSV of boxes";
	char *inner = secant_path_join(path, "annotations.csv"), *data = NULL;
	const char *file = secant_is_dir(path) ? inner : path;
	size_t n;
	int sure = 0, map[COLUMNS];
	bool there = file && secant_ext_is(file, "csv") && secant_is_file(file);
	if (there && secant_file_read(&data, &n, file, (size_t)1 << 31, NULL))
		sure = 60; /* it cannot be read: the reader says why */
	else if (there) {
		ann_lines l = secant_ann_lines(data, n);
		row r = { .n = 0 };
		bool bad = false;
		double v;
		if (next_record(&l, ',', &r, &bad) && !bad)
			sure = is_header(&r, map)                                                         ? 85
				: r.n == 6 && (secant_ann_real(r.f[1].p, r.f[1].end, &v) || !ann_len(r.f[1])) ? 60
																							  : 0;
		secant_str_free(&r.room);
		secant_free(data);
	}
	secant_free(inner);
	return sure;
}

static secant_status
take_row(
	ann_set *s, const row *r, const int *map, char *const *keys, const char *origin, uint32_t line, secant_err *err)
{
	ann_field v[KNOWN] = { { 0 } };
	char name[1024];
	for (int i = 0; i < r->n; i++)
		if (map[i] >= 0)
			v[map[i]] = r->f[i];
	if (!v[FILE_NAME].p || !ann_len(v[FILE_NAME]))
		return secant_ann_bad(s, "parse-error", origin, line, 0, err, "a row without a picture");
	if (secant_ann_picture_name(s, v[FILE_NAME].p, ann_len(v[FILE_NAME]), origin, line, name, err))
		return SECANT_ERR_FORMAT;
	int at = secant_ann_find_image(s, name, strlen(name));
	if (at < 0)
		at = secant_ann_add_image(s, name, strlen(name));
	if (at < 0)
		return secant_ann_nomem(err);
	ann_image *im = &s->images[at];
	double w, h, box[4];
	im->source = im->source ? im->source : secant_ann_intern(s, origin, strlen(origin));
	im->line = im->line ? im->line : line;
	if (v[WIDTH].p && v[HEIGHT].p && secant_ann_real(v[WIDTH].p, v[WIDTH].end, &w)
		&& secant_ann_real(v[HEIGHT].p, v[HEIGHT].end, &h) && w >= 0 && h >= 0 && w < 1e9 && h < 1e9)
		im->width = (int32_t)w, im->height = (int32_t)h;
	if (v[SPLIT].p && ann_len(v[SPLIT])) {
		int split = secant_ann_split(s, v[SPLIT].p, ann_len(v[SPLIT]));
		if (split < 0)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s:%u: more than %d lists", origin, line, ANN_SPLITS);
		s->images[at].splits |= 1ull << split;
	}
	bool corner = v[X1].p && ann_len(v[X1]), empty = !v[X0].p || !ann_len(v[X0]);
	const int from[4] = { X0, Y0, corner ? X1 : BOX_W, corner ? Y1 : BOX_H };
	if (empty && (!v[CLASS].p || !ann_len(v[CLASS])))
		return SECANT_OK;
	for (int i = 0; i < 4 && !empty; i++)
		if (!v[from[i]].p || !secant_ann_real(v[from[i]].p, v[from[i]].end, &box[i]))
			return secant_ann_bad(
				s, "parse-error", origin, line, 0, err, "coordinate %d of the box is no number", i + 1);
	if (!empty && !secant_ann_finite(box, 4))
		return secant_ann_bad(s, "value-not-finite", origin, line, 0, err, "a coordinate is not finite");
	int class = secant_ann_class(s, v[CLASS].p ? v[CLASS].p : "", v[CLASS].p ? ann_len(v[CLASS]) : 0);
	ann_object *o = class >= 0 ? secant_ann_add_object(s, at, class) : NULL;
	if (!o)
		return secant_ann_nomem(err);
	if (!empty)
		memcpy(o->box, box, sizeof box);
	o->line = line;
	o->flags = empty ? ANN_NO_BOX : corner ? 0u : ANN_XYWH;
	o->flags |= (v[CROWD].p && ann_is(v[CROWD], "1") ? ANN_CROWD : 0u)
		| (v[DIFFICULT].p && ann_is(v[DIFFICULT], "1") ? ANN_DIFFICULT : 0u);
	for (int i = 0; i < r->n; i++) {
		if (map[i] >= 0 || !keys[i] || !ann_len(r->f[i]))
			continue;
		secant_str json = { 0 };
		secant_ann_text_value(&json, r->f[i].p, ann_len(r->f[i]));
		if (json.p)
			secant_ann_attribute(s, &o->attributes, keys[i], json.p, json.n);
		secant_str_free(&json);
	}
	secant_ann_absorb(s, o);
	return SECANT_OK;
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = secant_ann_lines(data, n);
	row r = { .n = 0 };
	int map[COLUMNS];
	char *keys[COLUMNS] = { 0 };
	bool bad = false, first = true;
	secant_status status = SECANT_OK;
	for (int i = 0; i < COLUMNS; i++) /* rows may be longer than the header */
		map[i] = -1;
	while (!status && next_record(&l, ',', &r, &bad)) {
		if (bad || r.room.failed) {
			status = secant_ann_bad(s, "parse-error", origin, l.number, 0, err,
				"a quote without its end, or more than %d columns", COLUMNS);
			break;
		}
		if (r.n == 1 && !ann_len(r.f[0]))
			continue;
		if (first && is_header(&r, map)) {
			for (int i = 0; i < r.n; i++)
				keys[i] = map[i] < 0 ? secant_strndup(r.f[i].p, ann_len(r.f[i])) : NULL;
			first = false;
			continue;
		}
		if (first) {
			static const int plain[6] = { FILE_NAME, X0, Y0, X1, Y1, CLASS };
			for (int i = 0; i < COLUMNS; i++)
				map[i] = i < 6 ? plain[i] : -1;
			first = false;
		}
		status = take_row(s, &r, map, keys, origin, l.number, err);
	}
	for (int i = 0; i < COLUMNS; i++)
		secant_free(keys[i]);
	secant_str_free(&r.room);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	bool dir = secant_is_dir(path);
	char *file = dir ? secant_path_join(path, "annotations.csv") : secant_strdup(path),
		 *root = dir ? secant_strdup(path) : secant_path_dir(path);
	secant_status status = file && root ? secant_ann_read_option_names(s, o, err) : secant_ann_nomem(err);
	int fixed = s->n_classes;
	if (!status)
		status = secant_ann_read_text(s, -1, file, parse, err);
	const char *const folders[] = { o->images ? o->images : "images", "", "JPEGImages", NULL };
	for (int i = 0; !status && i < s->n_images; i++)
		(void)secant_ann_locate(s, i, root, folders);
	secant_free(file), secant_free(root);
	return status ? status : secant_ann_sort_classes(s, fixed, err);
}

static void
put_cell(secant_str *t, const char *p, size_t n)
{
	if (!n || !(memchr(p, ',', n) || memchr(p, '"', n) || memchr(p, '\n', n) || *p == ' ' || p[n - 1] == ' ')) {
		secant_str_addn(t, p, n);
		return;
	}
	secant_str_add(t, "\"");
	for (size_t i = 0; i < n; i++)
		secant_str_addn(t, p[i] == '"' ? "\"\"" : p + i, p[i] == '"' ? 2 : 1);
	secant_str_add(t, "\"");
}

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
				secant_ann_out_lose(out, 1, "attribute of objects beyond %d kinds, which have columns", most);
		}
	return n;
}

static void
put_row(
	secant_str *t, const ann_set *s, const ann_image *im, const ann_object *o, const ann_text *keys, int n, bool areas)
{
	ann_implied extra;
	const char *name = ann_str(s, im->name), *class = o && o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "";
	bool box = o && !(o->flags & ANN_NO_BOX);
	const double v[4] = { box ? ann_x0(o) : 0, box ? ann_y0(o) : 0, box ? ann_x1(o) : 0, box ? ann_y1(o) : 0 };
	int more = 0;
	const char *split = secant_ann_one_split(s, im, &more);
	put_cell(t, name, strlen(name));
	secant_str_addf(t, ",%d,%d,", im->width, im->height);
	put_cell(t, class, strlen(class));
	for (int i = 0; i < 4; i++) {
		secant_str_add(t, ",");
		if (box)
			secant_ann_put_number(t, v[i]);
	}
	secant_str_add(t, ",");
	put_cell(t, split, strlen(split));
	secant_str_add(t, o && o->flags & ANN_CROWD ? ",1," : o ? ",0," : ",,");
	secant_str_add(t, o && o->flags & ANN_DIFFICULT ? "1" : o ? "0" : "");
	for (int i = 0; i < n; i++) {
		secant_str value = { 0 };
		const char *json = o ? secant_ann_get(s, o->attributes, ann_str(s, keys[i])) : NULL;
		secant_str_add(t, ",");
		if (json)
			secant_ann_value_text(&value, json);
		put_cell(t, value.p ? value.p : "", value.n);
		secant_str_free(&value);
	}
	if (areas) {
		secant_str_add(t, ",");
		if (o && secant_ann_implied(s, o, ANN_IMPLIED_AREA, 0, 0, 1, &extra))
			secant_str_add(t, extra.pair[1]);
	}
	secant_str_add(t, "\n");
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	secant_str t = { 0 };
	ann_text keys[COLUMNS - KNOWN];
	int n = attribute_keys(s, keys, COLUMNS - KNOWN, out), more = 0;
	bool areas = false;
	ann_implied extra;
	for (int i = 0; i < s->n_objects && !areas; i++)
		areas = secant_ann_implied(s, &s->objects[i], ANN_IMPLIED_AREA, 0, 0, 1, &extra) > 0;
	secant_str_add(&t, "filename,width,height,class,xmin,ymin,xmax,ymax,split,iscrowd,difficult");
	for (int i = 0; i < n; i++) {
		secant_str_add(&t, ",");
		put_cell(&t, ann_str(s, keys[i]), strlen(ann_str(s, keys[i])));
	}
	secant_str_add(&t, areas ? ",coco.area\n" : "\n");
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		(void)secant_ann_one_split(s, im, &more);
		bool any = false;
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++)
			if (!(s->objects[s->order[k]].flags & ANN_VOID)) {
				put_row(&t, s, im, &s->objects[s->order[k]], keys, n, areas);
				any = true;
			}
		if (!any)
			put_row(&t, s, im, NULL, keys, n, areas);
		char *picture = secant_format("images/%s", ann_str(s, im->name));
		status = picture ? secant_ann_out_picture(out, s, im, picture, err) : secant_ann_nomem(err);
		secant_free(picture);
	}
	if (more)
		secant_ann_out_lose(out, more, "second list of a picture (the first is written)");
	if (!status)
		status = secant_ann_out_str(out, "annotations.csv", &t, err);
	secant_str_free(&t);
	return status;
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, -1, d, n, o, e);
}

const ann_format secant_ann_format_csv = {
	.name = "csv",
	.brief = "one CSV of boxes",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_CROWD | ANN_HOLDS_DIFFICULT | ANN_HOLDS_FRACTIONS
		| ANN_HOLDS_LABELS,
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse_one,
};

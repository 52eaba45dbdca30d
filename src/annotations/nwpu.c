/*
 * NWPU VHR-10 (Cheng, Han, Zhou, Guo: Multi-class geospatial object detection ..., ISPRS 2014): folders "positive image
 * set", "negative image set" and "ground truth", the last with one text file for each positive picture,
 *
 *     (x1,y1),(x2,y2),class          upper left, lower right, class 1 to 10
 *
 * with spaces anywhere, blank lines, CR LF and a byte order mark. The readme does not say where pixels start: numbers
 * are taken as they stand. Stems of positive and negative pictures collide (001 and 001): under --names number
 * negatives follow 650.
 */
#include "annotations/find.h"
#include "annotations/put.h"
#include "base/file.h"
#include <stdio.h>

static const char *const names[] = {
	"airplane",
	"ship",
	"storage tank",
	"baseball diamond",
	"tennis court",
	"basketball court",
	"ground track field",
	"harbor",
	"bridge",
	"vehicle",
};
static const char positive[] = "positive image set", negative[] = "negative image set", truth[] = "ground truth";
enum { N_NAMES = 10, N_POSITIVE = 650 };

static int
detect(const char *path, const char **why)
{
	char *a = base_path_join(path, positive), *b = base_path_join(path, truth), *c = base_path_join(path, negative);
	int sure = a && b && secant_is_dir(b) ? secant_is_dir(a) ? 100 : 60
		: c && secant_is_dir(c)           ? 60
										  : 0; /* negatives alone are a set too */
	secant_free(a);
	secant_free(b);
	secant_free(c);
	*why = "it has the folders 'ground truth' or 'negative image set'";
	return sure;
}

typedef struct cursor {
	const char *p, *end;
} cursor;

static bool
take(cursor *c, char what)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
	if (c->p >= c->end || *c->p != what)
		return false;
	c->p++;
	return true;
}

static bool
take_number(cursor *c, double *v)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
	const char *q = ann_number(c->p, c->end, v);
	if (q)
		c->p = q;
	return q != NULL;
}

/* Fills box and class; returns NULL, or what was expected at c->p. */
static const char *
parse_line(cursor *c, double box[4], double *class)
{
	static const char *const expected[] = { "'('", "x1", "','", "y1", "')'", "','", "'('", "x2", "','", "y2", "')'",
		"','", "the class" };
	static const char shape[] = "(n,n),(n,n),n";
	int number = 0;
	double *const to[] = { &box[0], &box[1], &box[2], &box[3], class };
	for (int i = 0; shape[i]; i++)
		if (shape[i] == 'n' ? !take_number(c, to[number++]) : !take(c, shape[i]))
			return expected[i];
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r'))
		c->p++;
	return c->p < c->end ? "the end of the line" : NULL;
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	while (ann_next_line(&l)) {
		if (ann_trim(l.line, l.line + l.n).p == ann_trim(l.line, l.line + l.n).end)
			continue;
		cursor c = { l.line, l.line + l.n };
		double box[4], class;
		const char *expected = parse_line(&c, box, &class);
		secant_status status = SECANT_OK;
		if (expected) {
			uint32_t column = (uint32_t)(c.p - l.line) + 1;
			char found[32];
			if (c.p < c.end)
				snprintf(found, sizeof found, "found '%c'", *c.p >= 32 && *c.p < 127 ? *c.p : '?');
			else
				snprintf(found, sizeof found, "the line ends");
			status = ann_bad(
				s, "parse-error", origin, l.number, column, err, "%s where %s should stand", found, expected);
		} else if (!ann_finite(box, 4))
			status = ann_bad(s, "value-not-finite", origin, l.number, 0, err, "a coordinate is not finite");
		else if (!(class >= 1 && class <= s->n_classes) || class != floor(class))
			status = ann_bad(
				s, "class-undefined", origin, l.number, 0, err, "class %g is not one of 1 to %d", class, s->n_classes);
		else {
			ann_object *o = ann_add_object(s, image, (int)class - 1);
			if (!o)
				return ann_nomem(err);
			memcpy(o->box, box, sizeof box);
			o->line = l.number;
		}
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
add_classes(ann_set *s, const char *root, secant_err *err)
{
	char *path = base_path_join(root, "classes.txt");
	secant_status status = path && secant_is_file(path) ? ann_read_names(s, path, err) : SECANT_OK;
	secant_free(path);
	for (int i = 0; i < N_NAMES && !status && s->n_classes < N_NAMES && (i || !s->n_classes); i++)
		if (ann_add_class(s, names[i], strlen(names[i]), i + 1) < 0)
			return ann_nomem(err);
	for (int i = 0; i < s->n_classes; i++)
		s->classes[i].id = i + 1;
	return status;
}

static secant_status
add_folder(ann_set *s, const char *root, const char *folder, secant_err *err)
{
	base_names files = { 0 };
	char *full = base_path_join(root, folder);
	if (!full)
		return ann_nomem(err);
	secant_status status = secant_is_dir(full) ? ann_walk(&files, full, ANN_PICTURES, 0, err) : SECANT_OK;
	for (int i = 0; !status && i < files.n; i++) {
		char *name = base_path_join(folder, files.v[i]), *path = base_path_join(full, files.v[i]);
		int at = name && path ? ann_add_image(s, name, strlen(name)) : -1;
		if (at < 0)
			status = ann_nomem(err);
		else
			s->images[at].path = ann_store(s, path, strlen(path));
		secant_free(name);
		secant_free(path);
	}
	base_names_free(&files);
	secant_free(full);
	return status;
}

/* The number of a picture is that of its stem; negatives follow the positives. */
static void
set_numbers(ann_set *s, int positives)
{
	int64_t last = N_POSITIVE;
	for (int i = 0; i < s->n_images; i++) {
		char *stem = base_path_stem(ann_str(s, s->images[i].name));
		int64_t v;
		bool whole = stem && ann_integer(stem, stem + strlen(stem), &v) && v >= 0 && v < 100000000;
		if (i < positives && whole && v > last)
			last = v;
		s->images[i].number = whole ? (int32_t)(i < positives ? v : v + last) : 0;
		secant_free(stem);
	}
}

static secant_status
read_truth(ann_set *s, const char *root, int positives, secant_err *err)
{
	char *folder = base_path_join(root, truth);
	base_names files = { 0 };
	secant_status status = !folder           ? ann_nomem(err)
		: positives || secant_is_dir(folder) ? ann_walk(&files, folder, "txt", 0, err)
											 : SECANT_OK;
	bool *seen = secant_calloc((size_t)s->n_images + 1, sizeof *seen);
	for (int i = 0; !status && seen && i < files.n; i++) {
		char *stem = base_path_stem(files.v[i]), *path = base_path_join(folder, files.v[i]);
		int at = -1;
		char *name = stem ? base_format("%s/%s.jpg", positive, stem) : NULL;
		if (name && path && stem) {
			at = ann_find_stem(s, name, strlen(name) - strlen(".jpg"));
			if (at < 0) {
				status = ann_bad(s, "image-missing", path, 0, 0, err, "there is no picture '%s'", name);
				at = status ? -1 : ann_add_image(s, name, strlen(name));
			} else
				seen[at] = true;
		}
		if (!status)
			status = at >= 0 ? ann_read_text(s, at, path, parse, err) : ann_nomem(err);
		secant_free(stem);
		secant_free(path);
		secant_free(name);
	}
	for (int i = 0; !status && seen && i < positives; i++)
		if (!seen[i])
			status = ann_find(s, "annotation-missing", -1, ann_str(s, s->images[i].path), 0, 0,
				"a positive picture without a text file: no objects");
	base_names_free(&files);
	secant_free(folder);
	secant_free(seen);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = ann_read_option_names(s, o, err);
	if (!status && !s->n_classes)
		status = add_classes(s, path, err);
	for (int i = 0; i < s->n_classes; i++)
		s->classes[i].id = i + 1;
	if (!status)
		status = add_folder(s, path, positive, err);
	int positives = s->n_images;
	if (!status)
		status = add_folder(s, path, negative, err);
	if (!status)
		set_numbers(s, positives);
	return status ? status : read_truth(s, path, positives, err);
}

static void
put_object(base_str *t, const ann_object *o, int class)
{
	const double v[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
	static const char *const between[] = { "(", ",", "),(", "," };
	for (int i = 0; i < 4; i++) {
		base_str_add(t, between[i]);
		ann_put_number(t, v[i]);
	}
	base_str_addf(t, "),%d\n", class);
}

/* Class numbers: NWPU's own where all names are NWPU's, else the order of the classes, which classes.txt then holds. */
static secant_status
class_numbers(ann_set *s, ann_out *out, int *number, secant_err *err)
{
	bool own = true;
	for (int i = 0; i < s->n_classes; i++) {
		number[i] = 0;
		for (int k = 0; k < N_NAMES; k++)
			if (!strcmp(names[k], ann_str(s, s->classes[i].name)))
				number[i] = k + 1;
		own = own && number[i];
	}
	if (own)
		return SECANT_OK;
	base_str t = { 0 };
	secant_status status = ann_name_classes(s, out, "", ' ', err);
	for (int i = 0; i < s->n_classes; i++) {
		number[i] = i + 1;
		base_str_addf(&t, "%s\n", ann_written(s, i));
	}
	status = status ? status : ann_out_str(out, "classes.txt", &t, err);
	base_str_free(&t);
	return status;
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	int *number = secant_calloc((size_t)s->n_classes + 1, sizeof *number), count[2] = { 0 };
	base_str t = { 0 };
	secant_status status = number ? class_numbers(s, out, number, err) : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		bool has = false;
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->flags & (ANN_NO_BOX | ANN_VOID) || o->class < 0)
				continue;
			put_object(&t, o, number[o->class]);
			has = true;
		}
		char relative[1200];
		const char *ext = base_path_ext(ann_str(s, im->name));
		snprintf(relative, sizeof relative, "%s/%03d.%s", has ? positive : negative, ++count[!has], *ext ? ext : "jpg");
		status = ann_out_picture(out, s, im, relative, err);
		snprintf(relative, sizeof relative, "%s/%03d.txt", truth, count[0]);
		if (!status && has)
			status = ann_out_str(out, relative, &t, err);
		ann_out_lose(out, im->splits != 0, "membership of a picture in a list");
	}
	base_str_free(&t);
	secant_free(number);
	return status;
}

static secant_status
parse_one(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err)
{
	for (int i = s->n_classes; i < N_NAMES; i++)
		if (ann_add_class(s, names[i], strlen(names[i]), i + 1) < 0)
			return ann_nomem(err);
	return parse(s, 0, data, n, origin, err);
}

const ann_format ann_format_nwpu = {
	.name = "nwpu",
	.numbers_images = true,
	.brief = "NWPU VHR-10: positive and negative image set, ground truth as text",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS,
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse_one,
};

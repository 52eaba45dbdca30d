/* Finding pictures by name, and reading small JSON formats as trees. */
#include "annotations/find.h"
#include "base/file.h"
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

bool
ann_usual_name(char name[ANN_USUAL], const char *stem, size_t n, int i)
{
	static const char *const extensions[] = { "jpg", "png", "jpeg", "tif", "bmp", "tiff", "webp", "ppm", "pgm", "pnm" };
	enum { FORMS = 3 }; /* jpg, Jpg, JPG */
	if (i >= FORMS * (int)(sizeof extensions / sizeof *extensions) || n > ANN_USUAL - 8)
		return false;
	const char *extension = extensions[i / FORMS];
	size_t capitals = i % FORMS == 2 ? strlen(extension) : (size_t)(i % FORMS);
	memcpy(name, stem, n);
	(void)snprintf(name + n, ANN_USUAL - n, ".%s", extension);
	for (size_t k = 0; k < capitals; k++)
		name[n + 1 + k] = (char)toupper((unsigned char)name[n + 1 + k]);
	return true;
}

int
ann_find_stem(const ann_set *s, const char *stem, size_t n)
{
	char name[ANN_USUAL];
	int at = -1;
	for (int i = 0; at < 0 && ann_usual_name(name, stem, n, i); i++)
		at = ann_find_image(s, name, strlen(name));
	return at;
}

/* Does a picture lie in a folder of labels? Then it is not the one that annotations name. */
static bool
is_of_labels(const char *name)
{
	static const char *const folders[] = { "masks", "mask", "labels", "label", "annotations", "gt", "SegmentationClass",
		"SegmentationObject" };
	for (size_t n; name[n = strcspn(name, "/")]; name += n + 1)
		for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
			if (strlen(folders[i]) == n && !strncasecmp(name, folders[i], n))
				return true;
	return false;
}

/* The picture that a key means, of two that have it; -1: nobody can say. */
static int
one_of(const ann_set *s, int a, int b)
{
	bool of_a = a >= 0 && is_of_labels(ann_str(s, s->images[a].name)),
		 of_b = is_of_labels(ann_str(s, s->images[b].name));
	return a == b || (of_b && !of_a && a >= 0) ? a : of_a && !of_b ? b : -1;
}

static secant_status
add_key(ann_finder *f, const ann_set *s, const char *key, int image, secant_err *err)
{
	int at = ann_find_image(&f->keys, key, strlen(key));
	if (at >= 0) {
		f->keys.images[at].number = one_of(s, f->keys.images[at].number, image);
		return SECANT_OK;
	}
	at = ann_add_image(&f->keys, key, strlen(key));
	if (at < 0)
		return ann_nomem(err);
	f->keys.images[at].number = image;
	return SECANT_OK;
}

secant_status
ann_finder_open(ann_finder *f, ann_set *s, const secant_dataset_reading *o, secant_err *err)
{
	ann_init(&f->keys);
	secant_status status = ann_add_pictures(s, o->images ? o->images : "", -1, true, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		status = add_key(f, s, name, i, err);
		while (!status && (name = strchr(name, '/'))) { /* and by each end of it that is no other's whole name */
			name++;
			if (ann_find_image(s, name, strlen(name)) < 0)
				status = add_key(f, s, name, i, err);
		}
	}
	return status;
}

void
ann_finder_close(ann_finder *f)
{
	ann_free(&f->keys);
}

int
ann_finder_end(const ann_finder *f, const char *name)
{
	for (const char *p = name; p && *p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) { /* ever shorter ends */
		int at = ann_find_image(&f->keys, p, strlen(p));
		if (at >= 0)
			return f->keys.images[at].number >= 0 ? f->keys.images[at].number : ANN_SEVERAL;
	}
	return -1;
}

void
ann_unescape(char *name)
{
	char *to = name;
	unsigned v;
	for (const char *p = name; *p; p++)
		if (*p == '%' && sscanf(p + 1, "%2x", &v) == 1 && p[1] != '+' && p[1] && p[2] && v) {
			*to++ = (char)v;
			p += 2;
		} else
			*to++ = *p;
	*to = 0;
}

int
ann_finder_picture(
	ann_finder *f, ann_set *s, const char *text, const char *origin, secant_status *status, secant_err *err)
{
	char clean[1024], name[1024];
	snprintf(clean, sizeof clean, "%.1000s", text);
	for (char *p = clean; *p; p++)
		*p = *p == '\\' ? '/' : *p;
	int at = ann_finder_end(f, clean);
	if (at == -1 && strchr(clean, '?')) { /* of an address; but a picture may be called "what?.png" */
		clean[strcspn(clean, "?")] = '\0';
		at = ann_finder_end(f, clean);
	}
	if (at == -1 && strchr(clean, '%')) {
		snprintf(name, sizeof name, "%s", clean);
		ann_unescape(name);
		at = ann_finder_end(f, name);
	}
	if (at >= 0)
		return at;
	if (at == ANN_SEVERAL) {
		*status = ann_bad(s, "stem-collision", origin, 0, 0, err, "'%s' is the name of several pictures", text);
		return -1;
	}
	*status = ann_picture_name(s, base_path_name(clean), strlen(base_path_name(clean)), origin, 0, name, err);
	int image = *status ? -1 : ann_add_image(s, name, strlen(name));
	if (!*status && image < 0)
		*status = ann_nomem(err);
	if (image >= 0)
		*status = add_key(f, s, name, image, err);
	if (image >= 0 && !*status)
		*status = ann_find(s, "image-missing", -1, origin, 0, 0, "there is no picture '%s'", text);
	return *status ? -1 : image;
}

static int
find_as(const ann_set *s, const char *dir, size_t from, size_t to, const char *folder, const char *name)
{
	char *full = base_format(
		"%.*s%s%s%s%s", (int)from, dir, folder, dir + to, from || dir[to] || *folder ? "/" : "", name);
	const char *path = full && *full == '/' ? full + 1 : full;
	bool bare = !*base_path_ext(name);
	int at = !path ? -1 : bare ? ann_find_stem(s, path, strlen(path)) : ann_find_image(s, path, strlen(path));
	secant_free(full);
	return at;
}

int
ann_find_beside(const ann_set *s, const char *dir, const char *name)
{
	static const char *const folders[] = { "images", "image", "imgs", "img", "JPEGImages", "Images", "pictures",
		"photos", "frames", "data", "rgb" };
	const char *below = strcmp(dir, ".") ? dir : "";
	int at = find_as(s, below, strlen(below), strlen(below), "", name);
	for (const char *part = below; at < 0 && part && *part;) { /* each part of the folder's path by another name */
		const char *end = strchr(part, '/');
		size_t from = (size_t)(part - below), to = end ? (size_t)(end - below) : strlen(below);
		for (size_t i = 0; at < 0 && i < sizeof folders / sizeof *folders; i++)
			at = find_as(s, below, from, to, folders[i], name);
		part = end ? end + 1 : NULL;
	}
	return at;
}

int
ann_finder_beside(
	ann_finder *f, ann_set *s, const char *text, const char *origin, secant_status *status, secant_err *err)
{
	char *dir = base_path_dir(ann_below(s, origin));
	int at = dir && *text ? ann_find_beside(s, dir, base_path_name(text)) : -1;
	secant_free(dir);
	return at >= 0 ? at : ann_finder_picture(f, s, text, origin, status, err);
}

const char *
ann_below(const ann_set *s, const char *path)
{
	const char *root = ann_str(s, s->root);
	size_t n = strlen(root);
	while (n && root[n - 1] == '/')
		n--;
	if (strncmp(path, root, n) || (path[n] && path[n] != '/'))
		return base_path_name(path);
	for (path += n; *path == '/';)
		path++;
	return path;
}

int
ann_finder_stem(const ann_finder *f, const char *stem)
{
	int at = ann_find_stem(&f->keys, stem, strlen(stem));
	return at >= 0 ? f->keys.images[at].number : -1;
}

json_t *
ann_tree(ann_set *s, const char *path, secant_status *status, secant_err *err)
{
	char *data = NULL;
	size_t n = 0;
	secant_err one = { 0 };
	*status = ann_load_text(s, path, &data, &n, err);
	json_t *j = !*status && data ? base_json_parse(data, n, path, &one) : NULL;
	if (!*status && data && !j)
		*status = ann_unparsable(s, path, &one, err);
	secant_free(data);
	return j;
}

bool
ann_head_has(const char *path, const char *const *words)
{
	secant_bytes b;
	if (base_file_map(&b, path, NULL))
		return false;
	bool all = true;
	for (; *words && all; words++)
		all = memmem(b.data, b.size < 1 << 16 ? b.size : 1 << 16, *words, strlen(*words)) != NULL;
	base_file_unmap(&b);
	return all;
}

double
ann_tree_number(const json_t *j, const char *key)
{
	const json_t *v = key ? json_object_get(j, key) : j;
	double number = NAN;
	if (json_is_number(v))
		return json_number_value(v);
	const char *text = json_string_value(v);
	return text && ann_real(text, text + strlen(text), &number) ? number : NAN;
}

const char *
ann_tree_text(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));
	return text ? text : "";
}

void
ann_tree_size(ann_set *s, int image, double width, double height)
{
	const double most = 1 << 30;
	if (width >= 1 && height >= 1 && width <= most && height <= most)
		s->images[image].width = (int32_t)width, s->images[image].height = (int32_t)height;
}

void
ann_tree_keep(ann_set *s, uint32_t *head, const char *key, const json_t *value)
{
	char *text = value && *key && !json_is_null(value) ? base_json_text(value, 0) : NULL;
	if (text && strcmp(text, "\"\"") && strcmp(text, "{}") && strcmp(text, "[]"))
		ann_add_attribute(s, head, key, text, strlen(text));
	secant_free(text);
}

secant_status
ann_tree_classes(ann_set *s, const char *folder, const char *file, const char *list, const char *name, secant_err *err)
{
	char *path = base_path_join(folder, file);
	secant_status status = path ? SECANT_OK : ann_nomem(err);
	json_t *top = !status && secant_is_file(path) ? ann_tree(s, path, &status, err) : NULL, *one;
	size_t i;
	json_array_foreach (list ? json_object_get(top, list) : top, i, one) {
		const char *text = ann_tree_text(one, name);
		if (!status && *text && ann_class_listed(s, text, strlen(text)) < 0)
			status = ann_nomem(err);
	}
	json_decref(top);
	secant_free(path);
	return status;
}

int
ann_named_object(ann_set *s, int image, const char *class)
{
	int at = ann_class_named(s, class, strlen(class));
	return at >= 0 && ann_add_object(s, image, at) ? s->n_objects - 1 : -1;
}

double *
ann_tree_points(const json_t *list, double by_x, double by_y, int *n)
{
	size_t count = json_array_size(list), i;
	double *xy = secant_calloc(2 * count + 2, sizeof *xy);
	json_t *point;
	int k = 0;
	if (!xy)
		return NULL;
	json_array_foreach (list, i, point) {
		if (json_is_number(point))
			xy[k++] = json_number_value(point);
		else if (json_is_array(point)) {
			xy[k++] = ann_tree_number(json_array_get(point, 0), NULL);
			xy[k++] = ann_tree_number(json_array_get(point, 1), NULL);
		} else {
			xy[k++] = ann_tree_number(point, "x");
			xy[k++] = ann_tree_number(point, "y");
		}
	}
	for (i = 0; i < (size_t)k; i++)
		xy[i] = by_x == 1 && by_y == 1 ? xy[i] : ann_tidy(xy[i] * (i & 1 ? by_y : by_x));
	if (k < 2 || k & 1 || !ann_finite(xy, k)) {
		secant_free(xy);
		return NULL;
	}
	*n = k / 2;
	return xy;
}

bool
ann_set_points(
	ann_set *s, int at, ann_kind kind, double *xy, int n, const char *origin, secant_status *status, secant_err *err)
{
	ann_object *o = &s->objects[at];
	const char *class = ann_str(s, s->classes[o->class].name);
	if (xy) {
		uint32_t shape = ann_points(s, kind, xy, n);
		s->objects[at].shape = shape;
		s->objects[at].flags = ANN_BOX_DERIVED;
		secant_free(xy);
		return true;
	}
	*status = ann_bad(s, "polygon-odd", origin, 0, 0, err, "points of '%s' in '%s' are no pairs of numbers", class,
		ann_str(s, s->images[o->image].name));
	s->n_objects--;
	return false;
}

bool
ann_set_box(ann_set *s, int at, const double xywh[4], const char *origin, secant_status *status, secant_err *err)
{
	ann_object *o = &s->objects[at];
	if (!ann_finite(xywh, 4)) {
		const char *class = ann_str(s, s->classes[o->class].name);
		*status = ann_bad(s, "value-not-finite", origin, 0, 0, err,
			"a box of '%s' in '%s' without all of its four numbers", class, ann_str(s, s->images[o->image].name));
		s->n_objects--;
		return false;
	}
	memcpy(o->box, xywh, sizeof o->box);
	for (int k = 0; k < 2; k++)
		if (xywh[k + 2] < 0) { /* drawn from the other corner */
			o->box[k] = ann_tidy(xywh[k] + xywh[k + 2]);
			o->box[k + 2] = -xywh[k + 2];
		}
	o->flags = ANN_XYWH;
	return true;
}

static size_t
folder_length(const char *name)
{
	return (size_t)(base_path_name(name) - name);
}

secant_status
ann_leave_unlisted(ann_set *s, bool beside, secant_err *err)
{
	ann_set folders;
	int gone = 0, first = -1;
	secant_status status = SECANT_OK;
	ann_init(&folders);
	for (int i = 0; !status && i < s->n_images && beside; i++) {
		const char *name = ann_str(s, s->images[i].name);
		size_t n = folder_length(name);
		if (s->images[i].source && ann_find_image(&folders, n ? name : "/", n ? n : 1) < 0
			&& ann_add_image(&folders, n ? name : "/", n ? n : 1) < 0)
			status = ann_nomem(err);
	}
	bool nobody = true; /* is named: then they are not told apart */
	for (int i = 0; i < s->n_images && nobody; i++)
		nobody = !s->images[i].source;
	for (int i = 0; !status && !nobody && i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name);
		size_t n = folder_length(name);
		if (s->images[i].source || (beside && ann_find_image(&folders, n ? name : "/", n ? n : 1) >= 0))
			continue;
		s->images[i].flags |= ANN_GONE;
		first = gone++ ? first : i;
	}
	if (!status && gone) {
		ann_note(s, "%d picture%s that no annotation file names %s left out, the first is '%s'", gone,
			gone > 1 ? "s" : "", gone > 1 ? "are" : "is", ann_str(s, s->images[first].name));
		status = ann_compact(s, err);
	}
	ann_free(&folders);
	return status;
}

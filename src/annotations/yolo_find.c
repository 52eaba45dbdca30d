/* What of a folder is YOLO's, and which of its kinds; see yolo.c. */
#include "annotations/yolo.h"
#include "base/file.h"
#include <stdio.h>
#include <strings.h>

bool
ann_yolo_label_folder(const char *relative)
{
	static const char *const names[] = { "labels/", "Labels/", "Annotations/", "annotations/", "obj_", NULL };
	for (int i = 0; names[i]; i++) {
		const char *at = strstr(relative, names[i]);
		if (at && (at == relative || at[-1] == '/' || names[i][0] == 'o'))
			return true;
	}
	return false;
}

bool
ann_yolo_is_names(const char *relative)
{
	const char *name = base_path_name(relative);
	return base_ext_is(name, "names|labels") || !strcmp(name, "classes.txt") || !strcmp(name, "predefined_classes.txt");
}

/* `name` has a dot less than the rest of `all` knows: is there a picture of that stem beside it? */
static bool
has_picture(const base_names *all, const char *relative)
{
	size_t n = strlen(relative) - 3;
	int low = 0, high = all->n;
	while (low < high) { /* the first name that is not before "a/b." */
		int middle = (low + high) / 2;
		if (strncmp(all->v[middle], relative, n) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < all->n && !strncmp(all->v[low], relative, n); low++)
		if (base_ext_is(all->v[low], ANN_PICTURES) && !strchr(all->v[low] + n, '.'))
			return true;
	return false;
}

int
ann_yolo_label_line(const char *p, size_t n, ann_field f[12])
{
	double v;
	int m = ann_fields(p, n, 0, f, 12);
	bool good = m >= 5 && ann_real(f[0].p, f[0].end, &v) && v == floor(v) && v >= 0;
	for (int i = 1; good && i < 5; i++)
		good = ann_real(f[i].p, f[i].end, &v);
	return good ? m : 0;
}

bool
ann_yolo_is_track(ann_field f)
{
	int64_t v;
	return ann_integer(f.p, f.end, &v) && v >= 1;
}

void
ann_yolo_look(const char *root, yolo_looks *k)
{
	base_names all = { 0 };
	secant_err ignored = { 0 };
	*k = (yolo_looks){ 0 };
	if (ann_walk(&all, root, ANN_PICTURES "|txt|names|labels|yaml|yml|data", 8, &ignored)) {
		base_names_free(&all);
		return;
	}
	for (int i = 0; i < all.n; i++) {
		char *path = base_path_join(root, all.v[i]), *data = NULL;
		size_t n;
		bool yaml = base_ext_is(all.v[i], "yaml|yml") && path && ann_yolo_is_yaml(path);
		k->names = k->names || ann_yolo_is_names(all.v[i]) || yaml;
		k->yaml = k->yaml || yaml;
		k->pictures += base_ext_is(all.v[i], ANN_PICTURES);
		bool label = base_ext_is(all.v[i], "txt") && !ann_yolo_is_names(all.v[i]) && k->files < 200
			&& (ann_yolo_label_folder(all.v[i]) || has_picture(&all, all.v[i]));
		k->labels += label;
		if (label && path && secant_file_read(&data, &n, path, 1 << 24, &ignored)) {
			k->files++;
			k->boxes++;
		} else if (label && path) {
			ann_lines l = ann_lines_of(data, n);
			ann_field f[12];
			k->files++;
			for (int at = 0; at < 50 && ann_next_line(&l); at++) {
				int m = ann_yolo_label_line(l.line, l.n, f);
				ann_field whole = ann_trim(l.line, l.line + l.n), last = whole;
				while (last.p < last.end && memchr(last.p, ' ', ann_len(last)))
					last.p = (const char *)memchr(last.p, ' ', ann_len(last)) + 1;
				k->tracked = k->tracked || (m >= 7 && m != 9 && ann_yolo_is_track(last) && !ann_is(last, "1"));
				k->boxes += m == 5 || m == 6;
				k->sevens += m == 7;
				k->tracks += m == 7 && ann_yolo_is_track(f[6]);
				k->quads += m >= 9 && m <= 11 && (m == 9 || m == 10 || ann_yolo_is_track(f[10]));
				k->rings += m > 11 || m == 8;
				k->rings += m == 11 && !ann_yolo_is_track(f[10]);
			}
			secant_free(data);
		}
		secant_free(path);
	}
	if (k->sevens && (k->tracks < k->sevens || k->rings))
		k->rings += k->sevens;
	else
		k->boxes += k->sevens;
	base_names_free(&all);
}

/* Does a YAML of the folder describe poses? Then lines of many numbers are no rings. */
static bool
poses(const char *root)
{
	base_names all = { 0 };
	bool found = false;
	if (!ann_walk(&all, root, "yaml|yml", 2, NULL))
		for (int i = 0; i < all.n && !found; i++) {
			char *path = base_path_join(root, all.v[i]), *data = NULL;
			size_t n;
			if (path && !secant_file_read(&data, &n, path, 1 << 24, NULL)) {
				ann_lines l = ann_lines_of(data, n);
				while (!found && ann_next_line(&l))
					found = ann_starts((ann_field){ l.line, l.line + l.n }, "kpt_shape:");
				secant_free(data);
			}
			secant_free(path);
		}
	base_names_free(&all);
	return found;
}

int
ann_yolo_sure(const char *path, yolo_flavour kind)
{
	yolo_looks k;
	if (!secant_is_dir(path)) { /* data.yaml itself, as trainers are given it */
		char *dir = base_ext_is(path, "yaml|yml") && ann_yolo_is_yaml(path) ? base_path_dir(path) : NULL;
		int sure = dir ? ann_yolo_sure(dir, kind) : 0;
		secant_free(dir);
		return sure;
	}
	ann_yolo_look(path, &k);
	bool any = (k.boxes || k.rings || k.quads) && (k.pictures || k.names); /* else texts of numbers of any kind */
	yolo_flavour is = poses(path) ? YOLO_BOXES
		: k.rings                 ? YOLO_RINGS
		: k.quads && !k.boxes     ? YOLO_QUADS
		: k.quads                 ? YOLO_RINGS
								  : YOLO_BOXES;
	char *manifest = base_path_join(path, "secant.json"), *data = NULL; /* what this library wrote says what it is */
	size_t n;
	if (manifest && secant_is_file(manifest) && !secant_file_read(&data, &n, manifest, (size_t)1 << 31, NULL)) {
		is = strstr(data, "\"format\": \"yolo-seg\"")  ? YOLO_RINGS
			: strstr(data, "\"format\": \"yolo-obb\"") ? YOLO_QUADS
													   : is;
		any = any || strstr(data, "\"format\": \"yolo");
		secant_free(data);
	}
	secant_free(manifest);
	if (is != kind)
		return 0;
	if (any)
		return k.names ? 80 : 40;
	return k.yaml && k.pictures && k.labels ? 70 : 0; /* background alone: label files without a line */
}

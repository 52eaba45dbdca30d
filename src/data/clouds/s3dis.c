/*
 * S3DIS, Stanford3dDataset_v1.2[_Aligned_Version]: Area_N/ROOM/Annotations/CLASS_K.txt, lines x y z r g b; classes in
 * the order of the benchmark, what is none of them (stairs) is clutter. A room is a cloud. Split: area --test-area is
 * "test" and "val", the others are "train". Also the prepared Area_N_ROOM.npy of seven columns.
 *
 * A few files of the original hold control bytes within numbers ("185\x00187", "103.0\x100000"): such a byte is a blank
 * where the line then has six numbers, else it is dropped.
 */
#include "data/clouds/clouds.h"
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"

static const char *const classes[] = { "ceiling", "floor", "wall", "beam", "column", "window", "door", "table", "chair",
	"sofa", "bookcase", "board", "clutter" };
enum { CLASSES = sizeof classes / sizeof *classes, CLUTTER = CLASSES - 1, LONGEST = 1 << 30 };

/* The area that a name begins with, or -1. */
static int
area_of(const char *name)
{
	int area = -1, used = 0;
	return sscanf(name, "Area_%9d%n", &area, &used) == 1 && (!name[used] || name[used] == '_') ? area : -1;
}

static bool
prepared(const char *name)
{
	return area_of(name) >= 0 && base_ext_is(name, "npy");
}

static bool
detect(const char *path)
{
	base_names names = { 0 };
	bool is = false;
	if (!base_dir_list(&names, path, BASE_DIR_ALL, NULL))
		for (int i = 0; i < names.n && !is; i++) {
			char *full = base_path_join(path, names.v[i]);
			is = prepared(names.v[i]) || (area_of(names.v[i]) >= 0 && full && secant_is_dir(full));
			secant_free(full);
		}
	base_names_free(&names);
	return is;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	return !strcmp(split, "train") || !strcmp(split, "val") || !strcmp(split, "test") || !strcmp(split, "all");
}

static bool
wanted(const data_clouds_request *r, int area)
{
	bool test = area == r->options->source.test_area;
	return !strcmp(r->split, "all") || test == (strcmp(r->split, "train") != 0);
}

static secant_status
add_area(data_cloud_list *out, const char *folder, secant_err *err)
{
	base_names rooms = { 0 };
	secant_status s = base_dir_list(&rooms, folder, BASE_DIR_FOLDERS, err);
	for (int i = 0; i < rooms.n && !s; i++) {
		char *room = base_format("%s/%s/Annotations", folder, rooms.v[i]);
		if (!room)
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		else if (secant_is_dir(room))
			s = data_cloud_list_add(out, room, NULL, 0, -1, err);
		secant_free(room);
	}
	base_names_free(&rooms);
	return s;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	base_names names = { 0 };
	secant_status s = base_dir_list(&names, r->path, BASE_DIR_ALL, err);
	for (int i = 0; i < names.n && !s; i++) {
		int area = area_of(names.v[i]);
		char *full = area >= 0 && wanted(r, area) ? base_path_join(r->path, names.v[i]) : NULL;
		if (full && prepared(names.v[i]))
			s = data_cloud_list_add(out, full, NULL, 1, -1, err);
		else if (full && secant_is_dir(full))
			s = add_area(out, full, err);
		secant_free(full);
	}
	base_names_free(&names);
	if (!s)
		s = data_cloud_list_classes(out, classes, CLASSES, err);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_IO,
			"%s: no rooms for '%s' with --test-area %d; expected Area_N/ROOM/Annotations/CLASS_K.txt", r->path,
			r->split, r->options->source.test_area);
	return s;
}

/* ---- rooms ---- */

static int
class_of(const char *file)
{
	size_t n = strcspn(file, "_.");
	for (int i = 0; i < CLASSES; i++)
		if (strlen(classes[i]) == n && !strncmp(classes[i], file, n))
			return i;
	return CLUTTER;
}

static int
fields_with(const char *line, size_t n, bool blank)
{
	int fields = 0;
	bool inside = false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)line[i];
		bool control = c < 32 && c != '\t' && c != '\r', gap = c == ' ' || c == '\t' || c == '\r' || (control && blank);
		if (control && !blank)
			continue;
		fields += !gap && !inside;
		inside = !gap;
	}
	return fields;
}

/* In place; returns the new size. */
static size_t
mend(char *text, size_t size)
{
	size_t to = 0;
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t n = end ? (size_t)(end - (text + at)) : size - at;
		bool blank = fields_with(text + at, n, true) == 6;
		for (size_t i = at; i < at + n; i++) {
			bool control = (unsigned char)text[i] < 32 && text[i] != '\t' && text[i] != '\r';
			if (!control || blank)
				text[to++] = control ? ' ' : text[i];
		}
		if (end)
			text[to++] = '\n';
		at += n + 1;
	}
	return to;
}

static secant_status
append(secant_cloud *to, secant_cloud *part, int64_t **labels, int class, secant_err *err)
{
	int64_t n = to->n + part->n;
	int64_t *more = base_realloc(*labels, (size_t)n + 1, sizeof **labels);
	if (!more || (to->columns && secant_cloud_reserve(to, n, err)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a room of %lld points", (long long)n);
	*labels = more;
	for (int64_t i = to->n; i < n; i++)
		more[i] = class;
	if (!to->columns) {
		*to = *part;
		*part = (secant_cloud){ 0 };
		return SECANT_OK;
	}
	for (int k = 0; k < to->columns; k++)
		for (int64_t i = 0; i < part->n; i++)
			secant_cloud_set(to, k, to->n + i, secant_cloud_get(part, k, i));
	to->n = n;
	return SECANT_OK;
}

static secant_status
add_object(const char *folder, const char *name, secant_cloud *c, int64_t **labels, secant_err *err)
{
	char *path = base_path_join(folder, name), *text = NULL;
	size_t size = 0;
	secant_cloud part = { 0 };
	secant_cloud_reading o;
	secant_status s = path ? secant_opts_init(&secant_cloud_read_options, &o, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (s)
		return secant_free(path), s;
	s = secant_opts_set(&secant_cloud_read_options, &o, "columns", "x,y,z,red,green,blue", err);
	if (!s && !(s = secant_file_read(&text, &size, path, LONGEST, err))) {
		size = mend(text, size);
		secant_cloud_reader *r = size ? secant_cloud_open_memory(text, size, path, &o, err) : NULL;
		if (size && !r)
			s = err && err->code ? err->code : SECANT_ERR_FORMAT;
		while (r && !s) {
			s = secant_cloud_next(r, &part, 1 << 20, err);
			if (s || !part.n)
				break;
			s = append(c, &part, labels, class_of(name), err);
		}
		secant_cloud_close(r);
	}
	secant_cloud_free(&part);
	secant_opts_free(&secant_cloud_read_options, &o);
	secant_free(text);
	secant_free(path);
	return s;
}

static secant_status
read_room(const data_clouds *set, const data_cloud_item *item, secant_cloud *c, int64_t **labels, secant_err *err)
{
	base_names names = { 0 };
	secant_cloud_reading o = set->reading;
	*c = (secant_cloud){ 0 };
	*labels = NULL;
	if (item->entry) {
		o.columns = (char *)(uintptr_t) "x,y,z,red,green,blue,label";
		return secant_cloud_read(c, item->path, &o, err);
	}
	secant_status s = base_dir_list(&names, item->path, BASE_DIR_FILES, err);
	for (int i = 0; i < names.n && !s; i++)
		if (base_ext_is(names.v[i], "txt"))
			s = add_object(item->path, names.v[i], c, labels, err);
	base_names_free(&names);
	if (!s && !c->columns)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: no points there; expected CLASS_K.txt", item->path);
	if (s) {
		secant_cloud_free(c);
		secant_free(*labels);
		*labels = NULL;
	}
	return s;
}

const data_cloudset data_cloudset_s3dis = {
	.name = "s3dis",
	.brief = "S3DIS: Area_N/ROOM/Annotations/CLASS_K.txt, or prepared Area_N_ROOM.npy",
	.scans = true,
	.detect = detect,
	.find = find,
	.read = read_room,
	.has = has,
};

/*
 * What several annotation formats share: walking folders, finding and probing pictures, lists and class names, and the
 * counting of what a target format cannot hold.
 */
#include "annotations/attributes.h"
#include "annotations/find.h"
#include "base/file.h"
#include <secant/codec.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT(name) extern const ann_format ann_format_##name;
#include "annotations/annotations.inc"
#undef FORMAT

const ann_format *const ann_formats[] = {
#define FORMAT(name) &ann_format_##name,
#include "annotations/annotations.inc"
#undef FORMAT
	NULL,
};

const ann_format *
ann_find_format(const char *name)
{
	for (const ann_format *const *f = ann_formats; *f; f++)
		if (!strcmp((*f)->name, name))
			return *f;
	return NULL;
}

secant_status
ann_nomem(secant_err *err)
{
	return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
}

static secant_status
walk(base_names *out, const char *root, const char *below, const char *list, int depth, secant_err *err)
{
	char *folder = *below ? base_path_join(root, below) : base_strdup(root);
	DIR *d = folder ? opendir(folder) : NULL;
	secant_status status = SECANT_OK;
	if (!d)
		status = folder ? secant_fail(err, SECANT_ERR_IO, "%s: %s", folder, strerror(errno)) : ann_nomem(err);
	for (struct dirent *e; !status && d && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		bool dir = e->d_type == DT_DIR;
		if (e->d_type == DT_UNKNOWN || e->d_type == DT_LNK) {
			struct stat st;
			dir = !fstatat(dirfd(d), e->d_name, &st, e->d_type == DT_LNK ? 0 : AT_SYMLINK_NOFOLLOW)
				&& S_ISDIR(st.st_mode);
			if (dir && e->d_type == DT_LNK)
				continue;
		}
		if (!dir && !base_ext_is(e->d_name, list))
			continue;
		if (dir && depth <= 0)
			continue;
		char *path = *below ? base_path_join(below, e->d_name) : base_strdup(e->d_name);
		if (!path)
			status = ann_nomem(err);
		else if (dir)
			status = walk(out, root, path, list, depth - 1, err);
		else if (base_names_add(out, path))
			status = ann_nomem(err);
		secant_free(path);
	}
	if (d)
		closedir(d);
	secant_free(folder);
	return status;
}

secant_status
ann_walk(base_names *out, const char *folder, const char *list, int depth, secant_err *err)
{
	secant_status status = walk(out, folder, "", list, depth, err);
	base_names_sort(out);
	return status;
}

secant_status
ann_add_pictures(ann_set *s, const char *folder, int split, bool add, secant_err *err)
{
	base_names names = { 0 };
	char *full = *folder ? base_path_join(ann_str(s, s->root), folder) : base_strdup(ann_str(s, s->root));
	secant_status status = full ? ann_walk(&names, full, ANN_PICTURES, 8, err) : ann_nomem(err);
	for (int i = 0; !status && i < names.n; i++) {
		int at = ann_find_image(s, names.v[i], strlen(names.v[i]));
		if (at < 0 && !add)
			continue;
		if (at < 0)
			at = ann_add_image(s, names.v[i], strlen(names.v[i]));
		char *path = base_path_join(full, names.v[i]);
		if (at < 0 || !path)
			status = ann_nomem(err);
		else {
			s->images[at].path = ann_store(s, path, strlen(path));
			if (split >= 0)
				s->images[at].splits |= 1ull << split;
		}
		secant_free(path);
	}
	base_names_free(&names);
	secant_free(full);
	return status;
}

bool
ann_has_folder(const char *root, const char *const *outer, const char *const *inner)
{
	bool there = false;
	for (; *outer && !there; outer++)
		for (const char *const *name = inner; *name && !there; name++) {
			char *path = base_format("%s/%s%s%s", root, *outer, **outer ? "/" : "", *name);
			there = path && secant_is_dir(path);
			secant_free(path);
		}
	return there;
}

bool
ann_locate(ann_set *s, int i, const char *name, const char *root, const char *const *folders)
{
	char path[PATH_MAX];
	for (; *folders; folders++) {
		int n = snprintf(path, sizeof path, "%s%s%s/%s", root, **folders ? "/" : "", *folders, name);
		if (n > 0 && n < (int)sizeof path && !access(path, F_OK)) {
			s->images[i].path = ann_store(s, path, (size_t)n);
			return true;
		}
	}
	return false;
}

secant_status
ann_probe(ann_set *s, int i, secant_err *err)
{
	ann_image *im = &s->images[i];
	if (im->real_width || !im->path)
		return SECANT_OK;
	secant_image_info info;
	secant_status status = secant_image_probe(ann_str(s, im->path), &info, err);
	if (status)
		return status;
	im->real_width = info.width;
	im->real_height = info.height;
	im->real_depth = info.channels;
	im->orientation = info.orientation;
	if (im->width <= 0 && im->height <= 0) {
		im->width = info.width;
		im->height = info.height;
	}
	if (im->depth <= 0)
		im->depth = info.channels;
	return SECANT_OK;
}

secant_status
ann_unreadable(ann_set *s, int image, const char *file, const secant_err *why, secant_err *err)
{
	size_t n = strlen(file);
	const char *said = why->msg;
	while (!strncmp(said, file, n) && said[n] == ':' && said[n + 1] == ' ')
		said += n + 2;
	if (image >= 0)
		s->images[image].flags |= ANN_UNREADABLE;
	return ann_bad(s, "image-unreadable", file, 0, 0, err, "%s", said);
}

secant_status
ann_probe_all(ann_set *s, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		secant_err one = { 0 };
		if (!im->path || (im->width > 0 && im->height > 0 && im->depth > 0) || !o->probe)
			continue;
		if (ann_probe(s, i, &one)) {
			secant_status status = ann_unreadable(s, i, ann_str(s, im->path), &one, err);
			if (status)
				return status;
		}
		if (i % 256 == 255 && ann_call_watch(watch, err))
			return err ? err->code : SECANT_ERR_CANCELLED;
	}
	return SECANT_OK;
}

secant_status
ann_need_size(const ann_set *s, const ann_image *im, const char *format, secant_err *err)
{
	if (im->width > 0 && im->height > 0)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_FORMAT,
		"%s: its size is not known (the picture %s), and %s cannot be written without it", ann_str(s, im->name),
		im->path ? "could not be read" : "was not found", format);
}

/* The encoding that a text says it has, where it is not UTF-8: a byte order mark of UTF-16, or XML's declaration. */
static bool
said_encoding(const char *data, size_t n, char name[40])
{
	if (n >= 2 && (!memcmp(data, "\xff\xfe", 2) || !memcmp(data, "\xfe\xff", 2))) {
		snprintf(name, 40, "UTF-16");
		return true;
	}
	size_t head = n < 200 ? n : 200;
	const char *end = n > 5 && !memcmp(data, "<?xml", 5) ? memmem(data, head, "?>", 2) : NULL,
			   *at = end ? memmem(data, (size_t)(end - data), "encoding=", 9) : NULL;
	if (!at)
		return false;
	char quote = at[9];
	const char *stop = memchr(at + 10, quote, (size_t)(end - at) - 10 > 200 ? 0 : (size_t)(end - (at + 10)));
	if (!stop || stop - (at + 10) > 38 || stop == at + 10)
		return false;
	snprintf(name, 40, "%.*s", (int)(stop - (at + 10)), at + 10);
	return strcasecmp(name, "utf-8") && strcasecmp(name, "utf8") && strcasecmp(name, "us-ascii");
}

/* What the declaration says of the encoding is no longer true: blanks. */
static void
drop_encoding(char *data, size_t n)
{
	size_t head = n < 200 ? n : 200;
	char *at = memmem(data, head, "encoding=", 9),
		 *end = at ? memchr(at + 10, at[9], head - (size_t)(at - data) - 10) : NULL;
	if (end)
		memset(at, ' ', (size_t)(end - at) + 1);
}

/* Turns a text that says it is not UTF-8 into UTF-8. */
static secant_status
to_utf8(ann_set *s, const char *path, char **data, size_t *n, secant_err *err)
{
	char from[40];
	if (!said_encoding(*data, *n, from))
		return SECANT_OK;
	if (strncasecmp(from, "utf-16", 6) && ann_is_utf8(*data, *n)) {
		drop_encoding(*data, *n); /* declared otherwise, but UTF-8 all the same: as many tools leave it */
		return SECANT_OK;
	}
	iconv_t turn = iconv_open("UTF-8", from);
	if (turn == (iconv_t)-1)
		return ann_bad(
			s, "encoding", path, 1, 0, err, "the encoding '%s' is not known here: save the file as UTF-8", from);
	size_t room = 4 * *n + 16, left = *n, free_room = room;
	char *out = secant_calloc(room + 1, 1), *in = *data, *to = out;
	bool good = out && iconv(turn, &in, &left, &to, &free_room) != (size_t)-1;
	iconv_close(turn);
	if (!good) {
		secant_free(out);
		return out ? ann_bad(s, "encoding", path, 1, 0, err, "the file is not in the encoding '%s' it says", from)
				   : ann_nomem(err);
	}
	secant_free(*data);
	*data = out;
	*n = room - free_room;
	out[*n] = 0;
	drop_encoding(out, *n);
	return SECANT_OK;
}

/* Text that is no UTF-8 and does not say what it is: no name is lost, and none becomes that of another. */
static secant_status
to_latin(ann_set *s, const char *path, char **data, size_t *n, secant_err *err)
{
	base_str text = { 0 };
	size_t foreign = ann_latin_bytes(&text, *data, *n);
	if (!text.p || text.failed) {
		base_str_free(&text);
		return ann_nomem(err);
	}
	secant_free(*data);
	*data = text.p;
	*n = text.n;
	if (!s->foreign++)
		s->foreign_first = ann_intern(s, path, strlen(path));
	return ann_find(s, "encoding", -1, path, 0, 0, "not UTF-8: %zu foreign bytes are read as Latin-1", foreign);
}

secant_status
ann_load_text(ann_set *s, const char *path, char **data, size_t *n, secant_err *err)
{
	secant_err one = { 0 };
	*data = NULL;
	if (secant_file_read(data, n, path, (size_t)1 << 30, &one))
		return ann_bad(s, "parse-error", path, 0, 0, err, "%s", one.msg);
	secant_status status = to_utf8(s, path, data, n, err);
	if (!status && s->collect) {
		bool bom = *n >= 3 && !memcmp(*data, "\xef\xbb\xbf", 3);
		if (bom || memchr(*data, '\r', *n))
			status = ann_find(s, "encoding", -1, path, 1, 0, bom ? "byte order mark" : "lines end in CR LF");
	}
	if (!status && !ann_is_utf8(*data, *n))
		status = to_latin(s, path, data, n, err);
	if (status) {
		secant_free(*data);
		*data = NULL;
	}
	return status;
}

secant_status
ann_unparsable(ann_set *s, const char *path, const secant_err *why, secant_err *err)
{
	if (why->code == SECANT_ERR_NOMEM || !s->collect)
		return secant_fail(err, why->code, "%s", why->msg);
	uint32_t line = 0, column = 0;
	const char *message = why->msg;
	size_t k = strlen(path);
	int taken = 0;
	if (!strncmp(message, path, k) && sscanf(message + k, ":%u:%u: %n", &line, &column, &taken) >= 2 && taken)
		message += k + (size_t)taken;
	else if (!strncmp(message, path, k) && sscanf(message + k, ":%u: %n", &line, &taken) >= 1 && taken)
		message += k + (size_t)taken;
	return ann_find(s, "parse-error", -1, path, line, column, "%s", message);
}

secant_status
ann_parse_text(ann_set *s, int image, const char *path, const char *data, size_t n, ann_parse parse, secant_err *err)
{
	secant_err one = { 0 };
	if (image >= 0)
		s->images[image].source = ann_store(s, path, strlen(path));
	secant_status status = parse(s, image, data, n, path, &one);
	if (!status)
		return SECANT_OK;
	return ann_unparsable(s, path, &one, err);
}

secant_status
ann_read_text(ann_set *s, int image, const char *path, ann_parse parse, secant_err *err)
{
	char *data = NULL;
	size_t n = 0;
	secant_status status = ann_load_text(s, path, &data, &n, err);
	if (!status && data)
		status = ann_parse_text(s, image, path, data, n, parse, err);
	secant_free(data);
	return status;
}

char *
ann_with_extension(const char *name, const char *extension)
{
	const char *slash = strrchr(name, '/'), *dot = strrchr(name, '.');
	size_t n = dot && dot > (slash ? slash + 1 : name) ? (size_t)(dot - name) : strlen(name);
	return base_format("%.*s.%s", (int)n, name, extension);
}

/* Index of the picture with that name, or with that stem and any extension. */
static int
find_stem(ann_set *s, const char *p, size_t n, const char *extension)
{
	int at = ann_find_image(s, p, n);
	if (at >= 0)
		return at;
	if ((at = ann_find_stem(s, p, n)) >= 0)
		return at;
	char name[1100];
	if (extension && n < 1024) {
		int k = snprintf(name, sizeof name, "%.*s.%s", (int)n, p, extension);
		return ann_find_image(s, name, (size_t)k);
	}
	return -1;
}

secant_status
ann_read_list(ann_set *s, const char *path, const char *name, bool add, const char *extension, secant_err *err)
{
	char *data = NULL, clean[1024];
	size_t n = 0;
	secant_status status = secant_file_read(&data, &n, path, (size_t)1 << 30, err);
	if (status)
		return status;
	int split = ann_split(s, name, strlen(name));
	if (split < 0)
		status = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: more than %d lists", path, ANN_SPLITS);
	ann_lines l = ann_lines_of(data, n);
	while (!status && ann_next_line(&l)) {
		ann_field whole = { l.line, l.line + l.n }, f = ann_trim(whole.p, whole.end);
		if (ann_len(f) && ann_len(whole) != ann_len(f) && find_stem(s, whole.p, ann_len(whole), extension) >= 0)
			f = whole; /* blanks that are of the name */
		if (!ann_len(f) || (*f.p == '#' && find_stem(s, f.p, ann_len(f), extension) < 0))
			continue;
		/* "2007_000001  1": the second column of a class list; but "image (1)" and "scan 1" are names of pictures. */
		const char *last = f.end;
		while (last > f.p && last[-1] != ' ' && last[-1] != '\t')
			last--;
		ann_field column = { last, f.end }, before = ann_trim(f.p, last), name_part = f;
		bool number = ann_is(column, "1") || ann_is(column, "0") || ann_is(column, "-1");
		if (number && ann_len(before) && find_stem(s, f.p, ann_len(f), extension) < 0)
			name_part = before;
		if (ann_picture_name(s, name_part.p, ann_len(name_part), path, l.number, clean, err)) {
			status = SECANT_ERR_FORMAT;
			break;
		}
		int at = find_stem(s, clean, strlen(clean), extension);
		if (at < 0 && add) {
			char *full = extension ? base_format("%s.%s", clean, extension) : base_strdup(clean);
			at = full ? ann_add_image(s, full, strlen(full)) : -1;
			secant_free(full);
			if (at < 0) {
				status = ann_nomem(err);
				break;
			}
			s->images[at].source = ann_intern(s, path, strlen(path));
			s->images[at].line = l.number;
		}
		if (at < 0)
			status = ann_bad(
				s, "image-missing", path, l.number, 0, err, "the list names '%s', which is not in the data set", clean);
		else
			s->images[at].splits |= 1ull << split;
	}
	secant_free(data);
	return status;
}

/* A path of another machine, or one that leads above: its longest end that is a picture of this set. */
static bool
end_of_path(ann_set *s, char path[1024])
{
	static const char *const folders[] = { "", "images/", "JPEGImages/", "train/", "valid/", "val/", "test/" };
	const char *root = ann_str(s, s->root);
	char *dir = secant_is_dir(root) ? base_strdup(root) : base_path_dir(root), full[PATH_MAX];
	for (const char *p = path; dir && p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL)
		for (size_t i = 0; base_path_is_safe(p) && i < sizeof folders / sizeof *folders; i++) {
			int n = snprintf(full, sizeof full, "%s/%s%s", dir, folders[i], p);
			if (n < 0 || n >= (int)sizeof full || !secant_is_file(full))
				continue;
			if (!s->shortened++)
				s->shortened_first = ann_intern(s, path, strlen(path));
			memmove(path, p, strlen(p) + 1);
			secant_free(dir);
			return true;
		}
	secant_free(dir);
	return false;
}

secant_status
ann_picture_name(ann_set *s, const char *p, size_t n, const char *file, uint32_t line, char out[1024], secant_err *err)
{
	while (n >= 2 && p[0] == '.' && (p[1] == '/' || p[1] == '\\'))
		p += 2, n -= 2;
	if (n == 0 || n >= 1000 || memchr(p, 0, n)) {
		secant_status status = ann_bad(
			s, "parse-error", file, line, 0, err, n ? "a picture name of %zu bytes" : "an empty picture name", n);
		snprintf(out, 1024, "unnamed");
		return status;
	}
	memcpy(out, p, n);
	out[n] = 0;
	if (memchr(out, '\\', n)) {
		for (char *c = out; *c; c++)
			*c = *c == '\\' ? '/' : *c;
		secant_status status = ann_find(s, "path-portable", -1, file, line, 0, "'%.*s' has backslashes", (int)n, p);
		if (status)
			return secant_fail(err, status, "no memory");
	}
	if (base_path_is_safe(out))
		return SECANT_OK;
	char given[1024];
	memcpy(given, out, n + 1);
	if (end_of_path(s, out))
		return ann_find(s, "path-portable", -1, file, line, 0, "'%s' was found as '%s'", given, out);
	secant_status status = ann_bad(s, "path-portable", file, line, 0, err,
		"picture name '%s' leads outside the data set, and no picture of the set lies at an end of that path: put the "
		"pictures beside the annotations, or into 'images'",
		out);
	const char *last = strrchr(out, '/');
	if (last)
		memmove(out, last + 1, strlen(last));
	if (!base_path_is_safe(out))
		snprintf(out, 1024, "unnamed");
	return status;
}

const char *
ann_one_split(const ann_set *s, const ann_image *im, int *more)
{
	if (!im->splits)
		return "";
	*more += __builtin_popcountll(im->splits) > 1;
	return ann_str(s, s->splits[__builtin_ctzll(im->splits)]);
}

bool
ann_finite(const double *v, int n)
{
	for (int i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return false;
	return true;
}

static int
by_list_then_name(const void *a, const void *b, void *user)
{
	const ann_set *s = user;
	const ann_class *x = &s->classes[*(const int *)a], *y = &s->classes[*(const int *)b];
	if (x->place && y->place)
		return x->place - y->place;
	return x->place || y->place ? !x->place - !y->place : strcmp(ann_str(s, x->name), ann_str(s, y->name));
}

secant_status
ann_sort_classes(ann_set *s, int from, secant_err *err)
{
	int n = s->n_classes, *order = secant_calloc((size_t)n + 1, sizeof *order);
	secant_status status = order ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < n; i++)
		order[i] = i;
	if (!status && n > from) {
		qsort_r(order + from, (size_t)(n - from), sizeof *order, by_list_then_name, s);
		status = ann_reorder_classes(s, order, err);
	}
	secant_free(order);
	return status;
}

/* --- losses
 * ----------------------------------------------------------------------------------------------------------------
 */

bool
ann_native(const char *key, const char *prefix)
{
	return prefix && !strncmp(key, prefix, strlen(prefix));
}

/* Is the key one of "a|b"? */
static bool
is_one_of(const char *key, const char *list)
{
	for (size_t n; list && *list; list += n + (list[n] == '|')) {
		n = strcspn(list, "|");
		if (!strncmp(key, list, n) && !key[n])
			return true;
	}
	return false;
}

static void
lose_attributes(const ann_set *s, ann_out *out, const ann_format *f, uint32_t head, const char *of)
{
	for (; head; head = s->attributes[head].next) {
		const char *key = ann_str(s, s->attributes[head].key);
		if (!ann_native(key, f->prefix) && !is_one_of(key, f->attributes))
			ann_out_lose(out, 1, "attribute '%s' of %s", key, of);
	}
}

/* Does the format write the object's shape, and with it an extent that is not the object's box? */
static bool
loses_box(const ann_set *s, const ann_object *o, unsigned holds)
{
	static const unsigned by[] = { 0, ANN_HOLDS_POLYGON | ANN_HOLDS_QUAD,
		ANN_HOLDS_RLE | ANN_HOLDS_POLYGON | ANN_HOLDS_QUAD | ANN_HOLDS_MASK, ANN_HOLDS_QUAD | ANN_HOLDS_POLYGON };
	ann_kind kind = ann_shape_kind(s, o->shape);
	return kind && kind <= ANN_QUAD && holds & by[kind] && !(holds & ANN_HOLDS_BOTH) && ann_box_apart(s, o);
}

void
ann_lose_common(const ann_set *s, ann_out *out, const ann_format *f)
{
	int64_t crowd = 0, difficult = 0, polygons = 0, parts = 0, masks = 0, quads = 0, lines = 0, labels = 0, areas = 0,
			voids = 0, apart = 0, classes = 0;
	const bool attributes = f->holds & ANN_HOLDS_ATTRIBUTES && !f->attributes;
	for (int i = 0; i < s->n_objects; i++) {
		const ann_object *o = &s->objects[i];
		ann_kind kind = ann_shape_kind(s, o->shape);
		int n = 0;
		crowd += (o->flags & ANN_CROWD) != 0;
		difficult += (o->flags & ANN_DIFFICULT) != 0;
		labels += (o->flags & ANN_NO_BOX) != 0;
		voids += (o->flags & ANN_VOID) != 0;
		apart += loses_box(s, o, f->holds);
		polygons += kind == ANN_POLYGONS;
		masks += kind == ANN_RLE;
		quads += kind == ANN_QUAD;
		lines += kind == ANN_LINE || kind == ANN_POINTS;
		if (kind == ANN_POLYGONS)
			(void)ann_parts(s, o->shape, &n), parts += n > 1;
		classes += f->only_class && o->class >= 0 && strcmp(ann_str(s, s->classes[o->class].name), f->only_class);
		areas += !isnan(o->area) && !(f->holds & ANN_HOLDS_AREA) && !attributes
			&& fabs(o->area - (o->shape ? ann_shape_area(s, o->shape) : ann_w(o) * ann_h(o))) > 1e-6 * fabs(o->area);
		if (o->attributes && !attributes)
			lose_attributes(s, out, f, o->attributes, "objects");
	}
	const char *instead = f->holds & ANN_HOLDS_QUAD ? " (the smallest rectangle around it is written)"
		: f->holds & ANN_HOLDS_BOX                  ? " (its box is written)"
													: "";
	char polygon[80], mask[80];
	snprintf(polygon, sizeof polygon, "polygon%s", instead);
	snprintf(mask, sizeof mask, "mask of an object%s", instead);
	const struct {
		int64_t n;
		bool kept;
		const char *what;
	} row[] = {
		{ crowd, f->holds & ANN_HOLDS_CROWD || attributes, "crowd mark of an object" },
		{ difficult, f->holds & ANN_HOLDS_DIFFICULT || attributes, "difficult mark of an object" },
		{ polygons, f->holds & ANN_HOLDS_POLYGON, polygon },
		{ f->holds & ANN_HOLDS_POLYGON ? parts : 0, f->holds & ANN_HOLDS_PARTS,
			"second and further part of a polygon (joined to one ring)" },
		{ masks, f->holds & (ANN_HOLDS_RLE | ANN_HOLDS_POLYGON), mask },
		{ quads, f->holds & (ANN_HOLDS_QUAD | ANN_HOLDS_POLYGON), "orientation of a box (its upright box is written)" },
		{ lines, f->holds & ANN_HOLDS_LINES, "line or point shape (its box is written)" },
		{ labels, f->holds & ANN_HOLDS_LABELS, "label of a whole picture, without a box" },
		{ areas, f->holds & ANN_HOLDS_AREA || attributes, "stored area that is not that of the shape" },
		{ apart, attributes, "box that is not the extent of its shape (the shape is written)" },
		{ classes, !f->only_class, "name of a class (all objects are of one)" },
		{ voids, f->holds & ANN_HOLDS_VOID, "region not to be judged (void, DontCare)" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (!row[i].kept)
			ann_out_lose(out, row[i].n, "%s", row[i].what);
	for (int i = 0; i < s->n_images; i++)
		if (s->images[i].attributes && !(f->holds & ANN_HOLDS_IMAGE_ATTRIBUTES))
			lose_attributes(s, out, f, s->images[i].attributes, "pictures");
	for (int i = 0; i < s->n_classes; i++)
		if (s->classes[i].attributes && !(f->holds & ANN_HOLDS_SET_ATTRIBUTES))
			lose_attributes(s, out, f, s->classes[i].attributes, "classes");
	if (!(f->holds & ANN_HOLDS_SET_ATTRIBUTES))
		lose_attributes(s, out, f, s->attributes_head, "the data set");
}

/*
 * Which pictures belong to which list, as data.yaml and obj.data say it. Places are folders or text files of pictures,
 * below `path`, below the data set, or seen from where a training ran ("../train/images", "/home/me/set/images/train"):
 * the longest end of a place that exists within the data set is it. Nothing outside the data set is looked at.
 */
#include "annotations/yolo.h"
#include "base/file.h"
#include <stdio.h>

/* "a/./b/../c" -> "a/c"; false when it leaves the folder. */
static bool
tidy(const char *text, char out[1024])
{
	size_t n = 0;
	for (const char *p = text; *p;) {
		size_t k = strcspn(p, "/\\");
		if (k == 2 && !memcmp(p, "..", 2)) {
			if (!n)
				return false;
			while (n && out[--n] != '/')
				;
		} else if (k && !(k == 1 && *p == '.')) {
			if (n + k + 2 > 1024)
				return false;
			if (n)
				out[n++] = '/';
			memcpy(out + n, p, k);
			n += k;
		}
		p += k + (p[k] != 0);
	}
	out[n] = 0;
	return true;
}

typedef bool (*known)(void *user, const char *relative);

/* Finds the end of `text` that `is` knows: below the folders first, then shorter and shorter. `cut`: some of the front
 * was left away. */
static bool
locate(const char *text, const char *const *below, known is, void *user, char out[1024], bool *cut)
{
	char joined[2100];
	*cut = false;
	bool absolute = *text == '/' || (text[0] && text[1] == ':');
	for (; !absolute && *below; below++) {
		snprintf(joined, sizeof joined, "%.1000s/%.1000s", *below, text);
		if (tidy(joined, out) && is(user, out))
			return true;
	}
	*cut = true;
	for (const char *p = text; *p; p += *p != 0) {
		size_t k = strcspn(p, "/\\");
		if (!(k == 2 && !memcmp(p, "..", 2)) && k && tidy(p, out) && *out && is(user, out))
			return true;
		p += k;
		if (!*p)
			break;
	}
	return false;
}

typedef struct place_of {
	const char *root;
	bool file;
} place_of;

static bool
exists(void *user, const char *relative)
{
	place_of *p = user;
	char *path = base_path_join(p->root, relative);
	bool dir = path && secant_is_dir(path);
	p->file = path && !dir && secant_is_file(path) && base_ext_is(path, "txt");
	secant_free(path);
	return dir || p->file;
}

static bool
is_picture(void *user, const char *relative)
{
	return ann_find_image(user, relative, strlen(relative)) >= 0;
}

typedef struct lists {
	ann_set *s, by_path; /* by_path: pictures by their place; number is that in s */
	const yolo_layout *l;
	const char *root;
	char folder[1024]; /* of the file that says it all, below root */
	int shortened;
} lists;

static secant_status
read_list(lists *x, const char *relative, int split, secant_err *err)
{
	ann_set *s = x->s;
	char *path = base_path_join(x->root, relative), *dir = base_path_dir(relative), *data = NULL, found[1024];
	size_t n = 0;
	const char *const below[] = { dir ? dir : "", "", x->l->path ? x->l->path : "", NULL };
	secant_status status = path && dir ? secant_file_read(&data, &n, path, (size_t)1 << 30, err) : ann_nomem(err);
	ann_lines l = ann_lines_of(data ? data : "", status ? 0 : n);
	while (!status && ann_next_line(&l)) {
		ann_field f = ann_trim(l.line, l.line + l.n);
		bool cut;
		if (!ann_len(f))
			continue;
		char *entry = base_strndup(f.p, ann_len(f));
		if (!entry)
			status = ann_nomem(err);
		else if (!locate(entry, below, is_picture, &x->by_path, found, &cut))
			status = *entry == '#' ? SECANT_OK /* a comment; but pictures may be called so */
								   : ann_bad(s, "image-missing", path, l.number, 0, err,
									   "the list names '%s', which is not in the data set", entry);
		else {
			int at = ann_find_image(&x->by_path, found, strlen(found));
			s->images[x->by_path.images[at].number].splits |= 1ull << split;
			x->shortened += cut;
		}
		secant_free(entry);
	}
	secant_free(path), secant_free(dir), secant_free(data);
	return status;
}

static void
mark_folder(lists *x, const char *folder, int split)
{
	size_t n = strlen(folder);
	for (int i = 0; i < x->by_path.n_images; i++) {
		const char *p = ann_str(&x->by_path, x->by_path.images[i].name);
		if (!n || (!strncmp(p, folder, n) && p[n] == '/'))
			x->s->images[x->by_path.images[i].number].splits |= 1ull << split;
	}
}

/* Does list `of` name all places of list `split`? */
static bool
covers(const yolo_layout *l, const char *of, const char *split)
{
	for (int i = 0; i < l->n; i++) {
		bool there = strcmp(l->place[i].split, split) != 0;
		for (int k = 0; k < l->n && !there; k++)
			there = !strcmp(l->place[k].split, of) && !strcmp(l->place[k].place, l->place[i].place);
		if (!there)
			return false;
	}
	return true;
}

/* Two lists that name the same places do not tell pictures apart; those that share some of them do. */
static bool
shared(const yolo_layout *l, int i)
{
	const char *own = l->place[i].split;
	for (int k = 0; k < l->n; k++) {
		const char *other = l->place[k].split;
		if (strcmp(own, other) && covers(l, own, other) && covers(l, other, own))
			return true;
	}
	return false;
}

static bool
usual_list(const char *name)
{
	return !strcmp(name, "train") || !strcmp(name, "val") || !strcmp(name, "test");
}

static secant_status
one_place(lists *x, int i, secant_err *err)
{
	ann_set *s = x->s;
	const yolo_place *p = &x->l->place[i];
	place_of where = { x->root, false };
	char found[1024], below_path[1024] = "";
	bool cut;
	if (x->l->path && *x->l->path != '/')
		snprintf(below_path, sizeof below_path, "%.500s/%.500s", x->folder, x->l->path);
	const char *const below[] = { x->l->path && *x->l->path != '/' ? below_path : x->folder, x->folder, "", NULL };
	if (shared(x->l, i))
		return SECANT_OK;
	if (!locate(p->place, below, exists, &where, found, &cut)) {
		if (!usual_list(p->split))
			return SECANT_OK; /* some other key */
		ann_note(s, "%s: the place of %s, '%s', is not in the data set", x->l->file, p->split, p->place);
		return strcmp(p->split, "test") ? ann_find(s, "image-missing", -1, x->l->file, 0, 0,
				   "the place of %s, '%s', is not in the data set", p->split, p->place)
										: SECANT_OK;
	}
	if (cut && strncmp(p->place, "../", 3))
		ann_note(s, "%s: '%s' was taken for '%s' of the data set", x->l->file, p->place, found);
	int split = ann_split(s, p->split, strlen(p->split));
	if (split < 0)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: more than %d lists", x->l->file, ANN_SPLITS);
	if (where.file)
		return read_list(x, found, split, err);
	mark_folder(x, found, split);
	return SECANT_OK;
}

secant_status
ann_yolo_lists(ann_set *s, const yolo_layout *l, const char *root, const char *const *relative, secant_err *err)
{
	lists x = { .s = s, .l = l, .root = root };
	secant_status status = SECANT_OK;
	size_t k = strlen(root);
	char *dir = l->file ? base_path_dir(l->file) : NULL;
	if (dir && !strncmp(dir, root, k) && dir[k] == '/' && !tidy(dir + k + 1, x.folder))
		*x.folder = 0;
	ann_init(&x.by_path);
	for (int i = 0; !status && i < s->n_images; i++) {
		int at = ann_add_image(&x.by_path, relative[i], strlen(relative[i]));
		if (at < 0)
			status = ann_nomem(err);
		else
			x.by_path.images[at].number = i;
	}
	for (int i = 0; !status && i < l->n; i++)
		status = one_place(&x, i, err);
	if (!status && x.shortened)
		ann_note(s, "%d pictures of lists were found by the end of their path", x.shortened);
	ann_free(&x.by_path);
	secant_free(dir);
	return status;
}

secant_status
ann_yolo_darknet(ann_set *s, yolo_layout *l, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines lines = ann_lines_of(data, n);
	while (ann_next_line(&lines)) {
		const char *equals = memchr(lines.line, '=', lines.n);
		if (!equals)
			continue;
		ann_field key = ann_trim(lines.line, equals), value = ann_trim(equals + 1, lines.line + lines.n);
		const char *split = ann_is(key, "train") ? "train"
			: ann_is(key, "valid")               ? "val"
			: ann_is(key, "test")                ? "test"
												 : NULL;
		if (!split || !ann_len(value))
			continue;
		if (base_grow((void **)&l->place, &l->capacity, l->n, sizeof *l->place))
			return ann_nomem(err);
		yolo_place *p = &l->place[l->n++];
		*p = (yolo_place){ base_strdup(split), base_strndup(value.p, ann_len(value)) };
		if (!p->split || !p->place)
			return ann_nomem(err);
	}
	return SECANT_OK;
}

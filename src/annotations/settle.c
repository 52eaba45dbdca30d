/*
 * What is asked of every set when all of it has been read, whatever its format: pictures that do not lie where their
 * names say, objects without a place, classes of one name.
 */
#include "annotations/settle.h"
#include "annotations/find.h"
#include "base/file.h"
#include "annotations/name_key.h"
#include <secant/codec.h>
#include <stdio.h>
#include <strings.h>

/* Folders whose name says no more than that pictures lie there: nothing is guessed between lists and subsets. */
static bool
says_nothing(const char *name, const char *end)
{
	static const char *const plain[] = { "images", "image", "imgs", "img", "JPEGImages", "data", "pictures", "photos",
		"frames", "obj" };
	while (name < end) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		size_t n = (size_t)((slash ? slash : end) - name), i = 0;
		while (i < sizeof plain / sizeof *plain && (strlen(plain[i]) != n || strncasecmp(plain[i], name, n)))
			i++;
		if (i == sizeof plain / sizeof *plain)
			return false;
		name += n + 1;
	}
	return true;
}

/* Is it the picture that was annotated? The size decides where the file gives one. */
static bool
may_be(const ann_image *im, const char *path)
{
	secant_image_info info;
	if (im->width <= 0 || im->height <= 0)
		return true;
	if (secant_image_probe(path, &info, NULL))
		return false;
	return info.width == im->width && info.height == im->height;
}

/* Where the parts begin that both paths end in; the length of `place` when there are none. */
static size_t
shared_from(const char *place, const char *name)
{
	size_t n = strlen(place), k = strlen(name), from = n;
	while (n && k && place[n - 1] == name[k - 1]) {
		n--, k--;
		if ((!n || place[n - 1] == '/') && (!k || name[k - 1] == '/'))
			from = n;
	}
	return from;
}

/* The pictures of a folder by keys of their names: Windows does not tell a.JPG from a.jpg, macOS writes letters and
 * marks apart. */
static secant_status
without_case(ann_set *small, const ann_set *all, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; !status && i < all->n_images; i++) {
		char *key = ann_name_key(base_path_name(ann_str(all, all->images[i].name)));
		int at = key ? ann_find_image(small, key, strlen(key)) : -1;
		bool first = at < 0;
		if (!key || (first && (at = ann_add_image(small, key, strlen(key))) < 0))
			status = ann_nomem(err);
		else
			small->images[at].number = first ? i : -1;
		secant_free(key);
	}
	return status;
}

/* The one picture of the folder that stray picture `im` can be: the end of its name, in folders that say nothing, in
 * letters of any case; one of another extension (pictures are converted after they were annotated) only where the size
 * says so too, or the name has none. */
static int
home_of(const ann_finder *f, const ann_set *all, const ann_set *small, const ann_set *s, const ann_image *im)
{
	char unescaped[1024];
	const char *name = ann_str(s, im->name);
	int at = ann_finder_end(f, name);
	bool sized = im->width > 0 && im->height > 0;
	if (at == -1 && strchr(name, '%')) { /* as it stands in an address */
		(void)snprintf(unescaped, sizeof unescaped, "%s", name);
		ann_unescape(unescaped);
		at = ann_finder_end(f, unescaped);
		name = at >= 0 ? unescaped : name;
	}
	if (at == -1) {
		char *key = ann_name_key(base_path_name(name));
		at = key ? ann_find_image(small, key, strlen(key)) : -1;
		at = at < 0 ? -1 : small->images[at].number;
		secant_free(key);
	}
	if (at == -1 && (sized || !*base_path_ext(name))) {
		char *stem = base_path_stem(name);
		at = stem ? ann_finder_stem(f, stem) : -1;
		secant_free(stem);
	}
	if (at < 0)
		return -1;
	const char *place = ann_str(all, all->images[at].name), *last = base_path_name(place);
	size_t from = shared_from(place, name);
	if (place[from] == 0) /* another extension */
		from = (size_t)(last - place);
	bool plain = says_nothing(place, place + (from ? from - 1 : 0));
	return plain && may_be(im, ann_str(all, all->images[at].path)) ? at : -1;
}

/* Gives strays the picture that no other claims. */
static void
give_homes(ann_set *s, const ann_set *all, const int *home, const int *claims)
{
	int found = 0;
	ann_text name = 0, place = 0;
	for (int i = 0; i < s->n_images; i++) {
		int at = home[i];
		if (at < 0 || claims[at] != 1)
			continue;
		const char *path = ann_str(all, all->images[at].path);
		s->images[i].path = ann_store(s, path, strlen(path));
		if (!found++) {
			name = s->images[i].name;
			place = s->images[i].path;
		}
	}
	if (found)
		ann_note(s, "%d picture%s found by the end of %s name: '%s' is %s", found, found > 1 ? "s were" : " was",
			found > 1 ? "their" : "its", ann_str(s, name), ann_str(s, place));
}

static secant_status
find_strays(ann_set *s, const secant_dataset_reading *o, secant_err *err)
{
	int strays = 0;
	for (int i = 0; i < s->n_images; i++)
		strays += !s->images[i].path && !s->images[i].inside;
	if (!strays || !secant_is_dir(ann_str(s, s->root)))
		return SECANT_OK;
	ann_set all, small;
	ann_finder f;
	ann_init(&all), ann_init(&small);
	all.root = ann_intern(&all, ann_str(s, s->root), strlen(ann_str(s, s->root)));
	secant_status status = ann_finder_open(&f, &all, o, err);
	int *home = secant_calloc((size_t)s->n_images + 1, sizeof *home),
		*claims = secant_calloc((size_t)all.n_images + 1, sizeof *claims);
	if (!status && (!home || !claims))
		status = ann_nomem(err);
	if (!status)
		status = without_case(&small, &all, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *place = im->path ? ann_below(s, ann_str(s, im->path)) : "";
		home[i] = im->inside ? -1
			: im->path       ? ann_find_image(&all, place, strlen(place))
							 : home_of(&f, &all, &small, s, im);
		if (home[i] >= 0)
			claims[home[i]]++;
		if (im->path)
			home[i] = -1; /* has its place, which is nobody else's */
	}
	if (!status)
		give_homes(s, &all, home, claims);
	secant_free(home), secant_free(claims);
	ann_finder_close(&f);
	ann_free(&all), ann_free(&small);
	return status;
}

/* A key of a picture's name without folders and extension. */
static char *
stem_key(const char *name)
{
	char *stem = base_path_stem(name), *key = stem ? ann_name_key(stem) : NULL;
	secant_free(stem);
	return key;
}

/* Pictures of the folder that no annotation names, under the keys of their names; -1: several of one key. */
static secant_status
list_unnamed(const ann_set *s, const int *objects, ann_set *hosts, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		if (!im->path || im->source || im->inside || im->mask || objects[i])
			continue;
		char *key = stem_key(ann_str(s, im->name));
		int at = key ? ann_find_image(hosts, key, strlen(key)) : -1;
		bool first = at < 0;
		if (!key || (first && (at = ann_add_image(hosts, key, strlen(key))) < 0)) {
			secant_free(key);
			return ann_nomem(err);
		}
		hosts->images[at].number = first ? i : -1;
		secant_free(key);
	}
	return SECANT_OK;
}

/* Names of one stem that another extension parts are told by their sizes (home_of). */
static bool
differ(const ann_set *s, int i, int k)
{
	char *a = base_path_stem(ann_str(s, s->images[i].name)), *b = base_path_stem(ann_str(s, s->images[k].name));
	bool are = a && b && strcmp(a, b);
	secant_free(a), secant_free(b);
	return are;
}

/* The annotations of picture `from`, which is not there, are those of `to`. */
static void
move_annotations(ann_set *s, int from, int to)
{
	ann_image *a = &s->images[from], *b = &s->images[to];
	for (int i = 0; i < s->n_objects; i++)
		s->objects[i].image = s->objects[i].image == from ? to : s->objects[i].image;
	b->source = a->source, b->line = a->line, b->id = a->id;
	b->attributes = a->attributes ? a->attributes : b->attributes;
	b->splits |= a->splits;
	if (a->width > 0 && a->height > 0)
		b->width = a->width, b->height = a->height, b->depth = a->depth;
	a->flags |= ANN_GONE;
}

/* Labels that were called as another machine writes their picture's name (letters and marks apart, as macOS has them;
 * another case, as Windows allows): they made a picture of their own that is not there, beside the one without
 * objects. */
static secant_status
join_namesakes(ann_set *s, secant_err *err)
{
	ann_set hosts;
	ann_init(&hosts);
	int *objects = secant_calloc((size_t)s->n_images + 1, sizeof *objects),
		*home = secant_calloc((size_t)s->n_images + 1, sizeof *home),
		*claims = secant_calloc((size_t)s->n_images + 1, sizeof *claims), joined = 0, last = -1;
	secant_status status = objects && home && claims ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_objects; i++)
		objects[s->objects[i].image]++;
	if (!status)
		status = list_unnamed(s, objects, &hosts, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		bool stray = !s->images[i].path && !s->images[i].inside;
		char *key = stray ? stem_key(ann_str(s, s->images[i].name)) : NULL;
		int at = key ? ann_find_image(&hosts, key, strlen(key)) : -1;
		home[i] = at < 0 ? -1 : hosts.images[at].number;
		if (home[i] >= 0)
			claims[home[i]]++;
		secant_free(key);
	}
	for (int i = 0; !status && i < s->n_images; i++)
		if (home[i] >= 0 && claims[home[i]] == 1 && differ(s, i, home[i])
			&& may_be(&s->images[i], ann_str(s, s->images[home[i]].path))) {
			move_annotations(s, i, home[i]);
			joined++, last = home[i];
		}
	secant_free(objects), secant_free(home), secant_free(claims);
	ann_free(&hosts);
	if (joined)
		ann_note(s, "%d picture%s found by %s name in other letters (accents or case), such as '%s'", joined,
			joined > 1 ? "s were" : " was", joined > 1 ? "their" : "its", ann_str(s, s->images[last].name));
	return !status && joined ? ann_compact(s, err) : status;
}

/* Formats that know whole pictures' labels by their having no place cannot tell them from a place that was lost. */
static secant_status
say_placeless(ann_set *s)
{
	int n = 0, first = -1;
	for (int i = 0; i < s->n_objects; i++)
		if (s->objects[i].flags & ANN_NO_BOX && !s->objects[i].shape && !n++)
			first = i;
	if (!n)
		return SECANT_OK;
	const ann_object *o = &s->objects[first];
	const char *file = ann_str(s, s->images[o->image].source);
	ann_note(s, "%d object%s neither box nor shape and label%s the whole picture%s", n, n > 1 ? "s have" : " has",
		n > 1 ? "" : "s", n > 1 ? "s" : "");
	return s->collect ? ann_find(s, "place-missing", -1, *file ? file : ann_str(s, s->root), o->line, 0,
			   "%d object%s neither box nor shape, the first is a '%s'", n, n > 1 ? "s have" : " has",
			   o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "")
					  : SECANT_OK;
}

/* Formats that know classes by name alone cannot keep two of one name apart. */
static secant_status
say_namesakes(ann_set *s)
{
	for (int i = 0; i < s->n_classes; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		int other = ann_find_class(s, name, strlen(name));
		if (other < 0 || other == i)
			continue;
		ann_note(s, "two classes are called '%s': formats that know classes by their names alone join them", name);
		return s->collect ? ann_find(s, "class-namesake", -1, ann_str(s, s->root), 0, 0,
				   "classes %d and %d are both called '%s'", other, i, name)
						  : SECANT_OK;
	}
	return SECANT_OK;
}

/* Sets of formats without lists, whose pictures lie in folders train, val, test: those are the lists, where there are
 * two of them at least. Nothing of one may be drawn by chance into another. */
static void
lists_by_folders(ann_set *s)
{
	static const char *const lists[][2] = { { "train", "train" }, { "training", "train" }, { "val", "val" },
		{ "valid", "val" }, { "validation", "val" }, { "test", "test" }, { "testing", "test" } };
	enum { LISTS = sizeof lists / sizeof *lists };
	for (int depth = 0; depth < 2 && !s->n_splits; depth++) {
		unsigned found = 0;
		for (int give = 0; give < 2; give++)
			for (int i = 0; i < s->n_images && (!give || found & (found - 1)); i++) {
				const char *part = ann_str(s, s->images[i].name), *slash = strchr(part, '/');
				if (depth && slash && (!says_nothing(part, slash) || !strchr(slash + 1, '/')))
					continue;
				part = depth && slash ? slash + 1 : part;
				size_t n = strcspn(part, "/");
				for (unsigned k = 0; part[n] && k < LISTS; k++) {
					const char *name = lists[k][1];
					if (strlen(lists[k][0]) != n || strncasecmp(part, lists[k][0], n))
						continue;
					found |= 1u << (*name == 'v' ? 1 : name[1] == 'e' ? 2 : 0);
					int split = give ? ann_split(s, name, strlen(name)) : -1;
					s->images[i].splits |= split >= 0 ? 1ull << split : 0;
				}
			}
	}
}

/* Polygons of one or two points are kept as they are, but no pixel is theirs. */
static void
say_empty_polygons(ann_set *s)
{
	int count = 0, first = -1;
	for (int i = 0; i < s->n_objects; i++) {
		int parts = 0, n, most = 0;
		const double *xy,
			*p = ann_shape_kind(s, s->objects[i].shape) == ANN_POLYGONS ? ann_parts(s, s->objects[i].shape, &parts)
																		: NULL;
		for (int k = 0; k < parts; k++) {
			p = ann_part(p, &xy, &n);
			most = n > most ? n : most;
		}
		if (p && most < 3 && !count++)
			first = i;
	}
	if (count)
		ann_note(s, "%d polygon%s fewer than three points and cover%s no pixel, the first is in '%s'", count,
			count > 1 ? "s have" : " has", count > 1 ? "" : "s", ann_str(s, s->images[s->objects[first].image].name));
}

secant_status
ann_settle(ann_set *s, const secant_dataset_reading *o, secant_err *err)
{
	base_str left = { 0 };
	for (int i = 0; i < s->left.n; i++)
		base_str_addf(&left, "%s%d %s", i ? ", " : "", s->left.count[i], s->left.name[i]);
	if (s->left.n && left.p)
		ann_note(s, "left out, since there is no place for it: %s", left.p);
	base_str_free(&left);
	if (s->shortened)
		ann_note(s, "%d name%s of pictures that lead elsewhere found by %s end, the first is '%s'", s->shortened,
			s->shortened > 1 ? "s" : "", s->shortened > 1 ? "their" : "its", ann_str(s, s->shortened_first));
	if (s->foreign)
		ann_note(s,
			"%d text%s not UTF-8, the first is %s: foreign bytes are read as Latin-1; save as UTF-8 where names "
			"look wrong",
			s->foreign, s->foreign > 1 ? "s are" : " is", ann_str(s, s->foreign_first));
	secant_status status = find_strays(s, o, err);
	if (!status)
		status = join_namesakes(s, err);
	lists_by_folders(s);
	say_empty_polygons(s);
	if (!status && say_placeless(s))
		status = ann_nomem(err);
	if (!status && say_namesakes(s))
		status = ann_nomem(err);
	return status;
}

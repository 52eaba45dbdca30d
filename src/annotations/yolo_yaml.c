/*
 * data.yaml of YOLO, read and written by libyaml:
 *
 *     path: .                    # what the places stand below
 *     train: images/train        # a folder, a list of folders, a text file of pictures, or "../train/images"
 *     val: [images/a, images/b]
 *     nc: 2
 *     names: [cat, dog]          # or a map from numbers to names, or a file of names
 *     kpt_shape: [17, 3]         # of poses
 *
 * Anchors and merge keys are followed; tags mean nothing here and nothing is ever executed. Any other key whose value
 * is the name of a folder or file is a list too, as this library writes them.
 */
#include "annotations/yolo.h"
#include "base/file.h"
#include <stdio.h>
#include <yaml.h>

enum { MOST_CLASSES = 100000 };

void
ann_yolo_layout_free(yolo_layout *l)
{
	for (int i = 0; i < l->n; i++)
		secant_free(l->place[i].split), secant_free(l->place[i].place);
	secant_free(l->place);
	secant_free(l->path);
	secant_free(l->names);
	secant_free(l->file);
	*l = (yolo_layout){ 0 };
}

/* --- nodes
 * ---------------------------------------------------------------------------------------------------------------- */

typedef struct document {
	yaml_document_t d;
	ann_set *s;
	const char *origin;
} document;

static ann_field
text_of(const yaml_node_t *n)
{
	const char *p = (const char *)n->data.scalar.value;
	return (ann_field){ p, p + n->data.scalar.length };
}

static bool
is_text(const yaml_node_t *n)
{
	return n && n->type == YAML_SCALAR_NODE && !memchr(n->data.scalar.value, 0, n->data.scalar.length);
}

static uint32_t
line_of(const yaml_node_t *n)
{
	return (uint32_t)n->start_mark.line + 1;
}

/* The value of a key of a map, its own before those that "<<" merges in; NULL: none. */
static yaml_node_t *
look_up(document *d, const yaml_node_t *map, const char *key, int depth)
{
	if (!map || map->type != YAML_MAPPING_NODE || depth > 8)
		return NULL;
	const yaml_node_pair_t *from = map->data.mapping.pairs.start, *to = map->data.mapping.pairs.top;
	for (const yaml_node_pair_t *p = from; p < to; p++) {
		yaml_node_t *k = yaml_document_get_node(&d->d, p->key);
		if (is_text(k) && ann_is(text_of(k), key))
			return yaml_document_get_node(&d->d, p->value);
	}
	for (const yaml_node_pair_t *p = from; p < to; p++) {
		yaml_node_t *k = yaml_document_get_node(&d->d, p->key);
		yaml_node_t *found = is_text(k) && ann_is(text_of(k), "<<")
			? look_up(d, yaml_document_get_node(&d->d, p->value), key, depth + 1)
			: NULL;
		if (found)
			return found;
	}
	return NULL;
}

static secant_status
unique_keys(document *d, const yaml_node_t *map, secant_err *err)
{
	const yaml_node_pair_t *from = map->data.mapping.pairs.start, *to = map->data.mapping.pairs.top;
	for (const yaml_node_pair_t *p = from; p < to && p - from < 1000; p++)
		for (const yaml_node_pair_t *q = from; q < p; q++) {
			const yaml_node_t *a = yaml_document_get_node(&d->d, p->key), *b = yaml_document_get_node(&d->d, q->key);
			if (is_text(a) && is_text(b) && a->data.scalar.length == b->data.scalar.length
				&& !memcmp(a->data.scalar.value, b->data.scalar.value, a->data.scalar.length))
				return ann_bad(d->s, "parse-error", d->origin, line_of(a), (uint32_t)a->start_mark.column + 1, err,
					"key '%.60s' stands twice", (const char *)a->data.scalar.value);
		}
	return SECANT_OK;
}

static secant_status
add_place(yolo_layout *l, const char *split, ann_field place)
{
	if (base_grow((void **)&l->place, &l->capacity, l->n, sizeof *l->place))
		return SECANT_ERR_NOMEM;
	static const char *const other[][2] = { { "valid", "val" }, { "validation", "val" }, { "training", "train" },
		{ "testing", "test" } };
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		split = strcmp(split, other[i][0]) ? split : other[i][1];
	yolo_place *p = &l->place[l->n++];
	p->split = base_strdup(split);
	p->place = base_strndup(place.p, ann_len(place));
	return p->split && p->place ? SECANT_OK : SECANT_ERR_NOMEM;
}

/* --- reading
 * ---------------------------------------------------------------------------------------------------------------- */

static secant_status
name_not_text(document *d, const yaml_node_t *n, secant_err *err)
{
	return ann_bad(d->s, "parse-error", d->origin, line_of(n), (uint32_t)n->start_mark.column + 1, err,
		"a class name should stand here, not a list or map");
}

/* Map from numbers: the number counts, not the order of lines. Numbers nobody names are classes called by them. */
static secant_status
numbered_names(document *d, const yaml_node_t *map, secant_err *err)
{
	ann_set *s = d->s;
	int64_t most = -1, number;
	secant_status status = unique_keys(d, map, err);
	const yaml_node_pair_t *from = map->data.mapping.pairs.start, *to = map->data.mapping.pairs.top;
	for (const yaml_node_pair_t *p = from; !status && p < to; p++) {
		const yaml_node_t *k = yaml_document_get_node(&d->d, p->key), *v = yaml_document_get_node(&d->d, p->value);
		ann_field f = is_text(k) ? text_of(k) : (ann_field){ "", "" };
		if (!ann_len(f) || !ann_integer(f.p, f.end, &number) || number < 0 || number >= MOST_CLASSES)
			return ann_bad(s, "class-undefined", d->origin, line_of(k), (uint32_t)k->start_mark.column + 1, err,
				"the number of a class should stand here: a whole number from 0");
		if (!is_text(v))
			return name_not_text(d, v, err);
		most = number > most ? number : most;
	}
	const yaml_node_t **at = secant_calloc((size_t)most + 2, sizeof *at);
	if (!at)
		return ann_nomem(err);
	for (const yaml_node_pair_t *p = from; !status && p < to; p++) {
		ann_field f = text_of(yaml_document_get_node(&d->d, p->key));
		if (ann_integer(f.p, f.end, &number) && number >= 0 && number <= most)
			at[number] = yaml_document_get_node(&d->d, p->value);
	}
	int gaps = 0;
	for (int64_t i = 0; !status && i <= most; i++) {
		char own[16];
		snprintf(own, sizeof own, "%d", (int)i);
		ann_field f = at[i] ? text_of(at[i]) : (ann_field){ own, own + strlen(own) };
		gaps += !at[i];
		if (ann_add_class(s, f.p, ann_len(f), ANN_NO_ID) < 0)
			status = ann_nomem(err);
	}
	if (gaps)
		ann_note(s, "%s: %d numbers below %lld have no name", d->origin, gaps, (long long)most);
	secant_free(at);
	return status;
}

/* A text with commas, "cat, dog" or "['cat', 'dog']", is a list that somebody put in quotes: no file is called so. */
static secant_status
listed_names(document *d, ann_field f, secant_err *err)
{
	static const char around[] = " \t[]'\"";
	for (const char *p = f.p, *end; p < f.end; p = end + 1) {
		end = memchr(p, ',', (size_t)(f.end - p));
		end = end ? end : f.end;
		ann_field one = { p, end };
		while (one.p < one.end && strchr(around, *one.p))
			one.p++;
		while (one.end > one.p && strchr(around, one.end[-1]))
			one.end--;
		if (ann_len(one) && d->s->n_classes < MOST_CLASSES && ann_add_class(d->s, one.p, ann_len(one), ANN_NO_ID) < 0)
			return ann_nomem(err);
	}
	ann_note(d->s, "%s: names is one text with commas and was taken for a list", d->origin);
	return SECANT_OK;
}

static secant_status
read_names(document *d, const yaml_node_t *n, yolo_layout *l, secant_err *err)
{
	if (n->type == YAML_MAPPING_NODE)
		return numbered_names(d, n, err);
	if (n->type == YAML_SCALAR_NODE) {
		ann_field f = text_of(n);
		if (is_text(n) && memchr(f.p, ',', ann_len(f)))
			return listed_names(d, f, err);
		l->names = ann_len(f) && is_text(n) ? base_strndup(f.p, ann_len(f)) : NULL;
		return SECANT_OK;
	}
	for (const yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top; i++) {
		const yaml_node_t *item = yaml_document_get_node(&d->d, *i);
		if (!is_text(item))
			return name_not_text(d, item, err);
		ann_field f = text_of(item);
		if (d->s->n_classes >= MOST_CLASSES)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: more than %d names", d->origin, MOST_CLASSES);
		if (ann_add_class(d->s, f.p, ann_len(f), ANN_NO_ID) < 0)
			return ann_nomem(err);
	}
	return SECANT_OK;
}

static secant_status
judge_count(document *d, const yaml_node_t *n, bool named, secant_err *err)
{
	int64_t count = -1;
	ann_set *s = d->s;
	ann_field f = is_text(n) ? text_of(n) : (ann_field){ "", "" };
	if (!ann_integer(f.p, f.end, &count) || count < 0 || count > MOST_CLASSES)
		return SECANT_OK;
	if (!named)
		for (int i = 0; i < count; i++) {
			char name[16];
			int k = snprintf(name, sizeof name, "%d", i);
			if (ann_add_class(s, name, (size_t)k, ANN_NO_ID) < 0)
				return ann_nomem(err);
		}
	else if (count != s->n_classes) {
		ann_note(s, "%s: nc is %lld, but there are %d names; the names were taken", d->origin, (long long)count,
			s->n_classes);
		return ann_find(s, "class-undefined", -1, d->origin, line_of(n), 0, "nc is %lld, but there are %d names",
			(long long)count, s->n_classes);
	}
	return SECANT_OK;
}

/* kpt_shape: [points, 2 or 3]. */
static secant_status
read_pose(document *d, const yaml_node_t *n, secant_err *err)
{
	int64_t v[2] = { 0, 0 };
	int count = 0;
	if (n->type == YAML_SEQUENCE_NODE)
		for (const yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top; i++, count++) {
			const yaml_node_t *item = yaml_document_get_node(&d->d, *i);
			ann_field f = is_text(item) ? text_of(item) : (ann_field){ "", "" };
			if (count < 2 && !ann_integer(f.p, f.end, &v[count]))
				count = 9;
		}
	if (count != 2 || v[0] < 1 || v[0] > 1000 || (v[1] != 2 && v[1] != 3))
		return ann_bad(d->s, "parse-error", d->origin, line_of(n), (uint32_t)n->start_mark.column + 1, err,
			"kpt_shape should be [points, 2 or 3]");
	char json[32];
	int k = snprintf(json, sizeof json, "[%d, %d]", (int)v[0], (int)v[1]);
	ann_add_attribute(d->s, &d->s->attributes_head, "yolo.kpt_shape", json, (size_t)k);
	return SECANT_OK;
}

static secant_status
read_places(document *d, const yaml_node_t *top, yolo_layout *l)
{
	static const char *const other[] = { "path", "nc", "names", "kpt_shape", "flip_idx", "download", "roboflow",
		"colors", "channels", "<<", "kpt_names", "skeleton", "task", "description", "author", "version", "license",
		"date", NULL };
	secant_status status = SECANT_OK;
	const yaml_node_pair_t *from = top->data.mapping.pairs.start, *to = top->data.mapping.pairs.top;
	for (const yaml_node_pair_t *p = from; !status && p < to; p++) {
		const yaml_node_t *k = yaml_document_get_node(&d->d, p->key), *v = yaml_document_get_node(&d->d, p->value);
		bool known = !is_text(k) || !k->data.scalar.length;
		for (int i = 0; !known && other[i]; i++)
			known = ann_is(text_of(k), other[i]);
		if (known)
			continue;
		const char *split = (const char *)k->data.scalar.value;
		if (is_text(v) && v->data.scalar.length)
			status = add_place(l, split, text_of(v));
		else if (v->type == YAML_SEQUENCE_NODE)
			for (const yaml_node_item_t *i = v->data.sequence.items.start;
				 !status && i < v->data.sequence.items.top && l->n < 10000; i++) {
				const yaml_node_t *item = yaml_document_get_node(&d->d, *i);
				if (is_text(item) && item->data.scalar.length)
					status = add_place(l, split, text_of(item));
			}
	}
	return status;
}

static secant_status
read_document(document *d, yolo_layout *l, secant_err *err)
{
	const yaml_node_t *top = yaml_document_get_root_node(&d->d);
	if (!top || top->type != YAML_MAPPING_NODE)
		return SECANT_OK; /* some other YAML */
	const yaml_node_t *names = look_up(d, top, "names", 0), *nc = look_up(d, top, "nc", 0),
					  *pose = look_up(d, top, "kpt_shape", 0), *path = look_up(d, top, "path", 0);
	secant_status status = unique_keys(d, top, err);
	bool fresh = !d->s->n_classes; /* names of --class-names go before */
	if (!status && names && fresh)
		status = read_names(d, names, l, err);
	if (!status && nc && fresh && !l->names)
		status = judge_count(d, nc, names != NULL, err);
	if (!status && pose)
		status = read_pose(d, pose, err);
	if (!status && path && is_text(path) && !(l->path = base_strdup((const char *)path->data.scalar.value)))
		status = ann_nomem(err);
	if (!status && read_places(d, top, l))
		status = ann_nomem(err);
	return status;
}

secant_status
ann_yolo_yaml(ann_set *s, yolo_layout *l, const char *data, size_t n, const char *origin, secant_err *err)
{
	yaml_parser_t parser;
	document d = { .s = s, .origin = origin };
	if (!yaml_parser_initialize(&parser))
		return ann_nomem(err);
	yaml_parser_set_input_string(&parser, (const uint8_t *)data, n);
	secant_status status = SECANT_OK;
	if (yaml_parser_load(&parser, &d.d)) {
		status = read_document(&d, l, err);
		yaml_document_delete(&d.d);
	} else
		status = parser.error == YAML_MEMORY_ERROR
			? ann_nomem(err)
			: secant_fail(err, SECANT_ERR_FORMAT, "%s:%zu:%zu: %s: this is no YAML", origin,
				parser.problem_mark.line + 1, parser.problem_mark.column + 1,
				parser.problem ? parser.problem : "unreadable");
	yaml_parser_delete(&parser);
	return status;
}

bool
ann_yolo_is_yaml(const char *path)
{
	char *data = NULL;
	size_t n = 0;
	bool is = false;
	if (!secant_file_read(&data, &n, path, 1 << 24, NULL)) {
		ann_lines l = ann_lines_of(data, n);
		while (!is && ann_next_line(&l)) {
			ann_field f = ann_trim(l.line, l.line + l.n);
			is = memmem(f.p, ann_len(f), "names", 5) || ann_starts(f, "nc:");
		}
		secant_free(data);
	}
	return is;
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------------------- */

static int
collect(void *user, unsigned char *p, size_t n)
{
	base_str *t = user;
	base_str_addn(t, (const char *)p, n);
	return !t->failed;
}

/* Words that are read as text by every YAML: anything else stands in quotes ("no", "1e3", "012", "~", "a: b"). */
static bool
plain_word(const char *p)
{
	static const char *const taken[] = { "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
		NULL };
	if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')))
		return false;
	for (const char *q = p; *q; q++)
		if (!((*q >= 'a' && *q <= 'z') || (*q >= 'A' && *q <= 'Z') || (*q >= '0' && *q <= '9')
				|| (strchr("_-/. ", *q) && q[1] && q[1] != ' ')))
			return false;
	for (int i = 0; taken[i]; i++)
		if (!strcasecmp(p, taken[i]))
			return false;
	return true;
}

typedef struct emitter {
	yaml_emitter_t e;
	bool good;
} emitter;

static void
emit(emitter *to, yaml_event_t *event, int made)
{
	to->good = to->good && made && yaml_emitter_emit(&to->e, event); /* takes the event, whatever happens */
}

static void
scalar(emitter *to, const char *text, bool number)
{
	base_str clean = { 0 };
	yaml_event_t event;
	for (const char *p = text; *p;) { /* foreign bytes as the rest of the library writes them */
		size_t n = 1;
		while (n < 4 && p[n] && !ann_is_utf8(p, n))
			n++;
		bool good = ann_is_utf8(p, n);
		base_str_addn(&clean, good ? p : "\xef\xbf\xbd", good ? n : 3);
		p += good ? n : 1;
	}
	bool plain = number || plain_word(text);
	const char *value = clean.p ? clean.p : "";
	emit(to, &event,
		!clean.failed
			&& yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)value, (int)clean.n, 1, 1,
				plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE));
	base_str_free(&clean);
}

static void
line(emitter *to, const char *key, const char *value, bool number)
{
	scalar(to, key, false);
	scalar(to, value, number);
}

static void
put_map(emitter *to, bool begin)
{
	yaml_event_t event;
	emit(to, &event,
		begin ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)
			  : yaml_mapping_end_event_initialize(&event));
}

static void
put_document(emitter *to, const ann_set *s)
{
	bool train = false, val = false;
	const char *only = s->n_splits ? ann_str(s, s->splits[0]) : "";
	char place[400], number[16];
	put_map(to, true);
	for (int i = 0; i < s->n_splits; i++) {
		const char *name = ann_str(s, s->splits[i]);
		train = train || !strcmp(name, "train");
		val = val || !strcmp(name, "val");
		snprintf(place, sizeof place, "images/%s", name);
		line(to, name, place, false);
	}
	snprintf(place, sizeof place, "images%s%s", *only ? "/" : "", only);
	if (!train)
		line(to, "train", place, false);
	if (!val)
		line(to, "val", place, false);
	snprintf(number, sizeof number, "%d", s->n_classes);
	line(to, "nc", number, true);
	scalar(to, "names", false);
	put_map(to, true);
	for (int i = 0; i < s->n_classes; i++) {
		snprintf(number, sizeof number, "%d", i);
		scalar(to, number, true);
		scalar(to, ann_str(s, s->classes[i].name), false);
	}
	put_map(to, false);
	put_map(to, false);
}

secant_status
ann_yolo_write_yaml(const ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	yaml_event_t event;
	emitter to = { .good = true };
	if (!yaml_emitter_initialize(&to.e))
		return ann_nomem(err);
	yaml_emitter_set_output(&to.e, collect, &t);
	yaml_emitter_set_unicode(&to.e, 1);
	yaml_emitter_set_width(&to.e, -1);
	emit(&to, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(&to, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	put_document(&to, s);
	emit(&to, &event, yaml_document_end_event_initialize(&event, 1));
	emit(&to, &event, yaml_stream_end_event_initialize(&event));
	secant_status status = to.good && !t.failed
		? ann_out_str(out, "data.yaml", &t, err)
		: secant_fail(err, SECANT_ERR_NOMEM, "data.yaml: %s", to.e.problem ? to.e.problem : "no memory");
	yaml_emitter_delete(&to.e);
	base_str_free(&t);
	return status;
}

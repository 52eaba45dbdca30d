/* What post-processors share; see post.h. */
#include "stream/post/post.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "base/bytes.h"
#include "base/file.h"

enum { MOST_LINES = 65535 };

static char *
trimmed(const char *from, size_t n)
{
	while (n && isspace((unsigned char)*from)) {
		from++;
		n--;
	}
	while (n && isspace((unsigned char)from[n - 1]))
		n--;
	return base_strndup(from, n);
}

static bool
add_pair(stream_post *s, char *key, char *value)
{
	int capacity = s->n_capacity;
	if (!key || !value || base_grow((void **)&s->key, &capacity, s->n, sizeof *s->key)
		|| base_grow((void **)&s->value, &s->n_capacity, s->n, sizeof *s->value)) {
		secant_free(key);
		secant_free(value);
		return false;
	}
	s->key[s->n] = key;
	s->value[s->n++] = value;
	return true;
}

/* Lines KEY=VALUE, the first of equal keys counts; what follows a # says nothing, and lines without = neither. */
static int
read_config(stream_post *s, const char *text, size_t size)
{
	int line = 0;
	for (size_t at = base_text_mark(text, size); at < size && ++line <= MOST_LINES;) {
		const char *from = text + at, *stop = memchr(from, '\n', size - at);
		size_t n = stop ? (size_t)(stop - from) : size - at;
		at += n + 1;
		const char *remark = memchr(from, '#', n);
		n = remark ? (size_t)(remark - from) : n;
		const char *equals = memchr(from, '=', n);
		char *key = equals ? trimmed(from, (size_t)(equals - from)) : NULL;
		if (!equals || (key && stream_post_value(s, key)))
			secant_free(key);
		else if (!add_pair(s, key, trimmed(equals + 1, n - (size_t)(equals + 1 - from))))
			return STREAM_NO_MEMORY;
	}
	return 0;
}

static int
read_content(stream_post *s, const char *text, char *why, size_t room)
{
	secant_err err = { 0 };
	const char *key;
	json_t *value, *j = base_json_parse(text, strlen(text), "the configuration", &err);
	int code = 0;
	if (!json_is_object(j)) {
		snprintf(why, room, "%s", err.code ? err.msg : "the configuration is not a JSON object");
		json_decref(j);
		return STREAM_INIT;
	}
	json_object_foreach (j, key, value) {
		char *text_of = json_is_string(value) ? base_strdup(json_string_value(value)) : base_json_text(value, 0);
		if (!add_pair(s, base_strdup(key), text_of))
			code = STREAM_NO_MEMORY;
	}
	json_decref(j);
	return code;
}

/* A class on each line, empty ones too; lines before the first that begin with # are remarks. */
static int
read_labels(stream_post *s, const char *text, size_t size)
{
	for (size_t at = base_text_mark(text, size); at < size && s->n_labels < MOST_LINES;) {
		const char *from = text + at, *stop = memchr(from, '\n', size - at);
		size_t n = stop ? (size_t)(stop - from) : size - at;
		at += n + 1;
		if (!s->n_labels && n > 1 && (from[0] == '#' || from[1] == '#'))
			continue;
		while (n && (from[n - 1] == '\r' || from[n - 1] == '\t'))
			n--;
		char *label = base_strndup(from, n);
		if (!label || base_grow((void **)&s->label, &s->labels_capacity, s->n_labels, sizeof *s->label)) {
			secant_free(label);
			return STREAM_NO_MEMORY;
		}
		s->label[s->n_labels++] = label;
	}
	return 0;
}

const char *
stream_post_value(const stream_post *s, const char *key)
{
	for (int i = s->n - 1; i >= 0; i--)
		if (!strcmp(s->key[i], key))
			return s->value[i];
	return NULL;
}

void
stream_post_refuse(stream_post *s, const char *fmt, ...)
{
	va_list ap;
	if (s->failed)
		return;
	s->failed = true;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof s->why, fmt, ap);
	va_end(ap);
}

float
stream_post_real(stream_post *s, const char *key, float def, float least, float most)
{
	const char *text = stream_post_value(s, key);
	char *end;
	float v = text ? strtof(text, &end) : def;
	if (text && (end == text || *end || !(v >= least && v <= most)))
		stream_post_refuse(s, "%s is '%.60s', %g to %g is meant", key, text, (double)least, (double)most);
	return v;
}

int
stream_post_int(stream_post *s, const char *key, int def, int least, int most)
{
	const char *text = stream_post_value(s, key);
	char *end;
	long v = text ? strtol(text, &end, 10) : def;
	if (text && (end == text || *end || v < least || v > most))
		stream_post_refuse(s, "%s is '%.60s', %d to %d is meant", key, text, least, most);
	return (int)v;
}

bool
stream_post_flag(stream_post *s, const char *key, bool def)
{
	const char *text = stream_post_value(s, key);
	bool yes = text && (!strcasecmp(text, "true") || !strcmp(text, "1"));
	if (text && !yes && strcasecmp(text, "false") != 0 && strcmp(text, "0") != 0)
		stream_post_refuse(s, "%s is '%.60s', true or false is meant", key, text);
	return text ? yes : def;
}

bool
stream_post_reals(stream_post *s, const char *key, float *v, int n)
{
	const char *text = stream_post_value(s, key), *at = text;
	int have = 0;
	char *end;
	while (at && *at && have <= n) {
		float x = strtof(at, &end);
		if (end == at)
			break;
		if (have < n)
			v[have] = x;
		have++;
		for (at = end; isspace((unsigned char)*at);)
			at++;
		if (*at == ',')
			at++;
		else
			break;
	}
	if (text && (have != n || *at))
		stream_post_refuse(s, "%s is '%.60s', a list of %d numbers is meant", key, text, n);
	return !text || (have == n && !*at);
}

const char *
stream_post_label(const stream_post *s, int64_t class_id)
{
	return class_id >= 0 && class_id < s->n_labels ? s->label[class_id] : "";
}

/* ---- libraries ---- */

#define LIBRARY(name) extern const stream_library stream_library_##name;
#include "stream/post/libraries.inc"
#undef LIBRARY
#define LIBRARY(name) &stream_library_##name,
static const stream_library *const libraries[] = {
#include "stream/post/libraries.inc"
	NULL
};
#undef LIBRARY

const stream_library *
stream_library_at(int i)
{
	return i >= 0 && i < (int)(sizeof libraries / sizeof *libraries) ? libraries[i] : NULL;
}

/* The whole name must be that of the original's: a library that somebody made of it has another. */
const stream_library *
stream_library_for(const char *path)
{
	const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t n = strlen(file);
	if (strncmp(file, "lib", 3) != 0 || n < 7 || strcmp(file + n - 3, ".so") != 0)
		return NULL;
	for (int i = 0; libraries[i]; i++)
		for (const char *name = libraries[i]->names; name;) {
			size_t length = strcspn(name, "|");
			if (length == n - 6 && !strncasecmp(name, file + 3, length))
				return libraries[i];
			name = name[length] ? name + length + 1 : NULL;
		}
	return NULL;
}

int
stream_post_settings(stream_post *s, const char *path, const char *content, char *why, size_t size)
{
	secant_err err = { 0 };
	secant_bytes b;
	int code = 0;
	if (*path) {
		if (base_file_map(&b, path, &err)) {
			snprintf(why, size, "%s", err.msg);
			return STREAM_INIT;
		}
		code = read_config(s, (const char *)b.data, b.size);
		base_file_unmap(&b);
	}
	return !code && *content ? read_content(s, content, why, size) : code;
}

static int
read_all(stream_worker *w, stream_post *s, char *why, size_t size)
{
	char *config = stream_prop_copy(w, "postProcessConfigPath"),
		 *content = stream_prop_copy(w, "postProcessConfigContent");
	char *labels = stream_prop_copy(w, "labelPath");
	secant_err err = { 0 };
	secant_bytes b;
	int code = config && content && labels ? stream_post_settings(s, config, content, why, size) : STREAM_NO_MEMORY;
	if (!code && *labels) {
		if (base_file_map(&b, labels, &err))
			stream_note(w, "labelPath: %s: classes have no names", err.msg);
		else {
			code = read_labels(s, (const char *)b.data, b.size);
			base_file_unmap(&b);
		}
	}
	secant_free(config);
	secant_free(content);
	secant_free(labels);
	return code;
}

/* "liba.so, libb.so": those with this message. */
static void
list_libraries(base_str *to, const char *message)
{
	for (int i = 0; libraries[i]; i++)
		for (const char *name = libraries[i]->names; name && (!message || !strcmp(libraries[i]->message, message));) {
			size_t length = strcspn(name, "|");
			base_str_addf(to, "%slib%.*s.so", to->n ? ", " : "", (int)length, name);
			name = name[length] ? name + length + 1 : NULL;
		}
}

static int
find_library(stream_post *s, const char *path, const char *message, char *why, size_t size)
{
	base_str known = { 0 };
	s->library = stream_library_for(path);
	if (s->library && message && strcmp(s->library->message, message) != 0) {
		snprintf(why, size, "postProcessLibPath '%.200s' gives %s, this element gives %s", path, s->library->message,
			message);
		return STREAM_INIT;
	}
	if (!s->library && !message)
		snprintf(why, size, "postProcessLibPath '%.200s' is not built in", path);
	if (s->library || (message && !stream_external_open(s, path, message, why, size)))
		return 0;
	list_libraries(&known, message);
	size_t n = strlen(why);
	snprintf(why + n, size - n, "; built in are %s", known.n ? known.p : "none for this element");
	base_str_free(&known);
	return STREAM_MISSING;
}

int
stream_post_open(stream_worker *w, stream_post *s, const char *message, char *why, size_t size)
{
	char file[220];
	bool python = stream_element_find_prop(w->kind, "funcLanguage") && stream_prop_is(w, "funcLanguage", "python");
	snprintf(why, size, "no memory");
	if (python && !stream_python_built_in(w, file, sizeof file))
		return stream_python_open(w, s, message, why, size);
	char *path = python ? base_strdup(file) : stream_prop_copy(w, "postProcessLibPath");
	int code = path ? 0 : STREAM_NO_MEMORY;
	if (!code && !(code = read_all(w, s, why, size)) && !(code = find_library(s, path, message, why, size))) {
		if (s->library->state && !(s->state = secant_calloc(1, s->library->state)))
			code = STREAM_NO_MEMORY;
		else if ((s->library->open && !s->library->open(s)) || s->failed) {
			snprintf(why, size, "%s", s->why);
			code = STREAM_INIT;
		}
	}
	secant_free(path);
	return code;
}

void
stream_post_close(stream_post *s)
{
	if (s->library && s->library->close)
		s->library->close(s);
	for (int i = 0; i < s->n; i++) {
		secant_free(s->key[i]);
		secant_free(s->value[i]);
	}
	for (int i = 0; i < s->n_labels; i++)
		secant_free(s->label[i]);
	secant_free(s->key);
	secant_free(s->value);
	secant_free(s->label);
	secant_free(s->state);
	*s = (stream_post){ 0 };
}

/* ---- running ---- */

/* The first header of an item: key and number of its parent. */
static bool
parent_of(format_wire item, char *key, size_t size, int *member)
{
	format_wire header;
	format_wire_field f;
	*key = '\0';
	*member = 0;
	if (format_wire_next_bytes(&item, 1, &header) <= 0)
		return false;
	while (format_wire_next(&header, &f) > 0)
		if ((f.number == 1 || f.number == 3) && f.type == FORMAT_WIRE_BYTES && f.bytes.n)
			snprintf(key, size, "%.*s", (int)f.bytes.n, (const char *)f.bytes.p);
		else if (f.number == 2 && f.type == FORMAT_WIRE_VARINT)
			*member = (int)(int32_t)(uint32_t)f.value;
	return *key != '\0';
}

/* Item i of the list under a key. */
static bool
item_at(stream_frame *f, const char *key, const char *kind, int i, stream_blob **held, format_wire *item)
{
	const stream_message *have;
	if (!*key || !stream_frame_get(f, key, &have, held))
		return false;
	format_wire list = { (*held)->p, (*held)->n };
	while (have && !strcmp(have->name, kind) && format_wire_next_bytes(&list, 1, item) > 0)
		if (i-- == 0)
			return true;
	stream_blob_drop(*held);
	return false;
}

/* The last step that was done to a picture: its size before, and where it lies now. Nothing was done: as it is. */
static void
last_step(const stream_picture *p, stream_post_from *from)
{
	format_wire w = p->info;
	format_wire_field f;
	from->width = from->pasted_width = p->width;
	from->height = from->pasted_height = p->height;
	while (format_wire_next(&w, &f) > 0) {
		int v[11] = { 0 };
		if (f.number != 8 || f.type != FORMAT_WIRE_BYTES)
			continue;
		for (format_wire step = f.bytes; format_wire_next(&step, &f) > 0;)
			if (f.number <= 10 && f.type == FORMAT_WIRE_VARINT && f.value <= 65536)
				v[f.number] = (int)f.value;
		if (v[1] < 1 || v[2] < 1)
			continue;
		from->width = v[1];
		from->height = v[2];
		from->left = v[7];
		from->top = v[9];
		from->pasted_width = v[8] > v[7] ? v[8] - v[7] : p->width;
		from->pasted_height = v[10] > v[9] ? v[10] - v[9] : p->height;
	}
}

static bool
is_boxes(stream_frame *f, const char *key)
{
	const stream_message *kind;
	return stream_frame_get(f, key, &kind, NULL) && kind && !strcmp(kind->name, "MxpiObjectList");
}

/* The box of a cut picture (boxes "": whatever holds boxes): its header names which, or that of the picture it was
 * scaled from does. */
static void
find_box(stream_frame *f, const char *boxes, format_wire picture, stream_post_from *from)
{
	char key[300];
	int member;
	stream_blob *held;
	stream_box box;
	for (int depth = 0; depth < 8 && parent_of(picture, key, sizeof key, &member); depth++) {
		bool there = *boxes ? !strcmp(key, boxes) : is_boxes(f, key);
		if (!item_at(f, key, there ? "MxpiObjectList" : "MxpiVisionList", member, &held, &picture))
			return;
		format_wire list = { held->p, held->n };
		for (int i = 0; there && i <= member && stream_box_next(&list, &box) > 0; i++)
			if (i == member) {
				from->boxed = true;
				memcpy(from->box, (float[]){ box.x0, box.y0, box.x1, box.y1 }, sizeof from->box);
			}
		stream_blob_drop(held); /* the frame holds it on */
		if (there)
			return;
	}
}

/* What a package was made from: its header names the picture, or dataSourceResize does. */
static void
find_picture(stream_frame *f, const char *resize, const char *boxes, format_wire package, stream_post_from *from)
{
	char key[300], why[200];
	int member = from->member;
	stream_blob *held;
	format_wire item;
	stream_picture p;
	bool has = parent_of(package, key, sizeof key, &member);
	if (strcmp(resize, "auto") != 0) {
		if (!has || strcmp(key, resize) != 0)
			member = from->member;
		snprintf(key, sizeof key, "%s", resize);
	}
	if (!item_at(f, key, "MxpiVisionList", member, &held, &item))
		return;
	format_wire list = { held->p, held->n };
	for (int i = 0; i <= member && stream_picture_next(&list, &p, why, sizeof why) > 0; i++)
		from->known = i == member;
	if (from->known) {
		from->net_width = p.width;
		from->net_height = p.height;
		from->resize_type = p.resize_type;
		from->scaling = p.scaling;
		last_step(&p, from);
	}
	if (boxes)
		find_box(f, boxes, item, from);
	stream_blob_drop(held);
}

int
stream_post_packages(stream_worker *w, const stream_post *s, stream_frame *f, const char *key,
	const stream_blob *packages, stream_blob **out, char *why, size_t size)
{
	enum { MOST = 32 };
	stream_tensor t[MOST];
	char resize[300] = "auto", boxes[300] = "", cut[300] = "";
	base_str list = { 0 };
	format_wire at = { packages->p, packages->n }, item;
	int code = 0;
	*out = NULL;
	if (stream_element_find_prop(w->kind, "dataSourceResize"))
		stream_prop_text(w, "dataSourceResize", resize, sizeof resize);
	if (stream_element_find_prop(w->kind, "dataSourceRoiBoxes"))
		stream_prop_text(w, "dataSourceRoiBoxes", boxes, sizeof boxes);
	if (stream_element_find_prop(w->kind, "pictureCropName"))
		stream_prop_text(w, "pictureCropName", cut, sizeof cut);
	bool boxed = *cut || (*boxes && strcmp(boxes, "auto") != 0);
	for (int i = 0; !code && format_wire_next_bytes(&at, 1, &item) > 0; i++) {
		stream_post_from from = { .key = key, .member = i };
		format_wire package = item;
		int n = 0, got;
		while (n < MOST && (got = stream_tensor_next(&package, &t[n], why, size)) != 0) {
			if (got < 0) {
				base_str_free(&list);
				return STREAM_FAILURE;
			}
			n++;
		}
		find_picture(f, resize, boxed ? boxes : NULL, item, &from);
		code = s->library->run(s, t, n, &from, &list, why, size);
	}
	if (!code && list.failed) {
		snprintf(why, size, "no memory for results");
		code = STREAM_NO_MEMORY;
	}
	if (!code && (list.n || !s->library->empty_is_nothing) && !(*out = stream_blob_take(&list))) {
		snprintf(why, size, "no memory for results");
		code = STREAM_NO_MEMORY;
	}
	base_str_free(&list);
	return code;
}

void
stream_post_run(stream_worker *w, stream_frame *const *in)
{
	const stream_post *s = w->state;
	char key[300], why[600] = "";
	stream_blob *out;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *tensors = stream_want_or_pass(w, in[0], key, "MxpiTensorPackageList");
	if (!tensors)
		return;
	int code = stream_post_packages(w, s, in[0], key, tensors, &out, why, sizeof why);
	if (code)
		stream_cannot(w, in[0], code, "%s", why);
	else if (out)
		stream_answer(w, in[0], stream_message_find(s->library->message), out);
	else
		stream_send_all(w, in[0]);
	stream_blob_drop(tensors);
}

void
stream_post_end(stream_worker *w)
{
	stream_post_close(w->state);
}

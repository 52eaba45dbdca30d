/* Elements of libraries of others, through secant/element.h. Libraries are opened once a process, and never closed. */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <secant/element.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/file.h"
#include "base/mem.h"
#include "stream/run/gst.h"

typedef struct own_kind {
	stream_element_type type; /* first */
	const secant_element_table *table;
	struct own_kind *next;
} own_kind;

struct secant_element_host {
	stream_worker *w;
	const secant_element_table *table;
	void *self;
};

/* ---- what an element may call ---- */

static const char *
call_name(const secant_element_host *h)
{
	return h->w->name;
}

static int
call_ports(const secant_element_host *h, int output)
{
	return output ? h->w->n_sources : h->w->n_sinks;
}

static char *
call_property(const secant_element_host *h, const char *name)
{
	return stream_prop_copy(h->w, name);
}

static char *
call_upstream(const secant_element_host *h, int port)
{
	return h->w->upstream(h->w->host, port);
}

static void
call_send(secant_element_host *h, int port, secant_frame *b)
{
	stream_frame *f = stream_frame_of(b, false);
	if (f)
		stream_send(h->w, port, f);
	stream_frame_drop(f);
}

static void
call_release(char *text)
{
	secant_free(text);
}

static secant_frame *
call_make(const void *bytes, size_t size)
{
	stream_frame *f = stream_frame_new();
	stream_blob *b = f ? stream_blob_of(bytes, size) : NULL;
	if (b)
		stream_frame_set_bytes(f, b);
	GstBuffer *made = b ? stream_buffer_of(f) : NULL;
	stream_frame_drop(f);
	return made;
}

static secant_frame *
call_hold(secant_frame *b)
{
	return gst_buffer_ref(b);
}

static void
call_drop(secant_frame *b)
{
	gst_buffer_unref(b);
}

static int
call_copy(secant_frame *to_, secant_frame *from_)
{
	stream_frame *to = stream_frame_of(to_, false), *from = stream_frame_of(from_, false);
	if (to && from)
		stream_frame_copy_messages(to, from);
	int code = to && from ? 0 : STREAM_NO_MEMORY;
	stream_frame_drop(to);
	stream_frame_drop(from);
	return code;
}

static int
call_get(secant_frame *b, const char *key, const char **type, const void **data, size_t *size)
{
	stream_frame *f = stream_frame_of(b, false);
	const stream_message *kind;
	stream_blob *blob;
	bool found = f && stream_frame_get(f, key, &kind, &blob);
	if (found) {
		*type = kind ? kind->name : "";
		*data = blob->p;
		*size = blob->n;
		stream_blob_drop(blob); /* the frame holds it on, and the buffer the frame */
	}
	stream_frame_drop(f);
	return found;
}

static int
call_put(secant_frame *b, const char *key, const char *type, const void *data, size_t size)
{
	const stream_message *kind = stream_message_find(type);
	stream_frame *f = stream_frame_of(b, false);
	int code = !f                                       ? STREAM_NO_MEMORY
		: !kind || !stream_message_is(kind, data, size) ? STREAM_OTHER_MESSAGE
														: stream_frame_put(f, key, kind, stream_blob_of(data, size));
	if (!code && !strcmp(kind->name, "MxpiVisionList"))
		stream_frame_set_vision(f, key);
	stream_frame_drop(f);
	return code;
}

static void
call_picture(secant_frame *b, char *key, size_t size)
{
	stream_frame *f = stream_frame_of(b, false);
	*key = '\0';
	if (f)
		stream_frame_vision(f, key, size);
	stream_frame_drop(f);
}

static int
call_failed(secant_frame *b, char *text, size_t size)
{
	base_str all = { 0 };
	stream_frame *f = stream_frame_of(b, false);
	int code = f ? stream_frame_failed(f, &all) : 0;
	snprintf(text, size, "%s", all.p ? all.p : "");
	base_str_free(&all);
	stream_frame_drop(f);
	return code;
}

static void
call_fail(secant_frame *b, const char *element, int code, const char *text)
{
	stream_frame *f = stream_frame_of(b, false);
	if (f)
		stream_frame_fail(f, element, code, text);
	stream_frame_drop(f);
}

static const secant_element_calls calls = { SECANT_ELEMENT_VERSION, call_name, call_ports, call_property, call_upstream,
	call_send, call_release, call_make, call_hold, call_drop, call_copy, call_get, call_put, call_picture, call_failed,
	call_fail };

/* ---- the work ---- */

static int
open(stream_worker *w, char *why, size_t size)
{
	secant_element_host *h = w->state;
	h->w = w;
	h->table = ((const own_kind *)(const void *)w->kind)->table;
	*why = '\0';
	h->self = h->table->open(h, &calls, why, size);
	why[size - 1] = '\0';
	if (!h->self && !*why)
		snprintf(why, size, "%s does not start", w->kind->name);
	return h->self ? 0 : STREAM_INIT;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	const secant_element_host *h = w->state;
	secant_frame **b = secant_calloc((size_t)w->n_sinks + 1, sizeof *b);
	bool fine = b != NULL;
	for (int i = 0; fine && i < w->n_sinks; i++)
		fine = !in[i] || (b[i] = stream_buffer_of(in[i])) != NULL;
	if (fine)
		h->table->process(h->self, b, w->n_sinks);
	for (int i = 0; b && i < w->n_sinks; i++)
		if (b[i])
			gst_buffer_unref(b[i]);
	secant_free(b);
}

static void
shut(stream_worker *w)
{
	const secant_element_host *h = w->state;
	if (h->self && h->table->close)
		h->table->close(h->self);
}

static const stream_work work = { .state = sizeof(secant_element_host), .open = open, .run = run, .close = shut };

/* ---- rows of tables ---- */

static int
media_of(const char *words)
{
	int media = 0;
	for (int i = 0; stream_media_name(i); i++)
		media |= stream_word_in(words, stream_media_name(i), NULL) ? 1 << i : 0;
	return media && !stream_word_in(words, "ANY", NULL) ? media : STREAM_MEDIA_ANY;
}

static int64_t
whole(double v)
{
	return v >= 9.2e18 ? INT64_MAX : v <= -9.2e18 ? INT64_MIN : (int64_t)v;
}

static stream_prop *
props_of(const secant_element_table *t)
{
	static const stream_prop_type types[] = { STREAM_PROP_STRING, STREAM_PROP_INT, STREAM_PROP_UINT, STREAM_PROP_REAL,
		STREAM_PROP_REAL, STREAM_PROP_LONG, STREAM_PROP_ULONG };
	static const char *const inherited[] = { "name", "parent", "status", "deviceId", "dataSource" };
	int n = 0, kept = 0;
	while (t->properties && t->properties[n].name)
		n++;
	stream_prop *props = secant_calloc((size_t)n + 1, sizeof *props);
	for (int i = 0; props && i < n; i++) {
		const secant_element_property *p = &t->properties[i];
		bool there = (unsigned)p->type >= sizeof types / sizeof *types;
		for (size_t k = 0; k < sizeof inherited / sizeof *inherited; k++)
			there = there || !strcmp(inherited[k], p->name);
		for (int k = 0; k < kept; k++)
			there = there || !strcmp(props[k].name, p->name);
		if (!there)
			props[kept++] = (stream_prop){ .name = p->name,
				.type = types[p->type],
				.def = p->def,
				.min = whole(p->min),
				.max = whole(p->max),
				.help = p->help ? p->help : "" };
	}
	return props;
}

static own_kind *
kind_of(const secant_element_table *t)
{
	own_kind *k = secant_calloc(1, sizeof *k);
	stream_prop *props = k ? props_of(t) : NULL;
	if (!props) {
		secant_free(k);
		return NULL;
	}
	k->table = t;
	k->type = (stream_element_type){
		.name = t->name, .brief = t->brief ? t->brief : "of another library", .props = props, .work = &work
	};
	for (int i = 0; t->inputs && i < STREAM_PORTS && t->inputs[i]; i++)
		k->type.sinks[i] = media_of(t->inputs[i]);
	for (int i = 0; t->outputs && i < STREAM_PORTS && t->outputs[i]; i++)
		k->type.sources[i] = media_of(t->outputs[i]);
	k->type.more_sinks = t->more_inputs ? media_of(t->more_inputs) : 0;
	k->type.more_sources = t->more_outputs ? media_of(t->more_outputs) : 0;
	return k;
}

/* ---- libraries ---- */

static own_kind *found; /* filled once; without a table, what could not be loaded: its path and why */

static void
add_kind(own_kind *k)
{
	own_kind **at = &found;
	while (*at)
		at = &(*at)->next;
	*at = k;
}

/* Whether a library has the name of our function in it: others are not loaded, since loading alone runs their code. */
static bool
may_have_elements(const char *path)
{
	static const char name[] = "secant_element_at";
	secant_bytes file = { 0 };
	secant_err ignored = { 0 };
	bool there = !base_file_map(&file, path, &ignored) && memmem(file.data, file.size, name, sizeof name);
	base_file_unmap(&file);
	return there;
}

/* What could not be used, for whoever asks for an element of that name. */
static void
add_trouble(const char *path, const char *why)
{
	own_kind *k = secant_calloc(1, sizeof *k);
	if (k)
		k->type = (stream_element_type){ .name = base_strdup(path), .brief = base_strdup(why) };
	add_kind(k);
}

static void
add_library(const char *path)
{
	if (!may_have_elements(path)) {
		char *why = base_format("%s: has no secant_element_at, by which its elements would be found", path);
		add_trouble(path, why ? why : "");
		secant_free(why);
		return;
	}
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL), *at = library ? dlsym(library, "secant_element_at") : NULL;
	const secant_element_table *(*element_at)(int, int), *t;
	if (!library)
		add_trouble(path, dlerror());
	if (!at) {
		if (library)
			dlclose(library);
		return;
	}
	memcpy(&element_at, &at, sizeof at);
	for (int i = 0; (t = element_at(SECANT_ELEMENT_VERSION, i)); i++)
		if (t->version == SECANT_ELEMENT_VERSION && t->name && t->open && t->process && !stream_element_find(t->name))
			add_kind(kind_of(t));
}

static void
add_folder(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	char path[4096];
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);
		if (n > 3 && !strcmp(e->d_name + n - 3, ".so")
			&& (size_t)snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < sizeof path)
			add_library(path);
	}
	if (d)
		closedir(d);
}

static void
find(void)
{
	const char *own = getenv("SECANT_ELEMENT_PATH"), *home = getenv("MX_SDK_HOME");
	char *folders = base_strdup(own ? own : ""), *more = folders, *folder, path[4096];
	while ((folder = strsep(&more, ":")))
		if (*folder)
			add_folder(folder);
	secant_free(folders);
	if (home && *home && (size_t)snprintf(path, sizeof path, "%s/lib/plugins", home) < sizeof path)
		add_folder(path);
}

const stream_element_type *
stream_own(const char *factory)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, find);
	const own_kind *k = found;
	while (k && (!k->table || strcmp(k->type.name, factory) != 0))
		k = k->next;
	return k ? &k->type : NULL;
}

const char *
stream_own_trouble(const char *factory)
{
	const own_kind *k = found;
	while (k && (k->table || !k->type.name || !strstr(k->type.name, factory)))
		k = k->next;
	return k ? k->type.brief : NULL;
}

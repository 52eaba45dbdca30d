/* Post-processing by libraries of others, through secant/postprocess.h. */
#include <dlfcn.h>
#include <secant/postprocess.h>
#include <stdio.h>
#include <unistd.h>
#include "stream/post/post.h"

typedef struct external {
	void *handle;
	const secant_post_table *table;
	void *self;
	stream_library library; /* a copy with the element's message */
} external;

enum { MOST = 32 };

typedef struct collecting {
	base_str *list;
	const stream_message *kind; /* of items */
	bool broken;
} collecting;

static int
emit(void *to, const void *item, size_t size)
{
	collecting *c = to;
	if (!stream_message_is(c->kind, item, size))
		c->broken = true;
	else
		format_wire_put_bytes(c->list, 1, item, size);
	return c->broken || c->list->failed;
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const external *x = s->state;
	secant_post_tensor in[MOST];
	const secant_post_picture picture = { from->key, from->member, from->known, from->width, from->height,
		from->net_width, from->net_height, from->resize_type, from->scaling, from->boxed,
		{ from->box[0], from->box[1], from->box[2], from->box[3] } };
	collecting to = { list, stream_message_find(stream_message_items(stream_message_find(s->library->message))->of),
		false };
	for (int i = 0; i < n && i < MOST; i++) {
		in[i] = (secant_post_tensor){ .type = t[i].type, .rank = t[i].rank, .data = t[i].data, .size = t[i].size };
		memcpy(in[i].dim, t[i].dim, sizeof in[i].dim);
	}
	*why = '\0';
	int failed = x->table->run(x->self, in, n < MOST ? n : MOST, &picture, emit, &to, why, size);
	why[size - 1] = '\0';
	if (to.broken)
		snprintf(why, size, "the post-processing library gave bytes that are no %s", to.kind->name);
	else if (failed && !*why)
		snprintf(why, size, "the post-processing library failed without a reason");
	return failed || to.broken ? STREAM_FAILURE : 0;
}

static void
end(stream_post *s)
{
	external *x = s->state;
	if (x && x->self)
		x->table->close(x->self);
	if (x && x->handle)
		(void)dlclose(x->handle);
}

const stream_library stream_library_external = { .names = "", .run = run, .close = end };

/* Opens the library and asks it to begin; what it took stays in s until stream_post_close. */
static bool
begin(stream_post *s, external *x, const char *path, char *why, size_t size)
{
	const secant_post_table *(*ask)(int version) = NULL;
	if (!(x->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL))) {
		snprintf(why, size, "postProcessLibPath '%.200s' cannot be loaded: %.200s", path, dlerror());
		return false;
	}
	*(void **)&ask = dlsym(x->handle, "secant_post_process");
	if (!ask) {
		snprintf(why, size,
			"postProcessLibPath '%.200s' exports no secant_post_process (secant/postprocess.h); libraries made for the "
			"C++ classes of MindX SDK cannot be run",
			path);
		return false;
	}
	x->table = ask(SECANT_POST_VERSION);
	if (!x->table || x->table->version != SECANT_POST_VERSION || !x->table->open || !x->table->run
		|| !x->table->close) {
		snprintf(why, size, "postProcessLibPath '%.200s' is for another version than %d of secant/postprocess.h", path,
			SECANT_POST_VERSION);
		return false;
	}
	*why = '\0';
	x->self = x->table->open((const char *const *)s->key, (const char *const *)s->value, s->n,
		(const char *const *)s->label, s->n_labels, why, size);
	why[size - 1] = '\0';
	if (!x->self && !*why)
		snprintf(why, size, "postProcessLibPath '%.200s' refused its configuration without a reason", path);
	return x->self != NULL;
}

int
stream_external_open(stream_post *s, const char *path, const char *message, char *why, size_t size)
{
	external *x;
	if (access(path, F_OK) != 0) {
		snprintf(
			why, size, "postProcessLibPath '%.200s': there is no such file, and none of that name is built in", path);
		return STREAM_MISSING;
	}
	if (!(x = secant_calloc(1, sizeof *x))) {
		snprintf(why, size, "no memory");
		return STREAM_NO_MEMORY;
	}
	s->state = x;
	x->library = stream_library_external;
	x->library.message = message;
	s->library = &x->library;
	return begin(s, x, path, why, size) ? 0 : STREAM_MISSING;
}

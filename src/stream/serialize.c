/*
 * Results as JSON. Each item of each list is a node; its headers say which items of which lists it was made from. Where
 * several keys are asked for, nodes of others are stepped over, so that grandchildren move up; with one key only its
 * own list is printed. Objects are grouped by the names of their messages; a group stands in the object of the parent.
 */
#include "stream/serialize.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_NODES = 100000, DEEPEST = 32, NOT_A_NODE = 7003, NO_MEMORY = 1006, BAD = 1004 };

typedef struct node {
	const char *key;
	int index;
	const stream_message *kind;
	format_wire bytes;
	bool shown;
} node;

typedef struct graph {
	node *v;
	int n, capacity;
	stream_blob **held;
	int n_held, held_capacity;
	bool headers;
} graph;

bool
stream_in_list(const char *list, const char *key)
{
	size_t n = strlen(key);
	while (*list) {
		size_t size;
		list += strspn(list, ", ");
		size = strcspn(list, ",");
		const char *next = list + size;
		while (size && isspace((unsigned char)list[size - 1]))
			size--;
		if (size == n && !memcmp(list, key, n))
			return true;
		list = next;
	}
	return false;
}

static bool
add(graph *g, const char *key, int index, const stream_message *kind, format_wire bytes, bool shown)
{
	if (g->n >= MOST_NODES || base_grow((void **)&g->v, &g->capacity, g->n, sizeof *g->v))
		return false;
	g->v[g->n++] = (node){ key, index, kind, bytes, shown };
	return true;
}

/* The items of a message; its blob is the graph's. */
static int
take(graph *g, const char *key, const stream_message *m, stream_blob *b, bool shown)
{
	if (base_grow((void **)&g->held, &g->held_capacity, g->n_held, sizeof *g->held)) {
		stream_blob_drop(b);
		return NO_MEMORY;
	}
	g->held[g->n_held++] = b;
	if (!m || !strcmp(m->name, "MxpiContentString"))
		return 0;
	format_wire w = { b->p, b->n };
	const stream_field *items = stream_message_items(m);
	const stream_message *item = items ? stream_message_find(items->of) : NULL;
	if (!strcmp(m->name, "MxpiFrameInfo"))
		return add(g, key, 0, m, w, shown) ? 0 : NO_MEMORY;
	if (!item || !stream_message_field(item, 1) || strcmp(stream_message_field(item, 1)->name, "headerVec") != 0)
		return shown ? NOT_A_NODE : 0;
	format_wire_field f;
	for (int i = 0; format_wire_next(&w, &f) > 0;)
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES && !add(g, key, i++, item, f.bytes, shown))
			return NO_MEMORY;
	return 0;
}

/* Whether `child` says that it was made from `parent`. */
static bool
is_child(const node *child, const node *parent)
{
	format_wire w = child->bytes;
	format_wire_field f, h;
	size_t n = strlen(parent->key);
	while (format_wire_next(&w, &f) > 0) {
		if (f.number != 1 || f.type != FORMAT_WIRE_BYTES)
			continue;
		format_wire head = f.bytes, name = { 0 };
		int64_t member = 0;
		while (format_wire_next(&head, &h) > 0) {
			if (h.number == 2 && h.type == FORMAT_WIRE_VARINT)
				member = (int32_t)(uint32_t)h.value;
			else if (h.type == FORMAT_WIRE_BYTES && h.bytes.n && (h.number == 3 || (h.number == 1 && !name.n)))
				name = h.bytes;
		}
		if (member == parent->index && name.n == n && !memcmp(name.p, parent->key, n))
			return true;
	}
	return false;
}

static bool
is_root(const graph *g, const node *c)
{
	if (!strcmp(c->kind->name, "MxpiFrameInfo"))
		return true;
	for (int i = 0; i < g->n; i++)
		if (&g->v[i] != c && is_child(c, &g->v[i]))
			return false;
	return true;
}

typedef struct picks {
	int *v, n, capacity;
	bool failed;
} picks;

/* The shown nodes nearest below a node (parent NULL: the roots). */
static void
pick(const graph *g, const node *parent, picks *out, int depth)
{
	for (int i = 0; i < g->n && depth < DEEPEST && !out->failed; i++) {
		const node *c = &g->v[i];
		if (parent ? c == parent || !strcmp(c->kind->name, "MxpiFrameInfo") || !is_child(c, parent) : !is_root(g, c))
			continue;
		if (!c->shown)
			pick(g, c, out, depth + 1);
		else if (base_grow((void **)&out->v, &out->capacity, out->n, sizeof *out->v))
			out->failed = true;
		else
			out->v[out->n++] = i;
	}
}

/* Groups by the names of messages, in byte order; whether anything was printed. */
static bool
print_groups(base_str *out, const graph *g, const node *parent, int depth)
{
	picks p = { 0 };
	const char *last = "";
	bool any = false;
	if (depth > DEEPEST)
		return false;
	pick(g, parent, &p, 0);
	out->failed |= p.failed;
	for (;;) {
		const char *name = NULL;
		for (int i = 0; i < p.n; i++) {
			const char *own = g->v[p.v[i]].kind->name;
			if (strcmp(own, last) > 0 && (!name || strcmp(own, name) < 0))
				name = own;
		}
		if (!name)
			break;
		base_str_addf(out, "%s\"%s\":[", any ? "," : "", name);
		for (int i = 0, n = 0; i < p.n; i++) {
			const node *c = &g->v[p.v[i]];
			if (strcmp(c->kind->name, name) != 0)
				continue;
			base_str_add(out, n++ ? ",{" : "{");
			if (print_groups(out, g, c, depth + 1))
				base_str_add(out, ",");
			stream_message_print_fields(out, c->kind, c->bytes.p, c->bytes.n, g->headers);
			base_str_add(out, "}");
		}
		base_str_add(out, "]");
		last = name;
		any = true;
	}
	secant_free(p.v);
	return any;
}

int
stream_serialize(base_str *out, stream_frame *f, const char *keys, bool headers, char *why, size_t size)
{
	graph g = { .headers = headers };
	const char *key;
	const stream_message *kind;
	stream_blob *blob;
	int code = 0;
	bool all = !*keys, one = *keys && !strchr(keys, ',');
	for (int i = 0; !code && stream_frame_at(f, i, &key, &kind, &blob); i++) {
		bool shown = all || stream_in_list(keys, key);
		if (one && !shown)
			stream_blob_drop(blob);
		else if ((code = take(&g, key, kind, blob, shown)) == NOT_A_NODE)
			snprintf(why, size, "the key '%.100s' holds %s, which is no list of results", key, kind->name);
	}
	if (code == NO_MEMORY)
		snprintf(why, size, "no memory, or more than %d results", (int)MOST_NODES);
	if (!code) {
		base_str_add(out, "{");
		(void)print_groups(out, &g, NULL, 0);
		base_str_add(out, "}");
	}
	for (int i = 0; i < g.n_held; i++)
		stream_blob_drop(g.held[i]);
	secant_free(g.held);
	secant_free(g.v);
	return code;
}

/*
 * The third pass: links in the order of ports, what nextMeta points at, ports left open.
 *
 * All links of a stream are sorted by the port they arrive at, then by the port they leave from; the ports of one
 * element must so come one after the other from 0. The k-th port that is always there is taken, else one is asked for.
 * Both ends must share a media type; elements that pass everything on (tee, queue) answer with what their other side
 * takes, as far as that is linked already.
 */
#include "stream/stream.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_PORTS = 256, MOST_META_TARGETS = 129 };

typedef struct route {
	stream_element *from, *to;
	const char *text; /* of the target */
	int from_port, to_port, order;
} route;

typedef struct routes {
	route *v;
	int n;
} routes;

static int
in_order(const void *a, const void *b)
{
	const route *x = a, *y = b;
	if (x->to_port != y->to_port)
		return x->to_port < y->to_port ? -1 : 1;
	if (x->from_port != y->from_port)
		return x->from_port < y->from_port ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* All targets of `next` or `nextMeta`, in the order of elements. */
static bool
collect(stream_instance *s, const char *list, routes *out)
{
	size_t n = 0;
	for (int i = 0; i < s->n; i++) {
		const json_t *targets = json_object_get(s->elements[i].json, list);
		n += json_is_array(targets) ? json_array_size(targets) : targets != NULL;
	}
	out->v = base_arena_alloc(s->pipeline->arena, (n + 1) * sizeof *out->v);
	if (!out->v)
		return stream_no_memory(s->pipeline);
	for (int i = 0; i < s->n; i++) {
		const json_t *targets = json_object_get(s->elements[i].json, list), *item;
		for (size_t k = 0; targets && (item = stream_listed(targets, k)); k++) {
			route *r = &out->v[out->n];
			*r = (route){
				.from = &s->elements[i], .text = json_string_value(item), .from_port = (int)k, .order = out->n++
			};
			const char *name = stream_target(s->pipeline, r->text, &r->to_port);
			if (!name)
				return false;
			r->to = stream_find(s, name);
		}
	}
	return true;
}

/* The same target twice is found before any link is made. */
static bool
once_each(stream_instance *s, const routes *all)
{
	base_by_name seen = { 0 };
	bool fine = true;
	for (int i = 0; fine && i < all->n; i++) {
		const route *r = &all->v[i];
		if (base_by_name_find(&seen, r->text) >= 0)
			fine = stream_refuse(s, STREAM_MX_LINK, r->from->name, "next",
				"'%.100s' is linked to twice; its ports are name:0, name:1, ...", r->text);
		else if (!base_by_name_add(&seen, r->text, i))
			fine = stream_no_memory(s->pipeline);
	}
	base_by_name_free(&seen);
	return fine;
}

static int
count_media(const int *media)
{
	int n = 0;
	while (n < STREAM_PORTS && media[n])
		n++;
	return n;
}

/* Room for the ports that are always there and for as many as may be asked for. */
static bool
make_ports(stream_instance *s, const routes *all)
{
	for (int i = 0; i < all->n; i++)
		if (all->v[i].to)
			all->v[i].to->arriving++;
	for (int i = 0; i < s->n; i++) {
		stream_element *e = &s->elements[i];
		const json_t *next = json_object_get(e->json, "next");
		size_t leaving = json_is_array(next) ? json_array_size(next) : 1;
		if (leaving > MOST_PORTS)
			return stream_refuse(s, STREAM_MX_INVALID_PARAM, e->name, "next", "%zu targets, at most %d can be", leaving,
				(int)MOST_PORTS);
		e->n_sinks = count_media(e->kind->sinks);
		e->n_sources = count_media(e->kind->sources);
		e->sinks = base_arena_alloc(s->pipeline->arena, (size_t)(STREAM_PORTS + e->arriving) * sizeof *e->sinks);
		e->sources = base_arena_alloc(s->pipeline->arena, (STREAM_PORTS + leaving) * sizeof *e->sources);
		if (!e->sinks || !e->sources)
			return stream_no_memory(s->pipeline);
		for (int k = 0; k < e->n_sinks; k++)
			e->sinks[k].media = e->kind->sinks[k];
		for (int k = 0; k < e->n_sources; k++)
			e->sources[k].media = e->kind->sources[k];
	}
	return true;
}

/* Ports for pictures meet those for video of GStreamer's own elements, which the original has no use for. */
static int
widened(stream_instance *s, const stream_element *e, int media)
{
	s->standard |= (e->kind->flags & STREAM_ELEMENT_STANDARD) != 0;
	return !s->pipeline->strict && (media & (STREAM_MEDIA_YUV | STREAM_MEDIA_RGB)) ? media | STREAM_MEDIA_VIDEO : media;
}

/* What a port for input takes: of a proxy, what all its listeners take. A query that comes round in a ring ends. */
static int
media_in(stream_instance *s, stream_element *e, int port, int query)
{
	int media = widened(s, e, e->sinks[port].media);
	if (!(e->kind->flags & STREAM_ELEMENT_PROXY) || e->seen == query)
		return media;
	e->seen = query;
	for (int k = 0; k < e->n_sources; k++)
		if (e->sources[k].peer)
			media &= media_in(s, e->sources[k].peer, e->sources[k].peer_pad, query);
	return media;
}

/* What a port for output gives: of a proxy, what comes to it. */
static int
media_out(stream_instance *s, stream_element *e, int port, int query)
{
	int media = widened(s, e, e->sources[port].media);
	if (!(e->kind->flags & STREAM_ELEMENT_PROXY) || e->seen == query)
		return media;
	e->seen = query;
	for (int k = 0; k < e->n_sinks; k++)
		if (e->sinks[k].peer)
			media &= media_out(s, e->sinks[k].peer, e->sinks[k].peer_pad, query);
	return media;
}

/* The port of that number, or one that is asked for; -1: there is none. */
static int
take(stream_pad *pads, int *n, int always, int wanted, int more)
{
	if (wanted < always)
		return pads[wanted].peer ? -1 : wanted;
	if (!more)
		return -1;
	pads[*n] = (stream_pad){ .media = more };
	return (*n)++;
}

static bool
join(stream_instance *s, const route *r)
{
	stream_element *a = r->from, *b = r->to;
	int out = take(a->sources, &a->n_sources, count_media(a->kind->sources), r->from_port, a->kind->more_sources);
	if (out < 0)
		return stream_refuse(
			s, STREAM_MX_LINK, a->name, "next", "%s has no free port %d for output", a->kind->name, r->from_port);
	int in = take(b->sinks, &b->n_sinks, count_media(b->kind->sinks), r->to_port, b->kind->more_sinks);
	if (in < 0)
		return stream_refuse(s, STREAM_MX_LINK, a->name, "next", "'%.100s' (%s) has no free port %d for input", b->name,
			b->kind->name, r->to_port);
	s->standard = false;
	int given = media_out(s, a, out, ++s->query), taken = media_in(s, b, in, ++s->query), shared = given & taken;
	if (!(s->standard ? shared : shared & ~STREAM_MEDIA_VIDEO))
		return stream_refuse(s, STREAM_MX_LINK, a->name, "next",
			"what %s gives is nothing that '%.100s' (%s) takes at port %d", a->kind->name, b->name, b->kind->name,
			r->to_port);
	a->sources[out].peer = b;
	a->sources[out].peer_pad = in;
	b->sinks[in].peer = a;
	b->sinks[in].peer_pad = out;
	return true;
}

static bool
link_all(stream_instance *s, const routes *all)
{
	qsort(all->v, (size_t)all->n, sizeof *all->v, in_order);
	for (int i = 0; i < s->n; i++)
		s->elements[i].arriving = 0;
	for (int i = 0; i < all->n; i++) {
		const route *r = &all->v[i];
		if (!r->to)
			return stream_refuse(s, STREAM_MX_NO_ELEMENT, r->from->name, "next", "'%.100s' is not an element", r->text);
		if (r->to_port != r->to->arriving)
			return stream_refuse(s, STREAM_MX_LINK, r->from->name, "next",
				"'%.100s': the next port of that element is %d", r->text, r->to->arriving);
		r->to->arriving++;
		if (!join(s, r))
			return false;
	}
	return true;
}

/* Entries for one destination: all with ports or none, each port once and below their number. */
static bool
meta_of(stream_instance *s, const routes *all, stream_element *to)
{
	const route *by_port[MOST_PORTS];
	int n = 0, with = 0, used = 0;
	for (int i = 0; i < all->n; i++)
		if (all->v[i].to == to) {
			n++;
			with += strchr(all->v[i].text, ':') != NULL;
		}
	base_str names = { 0 };
	memset(by_port, 0, sizeof by_port);
	for (int i = 0; i < all->n; i++) {
		const route *r = &all->v[i];
		if (r->to != to)
			continue;
		int port = with ? r->to_port : used;
		if ((with && with != n) || port < 0 || port >= n || port >= MOST_PORTS || by_port[port])
			return stream_refuse(s, STREAM_MX_INVALID_PARAM, r->from->name, "nextMeta",
				"'%.100s': all that point at one element have ports, each once and from 0, or none has", r->text);
		by_port[port] = r;
		used++;
	}
	for (int i = 0; i < n; i++) {
		base_str_add(&names, i ? "," : "");
		base_str_add(&names, by_port[i]->from->name);
	}
	char *text = base_str_take(&names);
	to->data_source = text ? base_arena_strdup(s->pipeline->arena, text) : NULL;
	secant_free(text);
	return to->data_source || stream_no_memory(s->pipeline);
}

static bool
metas(stream_instance *s)
{
	routes all = { 0 };
	int targets = 0;
	if (!collect(s, "nextMeta", &all))
		return false;
	for (int i = 0; i < all.n; i++) {
		const route *r = &all.v[i];
		if (!r->to)
			return stream_refuse(
				s, STREAM_MX_INVALID_PARAM, r->from->name, "nextMeta", "'%.100s' is not in the stream", r->text);
	}
	for (int i = 0; i < all.n; i++) {
		const route *r = &all.v[i];
		if (r->to->data_source)
			continue;
		if (++targets > MOST_META_TARGETS)
			return stream_refuse(s, STREAM_MX_INVALID_PARAM, r->from->name, "nextMeta",
				"more than %d elements are pointed at", (int)MOST_META_TARGETS);
		if (!stream_element_find_prop(r->to->kind, "dataSource"))
			return stream_refuse(s, STREAM_MX_PROPERTIES, r->from->name, "nextMeta", "'%.100s' (%s) has no dataSource",
				r->to->name, r->to->kind->name);
		if (!meta_of(s, &all, r->to))
			return false;
	}
	return true;
}

static bool
all_linked(stream_instance *s)
{
	for (int i = 0; i < s->n; i++) {
		const stream_element *e = &s->elements[i];
		for (int k = 0; k < e->n_sinks; k++)
			if (!e->sinks[k].peer)
				return stream_refuse(s, STREAM_MX_UNLINKED, e->name, NULL, "nothing leads to port %d for input", k);
		for (int k = 0; k < e->n_sources; k++)
			if (!e->sources[k].peer)
				return stream_refuse(s, STREAM_MX_UNLINKED, e->name, NULL, "port %d for output leads nowhere", k);
	}
	return true;
}

bool
stream_link(stream_instance *s)
{
	routes all = { 0 };
	return collect(s, "next", &all) && make_ports(s, &all) && once_each(s, &all) && link_all(s, &all) && metas(s)
		&& all_linked(s);
}

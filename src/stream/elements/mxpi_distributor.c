/* mxpi_distributor: gives results to ports by their class or channel. */
#include <stdio.h>
#include <stdlib.h>
#include "stream/picture.h"

enum { MOST_PORTS = 256 };

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	const char *classes = stream_text(e, "classIds"), *channels = stream_text(e, "channelIds");
	*prop = "";
	*why = "it has no port for output";
	if (!stream_sources(e))
		return false;
	*prop = "classIds";
	*why = "one of classIds and channelIds must be given, and not both";
	if (!*classes == !*channels)
		return false;
	*prop = *classes ? "classIds" : "channelIds";
	*why = "there are not as many groups of ids as ports for output";
	int groups = 1;
	for (const char *p = *classes ? classes : channels; *p; p++)
		groups += *p == ',';
	return groups == stream_sources(e);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("classIds", "", "ids of each port: 4|5,6,7 is three ports"),
	STREAM_PROP_TEXT("channelIds", "", "the same for channels"),
	STREAM_PROP_WORDS("distributeAll", "no", "yes|no", "also what is empty"),
	STREAM_PROP_END,
};

/* Whether group `port` of "4|5,6,7" has a number. */
static bool
in_group(const char *ids, int port, int id)
{
	for (; port > 0 && *ids; port--) {
		ids += strcspn(ids, ",");
		ids += *ids == ',';
	}
	for (; *ids && *ids != ','; ids += *ids == '|') {
		if (strtol(ids, NULL, 10) == id)
			return true;
		ids += strcspn(ids, "|,");
	}
	return false;
}

/* Class of an item: of an object the first, of a class its own. */
static int
class_of(const stream_message *kind, format_wire item)
{
	bool object = !strcmp(kind->name, "MxpiObjectList");
	format_wire_field f;
	int id = 0;
	while (format_wire_next(&item, &f) > 0) {
		if (object && f.number == 6 && f.type == FORMAT_WIRE_BYTES)
			return class_of(stream_message_find("MxpiClassList"), f.bytes);
		if (!object && f.number == 2 && f.type == FORMAT_WIRE_VARINT)
			id = (int)(int32_t)(uint32_t)f.value;
	}
	return object ? -1 : id;
}

/* The subset of a list that goes to a port; each item names the one it is. */
static stream_blob *
subset(const stream_message *kind, const stream_blob *list, const char *key, const char *ids, int port)
{
	format_wire w = { list->p, list->n };
	format_wire_field f, of_item;
	base_str out = { 0 };
	for (int i = 0; format_wire_next(&w, &f) > 0;) {
		base_str item = { 0 };
		if (f.number != 1 || f.type != FORMAT_WIRE_BYTES || !in_group(ids, port, class_of(kind, f.bytes))) {
			i += f.number == 1;
			continue;
		}
		stream_put_header(&item, key, i++);
		for (format_wire from = f.bytes, at = from; format_wire_next(&from, &of_item) > 0; at = from)
			if (of_item.number != 1)
				base_str_addn(&item, (const char *)at.p, at.n - from.n);
		stream_put_message(&out, 1, &item);
		base_str_free(&item);
	}
	return stream_blob_take(&out);
}

/* Under the element's name and the number of the port, also where there is one port alone, as the original has it; the
 * name by itself, which is what an element behind it with "auto" reads, then holds the same. */
static int
put(stream_worker *w, stream_frame *f, int port, const stream_message *kind, stream_blob *list)
{
	char key[300];
	snprintf(key, sizeof key, "%s_%d", w->name, port);
	int code = stream_frame_put(f, key, kind, stream_blob_hold(list));
	return code || w->n_sources > 1 ? code : stream_frame_put(f, w->name, kind, stream_blob_hold(list));
}

static void
by_class(stream_worker *w, stream_frame *f, const char *ids)
{
	char key[300];
	const stream_message *kind;
	stream_blob *list;
	int code = 0, n = w->n_sources < MOST_PORTS ? w->n_sources : MOST_PORTS;
	bool all = stream_prop_is(w, "distributeAll", "yes"), goes[MOST_PORTS] = { false };
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	if (!stream_frame_get(f, key, &kind, &list)) {
		stream_cannot(w, f, STREAM_NO_DATA, "there is nothing under the key '%.100s' (dataSource)", key);
		return;
	}
	if (!kind || (strcmp(kind->name, "MxpiObjectList") != 0 && strcmp(kind->name, "MxpiClassList") != 0)) {
		stream_blob_drop(list);
		stream_cannot(w, f, STREAM_OTHER_MESSAGE, "the key '%.100s' holds neither objects nor classes", key);
		return;
	}
	for (int i = 0; i < n && !code; i++) {
		stream_blob *part = subset(kind, list, key, ids, i);
		goes[i] = all || (part && part->n);
		code = !part ? STREAM_NO_MEMORY : part->n ? put(w, f, i, kind, part) : 0;
		stream_blob_drop(part);
	}
	stream_blob_drop(list);
	if (code) {
		stream_cannot(w, f, code, "no memory, or the key is taken already");
		return;
	}
	for (int i = 0; i < n; i++)
		if (goes[i])
			stream_send(w, i, f);
}

/* The frame goes whole to the first port that has its channel, what it reads under the name of that port. */
static void
by_channel(stream_worker *w, stream_frame *f, const char *ids)
{
	char key[300];
	const stream_message *kind;
	stream_blob *list;
	int port = 0;
	while (port < w->n_sources && !in_group(ids, port, (int)stream_frame_way(f)->channel))
		port++;
	if (port == w->n_sources)
		return;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	int code = *key && stream_frame_get(f, key, &kind, &list) ? stream_put(w, f, port, kind, list) : 0;
	if (code)
		stream_cannot(w, f, code, "no memory, or the key is taken already");
	else
		stream_send(w, port, f);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char *classes = stream_prop_copy(w, "classIds"), *channels = stream_prop_copy(w, "channelIds");
	if (stream_frame_failed(in[0], NULL))
		stream_send_all(w, in[0]);
	else if (classes && *classes)
		by_class(w, in[0], classes);
	else if (channels)
		by_channel(w, in[0], channels);
	secant_free(classes);
	secant_free(channels);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_distributor = {
	.name = "mxpi_distributor",
	.brief = "gives results to ports by their class or channel",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.more_sources = STREAM_MEDIA_ANY,
	.keys = { "dataSource" },
	.starts = starts,
	.work = &work,
};

/* mxpi_distributor: gives results to ports by their class or channel. */
#include <stdio.h>
#include <stdlib.h>
#include "stream/picture.h"

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

/* The subset of a list that goes to a port. */
static stream_blob *
subset(const stream_message *kind, const stream_blob *list, const char *ids, int port)
{
	format_wire w = { list->p, list->n };
	format_wire_field f;
	base_str out = { 0 };
	while (format_wire_next(&w, &f) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES && in_group(ids, port, class_of(kind, f.bytes)))
			format_wire_put_bytes(&out, 1, f.bytes.p, f.bytes.n);
	return stream_blob_take(&out);
}

static void
by_class(stream_worker *w, stream_frame *f, const char *ids)
{
	char key[300];
	const stream_message *kind;
	stream_blob *list, *part[256] = { NULL };
	int code = 0, n = w->n_sources < 256 ? w->n_sources : 256;
	bool all = stream_prop_is(w, "distributeAll", "yes"), empty[256] = { false };
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
		part[i] = subset(kind, list, ids, i);
		empty[i] = part[i] && !part[i]->n;
		code = empty[i] && !all ? 0 : stream_put(w, f, i, kind, stream_blob_hold(part[i]));
		stream_blob_drop(part[i]);
	}
	stream_blob_drop(list);
	if (code) {
		stream_cannot(w, f, code, "no memory, or the key is taken already");
		return;
	}
	for (int i = 0; i < n; i++)
		if (all || !empty[i])
			stream_send(w, i, f);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char *classes = stream_prop_copy(w, "classIds"), *channels = stream_prop_copy(w, "channelIds");
	if (classes && *classes)
		by_class(w, in[0], classes);
	else if (channels)
		for (int i = 0; i < w->n_sources; i++)
			if (in_group(channels, i, (int)stream_frame_way(in[0])->channel)) {
				stream_send(w, i, in[0]);
				break;
			}
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

/* The mask that a frame carries; see masks.h. */
#include "stream/masks.h"
#include <stdio.h>
#include "stream/tensors.h"

enum { MOST_CLASS = 65535 };

typedef struct grid {
	int height, width, classes; /* classes 0: numbers are classes */
	int type;
	bool rows;
	const uint8_t *p;
} grid;

static int
class_of(const grid *g, size_t at)
{
	size_t n = (size_t)g->height * (size_t)g->width, c = (size_t)g->classes;
	int32_t v;
	float most = 0, x;
	int best = 0;
	if (!g->classes) {
		if (g->type == STREAM_T_U8)
			return g->p[at];
		memcpy(&v, g->p + at * sizeof v, sizeof v);
		return v;
	}
	for (size_t k = 0; k < c; k++) {
		memcpy(&x, g->p + (g->rows ? at * c + k : k * n + at) * sizeof x, sizeof x);
		if (!k || x > most) {
			most = x;
			best = (int)k;
		}
	}
	return best;
}

static bool
draw(const grid *g, secant_image *mask, char *why, size_t size)
{
	secant_err err = { 0 };
	size_t n = (size_t)g->height * (size_t)g->width;
	bool bytes = !g->classes && g->type == STREAM_T_U8;
	int most = 0;
	for (size_t i = 0; i < n && !bytes; i++) {
		int v = class_of(g, i);
		if (v < 0 || v > MOST_CLASS) {
			snprintf(why, size, "the result holds class %d", v);
			return false;
		}
		most = v > most ? v : most;
	}
	if (secant_image_new(mask, g->width, g->height, 1, most > 255 ? SECANT_U16 : SECANT_U8, &err)) {
		snprintf(why, size, "%s", err.msg);
		return false;
	}
	if (bytes)
		memcpy(mask->data, g->p, n);
	for (size_t i = 0; i < n && !bytes; i++)
		if (most > 255)
			((uint16_t *)mask->data)[i] = (uint16_t)class_of(g, i);
		else
			((uint8_t *)mask->data)[i] = (uint8_t)class_of(g, i);
	return true;
}

/* An MxpiImageMask. */
static bool
read_mask(format_wire w, grid *g)
{
	format_wire_field f;
	int64_t dim[2] = { 0, 0 };
	int n = 0;
	size_t bytes = 0;
	bool fine = true;
	*g = (grid){ 0 };
	while (format_wire_next(&w, &f) > 0) {
		if (f.number == 3)
			fine = fine && stream_take_ints(&f, dim, &n, 2);
		else if (f.number == 4 && f.type == FORMAT_WIRE_VARINT)
			g->type = (int)f.value;
		else if (f.number == 5 && f.type == FORMAT_WIRE_BYTES) {
			g->p = f.bytes.p;
			bytes = f.bytes.n;
		}
	}
	if (!fine || n != 2 || dim[0] < 1 || dim[1] < 1 || dim[0] > 65536 || dim[1] > 65536
		|| (g->type != STREAM_T_U8 && g->type != STREAM_T_I32))
		return false;
	g->height = (int)dim[0];
	g->width = (int)dim[1];
	return (size_t)dim[0] * (size_t)dim[1] * stream_type_size(g->type) == bytes;
}

static bool
read_package(format_wire package, grid *g)
{
	stream_tensor t;
	char why[300];
	*g = (grid){ 0 };
	while (stream_tensor_next(&package, &t, why, sizeof why) > 0) {
		bool classes = t.rank == 3 && t.type == STREAM_T_I32, scores = t.rank == 4 && t.type == STREAM_T_F32;
		if ((!classes && !scores) || t.dim[0] != 1 || t.size == 0 || (g->p && !classes))
			continue;
		g->rows = scores && t.dim[3] <= t.dim[1];
		g->type = t.type;
		g->classes = classes ? 0 : (int)t.dim[g->rows ? 3 : 1];
		g->height = (int)t.dim[classes || g->rows ? 1 : 2];
		g->width = (int)t.dim[classes || g->rows ? 2 : 3];
		g->p = t.data;
	}
	return g->p != NULL;
}

static bool
item_at(const stream_message *kind, format_wire list, int i, grid *g)
{
	format_wire_field f;
	bool masks = kind && !strcmp(kind->name, "MxpiImageMaskList");
	bool tensors = kind && !strcmp(kind->name, "MxpiTensorPackageList");
	while ((masks || tensors) && format_wire_next(&list, &f) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES && i-- == 0)
			return masks ? read_mask(f.bytes, g) : read_package(f.bytes, g);
	return false;
}

/* The content of a dump as messages of a frame; NULL: the bytes are no dump. */
static stream_frame *
undumped(const stream_blob *bytes)
{
	size_t k;
	json_t *entry, *dump = bytes && bytes->n ? json_loadb((const char *)bytes->p, bytes->n, 0, NULL) : NULL;
	json_t *list = json_object_get(dump, "metaData");
	stream_frame *f = json_is_array(list) ? stream_frame_new() : NULL;
	json_array_foreach (list, k, entry) {
		const char *text = json_string_value(json_object_get(entry, "content"));
		const char *key = json_string_value(json_object_get(entry, "key"));
		const char *type = json_string_value(json_object_get(entry, "protoDataType"));
		const stream_message *m = type ? stream_message_find(type) : NULL;
		json_t *content = text && m ? json_loads(text, 0, NULL) : NULL;
		base_str message = { 0 };
		if (content && key && f && !stream_message_parse(&message, m, content, NULL))
			(void)stream_frame_put(f, key, m, stream_blob_take(&message));
		base_str_free(&message);
		json_decref(content);
	}
	json_decref(dump);
	return f;
}

static bool
look(stream_frame *f, int i, secant_image *mask, char *why, size_t size)
{
	static const char *const kinds[] = { "MxpiImageMaskList", "MxpiTensorPackageList" };
	const char *key;
	const stream_message *kind;
	stream_blob *blob, *best = NULL;
	const stream_message *best_kind = NULL;
	grid g;
	for (int turn = 0; turn < 2 && !best; turn++)
		for (int k = 0; stream_frame_at(f, k, &key, &kind, &blob); k++) {
			bool fits = kind && !strcmp(kind->name, kinds[turn]) && blob->n;
			if (fits) {
				stream_blob_drop(best);
				best = blob;
				best_kind = kind;
			} else
				stream_blob_drop(blob);
		}
	bool found = best && item_at(best_kind, (format_wire){ best->p, best->n }, i, &g);
	if (!found)
		snprintf(why, size, "the result holds no mask: neither a list of masks nor tensors of classes or scores");
	found = found && draw(&g, mask, why, size);
	stream_blob_drop(best);
	return found;
}

bool
stream_mask_of(stream_frame *f, int i, secant_image *mask, char *why, size_t size)
{
	*mask = (secant_image){ 0 };
	if (look(f, i, mask, why, size))
		return true;
	stream_frame *inner = undumped(stream_frame_bytes(f));
	bool found = inner && look(inner, i, mask, why, size);
	stream_frame_drop(inner);
	return found;
}

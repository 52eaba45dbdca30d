/*
 * glTF 2.0 (Khronos; ISO/IEC 12113): a scene of meshes as JSON (.gltf) with its numbers in files beside it or in base64
 * within, or all in one file (.glb). The meshes of the scene are put where their nodes place them and become one mesh.
 * Compressed and sparse arrays are refused by name; skins and morph targets stay at rest. Up is y, as the format has
 * it.
 */
#include "codec/cloud/format.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/memory.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { AUTOMATIC = 0, DEEPEST = 64, COLUMNS = 6 };
enum { MAGIC = 0x46546c67, CHUNK_JSON = 0x4e4f534a, CHUNK_BIN = 0x004e4942 };

typedef struct buffer {
	const uint8_t *p; /* NULL: not opened yet */
	size_t n;
	base_str decoded;
	secant_bytes file;
} buffer;

typedef struct scene {
	secant_cloud_reader *r;
	json_t *root;
	const uint8_t *bin; /* the second chunk of a .glb */
	size_t bin_size;
	buffer *buffers;
	size_t n_buffers;
	uint8_t *seen; /* nodes */
	cloud_mesh *m;
	int column[COLUMNS]; /* nx, ny, nz, red, green, blue; 0: the scene has none */
	int64_t lines; /* primitives that are lines, left out */
} scene;

/* Where the numbers of an accessor stand. */
typedef struct numbers {
	const uint8_t *p;
	size_t stride;
	int64_t n;
	int components, type; /* type: 5120 ... 5126, as the file says it */
	bool normalized;
} numbers;

static secant_status
bad(const scene *s, secant_err *err, const char *what, int64_t which)
{
	return cloud_fail(s->r->name, err, SECANT_ERR_FORMAT, what, (long long)which);
}

/* An index or size in a member; `otherwise` where there is none; -1: no such number. */
static int64_t
whole(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *j = json_object_get(object, key);
	if (!j)
		return otherwise;
	double v = json_is_number(j) ? json_number_value(j) : -1;
	return v >= 0 && v <= 0x1p53 && v == floor(v) ? (int64_t)v : -1;
}

static json_t *
element(const scene *s, const char *list, int64_t i)
{
	return i < 0 ? NULL : json_array_get(json_object_get(s->root, list), (size_t)i);
}

/* ---- bytes ---- */

/* "%20" and its like, in place. */
static void
unescape(char *uri)
{
	unsigned v;
	int n;
	char *to = uri;
	for (const char *p = uri; *p; p++) {
		n = 0;
		if (*p == '%' && sscanf(p + 1, "%2x%n", &v, &n) == 1 && n == 2 && v) {
			*to++ = (char)v;
			p += 2;
		} else
			*to++ = *p;
	}
	*to = '\0';
}

static secant_status
open_beside(const scene *s, buffer *b, const char *uri, secant_err *err)
{
	char *name = base_strdup(uri), *dir = base_path_dir(s->r->name), *path = NULL;
	secant_status status = name && dir ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", s->r->name);
	if (!status) {
		unescape(name);
		if (!base_path_is_safe(name))
			status = cloud_fail(
				s->r->name, err, SECANT_ERR_FORMAT, "buffer '%s' does not lie beside the file or below it", name);
	}
	if (!status && !(path = base_path_join(dir, name)))
		status = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", s->r->name);
	if (!status)
		status = base_file_map(&b->file, path, err);
	b->p = b->file.data;
	b->n = b->file.size;
	secant_free(name);
	secant_free(dir);
	secant_free(path);
	return status;
}

static secant_status
open_buffer(const scene *s, int64_t i, buffer **out, secant_err *err)
{
	const json_t *j = element(s, "buffers", i);
	if (!j || (size_t)i >= s->n_buffers)
		return bad(s, err, "there is no buffer %lld", i);
	buffer *b = *out = &s->buffers[i];
	const char *uri = json_string_value(json_object_get(j, "uri")), *comma = uri ? strchr(uri, ',') : NULL;
	secant_status status = SECANT_OK;
	if (b->p)
		return SECANT_OK;
	if (!uri) {
		b->p = i == 0 ? s->bin : NULL;
		b->n = s->bin_size;
	} else if (strncmp(uri, "data:", 5) != 0)
		status = open_beside(s, b, uri, err);
	else if (!comma || comma - uri < 7 || strncmp(comma - 7, ";base64", 7) != 0
		|| !base_base64_decode(&b->decoded, comma + 1, strlen(comma + 1)))
		status = bad(s, err, "buffer %lld is no base64", i);
	else {
		b->p = (const uint8_t *)b->decoded.p;
		b->n = b->decoded.n;
	}
	int64_t size = whole(j, "byteLength", -1);
	if (!status && (!b->p || size < 0 || b->n < (size_t)size))
		status = bad(s, err, "buffer %lld is shorter than its byteLength says", i);
	return status;
}

static secant_status
open_numbers(const scene *s, int64_t i, numbers *out, secant_err *err)
{
	static const struct {
		const char *name;
		int n;
	} types[] = { { "SCALAR", 1 }, { "VEC2", 2 }, { "VEC3", 3 }, { "VEC4", 4 } };
	static const int sizes[] = { 1, 1, 2, 2, 0, 4, 4 }; /* of 5120 ... 5126 */
	const json_t *a = element(s, "accessors", i), *v = element(s, "bufferViews", whole(a, "bufferView", -1));
	const char *type = json_string_value(json_object_get(a, "type"));
	int64_t component = whole(a, "componentType", -1), from = whole(a, "byteOffset", 0),
			start = whole(v, "byteOffset", 0), length = whole(v, "byteLength", -1);
	buffer *b = NULL;
	if (!a)
		return bad(s, err, "there is no accessor %lld", i);
	if (json_object_get(a, "sparse"))
		return cloud_fail(
			s->r->name, err, SECANT_ERR_UNSUPPORTED, "accessor %lld is sparse, which is not read", (long long)i);
	if (!v)
		return bad(s, err, "accessor %lld has no buffer view", i);
	*out = (numbers){
		.n = whole(a, "count", -1), .type = (int)component, .normalized = json_is_true(json_object_get(a, "normalized"))
	};
	for (size_t k = 0; k < sizeof types / sizeof *types; k++)
		if (type && !strcmp(type, types[k].name))
			out->components = types[k].n;
	int size = component >= 5120 && component <= 5126 ? sizes[component - 5120] : 0;
	secant_status status = open_buffer(s, whole(v, "buffer", -1), &b, err);
	if (status)
		return status;
	int64_t each = (int64_t)size * out->components, stride = whole(v, "byteStride", each);
	bool fits = each > 0 && out->n >= 0 && from >= 0 && start >= 0 && length >= 0 && stride >= each && stride <= 4096
		&& start <= (int64_t)b->n && length <= (int64_t)b->n - start && from <= length
		&& (out->n == 0 || (each <= length - from && out->n - 1 <= (length - from - each) / stride));
	if (!fits)
		return bad(s, err, "accessor %lld is of no known type or reaches outside its buffer", i);
	out->p = b->p + start + from;
	out->stride = (size_t)stride;
	return SECANT_OK;
}

static double
number_at(const numbers *x, int64_t i, int k)
{
	const uint8_t *p = x->p + (size_t)i * x->stride;
	float f;
	uint32_t bits;
	switch (x->type) {
	case 5120: return x->normalized ? fmax((int8_t)p[k] / 127.0, -1) : (int8_t)p[k];
	case 5121: return x->normalized ? p[k] / 255.0 : p[k];
	case 5122: return x->normalized ? fmax((int16_t)base_le16(p + 2 * k) / 32767.0, -1) : (int16_t)base_le16(p + 2 * k);
	case 5123: return x->normalized ? base_le16(p + 2 * k) / 65535.0 : base_le16(p + 2 * k);
	case 5125: return base_le32(p + 4 * k);
	default: break;
	}
	bits = base_le32(p + 4 * k);
	memcpy(&f, &bits, sizeof f);
	return f;
}

/* ---- places ---- */

/* A map of points: column-major as in the file, 4 x 4 with a last row of 0 0 0 1. */
typedef struct place {
	double m[16];
} place;

static place
after(const place *a, const place *b)
{
	place out = { { 0 } };
	for (int column = 0; column < 4; column++)
		for (int row = 0; row < 4; row++)
			for (int k = 0; k < 4; k++)
				out.m[4 * column + row] += a->m[4 * k + row] * b->m[4 * column + k];
	return out;
}

/* n numbers of a member, where it is there; false: it is there and is something else. */
static bool
reals(const json_t *node, const char *key, int n, double *out)
{
	const json_t *j = json_object_get(node, key);
	for (int i = 0; j && i < n; i++) {
		const json_t *v = json_array_get(j, (size_t)i);
		if (!json_is_number(v) || json_array_size(j) != (size_t)n)
			return false;
		out[i] = json_number_value(v);
	}
	return true;
}

/* The node's own map: its matrix, or translation * rotation * scale (quaternion x y z w). */
static bool
place_of(const json_t *node, place *out)
{
	double t[3] = { 0 }, q[4] = { 0, 0, 0, 1 }, scale[3] = { 1, 1, 1 };
	*out = (place){ { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 } };
	if (json_object_get(node, "matrix"))
		return reals(node, "matrix", 16, out->m);
	if (!reals(node, "translation", 3, t) || !reals(node, "rotation", 4, q) || !reals(node, "scale", 3, scale))
		return false;
	const double x = q[0], y = q[1], z = q[2], w = q[3];
	const double turn[3][3] = { { 1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w) },
		{ 2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w) },
		{ 2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y) } }; /* [column][row] */
	for (int column = 0; column < 3; column++)
		for (int row = 0; row < 3; row++)
			out->m[4 * column + row] = turn[column][row] * scale[column];
	memcpy(out->m + 12, t, sizeof t);
	return true;
}

/* Cofactors of the linear part: they carry normals (the inverse transposed, times the determinant). */
static double
cofactors(const place *p, double out[9])
{
	const double *m = p->m;
	for (int c = 0; c < 3; c++)
		for (int r = 0; r < 3; r++) {
			int c1 = (c + 1) % 3, c2 = (c + 2) % 3, r1 = (r + 1) % 3, r2 = (r + 2) % 3;
			out[3 * c + r] = m[4 * c1 + r1] * m[4 * c2 + r2] - m[4 * c1 + r2] * m[4 * c2 + r1];
		}
	return m[0] * out[0] + m[1] * out[1] + m[2] * out[2];
}

/* ---- meshes ---- */

/* Three more numbers a vertex, where the primitive has them; else white, and no normal. */
static secant_status
attribute(const scene *s, const json_t *attributes, const char *key, int64_t n, numbers *out, secant_err *err)
{
	*out = (numbers){ 0 };
	if (!json_object_get(attributes, key))
		return SECANT_OK;
	secant_status status = open_numbers(s, whole(attributes, key, -1), out, err);
	if (!status && (out->n != n || out->components < 3))
		status = bad(s, err, "an attribute has other counts than the %lld positions", n);
	return status;
}

static secant_status
add_vertices(const scene *s, const json_t *attributes, const place *at, double determinant, const double *normal_map,
	numbers *position, secant_err *err)
{
	secant_cloud *c = &s->m->vertices;
	numbers normal, colour;
	secant_status status = open_numbers(s, whole(attributes, "POSITION", -1), position, err);
	if (!status && position->components != 3)
		status = bad(s, err, "positions have %lld numbers, expected 3", position->components);
	if (!status)
		status = attribute(s, attributes, "NORMAL", position->n, &normal, err);
	if (!status)
		status = attribute(s, attributes, "COLOR_0", position->n, &colour, err);
	if (!status && c->n + position->n >= INT32_MAX)
		status = cloud_fail(s->r->name, err, SECANT_ERR_UNSUPPORTED, "has more than 2^31 vertices");
	if (!status)
		status = base_memory_weigh((size_t)(c->n + position->n) * 48, BASE_MEMORY_RUN, s->r->name, err);
	if (!status && c->n + position->n > c->capacity)
		status = secant_cloud_reserve(c, c->n + position->n > 2 * c->n ? c->n + position->n : 2 * c->n, err);
	for (int64_t i = 0; !status && i < position->n; i++, c->n++) {
		double v[3], turned[3], length = 0;
		for (int k = 0; k < 3; k++)
			v[k] = number_at(position, i, k);
		for (int k = 0; k < 3; k++) {
			double to = at->m[k] * v[0] + at->m[4 + k] * v[1] + at->m[8 + k] * v[2] + at->m[12 + k];
			if (!isfinite(to))
				return bad(s, err, "vertex %lld is no number", c->n);
			secant_cloud_set(c, k, c->n, to);
		}
		for (int k = 0; s->column[0] && k < 3; k++) {
			turned[k] = 0;
			for (int j = 0; normal.n && j < 3; j++)
				turned[k] += normal_map[3 * j + k] * number_at(&normal, i, j);
			length += turned[k] * turned[k];
		}
		length = determinant < 0 ? -sqrt(length) : sqrt(length);
		for (int k = 0; s->column[0] && k < 3; k++)
			secant_cloud_set(c, s->column[k], c->n, length != 0 ? turned[k] / length : 0);
		for (int k = 0; s->column[3] && k < 3; k++)
			secant_cloud_set(c, s->column[3 + k], c->n, colour.n ? number_at(&colour, i, k) : 1);
	}
	return status;
}

/* Which corners the triangles of a list, strip or fan take; a mirrored place turns them around. */
static secant_status
add_triangles(
	const scene *s, int64_t mode, const numbers *index, int64_t vertices, int64_t first, bool mirrored, secant_err *err)
{
	enum { LIST = 4, STRIP, FAN };
	int64_t n = index->p ? index->n : vertices, step = mode == LIST ? 3 : 1;
	secant_status status = SECANT_OK;
	for (int64_t i = 0; !status && i + 2 < n; i += step) {
		int64_t at[3] = { mode == FAN ? 0 : i, i + 1, i + 2 }, corner[3];
		bool odd = (mode == STRIP && i % 2) != mirrored;
		for (int k = 0; k < 3; k++) {
			int64_t v = index->p ? (int64_t)number_at(index, at[k], 0) : at[k];
			if (v >= vertices)
				return bad(s, err, "a triangle has a vertex that its mesh does not have: %lld", v);
			corner[odd && k ? 3 - k : k] = first + v;
		}
		status = cloud_mesh_polygon(s->m, corner, 3, err);
	}
	return status;
}

static secant_status
add_mesh(scene *s, int64_t which, const place *at, secant_err *err)
{
	const json_t *primitives = json_object_get(element(s, "meshes", which), "primitives"), *primitive;
	double map[9], determinant = cofactors(at, map);
	secant_status status = SECANT_OK;
	size_t i;
	if (!primitives)
		return bad(s, err, "there is no mesh %lld", which);
	json_array_foreach (primitives, i, primitive) {
		enum { POINTS = 0, TRIANGLES = 4, MODES = 7 };
		int64_t mode = whole(primitive, "mode", TRIANGLES), first = s->m->vertices.n;
		numbers position, index = { 0 };
		if (mode < 0 || mode >= MODES) /* -1: no number */
			return bad(s, err, "a primitive is of mode %lld, expected 0 to 6", mode);
		if (mode > POINTS && mode < TRIANGLES) {
			s->lines++;
			continue;
		}
		status = add_vertices(s, json_object_get(primitive, "attributes"), at, determinant, map, &position, err);
		if (!status && json_object_get(primitive, "indices"))
			status = open_numbers(s, whole(primitive, "indices", -1), &index, err);
		if (!status && index.p && (index.components != 1 || index.normalized || index.type % 2 == 0))
			status = bad(s, err, "the indices of mesh %lld are no whole numbers", which);
		if (!status && mode != POINTS)
			status = add_triangles(s, mode, &index, position.n, first, determinant < 0, err);
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
add_node(scene *s, int64_t which, const place *above, int depth, secant_err *err)
{
	const json_t *node = element(s, "nodes", which), *children = json_object_get(node, "children"), *child;
	place own, at;
	size_t i;
	if (!node)
		return bad(s, err, "there is no node %lld", which);
	if (s->seen[which] || depth > DEEPEST)
		return bad(s, err, "node %lld stands in the scene twice, or too deep", which);
	s->seen[which] = 1;
	if (!place_of(node, &own))
		return bad(s, err, "node %lld has a place that is no list of numbers", which);
	at = after(above, &own);
	secant_status status = json_object_get(node, "mesh") ? add_mesh(s, whole(node, "mesh", -1), &at, err) : SECANT_OK;
	json_array_foreach (children, i, child) {
		if (status)
			break;
		status = json_is_integer(child) ? add_node(s, json_integer_value(child), &at, depth + 1, err)
										: bad(s, err, "a child of node %lld is no number", which);
	}
	return status;
}

/* ---- the file ---- */

/* What the meshes have beside positions becomes columns. */
static secant_status
add_columns(scene *s, secant_err *err)
{
	static const char *const names[COLUMNS] = { "nx", "ny", "nz", "red", "green", "blue" };
	static const char *const keys[] = { "NORMAL", "COLOR_0" };
	const json_t *mesh, *primitive;
	size_t i, j;
	bool has[2] = { false, false };
	json_array_foreach (json_object_get(s->root, "meshes"), i, mesh)
		json_array_foreach (json_object_get(mesh, "primitives"), j, primitive)
			for (int k = 0; k < 2; k++)
				has[k] |= json_object_get(json_object_get(primitive, "attributes"), keys[k]) != NULL;
	secant_status status = secant_cloud_new(&s->m->vertices, SECANT_N_F64, err);
	for (int k = 0; !status && k < COLUMNS; k++)
		if (has[k / 3] && (s->column[k] = secant_cloud_add(&s->m->vertices, names[k], SECANT_N_F32, err)) < 0)
			status = (secant_status)s->column[k];
	return status;
}

/* Extensions that change what the numbers are; the others change how a scene looks. */
static secant_status
check_extensions(const scene *s, secant_err *err)
{
	static const char *const looks[] = { "KHR_materials_", "KHR_texture_", "KHR_lights_", "KHR_mesh_quantization" };
	const json_t *name;
	size_t i;
	json_array_foreach (json_object_get(s->root, "extensionsRequired"), i, name) {
		const char *text = json_string_value(name);
		bool harmless = false;
		for (size_t k = 0; text && k < sizeof looks / sizeof *looks; k++)
			harmless |= !strncmp(text, looks[k], strlen(looks[k]));
		if (!harmless)
			return cloud_fail(s->r->name, err, SECANT_ERR_UNSUPPORTED,
				"needs the extension %s, which is not read: gltf-transform and Blender write it without",
				text ? text : "?");
	}
	return SECANT_OK;
}

static secant_status
read_scene(scene *s, secant_err *err)
{
	const place here = { { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 } };
	const char *version = json_string_value(json_object_get(json_object_get(s->root, "asset"), "version"));
	const json_t *scenes = json_object_get(s->root, "scenes"), *roots, *node;
	size_t i, n_nodes = json_array_size(json_object_get(s->root, "nodes"));
	if (!version || version[0] != '2' || version[1] != '.')
		return cloud_fail(
			s->r->name, err, SECANT_ERR_UNSUPPORTED, "is glTF of version %s; 2.0 is read", version ? version : "?");
	secant_status status = check_extensions(s, err);
	s->n_buffers = json_array_size(json_object_get(s->root, "buffers"));
	s->buffers = secant_calloc(s->n_buffers + 1, sizeof *s->buffers);
	s->seen = secant_calloc(n_nodes + 1, 1);
	if (!status && (!s->buffers || !s->seen))
		status = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", s->r->name);
	if (!status)
		status = add_columns(s, err);
	if (!status && json_array_size(scenes) > 0) {
		roots = json_object_get(json_array_get(scenes, (size_t)whole(s->root, "scene", 0)), "nodes");
		json_array_foreach (roots, i, node) {
			if (status)
				break;
			status = json_is_integer(node) ? add_node(s, json_integer_value(node), &here, 0, err)
										   : bad(s, err, "node %lld of the scene is no number", (int64_t)i);
		}
	} else /* a library of meshes without a scene */
		for (i = 0; !status && i < json_array_size(json_object_get(s->root, "meshes")); i++)
			status = add_mesh(s, (int64_t)i, &here, err);
	if (!status && !s->m->vertices.n)
		status = cloud_fail(s->r->name, err, SECANT_ERR_FORMAT, "has no meshes of points or triangles in its scene");
	if (!status && s->lines)
		secant_log(&s->r->opt.logger, SECANT_LOG_WARNING, "%s: %lld primitives are lines and are left out", s->r->name,
			(long long)s->lines);
	return status;
}

/* The two chunks of a .glb; a .gltf is the text alone. */
static secant_status
find_text(scene *s, const char **text, size_t *size, secant_err *err)
{
	enum { HEAD = 12, CHUNK = 8 };
	const uint8_t *d = s->r->data;
	*text = (const char *)d;
	*size = s->r->size;
	if (*size < HEAD || base_le32(d) != MAGIC)
		return SECANT_OK;
	if (base_le32(d + 4) != 2)
		return cloud_fail(
			s->r->name, err, SECANT_ERR_UNSUPPORTED, "is glTF of version %u; 2 is read", base_le32(d + 4));
	*size = 0;
	for (size_t at = HEAD, n; at + CHUNK <= s->r->size; at += CHUNK + n) {
		uint32_t kind = base_le32(d + at + 4);
		n = base_le32(d + at);
		if (n > s->r->size - at - CHUNK)
			return bad(s, err, "a chunk of %lld bytes reaches over the end of the file", (int64_t)n);
		if (kind == CHUNK_JSON && !*size) {
			*text = (const char *)d + at + CHUNK;
			*size = n;
		} else if (kind == CHUNK_BIN && !s->bin) {
			s->bin = d + at + CHUNK;
			s->bin_size = n;
		}
	}
	return *size ? SECANT_OK : cloud_fail(s->r->name, err, SECANT_ERR_FORMAT, "has no JSON chunk");
}

static secant_status
gltf_open(secant_cloud_reader *r, secant_err *err)
{
	cloud_mesh m = { 0 };
	scene s = { .r = r, .m = &m };
	const char *text;
	size_t size;
	secant_status status = find_text(&s, &text, &size, err);
	if (!status && !(s.root = base_json_parse(text, size, r->name, err)))
		status = err ? err->code : SECANT_ERR_FORMAT;
	if (!status)
		status = read_scene(&s, err);
	snprintf(r->details, sizeof r->details, "glTF scene of %lld vertices, %lld triangles; y is up",
		(long long)m.vertices.n, (long long)m.triangles);
	for (size_t i = 0; s.buffers && i < s.n_buffers; i++) {
		secant_status cut = base_file_was_cut(&s.buffers[i].file, r->name, err);
		status = cut ? cut : status;
		base_str_free(&s.buffers[i].decoded);
		base_file_unmap(&s.buffers[i].file);
	}
	secant_free(s.buffers);
	secant_free(s.seen);
	json_decref(s.root);
	if (!status)
		status = cloud_mesh_ready(r, &m, AUTOMATIC, err);
	cloud_mesh_free(&m);
	return status;
}

static bool
gltf_sniff(const uint8_t *d, size_t n)
{
	return n >= 4 && base_le32(d) == MAGIC;
}

const cloud_format cloud_gltf = {
	.name = "gltf",
	.brief = "glTF 2.0 scene of meshes, as JSON or in one file: its vertices, or points drawn on it (--mesh-points)",
	.extensions = "glb|gltf",
	.sniff = gltf_sniff,
	.open = gltf_open,
	.next = cloud_next_ready,
};

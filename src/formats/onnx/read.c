/*
 * ModelProto and what stands in it, by the field numbers of ONNX's published schema (onnx.proto). Tensors borrow from
 * the file where their bytes lie as memory wants them. Nesting is bounded; what is allocated follows from bytes that
 * are there.
 */
#include <stdlib.h>
#include <string.h>
#include "formats/onnx/read.h"
#include "formats/mindir/mindir.h"

secant_status
onnx_broken(onnx_reader *r, const char *what)
{
	return secant_fail(r->err, SECANT_ERR_FORMAT, "damaged: the bytes of %s are no protocol buffer", what);
}

secant_status
onnx_no_memory(onnx_reader *r)
{
	return secant_fail(r->err, SECANT_ERR_NOMEM, "no memory");
}

const char *
onnx_text_of(onnx_reader *r, format_wire b)
{
	char *s = base_arena_alloc(r->arena, b.n + 1);
	if (!s) {
		onnx_no_memory(r);
		return "";
	}
	if (b.n)
		memcpy(s, b.p, b.n);
	return s;
}

/* How often a field stands in a message, for arrays; -1: damaged. */
static int64_t
occurrences(format_wire w, int number)
{
	format_wire_field f;
	int64_t n = 0;
	int more;
	while ((more = format_wire_next(&w, &f)) > 0)
		n += f.number == number && f.type == FORMAT_WIRE_BYTES;
	return more < 0 || n > INT32_MAX / 2 ? -1 : n;
}

void *
onnx_room_for(onnx_reader *r, format_wire w, int number, size_t size, const char *what)
{
	int64_t n = occurrences(w, number);
	if (n < 0) {
		onnx_broken(r, what);
		return NULL;
	}
	void *p = base_arena_alloc(r->arena, (size_t)n * size + 1);
	if (!p)
		onnx_no_memory(r);
	return p;
}

/* ---- nodes ---- */

static secant_status read_graph(onnx_reader *r, format_onnx_graph *g, format_wire w, bool inner);

/* Counts and takes numbers of a repeated field, packed or not. */
static secant_status
read_numbers(onnx_reader *r, format_wire w, format_onnx_attr *a)
{
	format_wire copy = w;
	format_wire_field f;
	int n_floats = 0, n_ints = 0;
	uint64_t v;
	for (int pass = 0; pass < 2; pass++, copy = w) {
		int floats = 0, ints = 0;
		while (format_wire_next(&copy, &f) > 0) {
			bool packed = f.type == FORMAT_WIRE_BYTES;
			if (f.number == 7 && (packed || f.type == FORMAT_WIRE_32))
				for (size_t i = 0; i < (packed ? f.bytes.n / 4 : 1); i++, floats++)
					if (pass) {
						uint32_t bits = packed ? base_le32(f.bytes.p + i * 4) : (uint32_t)f.value;
						float x;
						memcpy(&x, &bits, 4);
						a->floats[floats] = (double)x;
					}
			if (f.number == 8 && f.type == FORMAT_WIRE_VARINT) {
				if (pass)
					a->ints[ints] = (int64_t)f.value;
				ints++;
			}
			for (; f.number == 8 && packed && f.bytes.n; ints++) {
				if (!format_wire_varint(&f.bytes, &v))
					return onnx_broken(r, "an attribute");
				if (pass)
					a->ints[ints] = (int64_t)v;
			}
		}
		n_floats = floats;
		n_ints = ints;
		if (!pass
			&& (!(a->floats = base_arena_alloc(r->arena, (size_t)n_floats * 8 + 8))
				|| !(a->ints = base_arena_alloc(r->arena, (size_t)n_ints * 8 + 8))))
			return onnx_no_memory(r);
	}
	a->n_floats = n_floats;
	a->n_ints = n_ints;
	return SECANT_OK;
}

static secant_status
read_attr(onnx_reader *r, format_onnx_attr *a, format_wire w)
{
	format_wire_field f;
	format_wire whole = w;
	secant_status s = SECANT_OK;
	uint32_t bits;
	float x;
	int more;
	*a = (format_onnx_attr){ .name = "", .s = "" };
	if (!(a->strings = onnx_room_for(r, w, 9, sizeof *a->strings, "an attribute")))
		return SECANT_ERR_FORMAT;
	while (!s && (more = format_wire_next(&w, &f)) > 0) {
		bool bytes = f.type == FORMAT_WIRE_BYTES;
		switch (f.number) {
		case 1: a->name = bytes ? onnx_text_of(r, f.bytes) : ""; break;
		case 21: a->ref = bytes ? onnx_text_of(r, f.bytes) : NULL; break;
		case 2:
			bits = (uint32_t)f.value;
			memcpy(&x, &bits, 4);
			a->f = (double)x;
			break;
		case 3: a->i = (int64_t)f.value; break;
		case 4: a->s = bytes ? onnx_text_of(r, f.bytes) : ""; break;
		case 5:
			if (!bytes || !(a->t = onnx_read_tensor(r, f.bytes, NULL)))
				s = onnx_broken(r, "an attribute");
			break;
		case 6:
			if (!bytes || !(a->g = base_arena_alloc(r->arena, sizeof *a->g)))
				return bytes ? onnx_no_memory(r) : onnx_broken(r, "an attribute");
			s = read_graph(r, a->g, f.bytes, true);
			break;
		case 9:
			if (bytes)
				a->strings[a->n_strings++] = onnx_text_of(r, f.bytes);
			break;
		case 20: a->type = f.value > 100 ? 100 : (int)f.value; break;
		default: break;
		}
	}
	if (!s && more < 0)
		s = onnx_broken(r, "an attribute");
	return s ? s : read_numbers(r, whole, a);
}

static secant_status
read_node(onnx_reader *r, format_onnx_node *n, format_wire w)
{
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	*n = (format_onnx_node){ .op = "", .domain = "", .name = "" };
	if (!(n->in = onnx_room_for(r, w, 1, sizeof *n->in, "a node"))
		|| !(n->out = onnx_room_for(r, w, 2, sizeof *n->out, "a node"))
		|| !(n->attr = onnx_room_for(r, w, 5, sizeof *n->attr, "a node")))
		return SECANT_ERR_FORMAT;
	while (!s && (more = format_wire_next(&w, &f)) > 0) {
		if (f.type != FORMAT_WIRE_BYTES)
			continue;
		switch (f.number) {
		case 1: n->in[n->n_in++] = onnx_text_of(r, f.bytes); break;
		case 2: n->out[n->n_out++] = onnx_text_of(r, f.bytes); break;
		case 3: n->name = onnx_text_of(r, f.bytes); break;
		case 4: n->op = onnx_text_of(r, f.bytes); break;
		case 5: s = read_attr(r, &n->attr[n->n_attr++], f.bytes); break;
		case 7: n->domain = onnx_text_of(r, f.bytes); break;
		default: break;
		}
	}
	if (!s && more < 0)
		s = onnx_broken(r, "a node");
	if (!strcmp(n->domain, "ai.onnx"))
		n->domain = "";
	return s;
}

/* ---- graphs ---- */

static secant_status
read_dim(onnx_reader *r, format_onnx_info *v, format_wire w)
{
	format_wire_field f;
	int more;
	if (v->rank == FORMAT_ONNX_RANK)
		return secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "'%s' has more than %d axes", v->name, FORMAT_ONNX_RANK);
	v->dim[v->rank] = -1;
	v->symbol[v->rank] = "";
	while ((more = format_wire_next(&w, &f)) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_VARINT)
			v->dim[v->rank] = (int64_t)f.value > 0 ? (int64_t)f.value : (int64_t)f.value == 0 ? 0 : -1;
		else if (f.number == 2 && f.type == FORMAT_WIRE_BYTES)
			v->symbol[v->rank] = onnx_text_of(r, f.bytes);
	v->rank++;
	return more < 0 ? onnx_broken(r, "a shape") : SECANT_OK;
}

static secant_status
read_tensor_type(onnx_reader *r, format_onnx_info *v, format_wire w)
{
	format_wire_field f, d;
	int more, inner = 0;
	secant_status s = SECANT_OK;
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		if (f.number == 1)
			v->type = f.value > 1000 ? 1000 : (int)f.value;
		else if (f.number == 2 && f.type == FORMAT_WIRE_BYTES) {
			v->rank = 0;
			while (!s && (inner = format_wire_next(&f.bytes, &d)) > 0)
				if (d.number == 1 && d.type == FORMAT_WIRE_BYTES)
					s = read_dim(r, v, d.bytes);
			if (!s && inner < 0)
				s = onnx_broken(r, "a shape");
		}
	return s ? s : more < 0 ? onnx_broken(r, "a type") : SECANT_OK;
}

static secant_status
read_info(onnx_reader *r, format_onnx_info *v, format_wire w)
{
	static const char *const kinds[] = {
		[1] = "tensor", [4] = "sequence", [5] = "map", [7] = "opaque", [8] = "sparse tensor", [9] = "optional"
	};
	format_wire_field f, t;
	int more, inner = 0;
	secant_status s = SECANT_OK;
	*v = (format_onnx_info){ .name = "", .rank = -1, .kind = "tensor" };
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES)
			v->name = onnx_text_of(r, f.bytes);
		else if (f.number == 2 && f.type == FORMAT_WIRE_BYTES) {
			while (!s && (inner = format_wire_next(&f.bytes, &t)) > 0) {
				if (t.type == FORMAT_WIRE_BYTES && t.number < 10 && kinds[t.number])
					v->kind = kinds[t.number];
				if (t.number == 1 && t.type == FORMAT_WIRE_BYTES)
					s = read_tensor_type(r, v, t.bytes);
			}
			if (!s && inner < 0)
				s = onnx_broken(r, "a type");
		}
	return s ? s : more < 0 ? onnx_broken(r, "a value") : SECANT_OK;
}

static secant_status
take_graph_field(onnx_reader *r, format_onnx_graph *g, const format_wire_field *f)
{
	format_onnx_initializer *init;
	switch (f->number) {
	case 1: return read_node(r, &g->node[g->n_node++], f->bytes);
	case 2: g->name = onnx_text_of(r, f->bytes); return SECANT_OK;
	case 5:
		init = &g->init[g->n_init++];
		init->tensor = onnx_read_tensor(r, f->bytes, &init->name);
		if (init->tensor)
			init->tensor->learned = true;
		return init->tensor ? SECANT_OK : onnx_broken(r, "an initialiser");
	case 11: return read_info(r, &g->in[g->n_in++], f->bytes);
	case 12: return read_info(r, &g->out[g->n_out++], f->bytes);
	case 15: return secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "sparse initialisers are not read");
	default: return SECANT_OK;
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Inputs that an initialiser fills are no inputs (IR 3 lists them twice). */
static secant_status
drop_filled_inputs(onnx_reader *r, format_onnx_graph *g)
{
	int kept = 0;
	const char **names = secant_calloc((size_t)g->n_init + 1, sizeof *names);
	if (!names)
		return onnx_no_memory(r);
	for (int i = 0; i < g->n_init; i++)
		names[i] = g->init[i].name;
	qsort(names, (size_t)g->n_init, sizeof *names, by_name);
	for (int i = 0; i < g->n_in; i++)
		if (!bsearch(&g->in[i].name, names, (size_t)g->n_init, sizeof *names, by_name))
			g->in[kept++] = g->in[i];
	g->n_in = kept;
	secant_free(names);
	return SECANT_OK;
}

static secant_status
read_graph(onnx_reader *r, format_onnx_graph *g, format_wire w, bool inner)
{
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	*g = (format_onnx_graph){ .name = "" };
	if (++r->depth > FORMAT_ONNX_DEPTH)
		return secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "graphs lie in graphs %d deep", r->depth);
	if (!(g->node = onnx_room_for(r, w, 1, sizeof *g->node, "a graph"))
		|| !(g->init = onnx_room_for(r, w, 5, sizeof *g->init, "a graph"))
		|| !(g->in = onnx_room_for(r, w, 11, sizeof *g->in, "a graph"))
		|| !(g->out = onnx_room_for(r, w, 12, sizeof *g->out, "a graph")))
		return SECANT_ERR_FORMAT;
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		if (f.type == FORMAT_WIRE_BYTES)
			s = take_graph_field(r, g, &f);
	r->depth--;
	if (!s && more < 0)
		s = onnx_broken(r, "a graph");
	if (!s)
		format_onnx_sort(g);
	return s || inner ? s : drop_filled_inputs(r, g);
}

static secant_status
read_function(onnx_reader *r, format_onnx_function *fn, format_wire w)
{
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	*fn = (format_onnx_function){ .name = "", .domain = "", .overload = "" };
	if (!(fn->in = onnx_room_for(r, w, 4, sizeof *fn->in, "a function"))
		|| !(fn->out = onnx_room_for(r, w, 5, sizeof *fn->out, "a function"))
		|| !(fn->attr = onnx_room_for(r, w, 11, sizeof *fn->attr, "a function"))
		|| !(fn->body.node = onnx_room_for(r, w, 7, sizeof *fn->body.node, "a function")))
		return SECANT_ERR_FORMAT;
	fn->body.name = "";
	while (!s && (more = format_wire_next(&w, &f)) > 0) {
		if (f.type != FORMAT_WIRE_BYTES)
			continue;
		switch (f.number) {
		case 1: fn->name = onnx_text_of(r, f.bytes); break;
		case 4: fn->in[fn->n_in++] = onnx_text_of(r, f.bytes); break;
		case 5: fn->out[fn->n_out++] = onnx_text_of(r, f.bytes); break;
		case 7: s = read_node(r, &fn->body.node[fn->body.n_node++], f.bytes); break;
		case 10: fn->domain = onnx_text_of(r, f.bytes); break;
		case 11: s = read_attr(r, &fn->attr[fn->n_attr++], f.bytes); break;
		case 13: fn->overload = onnx_text_of(r, f.bytes); break;
		default: break;
		}
	}
	if (!s && more >= 0)
		format_onnx_sort(&fn->body);
	return s ? s : more < 0 ? onnx_broken(r, "a function") : SECANT_OK;
}

static secant_status
read_opset(onnx_reader *r, format_onnx_opset *o, format_wire w)
{
	format_wire_field f;
	int more;
	*o = (format_onnx_opset){ .domain = "" };
	while ((more = format_wire_next(&w, &f)) > 0)
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES)
			o->domain = onnx_text_of(r, f.bytes);
		else if (f.number == 2)
			o->version = (int64_t)f.value;
	if (!strcmp(o->domain, "ai.onnx"))
		o->domain = "";
	return more < 0 ? onnx_broken(r, "an operator set") : SECANT_OK;
}

static secant_status
read_pair(onnx_reader *r, format_onnx_pair *p, format_wire w)
{
	format_wire_field f;
	int more;
	*p = (format_onnx_pair){ "", "" };
	while ((more = format_wire_next(&w, &f)) > 0)
		if (f.type == FORMAT_WIRE_BYTES && (f.number == 1 || f.number == 2))
			*(f.number == 1 ? &p->key : &p->value) = onnx_text_of(r, f.bytes);
	return more < 0 ? onnx_broken(r, "metadata") : SECANT_OK;
}

static secant_status
take_model_field(onnx_reader *r, const format_wire_field *f, bool *has_graph)
{
	format_onnx_model *m = r->m;
	bool bytes = f->type == FORMAT_WIRE_BYTES;
	if (f->number == 1 && f->type == FORMAT_WIRE_VARINT)
		m->ir_version = (int64_t)f->value;
	if (!bytes)
		return SECANT_OK;
	switch (f->number) {
	case 2: m->producer = onnx_text_of(r, f->bytes); return SECANT_OK;
	case 3: m->producer_version = onnx_text_of(r, f->bytes); return SECANT_OK;
	case 7: *has_graph = true; return read_graph(r, &m->graph, f->bytes, false);
	case 8: return read_opset(r, &m->opsets[m->n_opset++], f->bytes);
	case 14: return read_pair(r, &m->pair[m->n_pair++], f->bytes);
	case 25: return read_function(r, &m->function[m->n_function++], f->bytes);
	default: return SECANT_OK;
	}
}

static secant_status
read_model(onnx_reader *r, format_wire w)
{
	format_onnx_model *m = r->m;
	format_wire_field f;
	secant_status s = SECANT_OK;
	int more;
	bool has_graph = false;
	m->producer = m->producer_version = "";
	if (!(m->opsets = onnx_room_for(r, w, 8, sizeof *m->opsets, "the model"))
		|| !(m->pair = onnx_room_for(r, w, 14, sizeof *m->pair, "the model"))
		|| !(m->function = onnx_room_for(r, w, 25, sizeof *m->function, "the model")))
		return SECANT_ERR_FORMAT;
	while (!s && (more = format_wire_next(&w, &f)) > 0)
		if (f.number == 7 && has_graph)
			s = secant_fail(r->err, SECANT_ERR_FORMAT, "the model has two graphs");
		else
			s = take_model_field(r, &f, &has_graph);
	if (!s && more < 0)
		s = onnx_broken(r, "the model");
	if (!s && !has_graph)
		s = secant_fail(r->err, SECANT_ERR_FORMAT, "the model has no graph");
	m->opset = m->ir_version && m->ir_version < 3 ? 1 : 0;
	for (int i = 0; i < m->n_opset && !s; i++)
		if (!*m->opsets[i].domain)
			m->opset = m->opsets[i].version;
	if (!s && !m->opset && !m->n_opset)
		m->opset = 1;
	if (!s && (m->opset < FORMAT_ONNX_OPSET_OLDEST || m->opset > FORMAT_ONNX_OPSET_NEWEST))
		s = secant_fail(r->err, SECANT_ERR_UNSUPPORTED, "operator set %lld; %d to %d are read", (long long)m->opset,
			FORMAT_ONNX_OPSET_OLDEST, FORMAT_ONNX_OPSET_NEWEST);
	return s;
}

/* ---- the face ---- */

bool
format_onnx_detect(const uint8_t *data, size_t size)
{
	/* ir_version, a small number, comes first in what every writer makes; then fields of ModelProto alone. */
	format_wire w = { data, size };
	format_wire_field f;
	if (size < 4 || data[0] != 8 || format_wire_next(&w, &f) <= 0 || f.value > 100)
		return false;
	uint64_t key;
	if (!format_wire_varint(&w, &key))
		return false;
	int number = (int)(key >> 3 & 0xffff), type = (int)(key & 7);
	return ((number == 2 || number == 3 || number == 4 || number == 6 || number == 7 || number == 8 || number == 14)
			   && type == 2)
		|| (number == 5 && type == 0);
}

static format_onnx_model *
decode(const uint8_t *data, size_t size, const char *folder, secant_err *err)
{
	secant_err own = { 0 };
	format_onnx_model *m = secant_calloc(1, sizeof *m);
	if (!m || !(m->arena = base_arena_new())) {
		secant_free(m);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory");
		return NULL;
	}
	onnx_reader r = { .m = m, .arena = m->arena, .folder = folder, .err = &own };
	secant_status s = read_model(&r, (format_wire){ data, size });
	if (!s && !own.code && !(s = format_onnx_unroll(m, &m->graph, &own)))
		return m;
	secant_fail(err, own.code ? own.code : s, "%s", own.msg);
	format_onnx_close(m);
	return NULL;
}

format_onnx_model *
format_onnx_decode(const uint8_t *data, size_t size, secant_err *err)
{
	return decode(data, size, NULL, err);
}

/* Puts the ONNX that says the same in a MindIR's place. */
static secant_status
from_mindir(secant_bytes *bytes, const char *path, secant_err *err)
{
	base_str onnx = { 0 };
	secant_err own = { 0 };
	secant_status s = format_mindir_to_onnx(bytes->data, bytes->size, &onnx, &own);
	base_file_unmap(bytes);
	if (s) {
		base_str_free(&onnx);
		return secant_fail(err, s, "%s: %s", path, own.msg);
	}
	*bytes = (secant_bytes){ .size = onnx.n };
	bytes->data = (const uint8_t *)base_str_take(&onnx);
	return SECANT_OK;
}

format_onnx_model *
format_onnx_open(const char *path, secant_err *err)
{
	secant_bytes bytes;
	if (base_file_map(&bytes, path, err))
		return NULL;
	if (format_mindir_detect(bytes.data, bytes.size) && from_mindir(&bytes, path, err))
		return NULL;
	char *folder = base_path_dir(path);
	format_onnx_model *m = folder ? decode(bytes.data, bytes.size, folder, err) : NULL;
	if (!folder)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	secant_free(folder);
	if (m)
		m->file = bytes;
	else {
		secant_err_prefix(err, "%s", path);
		base_file_unmap(&bytes);
	}
	return m;
}

void
format_onnx_close(format_onnx_model *m)
{
	if (!m)
		return;
	for (int i = 0; i < m->n_tensor; i++)
		format_onnx_tensor_drop(m->tensor[i]);
	secant_free(m->tensor);
	for (format_onnx_external *e = m->external; e; e = e->next)
		base_file_unmap(&e->bytes);
	if (m->file.data)
		base_file_unmap(&m->file);
	base_arena_free(m->arena);
	secant_free(m);
}

const format_onnx_attr *
format_onnx_find_attr(const format_onnx_node *n, const char *name)
{
	for (int i = 0; i < n->n_attr; i++)
		if (!strcmp(n->attr[i].name, name))
			return &n->attr[i];
	return NULL;
}

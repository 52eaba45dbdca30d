/* MindIR as it lies in files. See mindir.h. */
#include "formats/mindir/mindir.h"
#include <string.h>

enum { MOST_NAME = 4096 };

bool
format_mindir_detect(const uint8_t *data, size_t size)
{
	format_wire w = { data, size };
	format_wire_field f;
	if (size < 8 || data[0] != (1 << 3 | FORMAT_WIRE_BYTES) || format_wire_next(&w, &f) != 1 || !f.bytes.n
		|| f.bytes.n > 32)
		return false;
	for (size_t i = 0; i < f.bytes.n; i++) /* "0.1.1": a checkpoint has a message there */
		if ((f.bytes.p[i] < '0' || f.bytes.p[i] > '9') && f.bytes.p[i] != '.')
			return false;
	return format_wire_next(&w, &f) == 1 && f.number == 2 && f.type == FORMAT_WIRE_BYTES && f.bytes.n == 9
		&& !memcmp(f.bytes.p, "MindSpore", 9);
}

/* ---- fields ---- */

static const char *
text_of(format_mindir_model *m, format_wire w)
{
	char *s = w.n < MOST_NAME && !memchr(w.p, 0, w.n) ? base_arena_alloc(m->arena, w.n + 1) : NULL;
	if (s)
		memcpy(s, w.p, w.n);
	else
		secant_fail(m->err, SECANT_ERR_FORMAT, "a name of %zu bytes", w.n);
	return s ? s : "";
}

/* Fields of that number in a message; -1: damaged. */
static int
count(format_wire w, int number)
{
	format_wire_field f;
	int n = 0, more;
	while ((more = format_wire_next(&w, &f)) == 1)
		n += f.number == number && f.type == FORMAT_WIRE_BYTES;
	return more < 0 ? -1 : n;
}

static void *
room(format_mindir_model *m, format_wire w, int number, size_t size)
{
	int n = count(w, number);
	void *p = n < 0 ? NULL : base_arena_alloc(m->arena, ((size_t)n + 1) * size);
	if (!p)
		secant_fail(m->err, n < 0 ? SECANT_ERR_FORMAT : SECANT_ERR_NOMEM, n < 0 ? "damaged, or cut off" : "no memory");
	return p;
}

/* The next field that holds bytes; false at the end or after an error. */
static bool
next(format_mindir_model *m, format_wire *w, format_wire_field *f)
{
	int more = m->err->code ? 0 : format_wire_next(w, f);
	if (more < 0)
		secant_fail(m->err, SECANT_ERR_FORMAT, "damaged, or cut off");
	return more == 1;
}

static void
read_attr(format_mindir_model *m, format_wire w, format_mindir_attr *a)
{
	format_wire_field f;
	*a = (format_mindir_attr){ "", w };
	while (next(m, &w, &f))
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES)
			a->name = text_of(m, f.bytes);
}

static void
read_attrs(format_mindir_model *m, format_wire w, int number, format_mindir_attrs *a)
{
	format_wire_field f;
	if (!(a->v = room(m, w, number, sizeof *a->v)))
		return;
	while (next(m, &w, &f))
		if (f.number == number && f.type == FORMAT_WIRE_BYTES)
			read_attr(m, f.bytes, &a->v[a->n++]);
}

static void
read_tensor(format_mindir_model *m, format_wire w, format_mindir_tensor *t)
{
	format_wire_field f;
	*t = (format_mindir_tensor){ .name = "" };
	while (next(m, &w, &f)) {
		if (f.number == 1 && f.type == FORMAT_WIRE_VARINT) {
			if (t->rank == SECANT_MAX_RANK || f.value > INT64_MAX)
				f.value = UINT64_MAX; /* -1: any, which only inputs have */
			if (t->rank < SECANT_MAX_RANK)
				t->dim[t->rank++] = (int64_t)f.value;
			else
				secant_fail(m->err, SECANT_ERR_UNSUPPORTED, "a tensor of more than %d dimensions", SECANT_MAX_RANK);
		} else if (f.number == 2 && f.type == FORMAT_WIRE_VARINT) {
			t->type = f.value < 100 ? (int)f.value : 0;
		} else if (f.type == FORMAT_WIRE_BYTES) {
			if (f.number == 7)
				t->name = text_of(m, f.bytes);
			else if (f.number == 9)
				t->raw = f.bytes;
			else if (f.number == 13)
				t->key = text_of(m, f.bytes);
			t->external |= f.number == 12;
		}
	}
}

/* ---- attributes ---- */

int
format_mindir_ints(const format_mindir_attr *a, int64_t *v, int most)
{
	format_wire w = a ? a->message : (format_wire){ 0 };
	format_wire_field f;
	int n = 0;
	while (format_wire_next(&w, &f) == 1) {
		format_mindir_attr inner = { "", f.bytes };
		if (n == most && (f.number == 3 || f.number == 10 || f.number == 17))
			return -1;
		if ((f.number == 3 || f.number == 10) && f.type == FORMAT_WIRE_VARINT)
			v[n++] = (int64_t)f.value;
		else if (f.number == 10 && f.type == FORMAT_WIRE_BYTES)
			for (uint64_t u; n < most && format_wire_varint(&f.bytes, &u);)
				v[n++] = (int64_t)u;
		else if (f.number == 17 && f.type == FORMAT_WIRE_BYTES
			&& format_mindir_ints(&inner, v + n, 1) == 1) /* one deep */
			n++;
	}
	return n ? n : -1;
}

bool
format_mindir_real(const format_mindir_attr *a, double *v)
{
	format_wire w = a ? a->message : (format_wire){ 0 };
	format_wire_field f;
	while (format_wire_next(&w, &f) == 1) {
		float narrow;
		uint32_t bits = (uint32_t)f.value;
		if (f.number == 2 && f.type == FORMAT_WIRE_32) {
			memcpy(&narrow, &bits, 4);
			*v = (double)narrow;
			return true;
		}
		if (f.number == 4 && f.type == FORMAT_WIRE_64) {
			memcpy(v, &f.value, 8);
			return true;
		}
	}
	return false;
}

const char *
format_mindir_text(const format_mindir_attr *a, char *buffer, size_t size)
{
	format_wire w = a ? a->message : (format_wire){ 0 };
	format_wire_field f;
	while (format_wire_next(&w, &f) == 1)
		if (f.number == 5 && f.type == FORMAT_WIRE_BYTES && f.bytes.n < size) {
			memcpy(buffer, f.bytes.p, f.bytes.n);
			buffer[f.bytes.n] = '\0';
			return buffer;
		}
	return NULL;
}

const format_mindir_attr *
format_mindir_find(const format_mindir_attrs *a, const char *name)
{
	for (int i = 0; a && i < a->n; i++)
		if (!strcmp(a->v[i].name, name))
			return &a->v[i];
	return NULL;
}

int
format_mindir_shape(const format_mindir_node *n, int64_t dim[SECANT_MAX_RANK])
{
	const format_mindir_attr *a = format_mindir_find(&n->own, "shape");
	format_wire w = a ? a->message : (format_wire){ 0 };
	format_wire_field f, d;
	while (format_wire_next(&w, &f) == 1)
		if (f.number == 12 && f.type == FORMAT_WIRE_BYTES) {
			int rank = 0;
			while (format_wire_next(&f.bytes, &d) == 1)
				if (d.number == 1 && d.type == FORMAT_WIRE_VARINT) {
					if (rank == SECANT_MAX_RANK)
						return -1;
					dim[rank++] = (int64_t)d.value;
				}
			return rank;
		}
	return -1;
}

/* ---- graphs ---- */

/* Primitives by their names, which nodes refer to. */
typedef struct primitives {
	int n;
	struct {
		const char *name, *op;
		format_mindir_attrs attrs;
	} * v;
	base_by_name by_name;
} primitives;

static void
read_primitives(format_mindir_model *m, format_wire w, primitives *p)
{
	format_wire_field f, g;
	if (!(p->v = room(m, w, 12, sizeof *p->v)))
		return;
	while (next(m, &w, &f)) {
		if (f.number != 12 || f.type != FORMAT_WIRE_BYTES)
			continue;
		format_wire one = f.bytes;
		p->v[p->n].name = p->v[p->n].op = "";
		while (next(m, &one, &g))
			if (g.type == FORMAT_WIRE_BYTES && g.number == 1)
				p->v[p->n].name = text_of(m, g.bytes);
			else if (g.type == FORMAT_WIRE_BYTES && g.number == 2)
				p->v[p->n].op = text_of(m, g.bytes);
		read_attrs(m, f.bytes, 3, &p->v[p->n].attrs);
		if (!base_by_name_add(&p->by_name, p->v[p->n].name, p->n))
			secant_fail(m->err, SECANT_ERR_NOMEM, "no memory");
		p->n++;
	}
}

static void
read_node(format_mindir_model *m, format_wire w, const primitives *p, format_mindir_node *n)
{
	format_wire all = w;
	format_wire_field f;
	*n = (format_mindir_node){ .op = "", .out = "", .in = room(m, w, 1, sizeof *n->in) };
	while (next(m, &w, &f)) {
		if (f.type != FORMAT_WIRE_BYTES)
			continue;
		if (f.number == 1)
			n->in[n->n_in++] = text_of(m, f.bytes);
		else if (f.number == 2 && !*n->out)
			n->out = text_of(m, f.bytes);
		else if (f.number == 4)
			n->op = text_of(m, f.bytes);
	}
	read_attrs(m, all, 5, &n->own);
	if (m->err->code)
		return;
	if (!strncmp(n->op, "REF::", 5)) {
		int at = base_by_name_find(&p->by_name, n->op + 5);
		if (at < 0) {
			secant_fail(m->err, SECANT_ERR_UNSUPPORTED,
				"'%s' calls '%s', which is no primitive: networks of several graphs (control flow) are not read",
				n->out, n->op + 5);
			return;
		}
		n->op = p->v[at].op;
		n->primitive = &p->v[at].attrs;
	} else if (strcmp(n->op, "Constant") != 0) {
		n->primitive = &n->own; /* MindSpore before 1.9: attributes stand with the node */
	}
}

/* Inputs and outputs: a name, and of inputs the tensor's shape and type. */
static void
read_info(format_mindir_model *m, format_wire w, format_mindir_tensor *t)
{
	format_wire_field f;
	const char *name = "";
	*t = (format_mindir_tensor){ .name = "" };
	while (next(m, &w, &f))
		if (f.type == FORMAT_WIRE_BYTES && f.number == 1)
			name = text_of(m, f.bytes);
		else if (f.type == FORMAT_WIRE_BYTES && f.number == 2)
			read_tensor(m, f.bytes, t);
	t->name = name;
}

static void
index_graph(format_mindir_model *m)
{
	bool ok = true;
	for (int i = 0; i < m->n_node; i++)
		ok &= base_by_name_add(&m->by_out, m->node[i].out, i);
	for (int i = 0; i < m->n_parameter; i++)
		ok &= base_by_name_add(&m->by_parameter, m->parameter[i].name, i);
	for (int i = 0; i < m->n_input; i++)
		ok &= base_by_name_add(&m->by_input, m->input[i].name, i);
	if (!ok)
		secant_fail(m->err, SECANT_ERR_NOMEM, "no memory");
	for (int i = 0; ok && i < m->n_node; i++)
		for (int k = 0; k < m->node[i].n_in; k++) {
			int from = base_by_name_find(&m->by_out, m->node[i].in[k]);
			if (from >= 0) {
				m->node[from].uses++;
				m->node[from].user = i;
			}
		}
}

static void
read_graph(format_mindir_model *m, format_wire w, const primitives *p)
{
	format_wire_field f;
	m->graph = "";
	m->node = room(m, w, 1, sizeof *m->node);
	m->parameter = room(m, w, 3, sizeof *m->parameter);
	m->input = room(m, w, 5, sizeof *m->input);
	m->output = room(m, w, 6, sizeof *m->output);
	while (next(m, &w, &f)) {
		format_mindir_tensor t;
		if (f.type != FORMAT_WIRE_BYTES)
			continue;
		switch (f.number) {
		case 1: read_node(m, f.bytes, p, &m->node[m->n_node++]); break;
		case 2: m->graph = text_of(m, f.bytes); break;
		case 3: read_tensor(m, f.bytes, &m->parameter[m->n_parameter++]); break;
		case 5: read_info(m, f.bytes, &m->input[m->n_input++]); break;
		case 6:
			read_info(m, f.bytes, &t);
			m->output[m->n_output++] = t.name;
			break;
		default: break;
		}
	}
	if (!m->err->code)
		index_graph(m);
}

secant_status
format_mindir_read(format_mindir_model *m, const uint8_t *data, size_t size, secant_err *err)
{
	format_wire file = { data, size }, w = file, graph = { 0 };
	format_wire_field f;
	primitives p = { 0 };
	*m = (format_mindir_model){ .err = err, .version = "", .arena = base_arena_new() };
	if (!m->arena)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	while (next(m, &w, &f)) {
		if (f.number == 5 && f.type == FORMAT_WIRE_BYTES)
			m->version = text_of(m, f.bytes);
		else if (f.number == 7 && f.type == FORMAT_WIRE_BYTES)
			graph = f.bytes;
		else if (f.number == 10 && f.type == FORMAT_WIRE_VARINT && !f.value)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "a MindIR of a big-endian machine");
	}
	if (!err->code)
		read_primitives(m, file, &p);
	if (!err->code && !graph.n)
		secant_fail(err, SECANT_ERR_FORMAT, "a MindIR without a graph");
	if (!err->code)
		read_graph(m, graph, &p);
	base_by_name_free(&p.by_name);
	return err->code;
}

void
format_mindir_free(format_mindir_model *m)
{
	base_by_name_free(&m->by_out);
	base_by_name_free(&m->by_parameter);
	base_by_name_free(&m->by_input);
	base_arena_free(m->arena);
	*m = (format_mindir_model){ 0 };
}

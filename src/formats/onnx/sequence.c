/*
 * Sequences of ONNX that only carry tensors from where they are split or gathered to where they are taken, as exporters
 * write chunk, unbind, split and stack: nodes that take from them become Slice, Gather, Concat and Identity of the
 * tensors themselves, and the sequences leave. What depends on a place that is not known stays, and is refused by name.
 */
#include <string.h>
#include "formats/onnx/onnx.h"

enum { MOST_ITEMS = 1024, MOST_DEPTH = 256, MOST_WORK = 100000000, INT = 2, INTS = 7 };

typedef struct unrolling {
	format_onnx_model *m;
	format_onnx_graph *g;
	format_onnx_node *node; /* the nodes as they become */
	int n, capacity, fresh;
	bool failed;
} unrolling;

static bool
is(const format_onnx_node *n, const char *op)
{
	return n && !*n->domain && !strcmp(n->op, op);
}

static bool
is_sequential(const format_onnx_node *n)
{
	return !*n->domain && (strstr(n->op, "Sequence") != NULL);
}

/* A known tensor of whole numbers; NULL. */
static const format_onnx_tensor *
whole(const unrolling *u, const char *name)
{
	const format_onnx_tensor *t = NULL;
	const format_onnx_graph *graphs[2] = { u->g, &u->m->graph };
	for (int k = 0; k < 2 && !t; k++)
		for (int i = 0; i < graphs[k]->n_init && !t; i++)
			if (!strcmp(graphs[k]->init[i].name, name))
				t = graphs[k]->init[i].tensor;
	const format_onnx_node *c = t ? NULL : format_onnx_maker(u->g, name);
	const format_onnx_attr *a = is(c, "Constant") ? format_onnx_find_attr(c, "value") : NULL;
	t = a ? a->t : t;
	return t && (t->type == FORMAT_ONNX_INT64 || t->type == FORMAT_ONNX_INT32) ? t : NULL;
}

static bool
whole_number(const unrolling *u, const char *name, int64_t *v)
{
	const format_onnx_tensor *t = whole(u, name);
	const format_onnx_node *c = t ? NULL : format_onnx_maker(u->g, name);
	const format_onnx_attr *a = is(c, "Constant") ? format_onnx_find_attr(c, "value_int") : NULL;
	if (a)
		*v = a->i;
	else if (t && format_onnx_count(t) == 1)
		format_onnx_get_ints(t, 0, 1, v);
	return a || (t && format_onnx_count(t) == 1);
}

/* ---- nodes that are made ---- */

static void *
room(unrolling *u, size_t n, size_t size)
{
	void *p = base_arena_alloc(u->m->arena, (n + 1) * size);
	u->failed |= !p;
	return p;
}

static void
push(unrolling *u, format_onnx_node n)
{
	if (u->failed || base_grow((void **)&u->node, &u->capacity, u->n, sizeof *u->node))
		u->failed = true;
	else
		u->node[u->n++] = n;
}

/* The node `like` as another operator of these inputs. */
static void
become(unrolling *u, const format_onnx_node *like, const char *op, int n, const char *const *in, int64_t axis)
{
	format_onnx_node made = *like;
	made.op = op;
	made.n_in = n;
	made.n_attr = axis != INT64_MIN;
	made.in = room(u, (size_t)n, sizeof *made.in);
	made.attr = room(u, 1, sizeof *made.attr);
	if (u->failed)
		return;
	memcpy(made.in, in, (size_t)n * sizeof *in);
	made.attr[0] = (format_onnx_attr){ .name = "axis", .type = INT, .i = axis, .s = "" };
	push(u, made);
}

/* A new initialiser of one whole number, with an axis; its name. */
static const char *
number(unrolling *u, int64_t v)
{
	const int64_t one = 1;
	char *name = base_arena_format(u->m->arena, "%s.sequence.%d", u->g->name ? u->g->name : "", u->fresh++);
	format_onnx_tensor *t = format_onnx_tensor_new(FORMAT_ONNX_INT64, 1, &one, 0, NULL);
	format_onnx_initializer *more = room(u, (size_t)u->g->n_init + 1, sizeof *more);
	if (!name || !t || !more
		|| base_grow((void **)&u->m->tensor, &u->m->tensor_capacity, u->m->n_tensor, sizeof *u->m->tensor)) {
		format_onnx_tensor_drop(t);
		u->failed = true;
		return "";
	}
	format_onnx_put_ints(t, 0, 1, &v);
	u->m->tensor[u->m->n_tensor++] = t; /* dropped with the model */
	if (u->g->n_init)
		memcpy(more, u->g->init, (size_t)u->g->n_init * sizeof *more);
	more[u->g->n_init++] = (format_onnx_initializer){ name, t };
	u->g->init = more;
	return name;
}

/* ---- what sequences hold ---- */

/* The tensors that were put into sequence `name`, by name; -1: they are not known so. */
static int
items_of(const unrolling *u, const char *name, const char **to, int depth)
{
	const format_onnx_node *n = format_onnx_maker(u->g, name);
	int64_t at;
	if (is(n, "SequenceEmpty"))
		return 0;
	if (is(n, "SequenceConstruct") && n->n_in <= MOST_ITEMS) {
		memcpy(to, n->in, (size_t)n->n_in * sizeof *to);
		return n->n_in;
	}
	if (!n || depth > MOST_DEPTH || (!is(n, "SequenceInsert") && !is(n, "SequenceErase") && !is(n, "Identity")))
		return -1;
	bool inserts = is(n, "SequenceInsert");
	int count = n->n_in ? items_of(u, n->in[0], to, depth + 1) : -1, place = inserts ? 2 : 1;
	if (count < 0 || count >= MOST_ITEMS || is(n, "Identity"))
		return count;
	at = inserts ? count : count - 1;
	if (n->n_in > place && *n->in[place] && !whole_number(u, n->in[place], &at))
		return -1;
	at += at < 0 ? count : 0;
	if (at < 0 || at > count - !inserts || (inserts && n->n_in < 2))
		return -1;
	if (inserts) {
		memmove(to + at + 1, to + at, (size_t)(count - at) * sizeof *to);
		to[at] = n->in[1];
	} else
		memmove(to + at, to + at + 1, (size_t)(count - at - 1) * sizeof *to);
	return inserts ? count + 1 : count - 1;
}

/* Where piece i of a split begins and ends; false: that hangs on sizes that are not known. */
static bool
piece_of(const unrolling *u, const format_onnx_node *split, int64_t i, int64_t *from, int64_t *to)
{
	const format_onnx_tensor *t = split->n_in > 1 && *split->in[1] ? whole(u, split->in[1]) : NULL;
	int64_t size = 1, n = t && t->rank == 1 ? t->dim[0] : 0;
	if (split->n_in > 1 && *split->in[1] && !t && !whole_number(u, split->in[1], &size))
		return false;
	if (t && t->rank == 1) { /* sizes of all pieces */
		i += i < 0 ? n : 0;
		*from = *to = 0;
		for (int64_t k = 0; k <= i && i < n; k++) {
			format_onnx_get_ints(t, k, 1, &size);
			if (size < 0 || size > INT64_C(1) << 40)
				return false;
			*from = *to;
			*to += size;
		}
		return i >= 0 && i < n;
	}
	if (t)
		format_onnx_get_ints(t, 0, 1, &size);
	if (size < 1 || size > INT64_C(1) << 40 || i < -1 || i > INT64_C(1) << 20 || (i < 0 && size != 1))
		return false;
	*from = i * size;
	*to = i < 0 ? INT64_MAX : *from + size;
	return true;
}

/* ---- what takes from them ---- */

static bool
take_piece(unrolling *u, const format_onnx_node *at, const format_onnx_node *split)
{
	const format_onnx_attr *a = format_onnx_find_attr(split, "axis"), *keep = format_onnx_find_attr(split, "keepdims");
	int64_t axis = a ? a->i : 0, i, from, to;
	bool sized = split->n_in > 1 && *split->in[1];
	if (!sized && keep && !keep->i) {
		become(u, at, "Gather", 2, (const char *[]){ split->in[0], at->in[1] }, axis);
		return true;
	}
	if (!whole_number(u, at->in[1], &i) || !piece_of(u, split, i, &from, &to))
		return false;
	become(u, at, "Slice", 4, (const char *[]){ split->in[0], number(u, from), number(u, to), number(u, axis) },
		INT64_MIN);
	return true;
}

static bool
take_item(unrolling *u, const format_onnx_node *n, const char **items)
{
	const format_onnx_node *split = format_onnx_maker(u->g, n->in[0]);
	int64_t i;
	if (is(split, "SplitToSequence") && split->n_in)
		return take_piece(u, n, split);
	int count = items_of(u, n->in[0], items, 0);
	if (count < 0 || !whole_number(u, n->in[1], &i))
		return false;
	i += i < 0 ? count : 0;
	if (i < 0 || i >= count)
		return false;
	become(u, n, "Identity", 1, &items[i], INT64_MIN);
	return true;
}

/* Items with an axis more each, before they are joined. */
static void
unsqueeze(unrolling *u, const format_onnx_node *n, const char **items, int count, int64_t axis)
{
	for (int i = 0; i < count && !u->failed; i++) {
		format_onnx_node one = { .op = "Unsqueeze", .domain = "", .name = n->name, .n_out = 1, .n_in = 1 };
		one.in = room(u, 2, sizeof *one.in);
		one.out = room(u, 1, sizeof *one.out);
		one.attr = room(u, 1, sizeof *one.attr);
		int64_t *axes = room(u, 1, sizeof *axes);
		char *name = base_arena_format(u->m->arena, "%s.item.%d", n->out[0], i);
		u->failed |= !name;
		if (u->failed)
			return;
		one.in[0] = items[i];
		items[i] = one.out[0] = name;
		axes[0] = axis;
		if (u->m->opset >= 13) {
			one.in[one.n_in++] = number(u, axis);
		} else {
			one.attr[0] = (format_onnx_attr){ .name = "axes", .type = INTS, .n_ints = 1, .ints = axes, .s = "" };
			one.n_attr = 1;
		}
		push(u, one);
	}
}

static bool
join(unrolling *u, const format_onnx_node *n, const char **items)
{
	const format_onnx_attr *a = format_onnx_find_attr(n, "axis"), *fresh = format_onnx_find_attr(n, "new_axis");
	int count = items_of(u, n->in[0], items, 0);
	if (count < 1 || !a || !n->n_out)
		return false;
	if (fresh && fresh->i)
		unsqueeze(u, n, items, count, a->i);
	become(u, n, "Concat", count, items, a->i);
	return true;
}

static bool
replace(unrolling *u, const format_onnx_node *n, const char **items)
{
	if (is(n, "SequenceAt") && n->n_in == 2)
		return take_item(u, n, items);
	return is(n, "ConcatFromSequence") && n->n_in == 1 && join(u, n, items);
}

/* Sequences that nobody reads any more. */
static void
leave(format_onnx_graph *g)
{
	for (int i = g->n_node - 1; i >= 0; i--) {
		bool read = !is_sequential(&g->node[i]);
		for (int k = 0; k < g->node[i].n_out && !read; k++)
			read = format_onnx_readers(g, g->node[i].out[k]) > 0;
		if (read)
			continue;
		memmove(&g->node[i], &g->node[i + 1], (size_t)(g->n_node - i - 1) * sizeof *g->node);
		g->n_node--;
	}
}

secant_status
format_onnx_unroll(format_onnx_model *m, format_onnx_graph *g, secant_err *err)
{
	unrolling u = { .m = m, .g = g };
	const char **items = NULL;
	int64_t sequential = 0;
	for (int i = 0; i < g->n_node; i++)
		for (int k = 0; k < g->node[i].n_attr; k++)
			if (g->node[i].attr[k].g && format_onnx_unroll(m, g->node[i].attr[k].g, err))
				return err->code;
	for (int i = 0; i < g->n_node; i++)
		sequential += is_sequential(&g->node[i]);
	if (!sequential || sequential * g->n_node > MOST_WORK) /* who reads what is looked for in all nodes */
		return SECANT_OK;
	if (!(items = secant_calloc(MOST_ITEMS + 1, sizeof *items)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for sequences");
	for (int i = 0; i < g->n_node && !u.failed; i++)
		if (!replace(&u, &g->node[i], items))
			push(&u, g->node[i]);
	format_onnx_node *own = u.failed ? NULL : base_arena_alloc(m->arena, ((size_t)u.n + 1) * sizeof *own);
	if (own) {
		memcpy(own, u.node, (size_t)u.n * sizeof *own);
		g->node = own;
		g->n_node = u.n;
		leave(g);
	}
	secant_free(u.node);
	secant_free(items);
	return own ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for sequences");
}

/* Bodies of nodes that others say; see body.h. */
#include "formats/onnx/body.h"
#include <stdio.h>
#include <string.h>

bool
onnx_is_given(const onnx_call *c, int i)
{
	return i < c->n_in && *c->node->in[i];
}

int
onnx_rank_of(const onnx_call *c, int i)
{
	return i >= c->n_in ? 0 : c->in[i] ? c->in[i]->rank : c->mapped[i] ? c->mapped[i]->rank : 0;
}

int64_t
onnx_dim_of(const onnx_call *c, int i, int k)
{
	return k < 0 || k >= onnx_rank_of(c, i) ? -1 : c->in[i] ? c->in[i]->dim[k] : c->mapped[i]->dim[k];
}

int
onnx_type_of(const onnx_call *c, int i)
{
	return i >= c->n_in ? 0 : c->in[i] ? c->in[i]->type : c->mapped[i] ? c->mapped[i]->type : 0;
}

const char *
onnx_body_name(onnx_body *b, const char *format, int i)
{
	char *s = onnx_temp(b->c, 16, 1);
	if (s)
		(void)snprintf(s, 16, format, i);
	return s ? s : "";
}

bool
onnx_body_begin(onnx_body *b, onnx_call *c)
{
	*b = (onnx_body){ c };
	b->fn = (format_onnx_function){
		.name = c->node->op, .domain = c->node->domain, .overload = "", .n_in = c->n_in, .n_out = 1
	};
	b->fn.in = onnx_temp(c, c->n_in + 1, sizeof *b->fn.in);
	b->fn.out = onnx_temp(c, 4, sizeof *b->fn.out);
	b->fn.body.node = onnx_temp(c, ONNX_BODY_NODES + c->n_in, sizeof *b->fn.body.node);
	b->fn.body.init = onnx_temp(c, ONNX_BODY_TENSORS, sizeof *b->fn.body.init);
	if (!b->fn.in || !b->fn.out || !b->fn.body.node || !b->fn.body.init)
		return false;
	for (int i = 0; i < c->n_in; i++)
		b->fn.in[i] = onnx_body_name(b, "%d", i);
	b->fn.out[0] = "y";
	b->fn.body.name = "";
	return true;
}

format_onnx_node *
onnx_body_node(onnx_body *b, const char *op, const char *out, int inputs)
{
	if (b->c->err->code || b->fn.body.n_node == ONNX_BODY_NODES + b->c->n_in) {
		onnx_fail(b->c, SECANT_ERR_BUG, "is said by too many nodes");
		return NULL;
	}
	format_onnx_node *n = &b->fn.body.node[b->fn.body.n_node];
	*n = (format_onnx_node){ .op = op, .domain = "", .name = b->c->node->name, .n_out = 1 };
	n->in = onnx_temp(b->c, inputs + 1, sizeof *n->in);
	n->out = onnx_temp(b->c, 1, sizeof *n->out);
	if (!n->in || !n->out)
		return NULL;
	n->out[0] = out;
	b->fn.body.n_node++;
	return n;
}

const char *
onnx_body_put(onnx_body *b, const char *op, const char *out, const char *x, const char *y)
{
	format_onnx_node *n = onnx_body_node(b, op, out, 2);
	if (!n)
		return "";
	n->in[n->n_in++] = x;
	if (y)
		n->in[n->n_in++] = y;
	return out;
}

static void
add_attr(onnx_body *b, format_onnx_attr a)
{
	format_onnx_node *n = b->fn.body.n_node ? &b->fn.body.node[b->fn.body.n_node - 1] : NULL;
	if (b->c->err->code || !n)
		return;
	if (!n->attr)
		n->attr = onnx_temp(b->c, ONNX_BODY_ATTRS, sizeof *n->attr);
	if (n->attr && n->n_attr < ONNX_BODY_ATTRS)
		n->attr[n->n_attr++] = a;
}

void
onnx_body_perm(onnx_body *b, int n, const int64_t *v)
{
	int64_t *perm = onnx_temp(b->c, n, sizeof *perm);
	if (!perm)
		return;
	memcpy(perm, v, sizeof *v * (size_t)n);
	add_attr(b, (format_onnx_attr){ .name = "perm", .type = 7, .s = "", .n_ints = n, .ints = perm });
}

void
onnx_body_ints(onnx_body *b, const char *name, int n, const int64_t *v)
{
	add_attr(b, (format_onnx_attr){ .name = name, .type = 7, .s = "", .n_ints = n, .ints = (int64_t *)v });
}

void
onnx_body_int(onnx_body *b, const char *name, int64_t v)
{
	add_attr(b, (format_onnx_attr){ .name = name, .type = 2, .i = v, .s = "" });
}

void
onnx_body_real(onnx_body *b, const char *name, double v)
{
	add_attr(b, (format_onnx_attr){ .name = name, .type = 1, .f = v, .s = "" });
}

void
onnx_body_text(onnx_body *b, const char *name, const char *v)
{
	add_attr(b, (format_onnx_attr){ .name = name, .type = 3, .s = v });
}

void
onnx_body_own(onnx_body *b)
{
	if (b->c->err->code || !b->fn.body.n_node)
		return;
	format_onnx_node *n = &b->fn.body.node[b->fn.body.n_node - 1];
	n->attr = b->c->node->attr;
	n->n_attr = b->c->node->n_attr;
}

const char *
onnx_body_tensor(onnx_body *b, const char *name, int type, int rank, const int64_t *dim, const double *v)
{
	format_onnx_graph *g = &b->fn.body;
	format_onnx_tensor *t = g->n_init < ONNX_BODY_TENSORS
		? format_onnx_tensor_new(type, rank, dim, b->c->walk->limit, b->c->err)
		: NULL;
	if (!t) {
		onnx_fail(b->c, SECANT_ERR_BUG, "is said by too many tensors");
		return "";
	}
	format_onnx_put_reals(t, 0, format_onnx_count(t), v);
	g->init[g->n_init++] = (format_onnx_initializer){ name, t };
	return name;
}

const char *
onnx_body_number(onnx_body *b, const char *name, double v)
{
	return onnx_body_tensor(b, name, FORMAT_ONNX_FLOAT, 0, NULL, &v);
}

secant_status
onnx_body_end(onnx_body *b)
{
	secant_status status = b->c->err->code ? b->c->err->code : onnx_call_function(b->c, &b->fn);
	for (int i = 0; i < b->fn.body.n_init; i++)
		format_onnx_tensor_drop(b->fn.body.init[i].tensor);
	return status;
}

/* From picture bytes to mask bytes. See offline.h. */
#include "deploy/offline.h"
#include <string.h>
#include "deploy/decide.h"
#include "graph/rewrite.h"
#include "ops/picture.h"

/* Copies the network behind `x`, which stands for its input; returns its probabilities. */
static graph_value
inlined(graph_rewrite *w, graph_value x)
{
	const graph_net *from = w->from;
	graph_value input = graph_find(from, "input"), out = graph_find_output(from, "probabilities");
	if (input < 0 || out < 0)
		return graph_fail(w->to, SECANT_ERR_BUG, "a network without input or probabilities");
	w->map[input] = x;
	for (int i = 0; i < graph_nodes(from); i++)
		(void)graph_rewrite_node(w, i);
	return graph_rewrite_value(w, out);
}

static graph_value
mask_of(graph_net *g, graph_value p, const deploy_deployed *d, double threshold)
{
	bool binary = d->mode == BASE_MODE_BINARY, wide = d->classes > 255;
	graph_value classes = deploy_build_classes(g, p, d->mode, threshold, binary ? -1 : wide ? 65535 : 255);
	if (binary) {
		double yes = 255, no = 0, least = -0.5;
		graph_value found = graph_apply(g, "greater", NULL, 2, graph_apply(g, "upcast", NULL, 1, classes),
			graph_constant(g, SECANT_F32, &(secant_shape){ 0 }, &least));
		classes = graph_apply(g, "where", NULL, 3, found, graph_constant(g, SECANT_I32, &(secant_shape){ 0 }, &yes),
			graph_constant(g, SECANT_I32, &(secant_shape){ 0 }, &no));
	}
	return graph_apply(g, "convert", &(op_convert_attr){ wide ? OP_CONVERT_U16 : OP_CONVERT_U8, 0 }, 1, classes);
}

static void
build(graph_rewrite *w, const deploy_deployed *d, const deploy_preparation *p, double threshold,
	const secant_shape *picture)
{
	graph_net *g = w->to;
	graph_value seen, in = graph_input(g, "picture", SECANT_U8, picture);
	graph_value ready = deploy_build_preparation(g, p, in, d->in_channels, &seen), x = ready;
	bool padded = d->multiple > 1 || d->least > 1;
	if (padded) {
		op_multiple_attr a = { { 2, { d->multiple, d->multiple } }, { 2, { d->least, d->least } } };
		x = graph_apply(g, "pad_to", &a, 1, ready);
	}
	const secant_shape *made = graph_shape(g, x);
	if (d->side && (made->dim[1] != d->side || made->dim[2] != d->side))
		graph_fail(g, SECANT_ERR_SHAPE,
			"the network takes pictures of %dx%d and no others: --size %dx%d, or a preparation that scales to it",
			d->side, d->side, d->side, d->side);
	graph_value v = inlined(w, x);
	if (padded)
		v = graph_apply(g, "crop_like", NULL, 2, v, ready);
	bool fitted = p->size.n == 2 && !p->pad.n;
	if (fitted && p->fit == OP_FIT_LETTERBOX)
		v = graph_apply(g, "unfit_like", NULL, 2, v, seen);
	if (fitted && p->fit != OP_FIT_COVER)
		v = graph_apply(g, "scale_like", NULL, 2, v, seen);
	graph_output(g, "probabilities", v);
	graph_output(g, "classes", deploy_build_classes(g, v, d->mode, threshold, -1));
	graph_output(g, "mask", mask_of(g, v, d, threshold));
}

graph_net *
deploy_offline_graph(const graph_net *network, const deploy_deployed *d, const deploy_preparation *p, double threshold,
	const secant_shape *picture, secant_err *err)
{
	graph_rewrite w;
	secant_err own = { 0 };
	bool ok = graph_rewrite_begin(&w, network, NULL, 0, &own);
	if (ok)
		build(&w, d, p, threshold, picture);
	graph_net *g = graph_rewrite_end(&w, NULL, 0, ok, &own);
	if (!g)
		secant_fail(err, own.code ? own.code : SECANT_ERR_NOMEM, "%s", own.msg);
	return g;
}

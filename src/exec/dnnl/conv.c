/*
 * Convolutions, their gradients and transposed convolutions by oneDNN. Activations stay channels-last on both sides;
 * weights are states in PyTorch's layout and packed into the one each primitive prefers.
 */
#include "exec/dnnl/dnnl_step.h"
#include "ops/ops.h"

static onednn_window
window_of(const op_conv_attr *a)
{
	onednn_window g = { .over = false };
	for (int i = 0; i < 2; i++) {
		g.stride[i] = a->stride.v[i];
		g.dilation[i] = a->dilation.v[i] - 1;
		g.before[i] = op_pad_of(&a->padding, i);
		g.after[i] = op_pad_of(&a->padding, i + 2);
	}
	return g;
}

/* Weights O x I/g x kH x kW as oneDNN sees them. */
static onednn_md
weights_md(exec_step *s, const secant_shape *w, int groups, dnnl_data_type_t type, bool any)
{
	const int64_t *d = w->dim;
	if (groups == 1)
		return exec_dnnl_md(s, 4, (int64_t[]){ d[0], d[1], d[2], d[3] }, type, any ? dnnl_format_tag_any : dnnl_oihw);
	return exec_dnnl_md(
		s, 5, (int64_t[]){ groups, d[0] / groups, d[1], d[2], d[3] }, type, any ? dnnl_format_tag_any : dnnl_goihw);
}

static double
work(const secant_shape *map, const secant_shape *w) /* of a convolution whose output is `map` */
{
	return 2.0 * (double)map->dim[0] * (double)map->dim[1] * (double)map->dim[2] * (double)secant_shape_count(w);
}

/* With plain attributes, or the post-ops given; NULL where oneDNN has none. */
static dnnl_primitive_desc_t
forward(const onednn_window *g, onednn_md x, onednn_md w, onednn_md_ref b, onednn_md y, bool sum, int act)
{
	dnnl_primitive_attr_t attr = exec_dnnl_attr(sum, act);
	dnnl_primitive_desc_t pd = onednn_conv(exec_dnnl_engine(), g, ONEDNN_REF(x), ONEDNN_REF(w), b, ONEDNN_REF(y), attr);
	dnnl_primitive_attr_destroy(attr);
	return pd;
}

static secant_status
unsupported(secant_err *err)
{
	return secant_fail(err, SECANT_ERR_UNSUPPORTED, "oneDNN does not do this convolution");
}

static secant_status
prepare_conv2d(exec_step *s, secant_err *err)
{
	dnnl_data *d = exec_dnnl_new(s, err);
	if (!d)
		return SECANT_ERR_NOMEM;
	const op_conv_attr *a = s->node->attr;
	onednn_window g = window_of(a);
	bool bias = s->n_in > 2 && s->in[2].shape.rank >= 0, sum = s->n_in > 3 && s->in[3].shape.rank >= 0;
	dnnl_data_type_t type = exec_dnnl_type(s->in[0].dtype);
	onednn_md x = exec_dnnl_nhwc(s, &s->in[0]), y = exec_dnnl_nhwc(s, &s->out[0]);
	onednn_md w = weights_md(s, &s->in[1].shape, a->groups, type, true),
			  user = weights_md(s, &s->in[1].shape, a->groups, exec_dnnl_type(s->in[1].dtype), false);
	onednn_md b = exec_dnnl_md(s, 1, &s->in[1].shape.dim[0], dnnl_f32, dnnl_x);
	dnnl_primitive_desc_t pd = forward(&g, x, w, bias ? ONEDNN_REF(b) : NULL, y, sum, a->act);
	if (!pd)
		return unsupported(err);
	dnnl_call *c;
	secant_status status = exec_dnnl_weighted(s, pd, 1, user, &c, err);
	if (status)
		return status;
	exec_dnnl_arg(c, DNNL_ARG_SRC, x, WHERE_IN, 0, 0);
	if (bias)
		exec_dnnl_arg(c, DNNL_ARG_BIAS, b, WHERE_IN, 2, 0);
	exec_dnnl_arg(c, DNNL_ARG_DST, y, WHERE_OUT, 0, 0);
	d->copy_in = sum ? 4 : 0;
	exec_dnnl_finish(s, a->act);
	s->flops = work(&s->out[0].shape, &s->in[1].shape);
	return SECANT_OK;
}

static secant_status
prepare_grad_data(exec_step *s, secant_err *err)
{
	if (!exec_dnnl_new(s, err))
		return SECANT_ERR_NOMEM;
	const op_conv_attr *a = s->node->attr;
	onednn_window g = window_of(a);
	dnnl_data_type_t type = exec_dnnl_type(s->in[1].dtype);
	onednn_md dx = exec_dnnl_nhwc(s, &s->out[0]), dy = exec_dnnl_nhwc(s, &s->in[1]);
	onednn_md w = weights_md(s, &s->in[0].shape, a->groups, type, true),
			  user = weights_md(s, &s->in[0].shape, a->groups, exec_dnnl_type(s->in[0].dtype), false);
	dnnl_primitive_attr_t attr = exec_dnnl_attr(false, 0);
	/* The forward convolution that this belongs to has one type, also where dx is wanted in f32. */
	const int64_t *size = s->out[0].shape.dim;
	onednn_md x = exec_dnnl_md(s, 4, (int64_t[]){ size[0], size[3], size[1], size[2] }, type, dnnl_nhwc);
	dnnl_primitive_desc_t hint = forward(&g, x, w, NULL, dy, false, 0);
	dnnl_primitive_desc_t pd = hint
		? onednn_conv_grad_data(exec_dnnl_engine(), &g, ONEDNN_REF(dx), ONEDNN_REF(w), ONEDNN_REF(dy), hint, attr)
		: NULL;
	dnnl_primitive_attr_destroy(attr);
	if (hint)
		dnnl_primitive_desc_destroy(hint);
	if (!pd)
		return unsupported(err);
	dnnl_call *c;
	secant_status status = exec_dnnl_weighted(s, pd, 0, user, &c, err);
	if (status)
		return status;
	exec_dnnl_arg(c, DNNL_ARG_DIFF_DST, dy, WHERE_IN, 1, 0);
	exec_dnnl_arg(c, DNNL_ARG_DIFF_SRC, dx, WHERE_OUT, 0, 0);
	s->flops = work(&s->in[1].shape, &s->in[0].shape);
	return SECANT_OK;
}

static secant_status
prepare_grad_weights(exec_step *s, secant_err *err)
{
	if (!exec_dnnl_new(s, err))
		return SECANT_ERR_NOMEM;
	const op_conv_attr *a = s->node->attr;
	onednn_window g = window_of(a);
	const int64_t *kernel = s->out[0].shape.dim, *picture = s->in[0].shape.dim;
	g.over = kernel[2] > picture[1] || kernel[3] > picture[2];
	g.thin = kernel[1] < 16 && (g.stride[0] > 1 || g.stride[1] > 1);
	onednn_md x = exec_dnnl_nhwc(s, &s->in[0]), dy = exec_dnnl_nhwc(s, &s->in[1]);
	onednn_md any = weights_md(s, &s->out[0].shape, a->groups, dnnl_f32, true),
			  user = weights_md(s, &s->out[0].shape, a->groups, dnnl_f32, false);
	onednn_md hint_w = weights_md(s, &s->out[0].shape, a->groups, exec_dnnl_type(s->in[0].dtype), true);
	dnnl_primitive_attr_t attr = exec_dnnl_attr(false, 0);
	dnnl_primitive_desc_t hint = forward(&g, x, hint_w, NULL, dy, false, 0);
	dnnl_primitive_desc_t pd = hint
		? onednn_conv_grad_weights(exec_dnnl_engine(), &g, ONEDNN_REF(x), ONEDNN_REF(any), ONEDNN_REF(dy), hint, attr)
		: NULL;
	dnnl_primitive_attr_destroy(attr);
	if (hint)
		dnnl_primitive_desc_destroy(hint);
	if (!pd)
		return unsupported(err);
	dnnl_argument result;
	exec_dnnl_result(
		s, user, dnnl_primitive_desc_query_md(pd, dnnl_query_diff_weights_md, 0), DNNL_ARG_DIFF_WEIGHTS, &result);
	dnnl_call *c = exec_dnnl_add(s, pd, true, err);
	if (!c)
		return SECANT_ERR_UNSUPPORTED;
	exec_dnnl_arg(c, DNNL_ARG_SRC, x, WHERE_IN, 0, 0);
	exec_dnnl_arg(c, DNNL_ARG_DIFF_DST, dy, WHERE_IN, 1, 0);
	exec_dnnl_arg(c, result.arg, result.md, result.where, result.index, result.offset);
	s->flops = work(&s->in[1].shape, &s->out[0].shape);
	return exec_dnnl_deliver(s, user, &result, err);
}

/* Stored C x O/g x kH x kW, input first; oneDNN's deconvolution wants O before I. */
static onednn_md
transposed_md(exec_step *s, const secant_shape *w, int groups, dnnl_data_type_t type, bool any)
{
	const int64_t *d = w->dim;
	if (groups == 1)
		return exec_dnnl_md(s, 4, (int64_t[]){ d[1], d[0], d[2], d[3] }, type, any ? dnnl_format_tag_any : dnnl_iohw);
	return exec_dnnl_md(
		s, 5, (int64_t[]){ groups, d[1], d[0] / groups, d[2], d[3] }, type, any ? dnnl_format_tag_any : dnnl_giohw);
}

static secant_status
prepare_transpose(exec_step *s, secant_err *err)
{
	if (!exec_dnnl_new(s, err))
		return SECANT_ERR_NOMEM;
	const op_conv_attr *a = s->node->attr;
	onednn_window g = window_of(a);
	bool bias = s->n_in > 2 && s->in[2].shape.rank >= 0;
	for (int i = 0; i < 2; i++)
		g.after[i] -= a->output_padding.n > i ? a->output_padding.v[i] : 0;
	dnnl_data_type_t type = exec_dnnl_type(s->in[0].dtype);
	onednn_md x = exec_dnnl_nhwc(s, &s->in[0]), y = exec_dnnl_nhwc(s, &s->out[0]);
	onednn_md w = transposed_md(s, &s->in[1].shape, a->groups, type, true),
			  user = transposed_md(s, &s->in[1].shape, a->groups, exec_dnnl_type(s->in[1].dtype), false);
	onednn_md b = exec_dnnl_md(s, 1, &s->out[0].shape.dim[3], dnnl_f32, dnnl_x);
	dnnl_primitive_attr_t attr = exec_dnnl_attr(false, 0);
	dnnl_primitive_desc_t pd = onednn_deconv(
		exec_dnnl_engine(), &g, ONEDNN_REF(x), ONEDNN_REF(w), bias ? ONEDNN_REF(b) : NULL, ONEDNN_REF(y), attr);
	dnnl_primitive_attr_destroy(attr);
	if (!pd)
		return unsupported(err);
	dnnl_call *c;
	secant_status status = exec_dnnl_weighted(s, pd, 1, user, &c, err);
	if (status)
		return status;
	exec_dnnl_arg(c, DNNL_ARG_SRC, x, WHERE_IN, 0, 0);
	if (bias)
		exec_dnnl_arg(c, DNNL_ARG_BIAS, b, WHERE_IN, 2, 0);
	exec_dnnl_arg(c, DNNL_ARG_DST, y, WHERE_OUT, 0, 0);
	s->flops = work(&s->in[0].shape, &s->in[1].shape);
	return SECANT_OK;
}

const exec_impl exec_impls_dnnl_conv[] = {
	DNNL_IMPL("conv2d", prepare_conv2d, 4),
	DNNL_IMPL("conv2d_grad_data", prepare_grad_data, 0),
	DNNL_IMPL("conv2d_grad_weights", prepare_grad_weights, 0),
	DNNL_IMPL("conv_transpose2d", prepare_transpose, 0),
	{ 0 },
};

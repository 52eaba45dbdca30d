/*
 * Products of matrices by oneDNN: matmul, linear and the weight gradient of linear. Transposition is a matter of
 * strides.
 */
#include "exec/dnnl/dnnl_step.h"
#include "ops/ops.h"

typedef struct matrix {
	int64_t batch, rows, columns;
	bool transposed;
} matrix; /* rows x columns as the product sees it */

static onednn_md
md_of(exec_step *s, matrix m, int rank, secant_dtype type, bool any)
{
	dnnl_dims_t dims = { m.batch, m.rows, m.columns },
				strides = { m.rows * m.columns, m.transposed ? 1 : m.columns, m.transposed ? m.rows : 1 };
	for (int i = 0; rank == 2 && i < 2; i++) {
		dims[i] = dims[i + 1];
		strides[i] = strides[i + 1];
	}
	if (any)
		return exec_dnnl_md(s, rank, dims, exec_dnnl_type(type), dnnl_format_tag_any);
	return onednn_md_strides(&((dnnl_data *)s->data)->mds, rank, dims, exec_dnnl_type(type), strides);
}

/* y = a b (+ bias): a, b are inputs ia, ib of the step; b may be packed when it is a state. */
static secant_status
prepare(exec_step *s, int ia, matrix a, int ib, matrix b, bool bias, int act, secant_err *err)
{
	if (!exec_dnnl_new(s, err))
		return SECANT_ERR_NOMEM;
	int rank = a.batch > 1 || b.batch > 1 ? 3 : 2;
	matrix y = { a.batch, a.rows, b.columns, false };
	secant_dtype low = s->in[ia].dtype; /* weights kept in f32 are packed to the activations' type */
	bool pack = s->in[ib].state && (s->in[ib].dtype != low || b.batch == 1);
	onednn_md ma = md_of(s, a, rank, s->in[ia].dtype, false), my = md_of(s, y, rank, s->out[0].dtype, false);
	onednn_md user = md_of(s, b, rank, s->in[ib].dtype, false),
			  mb = pack || s->in[ib].dtype != low ? md_of(s, b, rank, low, pack) : user;
	onednn_md mbias = md_of(s, (matrix){ 1, 1, b.columns, false }, rank, SECANT_F32, false);
	dnnl_primitive_attr_t attr = exec_dnnl_attr(false, act);
	dnnl_primitive_desc_t pd = onednn_matmul(
		exec_dnnl_engine(), ONEDNN_REF(ma), ONEDNN_REF(mb), bias ? ONEDNN_REF(mbias) : NULL, ONEDNN_REF(my), attr);
	dnnl_primitive_attr_destroy(attr);
	if (!pd)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "oneDNN does not do this product");
	dnnl_call *c;
	secant_status status = exec_dnnl_weighted(s, pd, ib, user, &c, err);
	if (status)
		return status;
	exec_dnnl_arg(c, DNNL_ARG_SRC, ma, WHERE_IN, ia, 0);
	if (bias)
		exec_dnnl_arg(c, DNNL_ARG_BIAS, mbias, WHERE_IN, 2, 0);
	exec_dnnl_arg(c, DNNL_ARG_DST, my, WHERE_OUT, 0, 0);
	exec_dnnl_finish(s, act);
	s->flops = 2.0 * (double)y.batch * (double)y.rows * (double)y.columns * (double)a.columns;
	return SECANT_OK;
}

static matrix
matrix_of(const secant_shape *s, bool transposed)
{
	matrix m = { 1, s->dim[s->rank - 2], s->dim[s->rank - 1], transposed };
	for (int i = 0; i < s->rank - 2; i++)
		m.batch *= s->dim[i];
	if (transposed)
		m.rows = s->dim[s->rank - 1], m.columns = s->dim[s->rank - 2];
	return m;
}

/* All leading axes as rows. */
static matrix
flat(const secant_shape *s, bool transposed)
{
	int64_t columns = s->dim[s->rank - 1], rows = columns ? secant_shape_count(s) / columns : 0;
	return transposed ? (matrix){ 1, columns, rows, true } : (matrix){ 1, rows, columns, false };
}

static secant_status
prepare_matmul(exec_step *s, secant_err *err)
{
	const op_matmul_attr *t = s->node->attr;
	matrix a = matrix_of(&s->in[0].shape, t->transpose_a), b = matrix_of(&s->in[1].shape, t->transpose_b);
	if (b.batch == 1 && !t->transpose_a) { /* one b for all: the batch is more rows */
		a.rows *= a.batch;
		a.batch = 1;
	}
	return prepare(s, 0, a, 1, b, false, 0, err);
}

static secant_status
prepare_linear(exec_step *s, secant_err *err)
{
	const secant_shape *w = &s->in[1].shape; /* axes of 1 may stand behind out x in */
	return prepare(s, 0, flat(&s->in[0].shape, false), 1, (matrix){ 1, w->dim[1], w->dim[0], true },
		s->n_in > 2 && s->in[2].shape.rank >= 0, ((const op_linear_attr *)s->node->attr)->act, err);
}

static secant_status
prepare_linear_grad_weights(exec_step *s, secant_err *err)
{
	return prepare(s, 1, flat(&s->in[1].shape, true), 0, flat(&s->in[0].shape, false), false, 0, err);
}

const exec_impl exec_impls_dnnl_matmul[] = {
	DNNL_IMPL("matmul", prepare_matmul, 0),
	DNNL_IMPL("linear", prepare_linear, 0),
	DNNL_IMPL("linear_grad_weights", prepare_linear_grad_weights, 0),
	{ 0 },
};

/*
 * Convolutions of stride 1 to at most three channels (heads of segmentation), and the gradient of their weights:
 * kernels/narrow.h. oneDNN computes 16 outputs at a time, whatever there are. Threads divide rows; gradients of each
 * thread's rows are added in the threads' order.
 */
#include "exec/native/native.h"
#include "kernels/narrow.h"

typedef struct layer {
	kernel_narrow_map map;
	int64_t rows, all_rows, weights;
	int parts;
} layer; /* rows: of a result; of all of them */

static bool
fits(const exec_step *s, const exec_operand *x, const exec_operand *y, const exec_operand *w)
{
	const op_conv_attr *a = s->node->attr;
	int64_t size = w->shape.dim[2];
	return exec_is_real(x) && exec_is_real(y) && w->dtype == SECANT_F32 && y->shape.dim[3] <= KERNEL_NARROW_MOST
		&& (size == 1 || size == 3) && w->shape.dim[3] == size && a->groups == 1 && a->stride.v[0] == 1
		&& a->stride.v[1] == 1 && a->dilation.v[0] == 1 && a->dilation.v[1] == 1
		&& x->shape.dim[3] % kernel_narrow_best()->width == 0 && x->shape.dim[1] >= size && x->shape.dim[2] >= size
		&& a->act == OP_ACT_NONE && !exec_has(s, 3);
}

static secant_status
prepare(exec_step *s, const exec_operand *from, const exec_operand *to, const secant_shape *w, secant_err *err)
{
	const op_conv_attr *a = s->node->attr;
	const secant_shape *x = &from->shape, *y = &to->shape;
	layer *l = s->data = secant_calloc(1, sizeof *l);
	if (!l)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	l->map = (kernel_narrow_map){
		x->dim[1],
		x->dim[2],
		x->dim[3],
		y->dim[2],
		(int)w->dim[2],
		op_pad_of(&a->padding, 0),
		op_pad_of(&a->padding, 1),
		(int)y->dim[3],
		from->dtype == SECANT_BF16,
		to->dtype == SECANT_BF16,
	};
	l->rows = y->dim[1], l->all_rows = y->dim[0] * y->dim[1], l->weights = secant_shape_count(w);
	s->flops = 2.0 * (double)exec_rows(y) * (double)l->weights;
	l->parts = exec_parts(s, (int64_t)s->flops);
	return SECANT_OK;
}

/* Element of weights O x I x k x k that stands at i of O x k x k x I. */
static int64_t
moved(const layer *l, int64_t i)
{
	int64_t square = (int64_t)l->map.size * l->map.size, c = i % l->map.in, k = i / l->map.in % square,
			o = i / l->map.in / square;
	return (o * l->map.in + c) * square + k;
}

static bool
supports_forward(const exec_step *s)
{
	return fits(s, &s->in[0], &s->out[0], &s->in[1]);
}

static secant_status
prepare_forward(exec_step *s, secant_err *err)
{
	secant_status status = prepare(s, &s->in[0], &s->out[0], &s->in[1].shape, err);
	if (!status)
		s->scratch = (size_t)((const layer *)s->data)->weights * sizeof(float);
	return status;
}

/* The picture that row r of all rows belongs to. */
static const void *
picture_of(const layer *l, const void *x, int64_t r)
{
	return kernel_at(x, r / l->rows * l->map.height * l->map.width * l->map.in, l->map.low);
}

static secant_status
forward(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const layer *l = s->data;
	float *w = scratch;
	for (int64_t i = 0; i < l->weights; i++)
		w[i] = ((const float *)in[1])[moved(l, i)];
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++)
		for (int64_t r = exec_part(l->all_rows, l->parts, t); r < exec_part(l->all_rows, l->parts, t + 1); r++)
			kernel_narrow_best()->row(picture_of(l, in[0], r), &l->map, r % l->rows, w, s->n_in > 2 ? in[2] : NULL,
				kernel_at_mut(out[0], r * l->map.columns * l->map.outputs, l->map.low_y));
	return SECANT_OK;
}

static bool
supports_grad_weights(const exec_step *s)
{
	return fits(s, &s->in[0], &s->in[1], &s->out[0]);
}

static secant_status
prepare_grad_weights(exec_step *s, secant_err *err)
{
	secant_status status = prepare(s, &s->in[0], &s->in[1], &s->out[0].shape, err);
	const layer *l = s->data;
	if (!status)
		s->scratch = (size_t)(l->parts * l->weights) * sizeof(float);
	return status;
}

static secant_status
grad_weights(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const layer *l = s->data;
	float *dw = scratch, *to = out[0];
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++) {
		float *own = dw + t * l->weights;
		memset(own, 0, (size_t)l->weights * sizeof *own);
		for (int64_t r = exec_part(l->all_rows, l->parts, t); r < exec_part(l->all_rows, l->parts, t + 1); r++)
			kernel_narrow_best()->grad_row(picture_of(l, in[0], r),
				kernel_at(in[1], r * l->map.columns * l->map.outputs, l->map.low_y), &l->map, r % l->rows, own);
	}
	for (int64_t i = 0; i < l->weights; i++) {
		float sum = 0;
		for (int t = 0; t < l->parts; t++)
			sum += dw[t * l->weights + i];
		to[moved(l, i)] = sum;
	}
	return SECANT_OK;
}

const exec_impl exec_impls_narrow[] = {
	{ .op = "conv2d", .name = "native", .supports = supports_forward, .prepare = prepare_forward, .run = forward },
	{ .op = "conv2d_grad_weights",
		.name = "native",
		.supports = supports_grad_weights,
		.prepare = prepare_grad_weights,
		.run = grad_weights },
	{ 0 },
};

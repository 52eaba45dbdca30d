/*
 * Gradients of the weights of convolutions by channel with kernels of 5x5 and 7x7, and of dilated ones:
 * kernels/depthwise.h. oneDNN has generated code for 3x3 alone and takes others as ordinary convolutions in groups of
 * one, at 2 to 10 GFLOP/s; these kernels reach 20 to 70 (oneDNN 2.6.3, AVX2 and AVX-512, one thread, minima of runs in
 * turn). At 3x3 without dilation oneDNN's is the faster one. Threads divide rows; gradients of each thread's rows are
 * added in the threads' order.
 */
#include "exec/native/native.h"
#include "kernels/depthwise.h"

typedef struct layer {
	kernel_grouped_map map;
	int64_t rows, all_rows, weights; /* of a result; of all of them */
	int parts;
} layer;

static bool
supports(const exec_step *s)
{
	const op_conv_attr *a = s->node->attr;
	const exec_operand *x = &s->in[0], *dy = &s->in[1], *w = &s->out[0];
	int64_t size = w->shape.dim[2], channels = x->shape.dim[3];
	return exec_is_real(x) && exec_is_real(dy) && w->dtype == SECANT_F32 && a->groups == channels
		&& w->shape.dim[0] == channels && w->shape.dim[1] == 1 && w->shape.dim[3] == size
		&& (size == 5 || size == 7 || (size == 3 && a->dilation.v[0] > 1)) && a->stride.v[0] == a->stride.v[1]
		&& a->dilation.v[0] == a->dilation.v[1] && channels >= kernel_depthwise_best()->width
		&& secant_shape_count(&dy->shape) > 0;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	const op_conv_attr *a = s->node->attr;
	const secant_shape *x = &s->in[0].shape, *y = &s->in[1].shape;
	layer *l = s->data = secant_calloc(1, sizeof *l);
	if (!l)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	l->map = (kernel_grouped_map){
		.height = x->dim[1],
		.width = x->dim[2],
		.channels = x->dim[3],
		.columns = y->dim[2],
		.group = 1,
		.size = (int)s->out[0].shape.dim[2],
		.stride = a->stride.v[0],
		.dilation = a->dilation.v[0],
		.top = op_pad_of(&a->padding, 0),
		.left = op_pad_of(&a->padding, 1),
		.low = s->in[0].dtype == SECANT_BF16,
		.low_y = s->in[1].dtype == SECANT_BF16,
	};
	l->rows = y->dim[1], l->all_rows = y->dim[0] * y->dim[1], l->weights = secant_shape_count(&s->out[0].shape);
	s->flops = 2.0 * (double)l->all_rows * (double)l->map.columns * (double)l->weights;
	l->parts = exec_parts(s, (int64_t)s->flops);
	s->scratch = (size_t)(l->parts * l->weights) * sizeof(float);
	return SECANT_OK;
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const layer *l = s->data;
	const kernel_grouped_map *m = &l->map;
	float *dw = scratch, *to = out[0];
	int64_t square = (int64_t)m->size * m->size, c = m->channels;
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++) {
		float *own = dw + t * l->weights;
		memset(own, 0, (size_t)l->weights * sizeof *own);
		for (int64_t r = exec_part(l->all_rows, l->parts, t); r < exec_part(l->all_rows, l->parts, t + 1); r++)
			kernel_depthwise_best()->grad_row(kernel_at(in[0], r / l->rows * m->height * m->width * c, m->low),
				kernel_at(in[1], r * m->columns * c, m->low_y), m, r % l->rows, own);
	}
	for (int64_t i = 0; i < l->weights; i++) { /* size x size x channels to channels x size x size */
		float sum = 0;
		for (int t = 0; t < l->parts; t++)
			sum += dw[t * l->weights + i];
		to[i % c * square + i / c] = sum;
	}
	return SECANT_OK;
}

const exec_impl exec_impls_depthwise[] = {
	{ .op = "conv2d_grad_weights", .name = "native depthwise", .supports = supports, .prepare = prepare, .run = run },
	{ 0 },
};

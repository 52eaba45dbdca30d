/*
 * Convolutions in groups of few channels, and the gradient of their input, which is the same convolution of the
 * result's gradient with the kernel turned (kernels/grouped.h, kernels/depthwise.h):
 *
 *     groups of 4 or 8, 3x3    oneDNN 2.6 computes blocks of 8 or 16 channels of one group, most of which are not
 * there: in groups of 4 it takes 1.3 (f32) to 1.8 times (bf16) as long, in groups of 8 1.05 to 1.2. Groups that fill a
 * vector it does in 0.6 of the time, with strides of 2 in 0.9: those are left to it. groups of 1, dilated     oneDNN
 * has generated code for neighbouring pixels alone, and takes others as ordinary convolutions or products of matrices
 * of one column: 10 to 40 times as long.
 *
 * Threads divide rows.
 */
#include "base/hash.h"
#include "exec/native/native.h"
#include "kernels/depthwise.h"

enum { LEAST_WIDTH = 8 }; /* narrower vectors gain nothing */

typedef struct layer {
	kernel_grouped_map map;
	int64_t rows, all_rows, weights; /* of a result; of all of them */
	bool turned;
	int parts;
	void *packed; /* NULL: every run packs */
} layer;

static bool
fits(const exec_step *s, const exec_operand *x, const exec_operand *y, const exec_operand *w)
{
	const op_conv_attr *a = s->node->attr;
	int64_t channels = x->shape.dim[3], group = w->shape.dim[1], size = w->shape.dim[2];
	bool plain = a->stride.v[0] == 1 && a->stride.v[1] == 1 && a->dilation.v[0] == 1 && a->dilation.v[1] == 1;
	int64_t width = group == 1 ? kernel_depthwise_best()->width : kernel_grouped_best()->width;
	bool ours = group == 1 ? a->dilation.v[0] > 1 && a->dilation.v[0] == a->dilation.v[1]
			&& a->stride.v[0] == a->stride.v[1] && size % 2 && size > 1 && size <= KERNEL_DEPTHWISE_MOST
						   : (group == 4 || group == 8) && size == 3 && plain && width >= LEAST_WIDTH && group < width;
	return ours && w->shape.dim[3] == size && exec_is_real(x) && exec_is_real(y) && w->dtype == SECANT_F32
		&& channels % width == 0 && y->shape.dim[3] == channels && a->groups * group == channels
		&& secant_shape_count(&x->shape) > 0 && secant_shape_count(&y->shape) > 0;
}

static secant_status
prepare(exec_step *s, const exec_operand *from, const exec_operand *to, int weights, secant_err *err)
{
	const op_conv_attr *a = s->node->attr;
	const secant_shape *x = &from->shape, *y = &to->shape, *w = &s->in[weights].shape;
	layer *l = s->data = secant_calloc(1, sizeof *l);
	if (!l)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	l->turned = weights == 0;
	int size = (int)w->dim[2], around = (size - 1) * a->dilation.v[0];
	int top = op_pad_of(&a->padding, 0), left = op_pad_of(&a->padding, 1);
	l->map = (kernel_grouped_map){
		.height = x->dim[1],
		.width = x->dim[2],
		.channels = x->dim[3],
		.columns = y->dim[2],
		.group = (int)w->dim[1],
		.size = size,
		.stride = a->stride.v[0],
		.dilation = a->dilation.v[0],
		.top = l->turned ? around - top : top,
		.left = l->turned ? around - left : left,
		.low = from->dtype == SECANT_BF16,
		.low_y = to->dtype == SECANT_BF16,
	};
	l->rows = y->dim[1], l->all_rows = y->dim[0] * y->dim[1], l->weights = secant_shape_count(w);
	s->flops = 2.0 * (double)exec_rows(l->turned ? x : y) * (double)l->weights;
	l->parts = exec_parts(s, (int64_t)s->flops);
	if (s->in[weights].state && !s->training) {
		uint64_t of[] = { (uint64_t)kernel_grouped_best()->width, l->turned };
		s->packs = weights + 1;
		s->packed = &l->packed;
		s->packed_bytes = (size_t)l->weights * sizeof(float);
		s->layout = base_fnv1a(of, sizeof of);
	} else {
		s->scratch = (size_t)l->weights * sizeof(float);
	}
	return SECANT_OK;
}

/* Weights O x I x size x size as the kernel wants them; turned: from outputs to inputs, and around. */
static void
lay_out(const layer *l, const float *w, float *to)
{
	int width = kernel_grouped_best()->width, g = l->map.group, size = l->map.size, taps = size * size;
	for (int64_t c = 0; c < l->map.channels; c++)
		for (int i = 0; i < g; i++)
			for (int tap = 0; tap < taps; tap++) {
				int64_t from = l->turned ? ((c / g * g + i) * g + c % g) * taps + taps - 1 - tap
										 : (c * g + i) * taps + tap;
				int64_t at = (((c / width * size + tap / size) * g + i) * size + tap % size) * width + c % width;
				to[g == 1 ? tap * l->map.channels + c : at] = w[from];
			}
}

static secant_status
pack(exec_step *s, const void *const *in, secant_err *err)
{
	layer *l = s->data;
	if (!s->packed_bytes)
		return SECANT_OK;
	if (!l->packed && !(l->packed = base_alloc_raw(s->packed_bytes)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for packed weights");
	lay_out(l, in[s->packs - 1], l->packed);
	return SECANT_OK;
}

static secant_status
run_layer(
	const exec_step *s, const void *x, const float *w, const float *bias, const void *added, void *y, float *scratch)
{
	const layer *l = s->data;
	const kernel_grouped_map *m = &l->map;
	const float *packed = l->packed;
	kernel_grouped_row *row = m->group == 1 ? kernel_depthwise_best()->row : kernel_grouped_best()->row;
	int act = ((const op_conv_attr *)s->node->attr)->act;
	int64_t line = m->columns * m->channels;
	if (!packed) {
		lay_out(l, w, scratch);
		packed = scratch;
	}
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++)
		for (int64_t r = exec_part(l->all_rows, l->parts, t); r < exec_part(l->all_rows, l->parts, t + 1); r++) {
			void *to = kernel_at_mut(y, r * line, m->low_y);
			kernel_grouped_post post = { bias, added ? kernel_at(added, r * line, m->low_y) : NULL,
				act == OP_ACT_RELU };
			row(kernel_at(x, r / l->rows * m->height * m->width * m->channels, m->low), m, r % l->rows, packed, &post,
				to);
			if (act != OP_ACT_RELU)
				exec_native_act(act, to, to, m->low_y, line);
		}
	return SECANT_OK;
}

static void
release(exec_step *s)
{
	layer *l = s->data;
	if (l && !s->lent)
		secant_free(l->packed);
	secant_free(l);
	s->data = NULL;
}

static bool
supports_forward(const exec_step *s)
{
	return fits(s, &s->in[0], &s->out[0], &s->in[1]) && (!exec_has(s, 3) || s->in[3].dtype == s->out[0].dtype);
}

static secant_status
prepare_forward(exec_step *s, secant_err *err)
{
	return prepare(s, &s->in[0], &s->out[0], 1, err);
}

static secant_status
run_forward(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	return run_layer(s, in[0], in[1], s->n_in > 2 ? in[2] : NULL, s->n_in > 3 ? in[3] : NULL, out[0], scratch);
}

static bool
supports_grad_data(const exec_step *s)
{
	const op_conv_attr *a = s->node->attr;
	int around = (int)(s->in[0].shape.dim[2] - 1) * a->dilation.v[0];
	return fits(s, &s->in[1], &s->out[0], &s->in[0]) && a->stride.v[0] == 1 && op_pad_of(&a->padding, 0) <= around
		&& op_pad_of(&a->padding, 1) <= around;
}

static secant_status
prepare_grad_data(exec_step *s, secant_err *err)
{
	return prepare(s, &s->in[1], &s->out[0], 0, err);
}

static secant_status
run_grad_data(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	return run_layer(s, in[1], in[0], NULL, NULL, out[0], scratch);
}

const exec_impl exec_impls_grouped[] = {
	{ .op = "conv2d",
		.name = "native grouped",
		.supports = supports_forward,
		.prepare = prepare_forward,
		.pack = pack,
		.run = run_forward,
		.release = release,
		.inplace = 4 },
	{ .op = "conv2d_grad_data",
		.name = "native grouped",
		.supports = supports_grad_data,
		.prepare = prepare_grad_data,
		.pack = pack,
		.run = run_grad_data,
		.release = release },
	{ 0 },
};

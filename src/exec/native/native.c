/* See native.h. */
#include "exec/native/native.h"

int64_t exec_native_grain = 32768;

static bool
operand_fits(const exec_operand *o, bool slot_low, secant_dtype real)
{
	switch (o->dtype) {
	case SECANT_F32: return !slot_low || real == SECANT_F32;
	case SECANT_BF16: return slot_low && real == SECANT_BF16;
	case SECANT_F64:
	case SECANT_F16: return false;
	default: return true;
	}
}

/* The storage type of the low slots: that of the first real operand in one. */
static secant_dtype
low_type(const exec_step *s)
{
	const graph_op *op = s->node->op;
	for (int i = 0; i < s->n_in; i++)
		if (graph_slot_in(op->low_in, i) && s->in[i].shape.rank >= 0
			&& (s->in[i].dtype == SECANT_F32 || s->in[i].dtype == SECANT_BF16))
			return s->in[i].dtype;
	for (int i = 0; i < s->n_out; i++)
		if (graph_slot_in(op->low_out, i) && (s->out[i].dtype == SECANT_F32 || s->out[i].dtype == SECANT_BF16))
			return s->out[i].dtype;
	return SECANT_F32;
}

bool
exec_native_supports(const exec_step *s)
{
	const graph_op *op = s->node->op;
	secant_dtype real = low_type(s);
	for (int i = 0; i < s->n_in; i++)
		if (s->in[i].shape.rank >= 0 && !(graph_slot_in(op->shape_in, i))
			&& !operand_fits(&s->in[i], graph_slot_in(op->low_in, i), real))
			return false;
	for (int i = 0; i < s->n_out; i++)
		if (!operand_fits(&s->out[i], graph_slot_in(op->low_out, i), real))
			return false;
	return true;
}

exec_wide
exec_widen(int64_t rows, int64_t c)
{
	int64_t k = 1;
	while (c > 0 && k * c < 256 && k < rows)
		k *= 2;
	int64_t n = (rows + k - 1) / k;
	return (exec_wide){ n, k * c, n ? (rows - (n - 1) * k) * c : 0, k };
}

void
exec_repeat(float *to, const float *v, int64_t c, int64_t width, float otherwise)
{
	if (!v) {
		for (int64_t i = 0; i < width; i++)
			to[i] = otherwise;
		return;
	}
	for (int64_t i = 0; i < width; i += c)
		memcpy(to + i, v, (size_t)c * sizeof *v);
}

void *
exec_take(exec_scratch *s, int64_t n, size_t size)
{
	void *at = s->p ? s->p + s->used : NULL;
	s->used += ((size_t)n * size + 63) & ~(size_t)63;
	return at;
}

void
exec_pivot(const void *x, bool low, int64_t rows, int64_t c, float *mean)
{
	int64_t samples = rows < 16 ? rows : 16;
	for (int64_t k = 0; k < c; k++) {
		double v = 0;
		for (int64_t i = 0; i < samples; i++)
			v += kernel_load(x, rows * i / samples * c + k, low);
		mean[k] = samples ? (float)(v / (double)samples) : 0;
	}
}

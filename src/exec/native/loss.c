/*
 * Losses of single numbers, in f32: bce_with_logits and smooth_l1 with their gradients.
 */
#include "exec/native/native.h"
#include "exec/native/walk.h"

typedef struct loss {
	exec_walk walk;
	int parts;
} loss;
typedef struct operands {
	const float *x, *t, *dy, *weight;
	float *y;
} operands;

static secant_status
prepare_bce(exec_step *s, secant_err *err)
{
	loss *p = secant_calloc(1, sizeof *p);
	int n = s->n_in;
	if (!(s->data = p))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of '%s'", s->node->op->name);
	while (n > 1 && s->in[n - 1].shape.rank < 0)
		n--;
	p->walk = exec_walk_of(s, n);
	p->parts = exec_parts(s, exec_out_count(s, 0));
	return SECANT_OK;
}

/* All but the weight, which is last where there is one, lie as the output does. */
static void
walk_bce(const void *user, const exec_walk *w, const int64_t *at, int64_t rows, int64_t n)
{
	const operands *o = user;
	const kernel_elementwise_kernels *k = kernel_elementwise_best();
	kernel_steps step = exec_walk_steps(w, w->n - 1);
	for (int64_t r = 0; r < rows; r++) {
		int64_t i = at[w->n] + r * n;
		const float *weight = o->weight ? o->weight + at[w->n - 1] + r * step.row : NULL;
		if (o->dy)
			k->bce_grad(o->x + i, o->t + i, weight, step.element, o->dy + i, o->y + i, n);
		else
			k->bce(o->x + i, o->t + i, weight, step.element, o->y + i, n);
	}
}

static secant_status
run_bce(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const loss *p = s->data;
	operands o = { in[0], in[1], NULL, s->n_in > 2 ? in[2] : NULL, out[0] };
	exec_walk_run(&p->walk, p->parts, walk_bce, &o);
	return SECANT_OK;
}

static secant_status
run_bce_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const loss *p = s->data;
	operands o = { in[0], in[1], in[2], s->n_in > 3 ? in[3] : NULL, out[0] };
	exec_walk_run(&p->walk, p->parts, walk_bce, &o);
	return SECANT_OK;
}

static secant_status
run_smooth_l1(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n);
	float beta = (float)((const op_number_attr *)s->node->attr)->a;
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t), to = exec_part(n, parts, t + 1);
		kernel_elementwise_best()->smooth_l1((const float *)in[0] + from, (const float *)in[1] + from,
			s->n_in > 2 ? (const float *)in[2] + from : NULL, (float *)out[0] + from, to - from, beta);
	}
	return SECANT_OK;
}

#define LOSS(op_name, pre, how) \
	{ \
		.op = #op_name, .name = "native", .supports = exec_native_supports, .prepare = pre, .run = how \
	}
extern const exec_impl exec_impls_native_loss[];
const exec_impl exec_impls_native_loss[] = {
	LOSS(bce_with_logits, prepare_bce, run_bce),
	LOSS(bce_with_logits_grad, prepare_bce, run_bce_grad),
	LOSS(smooth_l1, NULL, run_smooth_l1),
	LOSS(smooth_l1_grad, NULL, run_smooth_l1),
	{ .op = NULL },
};

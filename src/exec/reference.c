/*
 * Runs an operator's scalar reference: straight on the doubles of an f64 plan, with conversion in any other. The last
 * resort, never taken outside f64 unless asked for.
 */
#include "exec/exec.h"
#include <string.h>

/* One block, which belongs to the plan and is only read by runs. Pointers to numbers stand at the start of scratch, as
 * there are as many as the step has inputs and two contexts may run one plan at a time. */
typedef struct arguments {
	secant_shape *in_shape, *out_shape;
	size_t *in_at, *out_at; /* offsets in scratch of converted numbers */
} arguments;

static size_t
doubles(const exec_operand *o)
{
	size_t bytes = o->shape.rank < 0 ? 0 : (size_t)secant_shape_count(&o->shape) * sizeof(double);
	return (bytes + 63) / 64 * 64;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	size_t n = (size_t)(s->n_in + s->n_out);
	char *block = secant_calloc(1, sizeof(arguments) + n * (sizeof(secant_shape) + sizeof(size_t)));
	if (!block)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a reference step");
	arguments *a = (arguments *)(void *)block;
	a->in_shape = (secant_shape *)(void *)(a + 1);
	a->out_shape = a->in_shape + s->n_in;
	a->in_at = (size_t *)(void *)(a->out_shape + s->n_out);
	a->out_at = a->in_at + s->n_in;
	s->scratch = ((size_t)s->n_in * sizeof(double *) + 63) / 64 * 64;
	for (int i = 0; i < s->n_in; i++) {
		a->in_shape[i] = s->in[i].shape;
		a->in_at[i] = s->scratch;
		s->scratch += s->in[i].dtype == SECANT_F64 ? 0 : doubles(&s->in[i]);
	}
	for (int i = 0; i < s->n_out; i++) {
		a->out_shape[i] = s->out[i].shape;
		a->out_at[i] = s->scratch;
		s->scratch += s->out[i].dtype == SECANT_F64 && s->out[i].used ? 0 : doubles(&s->out[i]);
	}
	s->data = a;
	memcpy(s->detail, "scalar", 7);
	return SECANT_OK;
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const arguments *a = s->data;
	char *base = scratch;
	const double **from = scratch;
	double *to[GRAPH_MOST_OUTPUTS];
	for (int i = 0; i < s->n_in; i++) {
		secant_tensor t = { s->in[i].dtype, s->in[i].shape, (void *)(uintptr_t)in[i], NULL };
		double *converted = (double *)(void *)(base + a->in_at[i]);
		if (in[i] && s->in[i].dtype != SECANT_F64)
			for (int64_t k = 0, n = secant_shape_count(&t.shape); k < n; k++)
				converted[k] = secant_tensor_get(&t, k);
		from[i] = !in[i] || s->in[i].dtype == SECANT_F64 ? in[i] : converted;
	}
	for (int i = 0; i < s->n_out; i++)
		to[i] = out[i] && s->out[i].dtype == SECANT_F64 ? out[i] : (double *)(void *)(base + a->out_at[i]);
	graph_reference r = { s->node->attr, s->n_in, s->n_out, a->in_shape, a->out_shape, from, to };
	s->node->op->reference(&r);
	for (int i = 0; i < s->n_out; i++) {
		secant_tensor t = { s->out[i].dtype, s->out[i].shape, out[i], NULL };
		if (out[i] && s->out[i].dtype != SECANT_F64)
			for (int64_t k = 0, n = secant_shape_count(&t.shape); k < n; k++)
				secant_tensor_set(&t, k, to[i][k]);
	}
	return SECANT_OK;
}

const exec_impl exec_impl_reference = { .op = "", .name = "reference", .prepare = prepare, .run = run };

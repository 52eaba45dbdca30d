/*
 * Along one axis: softmax, log_softmax, their gradients, logsumexp, l2_normalize, running sums, argmax and
 * max_with_index. Lines are contiguous (the last axis) or side by side.
 */
#include "exec/native/native.h"
#include "kernels/lines.h"
#include "ops/rules.h"

typedef struct lines {
	int kind;
	op_lines l;
	float eps;
	int parts;
} lines;

static const char *const names[] = { "softmax", "log_softmax", "softmax_grad", "log_softmax_grad", "l2_normalize",
	"cumsum", "cumsum_grad", "logsumexp", NULL };

static secant_status
prepare(exec_step *s, secant_err *err)
{
	lines *p = secant_calloc(1, sizeof *p);
	if (!(s->data = p))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of '%s'", s->node->op->name);
	while (names[p->kind] && strcmp(names[p->kind], s->node->op->name))
		p->kind++;
	p->l = op_lines_of(&s->in[0].shape, op_axis_of(((const op_axis_attr *)s->node->attr)->axis, s->in[0].shape.rank));
	p->eps = p->kind == KERNEL_LINE_L2 ? (float)((const op_l2_attr *)s->node->attr)->eps : 0;
	p->parts = exec_parts(s, exec_in_count(s, 0));
	return SECANT_OK;
}

/* Where line `line`, or number `at`, of the result is. */
static void *
result_at(const lines *p, void *y, int64_t line, int64_t at, bool low)
{
	return p->kind == KERNEL_LINE_LOGSUMEXP ? (float *)y + line : kernel_at_mut(y, at, low);
}

/* The lines [i, end) of outer x inner, those side by side together: f(outer, first inner, how many). */
#define EACH_RUN(l, i, end, outer, first, count) \
	for (int64_t outer, first, count; (i) < (end) \
		 && (outer = (i) / (l).inner, first = (i) % (l).inner, \
			count = (l).inner - first < (end) - (i) ? (l).inner - first : (end) - (i), true); \
		 (i) += count)

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const lines *p = s->data;
	const kernel_lines_kernels *k = kernel_lines_best();
	bool low = exec_low_in(s);
	int64_t total = p->l.extent ? p->l.outer * p->l.inner : 0;
	EXEC_PARTS(p->parts)
	for (int t = 0; t < p->parts; t++) {
		int64_t i = exec_part(total, p->parts, t), end = exec_part(total, p->parts, t + 1);
		const void *b = s->n_in > 1 ? in[1] : NULL;
		if (p->l.inner == 1) {
			int64_t at = i * p->l.extent;
			k->rows((kernel_line_kind)p->kind, kernel_at(in[0], at, low), b ? kernel_at(b, at, low) : NULL,
				result_at(p, out[0], i, at, low), low, end - i, p->l.extent, p->eps);
			continue;
		}
		EACH_RUN(p->l, i, end, outer, first, count)
		{
			int64_t at = outer * p->l.extent * p->l.inner + first;
			k->columns((kernel_line_kind)p->kind, kernel_at(in[0], at, low), b ? kernel_at(b, at, low) : NULL,
				result_at(p, out[0], i, at, low), low, p->l.extent, p->l.inner, count, p->eps);
		}
	}
	return SECANT_OK;
}

/* Output of the last slot: the index; before it, of max_with_index, the number. */
static secant_status
run_largest(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const lines *p = s->data;
	bool low = exec_low_in(s);
	int64_t total = p->l.outer * p->l.inner;
	int32_t *index = out[s->n_out - 1];
	void *y = s->n_out > 1 ? out[0] : NULL;
	EXEC_PARTS(p->parts)
	for (int t = 0; t < p->parts; t++) {
		int64_t i = exec_part(total, p->parts, t), end = exec_part(total, p->parts, t + 1);
		EACH_RUN(p->l, i, end, outer, first, count)
		kernel_lines_best()->largest(kernel_at(in[0], outer * p->l.extent * p->l.inner + first, low), low, p->l.extent,
			p->l.inner, count, y ? kernel_at_mut(y, i, low) : NULL, index ? index + i : NULL);
	}
	return SECANT_OK;
}

#define LINES(op_name, how) \
	{ \
		.op = #op_name, .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = how \
	}
extern const exec_impl exec_impls_native_lines[];
const exec_impl exec_impls_native_lines[] = {
	LINES(softmax, run),
	LINES(softmax_grad, run),
	LINES(log_softmax, run),
	LINES(log_softmax_grad, run),
	LINES(l2_normalize, run),
	LINES(cumsum, run),
	LINES(cumsum_grad, run),
	LINES(logsumexp, run),
	LINES(argmax, run_largest),
	LINES(max_with_index, run_largest),
	{ .op = NULL },
};

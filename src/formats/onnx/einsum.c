/* Einsum of two operands as one product of matrices. See body.h. */
#include <stdio.h>
#include <string.h>
#include "formats/onnx/body.h"

/* The letters of an equation of two operands: "ab,bc->ac". False: it is another one, with letters twice, "..." or none
 * behind the arrow. */
typedef struct equation {
	char in[2][FORMAT_ONNX_RANK + 1], out[FORMAT_ONNX_RANK + 1];
} equation;

static bool
read_equation(const onnx_call *c, equation *e)
{
	const char *p = onnx_attr_text(c, "equation", "");
	char *part[3] = { e->in[0], e->in[1], e->out };
	int k = 0, n[3] = { 0 };
	*e = (equation){ 0 };
	for (; *p; p++) {
		bool arrow = p[0] == '-' && p[1] == '>';
		if (*p == ' ')
			continue;
		if (*p == ',' || arrow) {
			p += arrow;
			if (++k > 2 || (k == 1) == arrow)
				return false;
			continue;
		}
		if (n[k] == FORMAT_ONNX_RANK || !((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')) || strchr(part[k], *p))
			return false;
		part[k][n[k]++] = *p;
	}
	for (int i = 0; i < 2; i++) {
		if (n[i] != onnx_rank_of(c, i))
			return false;
		for (int j = 0; j < n[i]; j++) /* summed in one operand alone: not a product */
			if (!strchr(e->out, e->in[i][j]) && !strchr(e->in[!i], e->in[i][j]))
				return false;
	}
	return k == 2;
}

static int64_t
extent_of(const onnx_call *c, const equation *e, char letter)
{
	const char *a = strchr(e->in[0], letter), *b = strchr(e->in[1], letter);
	return a ? onnx_dim_of(c, 0, (int)(a - e->in[0])) : b ? onnx_dim_of(c, 1, (int)(b - e->in[1])) : 0;
}

/* An operand as batch x rows x columns: its axes in the order of the letters of three groups. */
static const char *
as_matrices(onnx_body *b, const equation *e, int i, const char *const group[3], const char *const name[3])
{
	int64_t perm[FORMAT_ONNX_RANK], three = 3;
	double shape[3] = { 1, 1, 1 };
	int n = 0;
	for (int k = 0; k < 3; k++)
		for (const char *p = group[k]; *p; p++) {
			perm[n++] = strchr(e->in[i], *p) - e->in[i];
			shape[k] *= (double)extent_of(b->c, e, *p);
		}
	const char *turned = onnx_body_put(b, "Transpose", name[0], b->fn.in[i], NULL);
	onnx_body_perm(b, n, perm);
	return onnx_body_put(
		b, "Reshape", name[1], turned, onnx_body_tensor(b, name[2], FORMAT_ONNX_INT64, 1, &three, shape));
}

/* Einsum of two operands as one product of matrices. */
static secant_status
product(onnx_call *c, const equation *e)
{
	onnx_body b;
	char batch[16] = "", rows[16] = "", inner[16] = "", columns[16] = "", order[48];
	for (const char *p = e->out; *p; p++) {
		bool x = strchr(e->in[0], *p), y = strchr(e->in[1], *p);
		char *to = x && y ? batch : x ? rows : columns;
		to[strlen(to)] = *p;
	}
	for (const char *p = e->in[0]; *p; p++)
		if (!strchr(e->out, *p))
			inner[strlen(inner)] = *p;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *x = as_matrices(
		&b, e, 0, (const char *const[]){ batch, rows, inner }, (const char *const[]){ "xt", "xm", "xs" });
	const char *y = as_matrices(
		&b, e, 1, (const char *const[]){ batch, inner, columns }, (const char *const[]){ "yt", "ym", "ys" });
	(void)snprintf(order, sizeof order, "%s%s%s", batch, rows, columns);
	int64_t n = (int64_t)strlen(order), perm[FORMAT_ONNX_RANK];
	double shape[FORMAT_ONNX_RANK];
	for (int64_t i = 0; i < n; i++) {
		shape[i] = (double)extent_of(c, e, order[i]);
		perm[i] = strchr(order, e->out[i]) - order;
	}
	const char *m = onnx_body_put(&b, "MatMul", "m", x, y);
	m = onnx_body_put(&b, "Reshape", "r", m, onnx_body_tensor(&b, "rs", FORMAT_ONNX_INT64, 1, &n, shape));
	(void)onnx_body_put(&b, "Transpose", "y", m, NULL);
	onnx_body_perm(&b, (int)n, perm);
	return onnx_body_end(&b);
}

bool
onnx_einsum(onnx_call *c, secant_status *status)
{
	equation e;
	if (c->n_in != 2 || !read_equation(c, &e))
		return false;
	*status = product(c, &e);
	return true;
}

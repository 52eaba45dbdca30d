/*
 * linear_max: blocks of points are multiplied into scratch that stays in the cache, and what is largest so far is kept.
 * The last block of a cloud is moved back to be as long as the others: points seen twice change no maximum.
 */
#include "exec/dnnl/dnnl_step.h"
#include "exec/native/native.h"
#include "kernels/points.h"
#include <math.h>

enum { BLOCK_BYTES = 1 << 20 };

typedef struct sizes {
	int64_t clouds, points, in, out, rows;
} sizes;

static sizes
sizes_of(const exec_step *s)
{
	const secant_shape *x = &s->in[0].shape;
	sizes z = { x->dim[0], x->dim[1], x->dim[3], s->in[1].shape.dim[0], 0 };
	int64_t fit = (int64_t)BLOCK_BYTES * s->threads / (4 * (z.out ? z.out : 1));
	z.rows = fit < 64 ? 64 : fit;
	z.rows = z.rows < z.points ? z.rows : z.points;
	return z;
}

/* Bytes of scratch of our own, before oneDNN's: the block's results, the best so far, signs. */
typedef struct pieces {
	float *z, *best, *flip;
	int32_t *which;
	size_t bytes;
} pieces;

static pieces
pieces_of(const sizes *z, void *scratch)
{
	exec_scratch m = { scratch, 0 };
	pieces p = { .z = exec_take(&m, z->rows * z->out, sizeof(float)) };
	p.best = exec_take(&m, z->out, sizeof(float));
	p.flip = exec_take(&m, z->out, sizeof(float));
	p.which = exec_take(&m, z->out, sizeof(int32_t));
	p.bytes = m.used;
	return p;
}

static bool
supports(const exec_step *s)
{
	bool low = s->in[0].dtype == SECANT_BF16;
	return (s->in[0].dtype == SECANT_F32 || low) && s->in[1].dtype == SECANT_F32 && s->out[0].dtype == SECANT_F32
		&& s->out[1].dtype == SECANT_I32 && (!low || base_cpu_isa() >= BASE_ISA_AVX512) && exec_dnnl_engine()
		&& exec_in_count(s, 0) && exec_in_count(s, 1);
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	sizes z = sizes_of(s);
	s->scratch = pieces_of(&z, NULL).bytes;
	s->flops = 2.0 * (double)z.clouds * (double)z.points * (double)z.in * (double)z.out;
	return exec_dnnl_block_product(s, z.rows, z.in, z.out, SECANT_F32, dnnl_ba, err);
}

static void
finish(const sizes *z, const pieces *p, int64_t n, void *const *out)
{
	for (int64_t i = 0; i < z->out; i++) {
		if (out[0])
			((float *)out[0])[n * z->out + i] = p->best[i] * p->flip[i];
		if (out[1])
			((int32_t *)out[1])[n * z->out + i] = p->which[i];
	}
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const dnnl_data *d = s->data;
	sizes z = sizes_of(s);
	pieces p = pieces_of(&z, scratch);
	const void *given[3] = { in[0], in[1], NULL };
	void *made[1] = { p.z };
	const float *sign = exec_has(s, 2) ? in[2] : NULL;
	bool low = exec_low_in(s);
	int parts = exec_parts(s, z.rows * z.out);
	for (int64_t i = 0; i < z.out; i++)
		p.flip[i] = sign && sign[i] < 0 ? -1 : 1;
	for (int c = 0; c + 1 < d->n; c++) /* weights that are no state are laid out anew */
		if (exec_dnnl_run_call(s, bound, c, given, made, scratch, err))
			return SECANT_ERR_BUG;
	for (int64_t n = 0; n < z.clouds; n++) {
		for (int64_t i = 0; i < z.out; i++)
			p.best[i] = -INFINITY, p.which[i] = 0;
		for (int64_t from = 0; from < z.points; from += z.rows) {
			int64_t at = from + z.rows <= z.points ? from : z.points - z.rows;
			given[0] = kernel_at(in[0], (n * z.points + at) * z.in, low);
			if (exec_dnnl_run_call(s, bound, d->n - 1, given, made, scratch, err))
				return SECANT_ERR_BUG;
			EXEC_PARTS(parts)
			for (int t = 0; t < parts; t++) {
				int64_t a = exec_part(z.out, parts, t), b = exec_part(z.out, parts, t + 1);
				kernel_points_best()->largest(
					p.best + a, p.which + a, p.z + a, z.rows, z.out, b - a, p.flip + a, (int32_t)at);
			}
		}
		finish(&z, &p, n, out);
	}
	return SECANT_OK;
}

const exec_impl exec_impls_dnnl_linear_max[] = {
	{ .op = "linear_max",
		.name = "onednn",
		.supports = supports,
		.prepare = prepare,
		.pack = exec_dnnl_pack,
		.bind = exec_dnnl_bind,
		.unbind = exec_dnnl_unbind,
		.run = run,
		.release = exec_dnnl_release },
	{ 0 },
};

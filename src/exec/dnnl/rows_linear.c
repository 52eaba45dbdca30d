/*
 * Products on the first rows of a matrix, whose number is known when they run: blocks of a fixed number of rows. A last
 * block that is not full also multiplies rows behind it, where anything may stand and anything may be left; the
 * gradient of the weights, a sum over rows, takes copies of such a block with zeros behind. No work is claimed
 * (s->flops): how much it is depends on the clouds.
 */
#include "exec/dnnl/dnnl_step.h"
#include "exec/native/native.h"

enum { BLOCK_ROWS = 1024 };

typedef struct sizes {
	int64_t rows, block, in, out;
} sizes; /* of the product: columns read, columns written */

static int64_t
block_of(const exec_step *s, int64_t rows)
{
	int64_t block = (int64_t)BLOCK_ROWS * (s->threads > 0 ? s->threads : 1);
	return block < rows ? block : rows;
}

static int64_t
rows_of(const void *count, int64_t most)
{
	int64_t n = *(const int32_t *)count;
	return n < 0 ? 0 : n < most ? n : most;
}

static bool
supports(const exec_step *s)
{
	bool low = s->in[0].dtype == SECANT_BF16;
	return (s->in[0].dtype == SECANT_F32 || low) && s->in[2].dtype == SECANT_I32
		&& (!low || base_cpu_isa() >= BASE_ISA_AVX512) && exec_dnnl_engine() && exec_in_count(s, 0)
		&& exec_in_count(s, 1);
}

/* ---- rows_linear, rows_linear_grad_data: a product with w or its transpose ---- */

static sizes
sizes_of(const exec_step *s)
{
	int64_t rows = s->in[0].shape.dim[0];
	return (sizes){ rows, block_of(s, rows), s->in[0].shape.dim[1], s->out[0].shape.dim[1] };
}

static bool
supports_product(const exec_step *s)
{
	return supports(s) && s->in[1].dtype == SECANT_F32
		&& (s->out[0].dtype == SECANT_F32 || s->out[0].dtype == SECANT_BF16);
}

static secant_status
prepare_product(exec_step *s, dnnl_format_tag_t tag, secant_err *err)
{
	sizes z = sizes_of(s);
	return exec_dnnl_block_product(s, z.block, z.in, z.out, s->out[0].dtype, tag, err);
}

static secant_status
prepare_linear(exec_step *s, secant_err *err)
{
	return prepare_product(s, dnnl_ba, err);
}
static secant_status
prepare_grad_data(exec_step *s, secant_err *err)
{
	return prepare_product(s, dnnl_ab, err);
}

static secant_status
run_product(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const dnnl_data *d = s->data;
	sizes z = sizes_of(s);
	int64_t count = rows_of(in[2], z.rows);
	bool low = exec_low_in(s), low_out = s->out[0].dtype == SECANT_BF16;
	for (int c = 0; c + 1 < d->n; c++) /* the weights, laid out anew */
		if (exec_dnnl_run_call(s, bound, c, in, out, scratch, err))
			return SECANT_ERR_BUG;
	for (int64_t from = 0; from < count; from += z.block) {
		int64_t row = from + z.block <= z.rows ? from : z.rows - z.block;
		const void *given[] = { kernel_at(in[0], row * z.in, low), in[1] };
		void *made[] = { kernel_at_mut(out[0], row * z.out, low_out) };
		if (exec_dnnl_run_call(s, bound, d->n - 1, given, made, scratch, err))
			return SECANT_ERR_BUG;
	}
	return SECANT_OK;
}

/* ---- rows_linear_grad_weights: dw += dyT x, block after block ---- */

/* Our scratch, before oneDNN's: a block of x and of dy. */
typedef struct tails {
	void *x, *dy;
	size_t size;
} tails;

static sizes
grad_sizes(const exec_step *s)
{
	int64_t rows = s->in[0].shape.dim[0];
	return (sizes){ rows, block_of(s, rows), s->in[0].shape.dim[1], s->in[1].shape.dim[1] };
}

static tails
tails_of(const sizes *z, bool low, void *scratch)
{
	exec_scratch m = { scratch, 0 };
	tails t = { .x = exec_take(&m, z->block * z->in, low ? 2 : 4) };
	t.dy = exec_take(&m, z->block * z->out, low ? 2 : 4);
	t.size = m.used;
	return t;
}

static bool
supports_grad_weights(const exec_step *s)
{
	return supports(s) && s->in[1].dtype == s->in[0].dtype && s->out[0].dtype == SECANT_F32;
}

static secant_status
prepare_grad_weights(exec_step *s, secant_err *err)
{
	sizes z = grad_sizes(s);
	dnnl_data_type_t type = exec_dnnl_type(s->in[0].dtype);
	if (!exec_dnnl_new(s, err))
		return SECANT_ERR_NOMEM;
	s->scratch = tails_of(&z, exec_low_in(s), NULL).size;
	onednn_md mdy = exec_dnnl_md(s, 2, (int64_t[]){ z.out, z.block }, type, dnnl_ba),
			  mx = exec_dnnl_md(s, 2, (int64_t[]){ z.block, z.in }, type, dnnl_ab);
	onednn_md mdw = exec_dnnl_md(s, 2, (int64_t[]){ z.out, z.in }, dnnl_f32, dnnl_ab);
	dnnl_primitive_attr_t attr = exec_dnnl_attr(true, 0);
	dnnl_primitive_desc_t pd = onednn_matmul(
		exec_dnnl_engine(), ONEDNN_REF(mdy), ONEDNN_REF(mx), NULL, ONEDNN_REF(mdw), attr);
	dnnl_primitive_attr_destroy(attr);
	dnnl_call *c = pd ? exec_dnnl_add(s, pd, true, err) : NULL;
	if (!c)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "oneDNN does not do this product");
	exec_dnnl_arg(c, DNNL_ARG_SRC, mdy, WHERE_IN, 1, 0);
	exec_dnnl_arg(c, DNNL_ARG_WEIGHTS, mx, WHERE_IN, 0, 0);
	exec_dnnl_arg(c, DNNL_ARG_DST, mdw, WHERE_OUT, 0, 0);
	return SECANT_OK;
}

/* `rows` of n numbers, zeros behind them. */
static const void *
padded(void *to, const void *from, int64_t rows, int64_t block, int64_t n, bool low)
{
	size_t size = (size_t)n * (low ? 2 : 4);
	memcpy(to, from, (size_t)rows * size);
	memset((char *)to + (size_t)rows * size, 0, (size_t)(block - rows) * size);
	return to;
}

static secant_status
run_grad_weights(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	sizes z = grad_sizes(s);
	bool low = exec_low_in(s);
	tails t = tails_of(&z, low, scratch);
	int64_t count = rows_of(in[2], z.rows);
	memset(out[0], 0, (size_t)(z.out * z.in) * sizeof(float));
	for (int64_t from = 0; from < count; from += z.block) {
		const void *given[] = { kernel_at(in[0], from * z.in, low), kernel_at(in[1], from * z.out, low) };
		if (count - from < z.block) {
			given[0] = padded(t.x, given[0], count - from, z.block, z.in, low);
			given[1] = padded(t.dy, given[1], count - from, z.block, z.out, low);
		}
		if (exec_dnnl_run_call(s, bound, 0, given, out, scratch, err))
			return SECANT_ERR_BUG;
	}
	return SECANT_OK;
}

#define ROWS(op_name, fits, make, go) \
	{ \
		.op = op_name, .name = "onednn", .supports = fits, .prepare = make, .pack = exec_dnnl_pack, \
		.bind = exec_dnnl_bind, .unbind = exec_dnnl_unbind, .run = go, .release = exec_dnnl_release \
	}
extern const exec_impl exec_impls_dnnl_rows[];
const exec_impl exec_impls_dnnl_rows[] = {
	ROWS("rows_linear", supports_product, prepare_linear, run_product),
	ROWS("rows_linear_grad_data", supports_product, prepare_grad_data, run_product),
	ROWS("rows_linear_grad_weights", supports_grad_weights, prepare_grad_weights, run_grad_weights),
	{ 0 },
};

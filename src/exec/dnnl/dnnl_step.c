/*
 * Steps made of oneDNN primitives. See dnnl_step.h.
 */
#include "exec/dnnl/dnnl_step.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "base/cpu.h"
#include "exec/native/native.h"
#include "ops/act.h"

static dnnl_engine_t engine;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

static void
make_engine(void)
{
	static const dnnl_cpu_isa_t caps[] = { dnnl_cpu_isa_sse41, dnnl_cpu_isa_avx2, dnnl_cpu_isa_avx512_core_bf16,
		ONEDNN_ISA_ANY };
	dnnl_set_max_cpu_isa(
		caps[base_cpu_isa()]); /* refused only where oneDNN was built without it: then it uses what it finds */
	dnnl_set_jit_profiling_flags(0); /* telling profilers of each kernel takes as long as making some */
	/* Plans hold what they run; the cache only shares kernels between layers of one shape. Its default of 1,024 keeps
	 * hundreds of megabytes of pictures of sizes that are gone. */
	enum { CACHED_PRIMITIVES = 64 };
	(void)dnnl_set_primitive_cache_capacity(CACHED_PRIMITIVES);
	if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success)
		engine = NULL;
}

dnnl_engine_t
exec_dnnl_engine(void)
{
	pthread_once(&engine_once, make_engine);
	return engine;
}

dnnl_data_type_t
exec_dnnl_type(secant_dtype d)
{
	return d == SECANT_BF16 ? dnnl_bf16 : dnnl_f32;
}

onednn_md
exec_dnnl_md(exec_step *s, int n, const int64_t *dims, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
	dnnl_dims_t all = { 0 };
	memcpy(all, dims, (size_t)n * sizeof *dims);
	return onednn_md_tag(&((dnnl_data *)s->data)->mds, n, all, type, tag);
}

onednn_md
exec_dnnl_nhwc(exec_step *s, const exec_operand *o)
{
	const int64_t *d = o->shape.dim;
	return exec_dnnl_md(s, 4, (int64_t[]){ d[0], d[3], d[1], d[2] }, exec_dnnl_type(o->dtype), dnnl_nhwc);
}

bool
exec_dnnl_types_ok(const exec_step *s)
{
	bool low = false;
	for (int i = 0; i < s->n_in + s->n_out; i++) {
		const exec_operand *o = i < s->n_in ? &s->in[i] : &s->out[i - s->n_in];
		if (o->shape.rank < 0)
			continue;
		if (o->dtype != SECANT_F32 && o->dtype != SECANT_BF16)
			return false;
		low |= o->dtype == SECANT_BF16;
	}
	return (!low || base_cpu_isa() >= BASE_ISA_AVX512) && exec_dnnl_engine();
}

dnnl_data *
exec_dnnl_new(exec_step *s, secant_err *err)
{
	if (!(s->data = secant_calloc(1, sizeof(dnnl_data))))
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of oneDNN");
	return s->data;
}

static onednn_md
keep(exec_step *s, onednn_md_ref md)
{
	return onednn_md_keep(&((dnnl_data *)s->data)->mds, md);
}

enum { dnnl_eltwise_absent = 0 };
static const struct {
	int kind; /* 0: oneDNN has none, our kernel follows (act_after) */
	float alpha, beta;
} post_ops[] = { { 0 },
#define POST_OP(name, a, b, monotone, kind, alpha, beta) { dnnl_eltwise_##kind, alpha, beta },
	OP_ACTS(POST_OP)
#undef POST_OP
};

void
exec_dnnl_finish(exec_step *s, int act)
{
	((dnnl_data *)s->data)->act_after = act && !post_ops[act].kind ? act : OP_ACT_NONE;
}

/* What oneDNN has no post-op for. */
static void
act_after(const exec_step *s, int act, void *y)
{
	int64_t n = exec_out_count(s, 0);
	bool low = s->out[0].dtype == SECANT_BF16;
	int parts = exec_parts(s, n);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t), to = exec_part(n, parts, t + 1);
		exec_native_act(act, kernel_at(y, from, low), kernel_at_mut(y, from, low), low, to - from);
	}
}

dnnl_primitive_attr_t
exec_dnnl_attr(bool sum, int act)
{
	dnnl_primitive_attr_t attr = NULL;
	dnnl_post_ops_t ops = NULL;
	if (dnnl_primitive_attr_create(&attr) != dnnl_success || dnnl_post_ops_create(&ops) != dnnl_success)
		return attr;
	dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
	if (sum)
		onednn_add_sum(ops);
	if (act && post_ops[act].kind)
		onednn_add_eltwise(ops, post_ops[act].kind, post_ops[act].alpha, post_ops[act].beta);
	dnnl_primitive_attr_set_post_ops(attr, ops);
	dnnl_post_ops_destroy(ops);
	return attr;
}

void
exec_dnnl_arg(dnnl_call *c, int arg, onednn_md md, dnnl_where where, int index, size_t offset)
{
	c->arg[c->n++] = (dnnl_argument){ arg, md, where, index, offset };
}

size_t
exec_dnnl_scratch(exec_step *s, onednn_md_ref md)
{
	size_t at = (s->scratch + 63) / 64 * 64;
	s->scratch = at + dnnl_memory_desc_get_size(md);
	return at;
}

static secant_status
fill_call(exec_step *s, dnnl_call *c, dnnl_primitive_desc_t pd, bool main, secant_err *err)
{
	const char *info = NULL;
	dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &info);
	if (main && info)
		snprintf(s->detail, sizeof s->detail, "%s", info);
	if (dnnl_primitive_create(&c->primitive, pd) != dnnl_success)
		return secant_fail(err, SECANT_ERR_NOMEM, "oneDNN cannot make the primitive '%s'", info ? info : "");
	onednn_md_ref scratchpad = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
	if (scratchpad && dnnl_memory_desc_get_size(scratchpad))
		exec_dnnl_arg(c, DNNL_ARG_SCRATCHPAD, keep(s, scratchpad), WHERE_SCRATCH, 0, exec_dnnl_scratch(s, scratchpad));
	return SECANT_OK;
}

dnnl_call *
exec_dnnl_add(exec_step *s, dnnl_primitive_desc_t pd, bool main, secant_err *err)
{
	dnnl_data *d = s->data;
	dnnl_call *c = &d->call[d->n];
	secant_status status = fill_call(s, c, pd, main, err);
	dnnl_primitive_desc_destroy(pd);
	if (status)
		return NULL;
	d->n++;
	s->reorders += !main;
	return c;
}

static dnnl_primitive_desc_t
reorder(onednn_md_ref from, onednn_md_ref to)
{
	dnnl_primitive_desc_t pd = NULL;
	dnnl_primitive_attr_t attr = exec_dnnl_attr(false, 0);
	dnnl_engine_t e = exec_dnnl_engine();
	if (dnnl_reorder_primitive_desc_create(&pd, from, e, to, e, attr) != dnnl_success)
		pd = NULL;
	dnnl_primitive_attr_destroy(attr);
	return pd;
}

secant_status
exec_dnnl_weights(exec_step *s, int input, onednn_md user, onednn_md wanted, dnnl_argument *arg, secant_err *err)
{
	dnnl_data *d = s->data;
	*arg = (dnnl_argument){ 0, wanted, WHERE_IN, input, 0 };
	if (dnnl_memory_desc_equal(ONEDNN_REF(user), ONEDNN_REF(wanted)))
		return SECANT_OK;
	dnnl_primitive_desc_t pd = reorder(ONEDNN_REF(user), ONEDNN_REF(wanted));
	if (!pd)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "oneDNN cannot reorder these weights");
	if (s->in[input].state && !s->training) {
		secant_status status = fill_call(s, &d->pack, pd, false, err);
		dnnl_primitive_desc_destroy(pd);
		if (status)
			return status;
		if (d->pack.n)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "oneDNN wants scratch memory to reorder these weights");
		exec_dnnl_arg(&d->pack, DNNL_ARG_FROM, user, WHERE_IN, input, 0);
		exec_dnnl_arg(&d->pack, DNNL_ARG_TO, wanted, WHERE_PACKED, 0, 0);
		s->packs = input + 1;
		arg->where = WHERE_PACKED;
		s->packed = &d->packed;
		s->packed_bytes = dnnl_memory_desc_get_size(ONEDNN_REF(wanted));
		s->layout = onednn_md_hash(ONEDNN_REF(wanted));
		return SECANT_OK;
	}
	dnnl_call *c = exec_dnnl_add(s, pd, false, err);
	if (!c)
		return SECANT_ERR_NOMEM;
	s->reorders -= s->in[input].state; /* each run packs what the run before changed: no layout is undone */
	arg->where = WHERE_SCRATCH;
	arg->offset = exec_dnnl_scratch(s, ONEDNN_REF(wanted));
	exec_dnnl_arg(c, DNNL_ARG_FROM, user, WHERE_IN, input, 0);
	exec_dnnl_arg(c, DNNL_ARG_TO, wanted, WHERE_SCRATCH, 0, arg->offset);
	return SECANT_OK;
}

secant_status
exec_dnnl_weighted(exec_step *s, dnnl_primitive_desc_t pd, int input, onednn_md user, dnnl_call **call, secant_err *err)
{
	dnnl_argument w;
	secant_status status = exec_dnnl_weights(
		s, input, user, keep(s, dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0)), &w, err);
	if (status) {
		dnnl_primitive_desc_destroy(pd);
		return status;
	}
	if (!(*call = exec_dnnl_add(s, pd, true, err)))
		return SECANT_ERR_UNSUPPORTED;
	exec_dnnl_arg(*call, DNNL_ARG_WEIGHTS, w.md, w.where, w.index, w.offset);
	return SECANT_OK;
}

secant_status
exec_dnnl_block_product(
	exec_step *s, int64_t rows, int64_t in, int64_t out, secant_dtype to, dnnl_format_tag_t tag, secant_err *err)
{
	dnnl_data_type_t type = exec_dnnl_type(s->in[0].dtype);
	dnnl_call *c;
	if (!exec_dnnl_new(s, err))
		return SECANT_ERR_NOMEM;
	onednn_md mx = exec_dnnl_md(s, 2, (int64_t[]){ rows, in }, type, dnnl_ab),
			  my = exec_dnnl_md(s, 2, (int64_t[]){ rows, out }, exec_dnnl_type(to), dnnl_ab);
	onednn_md any = exec_dnnl_md(s, 2, (int64_t[]){ in, out }, type, dnnl_format_tag_any),
			  user = exec_dnnl_md(s, 2, (int64_t[]){ in, out }, dnnl_f32, tag);
	dnnl_primitive_attr_t attr = exec_dnnl_attr(false, 0);
	dnnl_primitive_desc_t pd = onednn_matmul(
		exec_dnnl_engine(), ONEDNN_REF(mx), ONEDNN_REF(any), NULL, ONEDNN_REF(my), attr);
	dnnl_primitive_attr_destroy(attr);
	if (!pd)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "oneDNN does not do this product");
	secant_status status = exec_dnnl_weighted(s, pd, 1, user, &c, err);
	if (status)
		return status;
	exec_dnnl_arg(c, DNNL_ARG_SRC, mx, WHERE_IN, 0, 0);
	exec_dnnl_arg(c, DNNL_ARG_DST, my, WHERE_OUT, 0, 0);
	return SECANT_OK;
}

void
exec_dnnl_result(exec_step *s, onednn_md user, onednn_md_ref made, int arg, dnnl_argument *out)
{
	*out = (dnnl_argument){ arg, keep(s, made), WHERE_OUT, 0, 0 };
	if (dnnl_memory_desc_equal(ONEDNN_REF(user), made))
		return;
	out->where = WHERE_SCRATCH;
	out->offset = exec_dnnl_scratch(s, made);
}

secant_status
exec_dnnl_deliver(exec_step *s, onednn_md user, const dnnl_argument *made, secant_err *err)
{
	if (made->where == WHERE_OUT)
		return SECANT_OK;
	dnnl_primitive_desc_t pd = reorder(ONEDNN_REF(made->md), ONEDNN_REF(user));
	dnnl_call *c = pd ? exec_dnnl_add(s, pd, false, err) : NULL;
	if (!c)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "oneDNN cannot reorder this result");
	exec_dnnl_arg(c, DNNL_ARG_FROM, made->md, WHERE_SCRATCH, 0, made->offset);
	exec_dnnl_arg(c, DNNL_ARG_TO, user, WHERE_OUT, 0, 0);
	return SECANT_OK;
}

/* ---- contexts ---- */

typedef struct bound {
	dnnl_stream_t stream;
	dnnl_exec_arg_t arg[MAX_CALLS][MAX_ARGS];
} bound;

static bool
bind_call(const dnnl_call *c, dnnl_exec_arg_t *arg)
{
	for (int i = 0; i < c->n; i++) {
		arg[i].arg = c->arg[i].arg;
		if (dnnl_memory_create(&arg[i].memory, ONEDNN_REF(c->arg[i].md), exec_dnnl_engine(), DNNL_MEMORY_NONE)
			!= dnnl_success)
			return false;
	}
	return true;
}

void
exec_dnnl_unbind(const exec_step *s, void *p)
{
	bound *b = p;
	for (int c = 0; c < MAX_CALLS; c++)
		for (int i = 0; i < MAX_ARGS; i++)
			if (b->arg[c][i].memory)
				dnnl_memory_destroy(b->arg[c][i].memory);
	if (b->stream)
		dnnl_stream_destroy(b->stream);
	secant_free(b);
}

void *
exec_dnnl_bind(const exec_step *s)
{
	const dnnl_data *d = s->data;
	bound *b = secant_calloc(1, sizeof *b);
	bool ok = b && dnnl_stream_create(&b->stream, exec_dnnl_engine(), dnnl_stream_default_flags) == dnnl_success;
	for (int c = 0; ok && c < d->n; c++)
		ok = bind_call(&d->call[c], b->arg[c]);
	if (!ok && b) {
		exec_dnnl_unbind(s, b);
		b = NULL;
	}
	return b;
}

static secant_status
execute(const dnnl_data *d, const dnnl_call *c, dnnl_exec_arg_t *arg, dnnl_stream_t stream, const void *const *in,
	void *const *out, char *scratch, secant_err *err)
{
	for (int i = 0; i < c->n; i++) {
		const dnnl_argument *a = &c->arg[i];
		void *at = a->where == WHERE_IN ? (void *)(uintptr_t)in[a->index]
			: a->where == WHERE_OUT     ? out[a->index]
			: a->where == WHERE_PACKED  ? d->packed
										: scratch + a->offset;
		dnnl_memory_set_data_handle(arg[i].memory, at);
	}
	if (dnnl_primitive_execute(c->primitive, stream, c->n, arg) != dnnl_success)
		return secant_fail(err, SECANT_ERR_BUG, "oneDNN failed to run a primitive");
	return SECANT_OK;
}

secant_status
exec_dnnl_run(const exec_step *s, void *p, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const dnnl_data *d = s->data;
	bound *b = p;
	if (d->copy_in && in[d->copy_in - 1] != out[0])
		memcpy(out[0], in[d->copy_in - 1],
			(size_t)secant_shape_count(&s->out[0].shape) * secant_dtype_size(s->out[0].dtype));
	for (int c = 0; c < d->n; c++)
		if (execute(d, &d->call[c], b->arg[c], b->stream, in, out, scratch, err))
			return SECANT_ERR_BUG;
	if (d->act_after)
		act_after(s, d->act_after, out[0]);
	return SECANT_OK;
}

secant_status
exec_dnnl_run_call(
	const exec_step *s, void *p, int call, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const dnnl_data *d = s->data;
	bound *b = p;
	return execute(d, &d->call[call], b->arg[call], b->stream, in, out, scratch, err);
}

secant_status
exec_dnnl_pack(exec_step *s, const void *const *in, secant_err *err)
{
	dnnl_data *d = s->data;
	bound b = { 0 };
	if (!d->pack.primitive)
		return SECANT_OK;
	if (!d->packed && !(d->packed = base_alloc_raw(s->packed_bytes + 64)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for packed weights");
	secant_status status = SECANT_ERR_NOMEM;
	if (dnnl_stream_create(&b.stream, exec_dnnl_engine(), dnnl_stream_default_flags) == dnnl_success
		&& bind_call(&d->pack, b.arg[0]))
		status = execute(d, &d->pack, b.arg[0], b.stream, in, NULL, NULL, err);
	for (int i = 0; i < d->pack.n; i++)
		if (b.arg[0][i].memory)
			dnnl_memory_destroy(b.arg[0][i].memory);
	if (b.stream)
		dnnl_stream_destroy(b.stream);
	return status ? secant_fail(err, status, "oneDNN cannot pack weights") : SECANT_OK;
}

void
exec_dnnl_release(exec_step *s)
{
	dnnl_data *d = s->data;
	for (int c = 0; c < MAX_CALLS; c++)
		if (d->call[c].primitive)
			dnnl_primitive_destroy(d->call[c].primitive);
	if (d->pack.primitive)
		dnnl_primitive_destroy(d->pack.primitive);
	onednn_mds_free(&d->mds);
	if (!s->lent)
		secant_free(d->packed);
	secant_free(d);
}

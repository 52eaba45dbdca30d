/*
 * oneDNN 2.6 and 3.x behind one face. See onednn.h.
 */
#include "exec/dnnl/onednn.h"
#include "base/hash.h"
#include "exec/dnnl/trust.h"
#include <string.h>

/* Does trust.c speak against the implementation of pd? */
static bool
refused(const char *op, dnnl_primitive_desc_t pd)
{
	const char *info = NULL;
	dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &info);
	return info && exec_dnnl_refused(op, info, exec_dnnl_version());
}

#if DNNL_VERSION_MAJOR < 3

onednn_md
onednn_md_tag(onednn_mds *m, int n, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
	onednn_md md;
	memset(&md, 0, sizeof md);
	(void)m;
	dnnl_memory_desc_init_by_tag(&md, n, dims, type, tag);
	return md;
}

onednn_md
onednn_md_strides(onednn_mds *m, int n, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides)
{
	onednn_md md;
	memset(&md, 0, sizeof md);
	(void)m;
	dnnl_memory_desc_init_by_strides(&md, n, dims, type, strides);
	return md;
}

onednn_md
onednn_md_keep(onednn_mds *m, onednn_md_ref md)
{
	(void)m;
	return *md;
}

void
onednn_mds_free(onednn_mds *m)
{
	(void)m;
}

uint64_t
onednn_md_hash(onednn_md_ref md)
{
	return base_fnv1a(md, sizeof *md); /* a plain struct */
}

/* The first implementation that is trusted. */
static dnnl_primitive_desc_t
made(const char *op, dnnl_status_t status, const_dnnl_op_desc_t desc, dnnl_engine_t e, dnnl_primitive_desc_t hint,
	const_dnnl_primitive_attr_t attr)
{
	dnnl_primitive_desc_iterator_t all = NULL;
	if (status != dnnl_success || dnnl_primitive_desc_iterator_create(&all, desc, attr, e, hint) != dnnl_success)
		return NULL;
	dnnl_primitive_desc_t pd = dnnl_primitive_desc_iterator_fetch(all);
	while (pd && refused(op, pd)) {
		dnnl_primitive_desc_destroy(pd);
		pd = dnnl_primitive_desc_iterator_next(all) == dnnl_success ? dnnl_primitive_desc_iterator_fetch(all) : NULL;
	}
	dnnl_primitive_desc_iterator_destroy(all);
	return pd;
}

dnnl_primitive_desc_t
onednn_conv(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x, onednn_md_ref weights, onednn_md_ref bias,
	onednn_md_ref y, const_dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t d;
	return made("conv2d",
		dnnl_dilated_convolution_forward_desc_init(&d, dnnl_forward_training, dnnl_convolution_direct, x, weights, bias,
			y, w->stride, w->dilation, w->before, w->after),
		&d, e, NULL, attr);
}

dnnl_primitive_desc_t
onednn_conv_grad_data(dnnl_engine_t e, const onednn_window *w, onednn_md_ref dx, onednn_md_ref weights,
	onednn_md_ref dy, dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t d;
	return made("conv2d_grad_data",
		dnnl_dilated_convolution_backward_data_desc_init(
			&d, dnnl_convolution_direct, dx, weights, dy, w->stride, w->dilation, w->before, w->after),
		&d, e, hint, attr);
}

dnnl_primitive_desc_t
onednn_conv_grad_weights(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x, onednn_md_ref dweights,
	onednn_md_ref dy, dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t d;
	return made(onednn_grad_weights_name(w),
		dnnl_dilated_convolution_backward_weights_desc_init(
			&d, dnnl_convolution_direct, x, dweights, NULL, dy, w->stride, w->dilation, w->before, w->after),
		&d, e, hint, attr);
}

dnnl_primitive_desc_t
onednn_deconv(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x, onednn_md_ref weights, onednn_md_ref bias,
	onednn_md_ref y, const_dnnl_primitive_attr_t attr)
{
	dnnl_deconvolution_desc_t d;
	return made("conv_transpose2d",
		dnnl_dilated_deconvolution_forward_desc_init(&d, dnnl_forward_training, dnnl_deconvolution_direct, x, weights,
			bias, y, w->stride, w->dilation, w->before, w->after),
		&d, e, NULL, attr);
}

dnnl_primitive_desc_t
onednn_matmul(dnnl_engine_t e, onednn_md_ref a, onednn_md_ref b, onednn_md_ref bias, onednn_md_ref y,
	const_dnnl_primitive_attr_t attr)
{
	dnnl_matmul_desc_t d;
	return made("matmul", dnnl_matmul_desc_init(&d, a, b, bias, y), &d, e, NULL, attr);
}

void
onednn_add_sum(dnnl_post_ops_t ops)
{
	dnnl_post_ops_append_sum(ops, 1.f);
}
void
onednn_add_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
	dnnl_post_ops_append_eltwise(ops, 1.f, kind, alpha, beta);
}

#else

/* The first implementation that is trusted, from the one that was made. */
static dnnl_primitive_desc_t
made(const char *op, dnnl_status_t status, dnnl_primitive_desc_t pd)
{
	if (status != dnnl_success)
		return NULL;
	while (refused(op, pd))
		if (dnnl_primitive_desc_next_impl(pd) != dnnl_success) {
			dnnl_primitive_desc_destroy(pd);
			return NULL;
		}
	return pd;
}

/* Takes over md; NULL stays NULL, which every call refuses. */
static onednn_md
owned(onednn_mds *m, dnnl_status_t status, dnnl_memory_desc_t md)
{
	if (status != dnnl_success)
		return NULL;
	if (m->n == ONEDNN_MDS) {
		dnnl_memory_desc_destroy(md);
		return NULL;
	}
	return m->md[m->n++] = md;
}

onednn_md
onednn_md_tag(onednn_mds *m, int n, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
	dnnl_memory_desc_t md = NULL;
	dnnl_status_t status = dnnl_memory_desc_create_with_tag(&md, n, dims, type, tag);
	return owned(m, status, md);
}

onednn_md
onednn_md_strides(onednn_mds *m, int n, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides)
{
	dnnl_memory_desc_t md = NULL;
	dnnl_status_t status = dnnl_memory_desc_create_with_strides(&md, n, dims, type, strides);
	return owned(m, status, md);
}

onednn_md
onednn_md_keep(onednn_mds *m, onednn_md_ref md)
{
	dnnl_memory_desc_t copy = NULL;
	dnnl_status_t status = dnnl_memory_desc_clone(&copy, md);
	return owned(m, status, copy);
}

void
onednn_mds_free(onednn_mds *m)
{
	while (m->n > 0)
		dnnl_memory_desc_destroy(m->md[--m->n]);
}

uint64_t
onednn_md_hash(onednn_md_ref md)
{
	(void)md; /* opaque */
	return 0;
}

dnnl_primitive_desc_t
onednn_conv(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x, onednn_md_ref weights, onednn_md_ref bias,
	onednn_md_ref y, const_dnnl_primitive_attr_t attr)
{
	dnnl_primitive_desc_t pd = NULL;
	dnnl_status_t status = dnnl_convolution_forward_primitive_desc_create(&pd, e, dnnl_forward_training,
		dnnl_convolution_direct, x, weights, bias, y, w->stride, w->dilation, w->before, w->after, attr);
	return made("conv2d", status, pd);
}

dnnl_primitive_desc_t
onednn_conv_grad_data(dnnl_engine_t e, const onednn_window *w, onednn_md_ref dx, onednn_md_ref weights,
	onednn_md_ref dy, dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr)
{
	dnnl_primitive_desc_t pd = NULL;
	dnnl_status_t status = dnnl_convolution_backward_data_primitive_desc_create(
		&pd, e, dnnl_convolution_direct, dx, weights, dy, w->stride, w->dilation, w->before, w->after, hint, attr);
	return made("conv2d_grad_data", status, pd);
}

dnnl_primitive_desc_t
onednn_conv_grad_weights(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x, onednn_md_ref dweights,
	onednn_md_ref dy, dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr)
{
	dnnl_primitive_desc_t pd = NULL;
	dnnl_status_t status = dnnl_convolution_backward_weights_primitive_desc_create(&pd, e, dnnl_convolution_direct, x,
		dweights, NULL, dy, w->stride, w->dilation, w->before, w->after, hint, attr);
	return made(onednn_grad_weights_name(w), status, pd);
}

dnnl_primitive_desc_t
onednn_deconv(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x, onednn_md_ref weights, onednn_md_ref bias,
	onednn_md_ref y, const_dnnl_primitive_attr_t attr)
{
	dnnl_primitive_desc_t pd = NULL;
	dnnl_status_t status = dnnl_deconvolution_forward_primitive_desc_create(&pd, e, dnnl_forward_training,
		dnnl_deconvolution_direct, x, weights, bias, y, w->stride, w->dilation, w->before, w->after, attr);
	return made("conv_transpose2d", status, pd);
}

dnnl_primitive_desc_t
onednn_matmul(dnnl_engine_t e, onednn_md_ref a, onednn_md_ref b, onednn_md_ref bias, onednn_md_ref y,
	const_dnnl_primitive_attr_t attr)
{
	dnnl_primitive_desc_t pd = NULL;
	dnnl_status_t status = dnnl_matmul_primitive_desc_create(&pd, e, a, b, bias, y, attr);
	return made("matmul", status, pd);
}

void
onednn_add_sum(dnnl_post_ops_t ops)
{
	dnnl_post_ops_append_sum(ops, 1.f, 0, dnnl_data_type_undef);
}
void
onednn_add_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta)
{
	dnnl_post_ops_append_eltwise(ops, kind, alpha, beta);
}

#endif

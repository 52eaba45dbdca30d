/*
 * What differs between oneDNN 2.6 and 3.x, and nothing else: memory descriptors are values in one and owned objects in
 * the other, primitive descriptors are made in two calls or one, post-ops take other arguments. The rest of this folder
 * is written against these few names.
 *
 * Descriptors belong to the step that made them (exec_dnnl_release frees them), so that no caller owns one.
 */
#ifndef EXEC_DNNL_ONEDNN_H
#define EXEC_DNNL_ONEDNN_H
#include <dnnl.h>
#include <stdbool.h>
#include <stdint.h>

#if DNNL_VERSION_MAJOR < 3
typedef dnnl_memory_desc_t onednn_md; /* a value */
typedef const dnnl_memory_desc_t *onednn_md_ref; /* what oneDNN takes and gives */
#define ONEDNN_REF(md) (&(md))
#define ONEDNN_ISA_ANY dnnl_cpu_isa_all
#else
typedef dnnl_memory_desc_t onednn_md; /* a pointer */
typedef const_dnnl_memory_desc_t onednn_md_ref;
#define ONEDNN_REF(md) (md)
#define ONEDNN_ISA_ANY dnnl_cpu_isa_default
#endif

enum { ONEDNN_MDS = 24 };
typedef struct onednn_mds {
	dnnl_memory_desc_t md[ONEDNN_MDS];
	int n;
} onednn_mds; /* of one step; 2.6 leaves it empty */

onednn_md onednn_md_tag(onednn_mds *m, int n, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag);
onednn_md onednn_md_strides(
	onednn_mds *m, int n, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides);
/* A descriptor that oneDNN lent, to keep. */
onednn_md onednn_md_keep(onednn_mds *m, onednn_md_ref md);
void onednn_mds_free(onednn_mds *m);
/* A hash of a layout; 0: not told. Equal layouts may have different ones, different layouts never the same. */
uint64_t onednn_md_hash(onednn_md_ref md);

typedef struct onednn_window {
	dnnl_dims_t stride, dilation, before, after;
	bool over; /* of weight gradients: the kernel is higher or wider than the picture */
	bool thin; /* of weight gradients: steps over pixels of fewer channels than a block */
} onednn_window;
/* What weight gradients of such a window are called in trust.h. */
static inline const char *
onednn_grad_weights_name(const onednn_window *w)
{
	return w->dilation[0] || w->dilation[1] ? "conv2d_grad_weights dilated"
		: w->over                           ? "conv2d_grad_weights over"
		: w->thin                           ? "conv2d_grad_weights thin"
											: "conv2d_grad_weights";
}

/* Primitive descriptors of the first implementation that trust.h allows; NULL where oneDNN has none. `bias` and `hint`
 * may be NULL. Attributes are the caller's. */
dnnl_primitive_desc_t onednn_conv(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x, onednn_md_ref weights,
	onednn_md_ref bias, onednn_md_ref y, const_dnnl_primitive_attr_t attr);
dnnl_primitive_desc_t onednn_conv_grad_data(dnnl_engine_t e, const onednn_window *w, onednn_md_ref dx,
	onednn_md_ref weights, onednn_md_ref dy, dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr);
dnnl_primitive_desc_t onednn_conv_grad_weights(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x,
	onednn_md_ref dweights, onednn_md_ref dy, dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr);
dnnl_primitive_desc_t onednn_deconv(dnnl_engine_t e, const onednn_window *w, onednn_md_ref x, onednn_md_ref weights,
	onednn_md_ref bias, onednn_md_ref y, const_dnnl_primitive_attr_t attr);
dnnl_primitive_desc_t onednn_matmul(dnnl_engine_t e, onednn_md_ref a, onednn_md_ref b, onednn_md_ref bias,
	onednn_md_ref y, const_dnnl_primitive_attr_t attr);

void onednn_add_sum(dnnl_post_ops_t ops);
void onednn_add_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta);
#endif

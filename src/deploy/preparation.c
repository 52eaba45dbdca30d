/* Preparing pictures within graphs. See preparation.h. */
#include "deploy/preparation.h"
#include "ops/picture.h"
#include "prepare/normalize.h"

static const secant_opt rows[] = {
	SECANT_OPT_CHOICE(deploy_preparation, input, "input", "picture", "picture|nv12|nv21|i420|yv12",
		"pixels (height x width x channels), or the planes of a camera"),
	SECANT_OPT(deploy_preparation, channels, INT, "channels", "0", 0, 16, "of the pixels; 0: as many as the network's"),
	SECANT_OPT(deploy_preparation, source, SIZE, "source", NULL, 1, 1 << 16, "HxW of what comes in; none: any"),
	SECANT_OPT(deploy_preparation, crop, INTS, "crop", NULL, 0, 1 << 16, "top, left, height, width"),
	SECANT_OPT(deploy_preparation, centre, SIZE, "centre", NULL, 1, 1 << 16, "HxW of the middle that is cut out"),
	SECANT_OPT(deploy_preparation, size, SIZE, "size", NULL, 1, 1 << 16, "HxW it is brought to"),
	SECANT_OPT_CHOICE(deploy_preparation, filter, "filter", "bilinear", "nearest|bilinear|area|cubic", "how"),
	SECANT_OPT_CHOICE(deploy_preparation, fit, "fit", "stretch", "stretch|letterbox|cover",
		"both sides on their own, fitted with a border, or cut to cover"),
	SECANT_OPT(deploy_preparation, fill, INT, "fill", "0", 0, 255, "the byte of that border"),
	SECANT_OPT(deploy_preparation, order, INTS, "order", NULL, 0, 15, "channels in another order: 2,1,0"),
	SECANT_OPT(deploy_preparation, matrix, INTS, "matrix", NULL, -32768, 32767, "3 x 3 of colours, in parts of 256"),
	SECANT_OPT(deploy_preparation, before, INTS, "before", NULL, -255, 255, "taken from colours before the matrix"),
	SECANT_OPT(deploy_preparation, after, INTS, "after", NULL, -255, 255, "added behind it"),
	SECANT_OPT(deploy_preparation, normalize, STR, "normalize", NULL, 0, 0,
		"imagenet, unit, symmetric, none or MEAN,.../STD,...; none given: mean, low, scale and shift"),
	SECANT_OPT(deploy_preparation, mean, REALS, "mean", NULL, 1, 0, "taken away first, of 0 to 255"),
	SECANT_OPT(deploy_preparation, low, REALS, "low", NULL, 1, 0, "taken away then"),
	SECANT_OPT(deploy_preparation, scale, REALS, "scale", NULL, 1, 0, "the factor"),
	SECANT_OPT(deploy_preparation, shift, REALS, "shift", NULL, 1, 0, "added at the end"),
	SECANT_OPT(deploy_preparation, pad, INTS, "pad", NULL, 0, 1 << 16, "top, left, bottom, right"),
	SECANT_OPT(deploy_preparation, pad_value, REAL, "pad-value", "0", 1, 0, "of that border, a network's number"),
	SECANT_OPT_END,
};
const secant_opts deploy_preparation_options = { "preparation", sizeof(deploy_preparation), rows };

secant_shape
deploy_preparation_shape(const deploy_preparation *p, int batch, int64_t h, int64_t w, int channels)
{
	if (p->source.n == 2) {
		h = p->source.v[0];
		w = p->source.v[1];
	}
	return p->input == DEPLOY_PICTURE ? secant_shape_of(4, batch, h, w, p->channels ? p->channels : channels)
									  : secant_shape_of(4, batch, (h + 1) / 2 * 3, (w + 1) / 2 * 2, 1);
}

/* ---- the operators ---- */

static graph_value
colours(graph_net *g, const deploy_preparation *p, graph_value v, int channels)
{
	if (p->order.n)
		v = graph_apply(g, "channels", &(op_channels_attr){ p->order }, 1, v);
	if (!p->matrix.n)
		return v;
	v = graph_apply(g, "colour_matrix", &(op_colour_matrix_attr){ p->matrix, p->before, p->after }, 1, v);
	if (channels == 1) /* grey is the first row's result */
		v = graph_apply(g, "channels", &(op_channels_attr){ { 1, { 0 } } }, 1, v);
	return v;
}

static void
put_floats(secant_reals *to, const float *from, int n)
{
	to->n = n;
	for (int i = 0; i < n; i++)
		to->v[i] = (double)from[i];
}

static graph_value
numbers(graph_net *g, const deploy_preparation *p, graph_value v, int channels)
{
	op_normalize_attr a = { channels, p->mean, p->low, p->scale, p->shift };
	float scale[PREPARE_NORMALIZE_CHANNELS], shift[PREPARE_NORMALIZE_CHANNELS];
	secant_err err = { 0 };
	if (p->normalize) {
		if (prepare_normalize_parse(p->normalize, channels, scale, shift, &err))
			return graph_fail(g, err.code, "%s", err.msg);
		put_floats(&a.scale, scale, channels);
		put_floats(&a.shift, shift, channels);
	}
	return graph_apply(g, "normalize_picture", &a, 1, v);
}

graph_value
deploy_build_preparation(graph_net *g, const deploy_preparation *p, graph_value v, int channels, graph_value *seen)
{
	static const int layouts[] = { 0, OP_YUV_NV12, OP_YUV_NV21, OP_YUV_I420, OP_YUV_YV12 };
	if ((p->crop.n && p->crop.n != 4) || (p->pad.n && p->pad.n != 4))
		return graph_fail(g, SECANT_ERR_ARG, "preparation: crop and pad are four numbers each");
	if (p->input != DEPLOY_PICTURE)
		v = graph_apply(g, "yuv_picture", &(op_yuv_attr){ layouts[p->input] }, 1, v);
	if (p->crop.n == 4)
		v = graph_apply(
			g, "crop", &(op_crop_attr){ p->crop.v[0], p->crop.v[1], p->crop.v[2], p->crop.v[3], false }, 1, v);
	if (p->centre.n == 2)
		v = graph_apply(g, "crop", &(op_crop_attr){ 0, 0, p->centre.v[0], p->centre.v[1], true }, 1, v);
	if (seen)
		*seen = v;
	if (p->size.n == 2)
		v = graph_apply(g, "picture_resize", &(op_picture_resize_attr){ p->size, p->filter, p->fit, p->fill }, 1, v);
	v = numbers(g, p, colours(g, p, v, channels), channels);
	if (p->pad.n == 4) {
		op_pad_attr a = op_pad_hw(OP_PAD_CONSTANT, p->pad.v[0], p->pad.v[1], p->pad.v[2], p->pad.v[3]);
		a.value = p->pad_value;
		v = graph_apply(g, "pad", &a, 1, v);
	}
	return v;
}

/* ---- AIPP ---- */

/* Order of channels by the two switches: R and B, or U and V, change places; of four channels the last becomes the
 * first (RGBA to ARGB). Of XRGB a network of three colours gets what is no X. */
static secant_ints
order_of(const format_aipp *a, int channels)
{
	if (a->format == FORMAT_AIPP_YUV400)
		return (secant_ints){ 0 };
	if (a->format != FORMAT_AIPP_XRGB8888) {
		secant_ints o = { 3, { 0, 1, 2 } };
		int red = a->format == FORMAT_AIPP_YUV420SP ? 1 : 0;
		o.v[red] = 2;
		o.v[2] = red;
		return a->swap ? o : (secant_ints){ 0 };
	}
	int colours = a->swap_first ? 0 : 1, red = colours + (a->swap ? 2 : 0), blue = colours + (a->swap ? 0 : 2);
	if (channels < 4 || a->convert)
		return (secant_ints){ 3, { red, colours + 1, blue } };
	return a->swap || a->swap_first ? (secant_ints){ 4, { a->swap_first ? 3 : 0, red, colours + 1, blue } }
									: (secant_ints){ 0 };
}

static void
numbers_of(deploy_preparation *p, const format_aipp *a, int channels)
{
	int n = channels < 4 ? channels : 4;
	p->mean.n = p->low.n = p->scale.n = n;
	for (int i = 0; i < n; i++) {
		p->mean.v[i] = a->mean[i];
		p->low.v[i] = a->min[i];
		p->scale.v[i] = a->factor[i];
	}
}

secant_status
deploy_preparation_of_aipp(deploy_preparation *p, const format_aipp *a, int h, int w, int channels, secant_err *err)
{
	static const int has[] = {
		[FORMAT_AIPP_YUV420SP] = 3, [FORMAT_AIPP_XRGB8888] = 4, [FORMAT_AIPP_RGB888] = 3, [FORMAT_AIPP_YUV400] = 1
	};
	int across = a->pad ? a->pad_left + a->pad_right : 0, down = a->pad ? a->pad_top + a->pad_bottom : 0;
	if (a->dynamic)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"AIPP: aipp_mode dynamic, whose parameters come with every picture, is for models of secant atc that a "
			"stream runs: write a static block");
	if (channels > 4)
		return secant_fail(err, SECANT_ERR_SHAPE, "AIPP: a network of %d channels; AIPP makes up to 4", channels);
	if (has[a->format] < channels && !(has[a->format] == 1 && channels == 3))
		return secant_fail(err, SECANT_ERR_SHAPE, "AIPP: input_format %s has %d channels, the network wants %d",
			format_aipp_name(a->format), has[a->format], channels);
	if (a->format == FORMAT_AIPP_YUV400 && a->convert)
		return secant_fail(err, SECANT_ERR_SHAPE, "AIPP: csc_switch of YUV400_U8, which has no colours");
	*p = (deploy_preparation){ .input = a->format == FORMAT_AIPP_YUV420SP ? DEPLOY_PICTURE_NV12 : DEPLOY_PICTURE,
		.channels = has[a->format],
		.filter = SECANT_FILTER_BILINEAR };
	int to_h = h ? h - down : 0, to_w = w ? w - across : 0; /* what the picture itself is brought to */
	int crop_h = a->crop_h ? a->crop_h : to_h, crop_w = a->crop_w ? a->crop_w : to_w;
	if (a->src_h && a->src_w)
		p->source = (secant_ints){ 2, { a->src_h, a->src_w } };
	else if (!a->crop && to_h > 0 && to_w > 0)
		p->source = (secant_ints){ 2, { to_h, to_w } };
	if (a->crop && p->source.n && (a->crop_top + crop_h > a->src_h || a->crop_left + crop_w > a->src_w))
		return secant_fail(err, SECANT_ERR_SHAPE, "AIPP: a window of %dx%d at (%d, %d) leaves a picture of %dx%d",
			crop_h, crop_w, a->crop_top, a->crop_left, a->src_h, a->src_w);
	if (a->crop)
		p->crop = (secant_ints){ 4, { a->crop_top, a->crop_left, crop_h, crop_w } };
	int made_h = (a->crop           ? crop_h
						 : a->src_h ? a->src_h
									: to_h)
		+ down,
		made_w = (a->crop           ? crop_w
						 : a->src_w ? a->src_w
									: to_w)
		+ across;
	if ((h && made_h != h) || (w && made_w != w))
		return secant_fail(
			err, SECANT_ERR_SHAPE, "AIPP: makes pictures of %dx%d, the network's are %dx%d", made_h, made_w, h, w);
	p->order = order_of(a, channels);
	if (a->convert) {
		bool from_yuv = a->format == FORMAT_AIPP_YUV420SP;
		p->matrix.n = 9;
		for (int i = 0; i < 9; i++)
			p->matrix.v[i] = a->matrix[i];
		secant_ints *bias = from_yuv ? &p->before : &p->after;
		bias->n = 3;
		for (int i = 0; i < 3; i++)
			bias->v[i] = from_yuv ? a->input_bias[i] : a->output_bias[i];
	}
	numbers_of(p, a, channels);
	if (a->pad) {
		p->pad = (secant_ints){ 4, { a->pad_top, a->pad_left, a->pad_bottom, a->pad_right } };
		p->pad_value = a->pad_value;
	}
	return SECANT_OK;
}

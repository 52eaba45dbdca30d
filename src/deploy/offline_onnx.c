/* Offline models of networks of any kind; see offline_onnx.h. */
#include "deploy/offline_onnx.h"
#include <string.h>
#include "base/file.h"
#include "formats/onnx/wire.h"

static const char key[] = "secant.om";

static const char *
told(const format_onnx_model *m)
{
	for (int i = 0; i < m->n_pair; i++)
		if (!strcmp(m->pair[i].key, key))
			return m->pair[i].value;
	return NULL;
}

bool
deploy_is_offline_onnx(const format_onnx_model *m)
{
	return told(m) != NULL;
}

secant_status
deploy_offline_onnx_refuse_aipp(const format_onnx_model *m, secant_err *err)
{
	const char *text = told(m);
	json_t *j = text ? json_loadb(text, strlen(text), 0, NULL) : NULL;
	bool bytes = json_object_get(j, "aipp") != NULL;
	json_decref(j);
	if (!bytes)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_UNSUPPORTED,
		"this offline model takes bytes of pictures (AIPP) and gives its network's outputs: a stream runs it "
		"(mxpi_tensorinfer); here the network it was compiled from is meant, or what secant compile makes of it");
}

static secant_status
read_input(deploy_offline_input *in, const json_t *j, secant_err *err)
{
	const json_t *v;
	size_t i;
	in->name = json_string_value(json_object_get(j, "name"));
	in->rows = json_is_true(json_object_get(j, "rows"));
	in->half = json_is_true(json_object_get(j, "half"));
	in->parameters = -1;
	json_array_foreach (json_object_get(j, "shape"), i, v) {
		int64_t d = json_integer_value(v);
		if (i == SECANT_MAX_RANK || (d < 1 && d != -1) || d > INT32_MAX)
			return secant_fail(err, SECANT_ERR_FORMAT, "%s: an input's shape is none", key);
		in->shape.dim[in->shape.rank++] = d;
	}
	return in->name ? SECANT_OK : secant_fail(err, SECANT_ERR_FORMAT, "%s: an input has no name", key);
}

static secant_status
read_sets(deploy_offline_onnx *o, secant_err *err)
{
	static const char *const kinds[] = { "", "batch", "image", "dims" };
	const char *kind = json_string_value(json_object_get(o->json, "dynamic"));
	const json_t *set, *v;
	size_t i, k;
	for (int d = 1; kind && d < 4; d++)
		if (!strcmp(kind, kinds[d]))
			o->dynamic = (deploy_offline_dynamic)d;
	json_array_foreach (json_object_get(o->json, "sets"), i, set) {
		size_t n = json_array_size(set);
		if (o->n_sets == DEPLOY_OFFLINE_SETS || !n || n > DEPLOY_OFFLINE_NUMBERS || (i && n != (size_t)o->width))
			return secant_fail(err, SECANT_ERR_FORMAT, "%s: set %zu of shapes is none", key, i);
		o->width = (int)n;
		json_array_foreach (set, k, v)
			o->set[o->n_sets][k] = json_integer_value(v);
		o->n_sets++;
	}
	return !o->n_sets == (o->dynamic == DEPLOY_OFFLINE_STATIC)
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_FORMAT, "%s: '%s' with %d sets", key, kind ? kind : "", o->n_sets);
}

/* Blocks of AIPP belong to inputs by their number. */
static secant_status
read_aipp(deploy_offline_onnx *o, secant_err *err)
{
	format_aipp block[FORMAT_AIPP_BLOCKS];
	const char *text = json_string_value(json_object_get(o->json, "aipp"));
	int n = 0;
	if (!text)
		return SECANT_OK;
	secant_status s = format_aipp_parse(block, &n, text, strlen(text), err);
	for (int i = 0; i < n && !s; i++) {
		if (block[i].related_input_rank >= o->n)
			return secant_fail(err, SECANT_ERR_ARG, "AIPP: related_input_rank %lld, the network has %d inputs",
				(long long)block[i].related_input_rank, o->n);
		deploy_offline_input *in = &o->in[block[i].related_input_rank];
		if (in->half)
			return secant_fail(err, SECANT_ERR_ARG, "AIPP: input '%s' comes in bytes, not in 16 bits", in->name);
		if (in->aipp)
			return secant_fail(err, SECANT_ERR_ARG, "AIPP: two blocks for input '%s'", in->name);
		if (in->shape.rank != 4 || in->shape.dim[in->rows ? 3 : 1] < 1)
			return secant_fail(
				err, SECANT_ERR_ARG, "AIPP: input '%s' is no picture of four dimensions with known channels", in->name);
		int64_t h = in->shape.dim[in->rows ? 1 : 2], w = in->shape.dim[in->rows ? 2 : 3];
		in->aipp = true;
		if (block[i].dynamic) {
			in->parameters = o->n_parameters++;
			in->most_bytes = block[i].max_src_image_size;
			continue;
		}
		s = deploy_preparation_of_aipp(&in->prepared, &block[i], h > 0 ? (int)h : 0, w > 0 ? (int)w : 0,
			(int)in->shape.dim[in->rows ? 3 : 1], err);
		if (!s && (h < 1 || w < 1) && (in->prepared.source.n || in->prepared.crop.n || in->prepared.pad.n))
			return secant_fail(err, SECANT_ERR_ARG,
				"AIPP: input '%s' has sizes that come with dynamic flags: no crop, no padding and no src_image_size "
				"then",
				in->name);
	}
	return s;
}

/* ---- outputs ---- */

const char *
deploy_offline_onnx_value(const format_onnx_graph *g, const char *name, int place)
{
	for (int i = 0; i < g->n_node && *name; i++)
		if (!strcmp(g->node[i].name, name) && place >= 0 && place < g->node[i].n_out && *g->node[i].out[place])
			return g->node[i].out[place];
	for (int i = 0; i < g->n_node && *name; i++)
		for (int k = 0; k < g->node[i].n_out; k++)
			if (!strcmp(g->node[i].out[k], name) && !place)
				return g->node[i].out[k];
	return NULL;
}

int
deploy_offline_type(const char *word)
{
	static const struct {
		const char *word;
		int type;
	} types[] = { { "FP32", FORMAT_ONNX_FLOAT }, { "FP16", FORMAT_ONNX_FLOAT16 }, { "UINT8", FORMAT_ONNX_UINT8 },
		{ "INT8", FORMAT_ONNX_INT8 } };
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (!strcmp(types[i].word, word))
			return types[i].type;
	return 0;
}

/* Outputs that were chosen, and types that were asked for: a list of as many, or one for all. */
static secant_status
read_outputs(deploy_offline_onnx *o, const format_onnx_model *m, secant_err *err)
{
	const json_t *v, *types = json_object_get(o->json, "types");
	size_t i;
	json_array_foreach (json_object_get(o->json, "outputs"), i, v) {
		const char *name = json_string_value(v), *value = name ? deploy_offline_onnx_value(&m->graph, name, 0) : NULL;
		if (!value || i == DEPLOY_OFFLINE_OUTPUTS)
			return secant_fail(err, SECANT_ERR_FORMAT, "%s: no value '%s' comes out", key, name ? name : "");
		o->out[o->n_out] = (format_onnx_info){ .name = value, .rank = -1, .kind = "tensor" };
		for (int k = 0; k < m->graph.n_out; k++)
			if (!strcmp(m->graph.out[k].name, value))
				o->out[o->n_out] = m->graph.out[k];
		o->n_out++;
	}
	json_array_foreach (types, i, v) {
		const char *type = json_string_value(v);
		if (i == DEPLOY_OFFLINE_OUTPUTS)
			break;
		o->out_type[i] = type ? deploy_offline_type(type) : 0;
		if (type && !o->out_type[i])
			return secant_fail(err, SECANT_ERR_FORMAT, "%s: no output type is called '%s'", key, type);
	}
	return SECANT_OK;
}

void
deploy_offline_onnx_choose(deploy_offline_onnx *o, format_onnx_model *m)
{
	if (!o->n_out)
		return;
	m->graph.out = o->out;
	m->graph.n_out = o->n_out;
}

secant_status
deploy_offline_onnx_read(deploy_offline_onnx *o, const format_onnx_model *m, secant_err *err)
{
	const char *text = told(m);
	const json_t *j;
	size_t i;
	*o = (deploy_offline_onnx){ 0 };
	secant_status s = SECANT_OK;
	if (!(o->json = base_json_parse(text, strlen(text), key, err)))
		return err->code;
	if (json_integer_value(json_object_get(o->json, "version")) != 1)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: another version than 1: compile the model again", key);
	json_array_foreach (json_object_get(o->json, "inputs"), i, j)
		if (!s
			&& !(s = i < DEPLOY_OFFLINE_INPUTS ? read_input(&o->in[o->n], j, err)
											   : secant_fail(err, SECANT_ERR_FORMAT, "%s: too many inputs", key)))
			o->n++;
	if (!s && o->n != m->graph.n_in)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: %d inputs, the network has %d", key, o->n, m->graph.n_in);
	for (int k = 0; k < o->n && !s; k++)
		if (strcmp(o->in[k].name, m->graph.in[k].name) != 0)
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s: input %d is '%s', the network's is '%s'", key, k,
				o->in[k].name, m->graph.in[k].name);
	if (!s && !(s = read_sets(o, err)))
		s = read_aipp(o, err);
	if (!s)
		s = read_outputs(o, m, err);
	if (s)
		deploy_offline_onnx_free(o);
	return s;
}

void
deploy_offline_onnx_free(deploy_offline_onnx *o)
{
	for (int i = 0; i < o->n; i++)
		if (o->in[i].aipp)
			secant_opts_free(&deploy_preparation_options, &o->in[i].prepared);
	json_decref(o->json);
	*o = (deploy_offline_onnx){ 0 };
}

secant_status
deploy_offline_onnx_set_aipp(
	deploy_offline_onnx *o, int i, const void *bytes, size_t size, int64_t batch, secant_err *err)
{
	deploy_offline_input *in = &o->in[i];
	format_aipp a;
	int64_t c = in->shape.dim[in->rows ? 3 : 1], h = in->shape.dim[in->rows ? 1 : 2],
			w = in->shape.dim[in->rows ? 2 : 3];
	if (format_aipp_of_parameters(&a, bytes, size, batch, err))
		return err->code;
	if (!a.src_w || !a.src_h)
		return secant_fail(
			err, SECANT_ERR_RANGE, "dynamic AIPP: input '%s': the picture's size (srcImageSize) is not set", in->name);
	secant_opts_free(&deploy_preparation_options, &in->prepared);
	in->prepared = (deploy_preparation){ 0 };
	if (deploy_preparation_of_aipp(&in->prepared, &a, h > 0 ? (int)h : 0, w > 0 ? (int)w : 0, (int)c, err))
		return err->code;
	secant_shape picture = deploy_offline_picture(in);
	int64_t pixels = picture.dim[1] * picture.dim[2] * picture.dim[3] * batch;
	return pixels <= in->most_bytes ? SECANT_OK
									: secant_fail(err, SECANT_ERR_RANGE,
										"dynamic AIPP: input '%s': pictures of %lld bytes; max_src_image_size is %lld",
										in->name, (long long)pixels, (long long)in->most_bytes);
}

secant_shape
deploy_offline_picture(const deploy_offline_input *in)
{
	const deploy_preparation *p = &in->prepared;
	bool planes = p->input != DEPLOY_PICTURE;
	int64_t h = -1, w = -1;
	if (p->source.n == 2) {
		h = p->source.v[0];
		w = p->source.v[1];
	}
	return secant_shape_of(4, in->shape.dim[0], h > 0 && planes ? h / 2 * 3 : h, w, planes ? 1 : p->channels);
}

secant_shape
deploy_offline_prepared(const deploy_offline_input *in, const secant_shape *picture)
{
	const deploy_preparation *p = &in->prepared;
	int64_t h = picture->dim[1], w = picture->dim[2], c = in->shape.dim[in->rows ? 3 : 1];
	if (p->input != DEPLOY_PICTURE)
		h = h / 3 * 2;
	if (p->crop.n == 4) {
		h = p->crop.v[2];
		w = p->crop.v[3];
	}
	if (p->pad.n == 4) {
		h += p->pad.v[0] + p->pad.v[2];
		w += p->pad.v[1] + p->pad.v[3];
	}
	return in->rows ? secant_shape_of(4, picture->dim[0], h, w, c) : secant_shape_of(4, picture->dim[0], c, h, w);
}

/* Does set k say what these shapes are? */
static bool
fits(const deploy_offline_onnx *o, int k, const secant_shape *shapes)
{
	int taken = 0;
	for (int i = 0; i < o->n; i++) {
		const secant_shape *want = &o->in[i].shape;
		if (want->rank != shapes[i].rank)
			return false;
		for (int d = 0; d < want->rank; d++) {
			int64_t dim = want->dim[d];
			if (dim < 0 && o->dynamic != DEPLOY_OFFLINE_STATIC) {
				if (o->dynamic != DEPLOY_OFFLINE_DIMS && taken >= o->width) /* every input has the same batch or size */
					taken = 0;
				dim = taken < o->width ? o->set[k][taken++] : 0;
			}
			if (dim != shapes[i].dim[d])
				return false;
		}
	}
	return true;
}

secant_status
deploy_offline_onnx_check(const deploy_offline_onnx *o, const secant_shape *shapes, secant_err *err)
{
	static const char *const kinds[] = { "its shape", "batches", "sizes (height,width)", "sets of dimensions" };
	base_str all = { 0 };
	for (int k = 0; k < (o->n_sets ? o->n_sets : 1); k++)
		if (fits(o, k, shapes))
			return SECANT_OK;
	for (int i = 0; i < o->n; i++) {
		char text[96];
		base_str_addf(
			&all, "%s'%s' %s", i ? ", " : "", o->in[i].name, secant_shape_text(&shapes[i], text, sizeof text));
	}
	base_str_addf(&all, "; the model was compiled for %s", kinds[o->dynamic]);
	for (int k = 0; k < o->n_sets; k++)
		for (int i = 0; i < o->width; i++)
			base_str_addf(&all, "%s%lld", i ? "," : k ? ";" : " ", (long long)o->set[k][i]);
	for (int i = 0; i < o->n && !o->n_sets; i++) {
		char text[96];
		base_str_addf(&all, " %s", secant_shape_text(&o->in[i].shape, text, sizeof text));
	}
	secant_status s = secant_fail(err, SECANT_ERR_SHAPE, "inputs are %s", all.p ? all.p : "?");
	base_str_free(&all);
	return s;
}

secant_status
deploy_offline_onnx_write(const format_onnx_model *m, const json_t *j, const char *path, secant_err *err)
{
	char *text = base_json_text(j, 0);
	base_str pair = { 0 }, whole = { 0 };
	secant_status s = SECANT_OK;
	if (m->external)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"weights lie in files beside the network: save it as one file first (onnx.save without external data)");
	if (!s && text) {
		format_wire_put_text(&pair, 1, key);
		format_wire_put_text(&pair, 2, text);
		base_str_addn(&whole, (const char *)m->file.data, m->file.size);
		format_wire_put_message(&whole, 14, &pair); /* metadata_props: what stands later is added */
	}
	if (!s && (!text || whole.failed))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the model");
	if (!s)
		s = secant_file_write(path, whole.p, whole.n, err);
	base_str_free(&pair);
	base_str_free(&whole);
	secant_free(text);
	return s;
}

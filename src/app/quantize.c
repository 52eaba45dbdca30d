/*
 * `secant quantize`: a network with weights and activations of 8 bits, after training. Pictures go through the network,
 * what is seen of every tensor becomes its scale, and the file says it with pairs of QuantizeLinear and
 * DequantizeLinear (formats/onnx/quantize.h), which plans here run in bytes, and ONNX Runtime and OpenVINO too. Two
 * things are tried and kept where scores come closer: channels that are equalised, biases that are corrected (Nagel et
 * al. 2019). Where more is lost than the user allows (IoU with the labels; without labels the share of pixels that
 * change their class), layers are measured one by one, and those that harm most stay in real numbers.
 */
#include "app/quantize.h"
#include <secant/files.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "app/onnx.h"
#include "base/file.h"
#include "base/mem.h"

static const secant_opt rows[] = {
	SECANT_OPT_HEADING("What is seen"),
	SECANT_OPT(secant_quantize, images, INT, "images", "32", 1, 100000,
		"pictures that go through the network, of those there are"),
	SECANT_OPT(secant_quantize, split, STR, "split", "train", 0, 0, "which of a data set: train, val, test"),
	SECANT_OPT(secant_quantize, size, SIZE, "size", NULL, 1, 1 << 16,
		"height and width that pictures are scaled to; the network's own where it has one"),
	SECANT_OPT_CHOICE(secant_quantize, method, "method", "minmax", "minmax|percentile|mse|entropy",
		"how far scales reach: all that was seen; all but 1 in 10,000; least squared error; least divergence"),
	SECANT_OPT_HEADING("What stays in real numbers"),
	SECANT_OPT(secant_quantize, keep_float, STR, "keep-float", NULL, 0, 0,
		"layers by their names, patterns with * between commas"),
	SECANT_OPT(secant_quantize, target_loss, REAL, "target-loss", "0.005", 0, 1,
		"IoU with the labels that may be lost (without labels: share of pixels that may change their class); the "
		"layers "
		"that harm most stay in real numbers until it is met"),
	SECANT_OPT(secant_quantize, threads, INT, "threads", "0", 0, 1024, "of computation; 0: all processors"),
	SECANT_OPT_HEADING("Data"),
	SECANT_OPT_TABLE(secant_quantize, data, &secant_data_options_table),
	SECANT_OPT_END,
};
const secant_opts secant_quantize_options = { "quantize", sizeof(secant_quantize), rows };

static void
end(app_quantizing *c)
{
	for (int i = 0; i < c->pictures; i++)
		format_onnx_tensor_drop(c->picture[i]);
	for (int i = 0; i < APP_TRIALS && c->scores; i++)
		format_onnx_tensor_drop(c->scores[i]);
	for (int i = 0; i < APP_TRIALS && c->truth; i++)
		data_picture_free(&c->truth[i]);
	secant_free(c->truth);
	secant_free(c->picture);
	secant_free(c->scores);
	secant_free(c->seen);
	json_decref(c->settings);
	format_onnx_close(c->source.m);
	format_onnx_close(c->m);
	base_str_free(&c->said);
}

/* ---- what stays ---- */

static bool
is_named(const char *list, const char *name)
{
	char word[200];
	for (const char *p = list; p && *p; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",");
		(void)snprintf(word, sizeof word, "%.*s", (int)n, p);
		if (!fnmatch(word, name, 0))
			return true;
		p += n;
	}
	return false;
}

static secant_status
keep_named(app_quantizing *c, secant_err *err)
{
	int n = 0;
	for (int i = 0; i < c->q.n_product; i++)
		n += c->q.product[i].kept = is_named(c->o->keep_float, c->q.product[i].name);
	if (c->o->keep_float && !n)
		return secant_fail(err, SECANT_ERR_ARG,
			"--keep-float %s: no layer is called so; the first is '%s', the last '%s'", c->o->keep_float,
			c->q.product[0].name, c->q.product[c->q.n_product - 1].name);
	return n < c->q.n_product
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_ARG, "--keep-float %s keeps all %d layers", c->o->keep_float, n);
}

/* Biases corrected or not, whatever changes scores less. */
static secant_status
choose_biases(app_quantizing *c, double *squares, secant_err *err)
{
	app_cost with = { 0 }, without = { 0 };
	secant_status status = app_quantizing_measure(c, APP_TRIALS, &without, err);
	c->q.corrects = true;
	if (!status)
		status = app_quantizing_measure(c, APP_TRIALS, &with, err);
	c->q.corrects = with.squares < without.squares;
	*squares = c->q.corrects ? with.squares : without.squares;
	return status;
}

/* The same network with equalised channels, in *to; there is none (equalised 0) where no two layers allow it. */
static secant_status
begin_equalised(const app_quantizing *c, const char *path, app_quantizing *to, secant_err *err)
{
	to->m = format_onnx_open(path, err);
	to->equalised = 0;
	if (!to->m || format_onnx_quantizing_begin(&to->q, to->m, err))
		return err->code;
	for (int t = 0; t < to->q.n_tensor; t++) {
		int64_t n = c->q.tensor[t].channels;
		if (n && !format_onnx_quantizing_channels(&to->q, t, n))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for channels");
		if (n)
			memcpy(to->q.tensor[t].most, c->q.tensor[t].most, (size_t)n * sizeof(double));
	}
	to->equalised = format_onnx_quantizing_equalise(&to->q, err);
	return to->equalised < 0 ? err->code : SECANT_OK;
}

/* The network as it is, or with equalised channels. */
static secant_status
find_best(app_quantizing *c, const char *path, secant_err *err)
{
	double squares = 0, even = 0;
	secant_status status = format_onnx_quantizing_begin(&c->q, c->m, err);
	if (status || (status = keep_named(c, err)) || (status = app_quantizing_look(c, err))
		|| (status = choose_biases(c, &squares, err)))
		return status;
	app_quantizing other = *c;
	if (!(status = begin_equalised(c, path, &other, err)) && other.equalised && !(status = keep_named(&other, err))
		&& !(status = app_quantizing_look(&other, err)))
		status = choose_biases(&other, &even, err);
	bool better = !status && other.equalised && even < squares;
	format_onnx_close(better ? c->m : other.m);
	if (better) {
		c->m = other.m;
		c->q = other.q;
		c->equalised = other.equalised;
	}
	return status;
}

/* The harm of each layer alone. */
static secant_status
measure_layers(app_quantizing *c, secant_err *err)
{
	enum { PICTURES = 3 };
	int n = c->q.n_product;
	bool *kept = secant_calloc((size_t)n + 1, sizeof *kept);
	secant_status status = kept ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	for (int i = 0; i < n && kept; i++)
		kept[i] = c->q.product[i].kept;
	for (int i = 0; i < n && !status; i++) {
		app_cost one = { 0 };
		for (int k = 0; k < n; k++)
			c->q.product[k].kept = k != i;
		if (!kept[i] && !(status = app_quantizing_measure(c, PICTURES, &one, err)))
			c->q.product[i].harm = one.squares;
	}
	for (int i = 0; i < n && kept; i++)
		c->q.product[i].kept = kept[i];
	secant_free(kept);
	return status;
}

static int
most_harmful(const app_quantizing *c)
{
	int best = -1;
	for (int i = 0; i < c->q.n_product; i++)
		if (!c->q.product[i].kept && (best < 0 || c->q.product[i].harm > c->q.product[best].harm))
			best = i;
	return best;
}

/* Layers stay in real numbers, those that harm most first, until the share of changed pixels is within the target. */
static secant_status
meet_target(app_quantizing *c, app_cost *now, secant_err *err)
{
	secant_status status = app_quantizing_measure(c, APP_TRIALS, now, err);
	int n = c->q.n_product, most = n / 2, each = n / 24 + 1, kept = 0;
	if (status || app_quantizing_loss(c, now) <= c->o->target_loss)
		return status;
	app_cost first = *now;
	status = measure_layers(c, err);
	while (!status && app_quantizing_loss(c, now) > c->o->target_loss && kept < most) {
		for (int k = 0; k < each; k++, kept++) {
			int i = most_harmful(c);
			if (i < 0)
				break;
			c->q.product[i].kept = true;
			base_str_addf(&c->said, "'%s' stays in real numbers: alone it changes scores by %.2g%%\n",
				c->q.product[i].name, 100 * sqrt(c->q.product[i].harm));
		}
		status = app_quantizing_measure(c, APP_TRIALS, now, err);
	}
	if (!status && app_quantizing_loss(c, now) > c->o->target_loss)
		base_str_addf(&c->said,
			"the target of %.2g%% is not met with half of the layers in real numbers: other --method, more --images\n",
			100 * c->o->target_loss);
	base_str_addf(&c->said, "all layers in bytes change %.2f%% of the pixels\n", 100 * first.changed);
	return status;
}

/* ---- the file ---- */

static secant_status
write_file(app_quantizing *c, const char *out, secant_err *err)
{
	base_str bytes = { 0 };
	secant_status status = format_onnx_quantizing_write(&c->q, &bytes, err);
	if (!status && !base_ext_is(out, "onnx")) {
		char *temporary = base_format("%s.%d.onnx", out, (int)getpid());
		secant_import o;
		base_str said = { 0 };
		status = temporary ? secant_opts_init(&secant_import_options, &o, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		if (!status) {
			if (!(status = secant_file_write(temporary, bytes.p, bytes.n, err)))
				status = app_onnx_import(temporary, &o, out, &said, err);
			(void)unlink(temporary);
			secant_opts_free(&secant_import_options, &o);
		}
		base_str_free(&said);
		secant_free(temporary);
	} else if (!status)
		status = secant_file_write(out, bytes.p, bytes.n, err);
	base_str_free(&bytes);
	return status;
}

/* A model file becomes ONNX first. */
static secant_status
as_onnx(const char *model, const secant_quantize *o, char **temporary, secant_err *err)
{
	secant_export e;
	secant_status status = secant_opts_init(&secant_export_options, &e, err);
	if (status)
		return status;
	*temporary = base_format("%s/secant-quantize-%d.onnx", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
	e.dynamic = true;
	if (o->size.n == 2)
		e.size = o->size;
	status = *temporary ? secant_model_export_onnx(model, *temporary, &e, err)
						: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	secant_opts_free(&secant_export_options, &e);
	return status;
}

static void
say(app_quantizing *c, const app_cost *now)
{
	int kept = 0;
	for (int i = 0; i < c->q.n_product; i++)
		kept += c->q.product[i].kept;
	base_str_addf(&c->said, "%d of %d layers in bytes, %d norms folded, scales from %d pictures\n",
		c->q.n_product - kept, c->q.n_product, c->q.folded, c->pictures);
	if (c->m->opset < 13)
		base_str_addf(&c->said,
			"operator set %lld has no scales for each output of a layer: weights have one; export at 13 or newer for "
			"more\n",
			(long long)c->m->opset);
	if (c->equalised || c->q.corrects)
		base_str_addf(&c->said, "%d pairs of layers equalised, biases %s\n", c->equalised,
			c->q.corrects ? "corrected" : "as they were");
	base_str_addf(&c->said, "%.2f%% of the pixels change their class, scores by %.2g%%\n", 100 * now->changed,
		100 * sqrt(now->squares));
	if (app_quantizing_trusts_labels(c, now))
		base_str_addf(&c->said, "IoU with the labels of %d pictures falls by %.4f\n",
			c->pictures < APP_TRIALS ? c->pictures : APP_TRIALS, now->lost);
	else if (c->truth)
		base_str_addf(&c->said,
			"its IoU with the labels is %.2f: they are taken for those of another network, and changed pixels count\n",
			now->iou);
}

secant_status
secant_model_quantize(const char *model, const char *data, const char *out, const secant_quantize *o,
	const secant_logger *log, char **said, secant_err *err)
{
	secant_err own = { 0 };
	app_quantizing c = { .o = o, .log = log };
	char *temporary = NULL;
	app_cost now = { 0 };
	if (!deploy_is_onnx(model))
		(void)!as_onnx(model, o, &temporary, &own);
	if (!own.code && !app_quantizing_open(&c, temporary ? temporary : model, &own)
		&& !app_quantizing_read(&c, data, &own) && !find_best(&c, temporary ? temporary : model, &own)
		&& !meet_target(&c, &now, &own) && !write_file(&c, out, &own)) {
		say(&c, &now);
		if (said)
			*said = base_str_take(&c.said);
	}
	if (temporary)
		(void)unlink(temporary);
	secant_free(temporary);
	end(&c);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

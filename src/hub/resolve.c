/*
 * What --encoder-weights names: a file or folder of the user's, or published weights, which are fetched where they are
 * not here; and how their pictures were normalised. That stands in the config.json of smp's hub (mean, std,
 * input_space, input_range), else in the table.
 */
#include <math.h>
#include <string.h>
#include <strings.h>
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "hub/hub.h"

enum { CHANNELS = 3 };

/* Three numbers of an array; false: it is none. */
static bool
read_three(const json_t *j, double v[CHANNELS])
{
	for (size_t i = 0; i < CHANNELS; i++) {
		if (json_array_size(j) != CHANNELS || !json_is_number(json_array_get(j, i)))
			return false;
		v[i] = json_number_value(json_array_get(j, i));
		if (!isfinite(v[i]))
			return false;
	}
	return true;
}

static bool
is_imagenet(const double mean[CHANNELS], const double std[CHANNELS])
{
	static const double m[] = { .485, .456, .406 }, s[] = { .229, .224, .225 };
	for (int i = 0; i < CHANNELS; i++)
		if (fabs(mean[i] - m[i]) > 1e-6 || fabs(std[i] - s[i]) > 1e-6)
			return false;
	return true;
}

/* mean and std are of x on the scale 0 to input_range's second number; --normalize wants those of x/255. In order red,
 * green, blue: turning the first convolution round is the reader's part. */
static secant_status
read_config(hub_found *found, const char *path, secant_err *err)
{
	json_t *j = base_json_read(path, err);
	if (!j)
		return err ? err->code : SECANT_ERR_FORMAT;
	double mean[CHANNELS], std[CHANNELS];
	const char *space = json_string_value(json_object_get(j, "input_space"));
	const json_t *top = json_array_get(json_object_get(j, "input_range"), 1);
	double range = json_is_number(top) ? json_number_value(top) : 1;
	bool has = read_three(json_object_get(j, "mean"), mean) && read_three(json_object_get(j, "std"), std);
	secant_status status = SECANT_OK;
	if (has && (!(std[0] > 0 && std[1] > 0 && std[2] > 0) || (range != 1 && range != 255)))
		status = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: deviations must be above 0, input_range 0 to 1 or 0 to 255", path);
	if (has && !status) {
		base_str text = { 0 };
		found->bgr = space && !strcmp(space, "BGR");
		for (int i = 0; i < CHANNELS; i++) {
			mean[i] /= range;
			std[i] /= range;
		}
		if (is_imagenet(mean, std) && !found->bgr)
			base_str_add(&text, "imagenet");
		for (int i = 0; i < 2 * CHANNELS && !text.failed && strcmp(text.p ? text.p : "", "imagenet"); i++) {
			int c = found->bgr ? CHANNELS - 1 - i % CHANNELS : i % CHANNELS;
			base_str_addf(&text, "%s%.9g", i == 0 ? "" : i == CHANNELS ? "/" : ",", i < CHANNELS ? mean[c] : std[c]);
		}
		if (!(found->normalize = base_str_take(&text)))
			status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a normalisation");
	}
	json_decref(j);
	return status;
}

/* The user's own: a folder as the hub or save_pretrained has it, or a file. */
static secant_status
own_file(hub_found *found, const char *what, secant_err *err)
{
	static const char weights[] = "model.safetensors";
	bool dir = secant_is_dir(what);
	char *folder = dir ? base_strdup(what) : base_path_dir(what);
	found->path = dir ? base_path_join(what, weights) : base_strdup(what);
	char *config = folder ? base_path_join(folder, "config.json") : NULL,
		 *beside = found->path ? base_format("%s.json", found->path) : NULL;
	secant_status status = SECANT_OK;
	if (!found->path || !config || !beside)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	else if (dir && !secant_is_file(found->path))
		status = secant_fail(err, SECANT_ERR_IO, "%s: the folder holds no %s", what, weights);
	else if (secant_is_file(beside))
		status = read_config(found, beside, err);
	else if (!strcmp(base_path_name(found->path), weights) && secant_is_file(config))
		status = read_config(found, config, err);
	secant_free(folder);
	secant_free(config);
	secant_free(beside);
	return status;
}

static bool
looks_like_a_path(const char *what)
{
	return strchr(what, '/') || base_ext_is(what, "pth|pt|bin|safetensors|ckpt|tar");
}

secant_status
hub_resolve(hub_found *found, const char *encoder, const char *what, const secant_weights_events *e, secant_err *err)
{
	*found = (hub_found){ 0 };
	if (!strcasecmp(what, "none")) /* as people write it who mean that there are none */
		return SECANT_OK;
	if (secant_is_file(what) || secant_is_dir(what)) /* what lies here under a name of the table is meant by it */
		return own_file(found, what, err);
	if (looks_like_a_path(what))
		return secant_fail(err, SECANT_ERR_IO, "encoder-weights: there is no file %s", what);
	const secant_weight *w = secant_weight_find(encoder, what, err);
	if (!w)
		return secant_err_prefix(err, "encoder-weights"), SECANT_ERR_ARG;
	if (secant_weight_fetch(w, e, err))
		return err ? err->code : SECANT_ERR_IO;
	char *path = secant_weight_path(w, err);
	secant_status status = path ? own_file(found, path, err) : SECANT_ERR_NOMEM;
	found->weight = w;
	if (!status && !found->normalize && !(found->normalize = base_strdup(w->normalize)))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a normalisation");
	secant_free(path);
	return status;
}

void
hub_found_free(hub_found *found)
{
	secant_free(found->path);
	secant_free(found->normalize);
	*found = (hub_found){ 0 };
}

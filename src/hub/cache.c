/*
 * Where weights lie, and what stands beside them: FILE, FILE.sha256 (as sha256sum writes and checks it) and FILE.json
 * (the hub's config.json, which says how pictures were normalised). Caches of Hugging Face and of PyTorch are read too,
 * never written.
 */
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"
#include "hub/hub.h"

/* "$NAME/rest", fresh; NULL where the variable is not set. */
static char *
below(const char *name, const char *rest)
{
	const char *text = getenv(name);
	return text && *text ? base_path_join(text, rest) : NULL;
}

static char *
folder(secant_err *err)
{
	char *path = below("SECANT_WEIGHTS", "");
	if (!path)
		path = below("XDG_CACHE_HOME", "secant/weights");
	if (!path)
		path = below("HOME", ".cache/secant/weights");
	if (!path)
		secant_fail(err, SECANT_ERR_IO, "no folder for weights: set SECANT_WEIGHTS, XDG_CACHE_HOME or HOME");
	return path;
}

/* In our own folder: "resnet34.imagenet-7a57b34f.safetensors", or the published name. */
static char *
own_path(const secant_weight *w, secant_err *err)
{
	char *dir = folder(err);
	char *name = w->repo ? base_format("%s.%s-%.8s.safetensors", w->encoder, w->name, w->revision)
						 : base_strdup(base_path_name(w->address));
	char *path = dir && name ? base_path_join(dir, name) : NULL;
	secant_free(dir);
	secant_free(name);
	if (!path)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	return path;
}

/* In the cache that the publisher's own library fills; NULL: none is there. */
static char *
foreign_path(const secant_weight *w)
{
	char *rest = NULL, *path = NULL;
	static const char *const hubs[][2] = { { "HF_HUB_CACHE", "" }, { "HF_HOME", "hub/" },
		{ "XDG_CACHE_HOME", "huggingface/hub/" }, { "HOME", ".cache/huggingface/hub/" } };
	static const char *const torches[][2] = { { "TORCH_HOME", "hub/checkpoints/" },
		{ "XDG_CACHE_HOME", "torch/hub/checkpoints/" }, { "HOME", ".cache/torch/hub/checkpoints/" } };
	const char *const(*list)[2] = w->repo ? hubs : torches;
	size_t n = w->repo ? sizeof hubs / sizeof *hubs : sizeof torches / sizeof *torches;
	const char *slash = w->repo ? strchr(w->repo, '/') : NULL;
	if (w->repo && slash)
		rest = base_format(
			"models--%.*s--%s/snapshots/%s/model.safetensors", (int)(slash - w->repo), w->repo, slash + 1, w->revision);
	else
		rest = base_strdup(base_path_name(w->address));
	for (size_t i = 0; i < n && rest && !path; i++) {
		char *tail = base_format("%s%s", list[i][1], rest);
		path = tail ? below(list[i][0], tail) : NULL;
		secant_free(tail);
		if (path && !secant_is_file(path)) {
			secant_free(path);
			path = NULL;
		}
	}
	secant_free(rest);
	return path;
}

char *
secant_weight_path(const secant_weight *w, secant_err *err)
{
	char *own = own_path(w, err);
	if (!own || secant_is_file(own))
		return own;
	char *foreign = foreign_path(w);
	if (!foreign)
		return own;
	secant_free(own);
	return foreign;
}

bool
secant_weight_is_here(const secant_weight *w)
{
	char *path = secant_weight_path(w, NULL);
	bool here = path && secant_is_file(path);
	secant_free(path);
	return here;
}

/* ---- fetching ---- */

/* One line of sha256sum beside the file; without it `verify` knows less, nothing else. */
static void
note_sum(const char *path, const char sum[65])
{
	char *beside = base_format("%s.sha256", path), *line = base_format("%s  %s\n", sum, base_path_name(path));
	if (beside && line)
		(void)!secant_file_write(beside, line, strlen(line), NULL);
	secant_free(beside);
	secant_free(line);
}

static secant_status
fetch_config(const char *address, const char *path, const char *name, const secant_weights_events *e, secant_err *err)
{
	static const char weights[] = "model.safetensors";
	size_t n = strlen(address), m = strlen(weights);
	char *from = n > m ? base_format("%.*sconfig.json", (int)(n - m), address) : NULL,
		 *to = base_format("%s.json", path), sum[65];
	hub_wanted w = { .address = from, .name = name, .most = 1 << 20, .spare = true };
	secant_status status = from && to ? hub_fetch(&w, to, e, sum, err)
									  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for an address");
	secant_free(from);
	secant_free(to);
	return status;
}

secant_status
secant_weight_fetch(const secant_weight *w, const secant_weights_events *e, secant_err *err)
{
	char *path = secant_weight_path(w, err), *address = secant_weight_address(w);
	char *name = base_format("%s %s", w->encoder, w->name), sum[65] = "";
	secant_status status = path && address && name
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for the weights' address");
	bool here = !status && secant_is_file(path);
	hub_wanted wanted = { .address = address, .name = name, .sha256 = w->digits };
	if (!status && !here && w->repo) /* the small one first: weights that are here have what belongs to them */
		status = fetch_config(address, path, name, e, err);
	if (!status && !here && !(status = hub_fetch(&wanted, path, e, sum, err))) {
		note_sum(path, sum);
		secant_log(&e->log, SECANT_LOG_INFO, "weights %s: %s, SHA-256 %s", name, path, sum);
	}
	if (status && status != SECANT_ERR_CANCELLED && status != SECANT_ERR_NOMEM && path && address) {
		char *why = err ? base_strdup(err->msg) : NULL;
		if (why) {
			err->code = SECANT_OK;
			err->msg[0] = '\0';
			secant_fail(
				err, status, "weights %s: %.180s; fetch %s elsewhere and put it at %s", name, why, address, path);
		}
		secant_free(why);
	}
	secant_free(path);
	secant_free(address);
	secant_free(name);
	return status;
}

/* ---- verifying ---- */

/* The sum that a fetch left beside the file; false: none. */
static bool
noted_sum(const char *path, char sum[65])
{
	char *beside = base_format("%s.sha256", path), *text = NULL;
	size_t n = 0;
	bool read = beside && secant_is_file(beside) && !secant_file_read(&text, &n, beside, 4096, NULL) && n >= 64
		&& hub_is_sum(text, 64);
	if (read) {
		memcpy(sum, text, 64);
		sum[64] = '\0';
	}
	secant_free(beside);
	secant_free(text);
	return read;
}

/* Hugging Face's cache links snapshots to blobs that are named by their sum. */
static bool
blob_sum(const char *path, char sum[65])
{
	char real[4096];
	if (!realpath(path, real) || !hub_is_sum(base_path_name(real), 64) || strlen(base_path_name(real)) != 64)
		return false;
	memcpy(sum, base_path_name(real), 65);
	return true;
}

secant_status
secant_weight_verify(const secant_weight *w, const char **how, secant_err *err)
{
	char *path = secant_weight_path(w, err), is[65], should[65] = "";
	if (!path)
		return err ? err->code : SECANT_ERR_NOMEM;
	*how = "nothing to compare with: it was put there by hand";
	if (noted_sum(path, should))
		*how = "the sum its fetch noted";
	else if (blob_sum(path, should))
		*how = "the sum in the cache's name";
	secant_status status = secant_is_file(path) ? hub_file_sum(path, is, err)
												: secant_fail(err, SECANT_ERR_IO, "%s: there is no such file", path);
	if (!status && w->digits && strncmp(is, w->digits, strlen(w->digits)))
		status = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: its SHA-256 is %.8s..., the name says %s", path, is, w->digits);
	else if (!status && w->digits && !should[0])
		*how = "the digits in its name";
	if (!status && should[0] && strcmp(is, should))
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: its SHA-256 is %s, it was %s", path, is, should);
	secant_free(path);
	return status;
}

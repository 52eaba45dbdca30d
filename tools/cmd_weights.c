/* `secant weights`: trained weights of encoders that others publish: list, fetch, verify, path. */
#include "command.h"
#include <secant/weights.h>
#include <stdio.h>
#include <string.h>

typedef struct weights {
	common common;
} weights;

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(weights, common, &common_options),
	SECANT_OPT_END,
};

/* ---- list ---- */

static json_t *
entry(const secant_weight *w)
{
	char *address = secant_weight_address(w), *path = secant_weight_path(w, NULL);
	json_t *j = json_pack("{s:s, s:s, s:s?, s:s?, s:s, s:b}", "encoder", w->encoder, "name", w->name, "address",
		address, "path", path, "normalize", w->normalize, "here", secant_weight_is_here(w));
	secant_free(address);
	secant_free(path);
	return j;
}

static int
list_run(void *object, int n, const char *const *operands, secant_err *err)
{
	const weights *o = object;
	json_t *all = json_array();
	int shown = 0;
	for (int i = 0; secant_weight_at(i); i++) {
		const secant_weight *w = secant_weight_at(i);
		if (n && strcmp(w->encoder, operands[0]))
			continue;
		shown++;
		if (o->common.json)
			(void)json_array_append_new(all, entry(w));
		else
			printf("%-28s %-22s %s\n", w->encoder, w->name,
				secant_weight_is_here(w) ? "here"
					: w->repo            ? w->repo
										 : w->address);
	}
	if (!shown && n) {
		json_decref(all);
		(void)secant_weight_find(operands[0], NULL, err);
		return SECANT_ERR_ARG;
	}
	if (o->common.json)
		return tool_print_json(stdout, all, JSON_INDENT(2), err);
	json_decref(all);
	if (!o->common.quiet)
		fprintf(stderr, "as published by %s\n", secant_weights_published());
	return 0;
}

/* ---- fetch, path, verify ---- */

static void
show_bytes(void *user, const char *name, int64_t now, int64_t total)
{
	tool_progress(name, now / 1000, total / 1000, "");
}

static bool
stopped(void *user)
{
	return tool_interrupted();
}

/* One line or one JSON object about a file that is where it says. */
static int
say(const weights *o, const secant_weight *w, const char *remark, secant_err *err)
{
	if (o->common.json) {
		json_t *j = entry(w);
		if (j && remark)
			(void)json_object_set_new(j, "compared_with", json_string(remark));
		return tool_print_json(stdout, j, JSON_COMPACT, err);
	}
	char *path = secant_weight_path(w, err);
	if (path && remark)
		printf("%s %s: %s: as it should be (%s)\n", w->encoder, w->name, path, remark);
	else if (path)
		printf("%s\n", path);
	secant_free(path);
	return path ? 0 : SECANT_ERR_NOMEM;
}

static int
fetch_run(void *object, int n, const char *const *operands, secant_err *err)
{
	const weights *o = object;
	const secant_weights_events e = { .log = tool_logger(&o->common), .progress = show_bytes, .cancelled = stopped };
	const secant_weight *w = secant_weight_find(operands[0], n > 1 ? operands[1] : NULL, err);
	if (!w)
		return SECANT_ERR_ARG;
	tool_progress_begin(&o->common, "kB");
	secant_status status = secant_weight_fetch(w, &e, err);
	tool_progress_end();
	return status ? (int)status : say(o, w, NULL, err);
}

static int
path_run(void *object, int n, const char *const *operands, secant_err *err)
{
	const weights *o = object;
	const secant_weight *w = secant_weight_find(operands[0], n > 1 ? operands[1] : NULL, err);
	return w ? say(o, w, NULL, err) : SECANT_ERR_ARG;
}

/* All that are here, or those of one encoder, or one. */
static int
verify_run(void *object, int n, const char *const *operands, secant_err *err)
{
	const weights *o = object;
	int seen = 0, bad = 0;
	if (n && !secant_weight_find(operands[0], n > 1 ? operands[1] : NULL, err))
		return SECANT_ERR_ARG;
	for (int i = 0; secant_weight_at(i); i++) {
		const secant_weight *w = secant_weight_at(i);
		secant_err own = { 0 };
		const char *how = NULL;
		bool asked = n > 1 && !strcmp(w->name, operands[1]);
		if ((n && strcmp(w->encoder, operands[0])) || (n > 1 && !asked) || (!asked && !secant_weight_is_here(w)))
			continue;
		seen++;
		if (secant_weight_verify(w, &how, &own)) {
			bad++;
			fprintf(stderr, "%s %s: %s\n", w->encoder, w->name, own.msg);
		} else if (say(o, w, how, err)) {
			return err->code;
		}
	}
	if (bad)
		return secant_fail(err, SECANT_ERR_FORMAT, "%d of %d files %s not what %s should be", bad, seen,
			bad == 1 ? "is" : "are", bad == 1 ? "it" : "they");
	if (!seen && !o->common.quiet)
		fputs("no weights are here\n", stderr);
	return 0;
}

/* ---- the verbs ---- */

static const secant_opts list_options = { "weights list", sizeof(weights), rows };
static const secant_opts fetch_options = { "weights fetch", sizeof(weights), rows };
static const secant_opts path_options = { "weights path", sizeof(weights), rows };
static const secant_opts verify_options = { "weights verify", sizeof(weights), rows };

static const command list_verb = {
	.name = "list",
	.brief = "which weights are published, and which of them are here",
	.operands = "[ENCODER]",
	.details = "The table is made from the packages of segmentation_models.pytorch and torchvision; the last line says "
			   "of which day.",
	.example = "secant weights list resnet50",
	.options = &list_options,
	.max_operands = 1,
	.run = list_run,
};
static const command fetch_verb = {
	.name = "fetch",
	.brief = "fetches weights that are not here",
	.operands = "ENCODER [NAME]",
	.details = "Into $SECANT_WEIGHTS, else secant/weights of the cache folder; what the caches of Hugging Face and "
			   "PyTorch hold is used where\n"
			   "it lies. A broken connection is taken up again, also by the next call; size and SHA-256 are checked "
			   "before a file gets its name.\n"
			   "$SECANT_WEIGHTS_FROM (a mirror) takes the place of scheme and host, $HF_ENDPOINT of the hub's; "
			   "https_proxy and no_proxy count.",
	.example = "secant weights fetch resnet34 imagenet",
	.options = &fetch_options,
	.min_operands = 1,
	.max_operands = 2,
	.run = fetch_run,
};
static const command path_verb = {
	.name = "path",
	.brief = "where weights lie, or are to be put",
	.operands = "ENCODER [NAME]",
	.example = "secant weights path resnet34",
	.options = &path_options,
	.min_operands = 1,
	.max_operands = 2,
	.run = path_run,
};
static const command verify_verb = {
	.name = "verify",
	.brief = "compares weights that are here with their SHA-256",
	.operands = "[ENCODER [NAME]]",
	.details = "Exit status 1 where a file is not what it was when it was fetched, or not what its name says.",
	.example = "secant weights verify",
	.options = &verify_options,
	.max_operands = 2,
	.run = verify_run,
};
static const command *const verbs[] = { &list_verb, &fetch_verb, &verify_verb, &path_verb, NULL };

static const secant_opt none[] = {
	SECANT_OPT_END,
};
static const secant_opts weights_options = { "weights", sizeof(common), none };

const command command_weights = {
	.name = "weights",
	.brief = "trained weights of encoders: list, fetch, verify, where they lie",
	.verbs = verbs,
	.options = &weights_options,
};

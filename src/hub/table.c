/*
 * The table of weights, and their addresses. What smp publishes lies on a hub at a pinned revision, so that a name
 * means the same bytes for ever; torchvision's file names carry the first eight digits of their SHA-256.
 */
#include "hub/hub.h"
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

#define PUBLISHED(date, packages)
#define HUB(encoder, name, repo, revision, normalize) { encoder, name, repo, revision, NULL, NULL, normalize },
#define URL(encoder, name, address, digits, normalize) { encoder, name, NULL, NULL, address, digits, normalize },
static const secant_weight table[] = {
#include "hub/table.inc"
};
#undef PUBLISHED
#undef HUB
#undef URL

const secant_weight *
secant_weight_at(int i)
{
	return i >= 0 && (size_t)i < sizeof table / sizeof *table ? &table[i] : NULL;
}

const char *
secant_weights_published(void)
{
#define PUBLISHED(date, packages) packages ", " date
#define HUB(...)
#define URL(...)
	return
#include "hub/table.inc"
		;
#undef PUBLISHED
#undef HUB
#undef URL
}

const secant_weight *
secant_weight_find(const char *encoder, const char *name, secant_err *err)
{
	enum { MOST = 16 };
	const char *names[MOST + 1] = { NULL };
	base_str all = { 0 };
	int n = 0;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (strcmp(table[i].encoder, encoder))
			continue;
		if (!name || !strcmp(table[i].name, name)) {
			base_str_free(&all);
			return &table[i];
		}
		if (n < MOST)
			names[n++] = table[i].name;
		base_str_addf(&all, "%s%s", all.n ? ", " : "", table[i].name);
	}
	const char *near = name ? secant_nearest(name, names) : NULL;
	if (!n)
		secant_fail(
			err, SECANT_ERR_ARG, "no published weights are known for encoder %s (secant weights list)", encoder);
	else
		secant_fail(err, SECANT_ERR_ARG, "encoder %s has no weights '%.60s'%s%s%s; it has %s", encoder, name,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", all.p ? all.p : "");
	base_str_free(&all);
	return NULL;
}

/* A variable that is set to something. */
static const char *
setting(const char *name)
{
	const char *text = getenv(name);
	return text && *text ? text : NULL;
}

char *
secant_weight_address(const secant_weight *w)
{
	static const char hub[] = "https://huggingface.co";
	char *plain = w->repo ? base_format("%s/%s/resolve/%s/model.safetensors", hub, w->repo, w->revision)
						  : base_strdup(w->address);
	const char *base = setting("SECANT_WEIGHTS_FROM");
	if (!base && w->repo)
		base = setting("HF_ENDPOINT"); /* as huggingface_hub calls a mirror */
	if (!plain || !base)
		return plain;
	const char *path = strstr(plain, "://");
	path = path ? strchr(path + 3, '/') : NULL;
	size_t n = strlen(base);
	while (n && base[n - 1] == '/')
		n--;
	char *moved = base_format("%.*s%s", (int)n, base, path ? path : "");
	secant_free(plain);
	return moved;
}

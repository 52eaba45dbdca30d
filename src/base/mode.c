/* See mode.h. */
#include "base/mode.h"
#include <string.h>

static const char *const modes[] = {
	[BASE_MODE_BINARY] = "binary",
	[BASE_MODE_MULTICLASS] = "multiclass",
	[BASE_MODE_MULTILABEL] = "multilabel",
};
static const char *const kinds[] = {
	[SECANT_NETWORK_PICTURES] = "pictures",
	[SECANT_NETWORK_POINTS] = "points",
	[SECANT_NETWORK_CLOUDS] = "clouds",
};
enum { MODES = sizeof modes / sizeof *modes, KINDS = sizeof kinds / sizeof *kinds };

static bool
find(const char *const *words, int n, const char *name, int *at)
{
	for (*at = 0; name && *at < n; ++*at)
		if (!strcmp(words[*at], name))
			return true;
	return false;
}

const char *
base_mode_name(base_mode m)
{
	return modes[m];
}

bool
base_mode_find(const char *name, base_mode *m)
{
	int at;
	bool found = find(modes, MODES, name, &at);
	if (found)
		*m = (base_mode)at;
	return found;
}

secant_status
base_mode_unknown(const char *name, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_ARG, "mode '%s' is not %s, %s or %s", name, modes[0], modes[1], modes[2]);
}

const char *
base_network_kind_name(secant_network_kind k)
{
	return kinds[k];
}

bool
base_network_kind_find(const char *name, secant_network_kind *k)
{
	int at;
	bool found = find(kinds, KINDS, name, &at);
	if (found)
		*k = (secant_network_kind)at;
	return found;
}

/*
 * Names in a state_dict that come from wrappers of a module and not from the module: see secant_tensors_unwrap.
 */
#include "formats/format.h"
#include <string.h>

static bool
is_counter(const char *name)
{
	return !strcmp(name, "n_averaged");
}

/* What wraps any module within a network, not only all of it: torch.compile, FSDP (of today and of old), activation
 * checkpointing. Cut at the start of the name and behind dots. */
static bool
cut_wrapped(char *name)
{
	static const char *const marks[] = { "_orig_mod.", "_fsdp_wrapped_module.", "_fpw_module.",
		"_checkpoint_wrapped_module." };
	bool cut = false;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		for (char *p = name; (p = strstr(p, marks[i]));) {
			size_t n = strlen(marks[i]);
			if ((p > name && p[-1] != '.') || !p[n]) {
				p++;
				continue;
			}
			memmove(p, p + n, strlen(p + n) + 1);
			cut = true;
		}
	return cut;
}

/* Cuts "module." off all names when all have it. */
static bool
cut_module(secant_tensors *set)
{
	static const char mark[] = "module.";
	const size_t n = sizeof mark - 1;
	int have = 0;
	for (int i = 0; i < set->n; i++) {
		bool starts = !strncmp(set->v[i].name, mark, n) && set->v[i].name[n];
		if (!starts && !is_counter(set->v[i].name))
			return false;
		have += starts;
	}
	for (int i = 0; have && i < set->n; i++)
		if (!is_counter(set->v[i].name))
			memmove(set->v[i].name, set->v[i].name + n, strlen(set->v[i].name + n) + 1);
	return have > 0;
}

static void
drop_counter(secant_tensors *set)
{
	for (int i = 0; i < set->n; i++) {
		if (!is_counter(set->v[i].name))
			continue;
		secant_free(set->v[i].name);
		secant_tensor_free(&set->v[i].tensor);
		memmove(&set->v[i], &set->v[i + 1], (size_t)(set->n - i - 1) * sizeof *set->v);
		set->n--;
		return;
	}
}

secant_status
secant_tensors_unwrap(secant_tensors *set, secant_err *err)
{
	bool cut = false, module = false;
	for (int i = 0; i < set->n; i++)
		cut |= cut_wrapped(set->v[i].name);
	while (cut_module(set))
		module = true;
	if (module)
		drop_counter(set);
	return cut || module ? secant_tensors_renamed(set, err) : SECANT_OK;
}

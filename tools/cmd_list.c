/*
 * `secant list [KIND]`: what is registered. Without a kind, the kinds and how many entries each has.
 */
#include "command.h"
#include <secant/info.h>
#include <string.h>

typedef struct list {
	common common;
} list;

static const secant_opt list_rows[] = {
	SECANT_OPT_TABLE(list, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts list_options = { "list", sizeof(list), list_rows };

static int
entry_count(int kind)
{
	int n = 0;
	while (secant_kind_entry(kind, n).name)
		n++;
	return n;
}

static int
find_kind(const char *name, secant_err *err)
{
	enum { MOST = 64 };
	const char *names[MOST + 1] = { NULL };
	for (int k = 0; k < secant_kind_count() && k < MOST; k++) {
		names[k] = secant_kind_name(k);
		if (!strcmp(names[k], name))
			return k;
	}
	const char *nearest = secant_nearest(name, names);
	secant_fail(err, SECANT_ERR_ARG, "'%.60s': no such kind%s%s%s", name,
		nearest ? " (nearest: " : " ('secant list' shows them", nearest ? nearest : "", ")");
	return -1;
}

static void
print_kinds(void)
{
	for (int k = 0; k < secant_kind_count(); k++)
		printf("%-14s %3d  %s\n", secant_kind_name(k), entry_count(k), secant_kind_title(k));
}

static void
print_entries(int kind)
{
	for (int i = 0; secant_kind_entry(kind, i).name; i++) {
		secant_entry e = secant_kind_entry(kind, i);
		printf("%-24s %s\n", e.name, e.brief ? e.brief : "");
	}
}

/* {"encoders": {"resnet18": "...", ...}, ...}: one kind, or all for -1. */
static int
print_json(int kind, secant_err *err)
{
	json_t *all = json_object();
	for (int k = 0; k < secant_kind_count(); k++) {
		if (kind >= 0 && k != kind)
			continue;
		json_t *entries = json_object();
		for (int i = 0; secant_kind_entry(k, i).name; i++) {
			secant_entry e = secant_kind_entry(k, i);
			json_object_set_new(entries, e.name, json_string(e.brief ? e.brief : ""));
		}
		json_object_set_new(all, secant_kind_name(k), entries);
	}
	return tool_print_json(stdout, all, JSON_INDENT(2), err);
}

static int
list_run(void *options, int n, const char *const *operands, secant_err *err)
{
	const list *o = options;
	int kind = n ? find_kind(operands[0], err) : -1;
	if (n && kind < 0)
		return SECANT_ERR_ARG;
	if (o->common.json)
		return print_json(kind, err);
	if (n)
		print_entries(kind);
	else
		print_kinds();
	return 0;
}

const command command_list = {
	.name = "list",
	.brief = "shows what is registered: operators, encoders, losses, codecs, ...",
	.operands = "[KIND]",
	.example = "secant list\nsecant list --json",
	.options = &list_options,
	.max_operands = 1,
	.run = list_run,
};

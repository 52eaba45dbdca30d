/* `secant data merge`: joins data sets. */
#include "data.h"
#include <stdio.h>
#include <string.h>

typedef struct merge {
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
	bool prefix;
} merge;

static const secant_opt rows[] = {
	SECANT_OPT(merge, prefix, BOOL, "prefix", "false", 1, 0,
		"put the name of its set before the name of every picture; its number where sets are called alike"),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(merge, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(merge, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(merge, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data merge", sizeof(merge), rows };

/* The last part of a path, without slashes at its end. */
static const char *
last_part(const char *path, int *n)
{
	int end = (int)strlen(path), start;
	while (end > 1 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	*n = end - start;
	return path + start;
}

/* What set i is called, or its number where that is no name or that of another set too. */
static void
name_of(int i, int n, const char *const *operands, char name[64])
{
	int length, other;
	const char *own = last_part(operands[i], &length);
	bool good = length > 0 && length < 60 && own[0] != '.' && own[0] != '/';
	for (int k = 0; k < n && good; k++) {
		const char *p = last_part(operands[k], &other);
		good = k == i || other != length || strncmp(p, own, (size_t)length);
	}
	if (good)
		snprintf(name, 64, "%.*s", length, own);
	else
		snprintf(name, 64, "%d", i + 1);
}

static secant_dataset *
open_set(int i, const merge *o, int n, const char *const *operands, secant_err *err)
{
	char name[64];
	secant_dataset *d = data_open(operands[i], &o->reading, &o->common, err);
	name_of(i, n, operands, name);
	if (d && o->prefix && secant_dataset_prefix(d, name, err)) {
		secant_dataset_free(d);
		return NULL;
	}
	return d;
}

static int
merge_others(secant_dataset *d, const merge *o, int n, const char *const *operands, secant_err *err)
{
	int status = 0;
	for (int i = 1; i < n && !status; i++) {
		secant_dataset *other = open_set(i, o, n, operands, err);
		status = other ? secant_dataset_merge(d, other, err) : -1;
		secant_dataset_free(other);
	}
	return status;
}

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	merge *o = object;
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = open_set(0, o, n, operands, err);
	int status = d ? merge_others(d, o, n, operands, err) : -1;
	if (!status)
		status = data_write(d, &o->writing, &o->common, err);
	secant_dataset_free(d);
	return status;
}

const command data_merge = {
	.name = "merge",
	.brief = "joins data sets",
	.operands = "DATA DATA... --out FOLDER",
	.details = "Classes are joined by name, in the order of the first set. Two pictures of one name are refused, "
			   "unless --prefix keeps them apart.",
	.example = "secant data merge A B --out BOTH",
	.options = &options,
	.min_operands = 1,
	.max_operands = -1,
	.run = run,
};

/*
 * Names that others gave to the same tensors, in tables: beginnings that an older version called otherwise, and the
 * blocks of EfficientNets, which lukemelas' EfficientNet-PyTorch counts through (_blocks.5._depthwise_conv) and timm
 * counts by stage (blocks.2.1.conv_dw). Sources: load_state_dict of segmentation_models.pytorch's DeepLabV3 and
 * DenseNet encoder; the modules of efficientnet_pytorch and timm.
 */
#include <stdio.h>
#include <string.h>
#include "model/key_maps.h"

/* A name that begins so begins otherwise here: where the network has `has`, and the file has `unless` nowhere. */
static const struct {
	const char *has, *unless, *from, *to;
} beginnings[] = {
	{ "decoder.aspp.", "decoder.aspp.", "decoder.0.", "decoder.aspp." },
	{ "decoder.aspp.", "decoder.aspp.", "decoder.1.", "decoder.conv." },
	{ "decoder.aspp.", "decoder.aspp.", "decoder.2.", "decoder.bn." },
};

/* Parts of a block and of what stands around blocks; plain: of a block that does not widen; NULL: it has none. */
static const struct {
	const char *from, *wide, *plain;
} efficient_blocks[] = {
	{ "_expand_conv.", "conv_pw.", NULL },
	{ "_bn0.", "bn1.", NULL },
	{ "_depthwise_conv.", "conv_dw.", "conv_dw." },
	{ "_bn1.", "bn2.", "bn1." },
	{ "_se_reduce.", "se.conv_reduce.", "se.conv_reduce." },
	{ "_se_expand.", "se.conv_expand.", "se.conv_expand." },
	{ "_project_conv.", "conv_pwl.", "conv_pw." },
	{ "_bn2.", "bn3.", "bn2." },
};
static const struct {
	const char *from, *to;
} efficient_ends[] = {
	{ "_conv_stem.", "conv_stem." },
	{ "_bn0.", "bn1." },
	{ "_conv_head.", "conv_head." },
	{ "_bn1.", "bn2." },
	{ "_fc.", "classifier." },
};

static bool
begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

static bool
store_has(const exec_store *s, const char *beginning)
{
	for (int i = 0; i < s->n; i++)
		if (begins(s->slot[i].name, beginning))
			return true;
	return false;
}

static bool
file_has(const secant_tensors *t, const char *beginning)
{
	for (int i = 0; i < t->n; i++)
		if (begins(t->v[i].name, beginning))
			return true;
	return false;
}

/* Puts `fresh` in the place of a tensor's name. */
static bool
rename_to(secant_named *t, char *fresh)
{
	if (!fresh)
		return false;
	secant_free(t->name);
	t->name = fresh;
	return true;
}

static bool
rename_beginnings(secant_tensors *t, const exec_store *s, int *renamed)
{
	enum { ROWS = sizeof beginnings / sizeof *beginnings };
	bool counts[ROWS];
	for (int k = 0; k < ROWS; k++)
		counts[k] = store_has(s, beginnings[k].has) && !file_has(t, beginnings[k].unless);
	for (int i = 0; i < t->n; i++)
		for (int k = 0; k < ROWS; k++)
			if (counts[k] && begins(t->v[i].name, beginnings[k].from)) {
				const char *rest = t->v[i].name + strlen(beginnings[k].from);
				if (!rename_to(&t->v[i], base_format("%s%s", beginnings[k].to, rest)))
					return false;
				(*renamed)++;
				break;
			}
	return true;
}

/* "denselayer3.norm.1.weight" of torchvision's first files is "denselayer3.norm1.weight". */
static void
rename_dense(secant_tensors *t, int *renamed)
{
	static const char *const parts[] = { ".norm.", ".conv." };
	for (int i = 0; i < t->n; i++)
		for (int k = 0; k < 2; k++) {
			char *layer = strstr(t->v[i].name, "denselayer"), *at = layer ? strstr(layer, parts[k]) : NULL;
			if (at && (at[6] == '1' || at[6] == '2') && at[7] == '.') {
				memmove(at + 5, at + 6, strlen(at + 6) + 1);
				(*renamed)++;
			}
		}
}

typedef struct places {
	const exec_store *s;
	const char *under; /* before "blocks." in the store */
} places;

static bool
has_block(const places *p, int stage, int at, const char *part)
{
	char name[160];
	(void)snprintf(name, sizeof name, "%sblocks.%d.%d.%s", p->under, stage, at, part);
	return store_has(p->s, name);
}

/* The stage and the place in it of block n, counted through; false: there are not so many. */
static bool
find_block(const places *p, int n, int *stage, int *at)
{
	for (*stage = 0; has_block(p, *stage, 0, ""); (*stage)++)
		for (*at = 0; has_block(p, *stage, *at, ""); (*at)++)
			if (n-- == 0)
				return true;
	return false;
}

static char *
efficient_name(const places *p, const char *name)
{
	enum { BLOCKS = sizeof efficient_blocks / sizeof *efficient_blocks };
	enum { ENDS = sizeof efficient_ends / sizeof *efficient_ends };
	int number, length = 0, stage, at;
	for (int k = 0; k < ENDS; k++)
		if (begins(name, efficient_ends[k].from))
			return base_format("%s%s", efficient_ends[k].to, name + strlen(efficient_ends[k].from));
	if (sscanf(name, "_blocks.%4d.%n", &number, &length) != 1 || !length || number < 0
		|| !find_block(p, number, &stage, &at))
		return base_strdup(name);
	bool wide = has_block(p, stage, at, "conv_pwl.");
	for (int k = 0; k < BLOCKS; k++) {
		const char *to = wide ? efficient_blocks[k].wide : efficient_blocks[k].plain;
		if (to && begins(name + length, efficient_blocks[k].from))
			return base_format("blocks.%d.%d.%s%s", stage, at, to, name + length + strlen(efficient_blocks[k].from));
	}
	return base_strdup(name);
}

static bool
rename_efficient(secant_tensors *t, const exec_store *s, const char *under, int *renamed)
{
	const places p = { s, *under ? under : "encoder." };
	const char *own = *under ? "" : "encoder."; /* before names of the file */
	char first[64];
	(void)snprintf(first, sizeof first, "%s_blocks.0.", own);
	if (!file_has(t, first) || !has_block(&p, 0, 0, "conv_dw."))
		return true;
	for (int i = 0; i < t->n; i++) {
		if (!begins(t->v[i].name, own))
			continue;
		char *to = efficient_name(&p, t->v[i].name + strlen(own));
		char *fresh = to && *own ? base_format("%s%s", own, to) : to;
		if (fresh != to)
			secant_free(to);
		*renamed += fresh && strcmp(fresh, t->v[i].name);
		if (!rename_to(&t->v[i], fresh))
			return false;
	}
	return true;
}

/* smp keeps timm's networks below "model.", and numbers of timm's outer sequences behind "_": stages.0 is stages_0. Its
 * own names of before, of what timm builds now, lack "model." too. */
static bool
rename_timm(secant_tensors *t, const exec_store *s, int *renamed)
{
	static const char ours[] = "encoder.", theirs[] = "encoder.model.";
	if (!store_has(s, theirs))
		return true;
	for (int i = 0; i < t->n; i++) {
		const char *name = t->v[i].name, *own = begins(name, ours) ? ours : "";
		char *full = base_format("%s%s", theirs, name + strlen(own)), *dot;
		if (!full)
			return false;
		if (!exec_store_find(s, full) && (dot = strchr(full + strlen(theirs), '.')))
			*dot = '_';
		if (exec_store_find(s, full)) {
			(*renamed)++;
			if (!rename_to(&t->v[i], base_strdup(*own ? full : full + strlen(ours)))) {
				secant_free(full);
				return false;
			}
		}
		secant_free(full);
	}
	return true;
}

secant_status
model_map_keys(secant_tensors *t, const exec_store *s, const char *under, const secant_logger *log, secant_err *err)
{
	int renamed = 0;
	if (!rename_beginnings(t, s, &renamed) || !rename_efficient(t, s, under, &renamed) || !rename_timm(t, s, &renamed))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for names of tensors");
	rename_dense(t, &renamed);
	if (!renamed)
		return SECANT_OK;
	secant_log(log, SECANT_LOG_INFO,
		"weights: %d tensors have names of another library or version; they are taken as ours", renamed);
	return secant_tensors_renamed(t, err);
}

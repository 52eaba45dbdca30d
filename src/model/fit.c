/*
 * Whose weights are these? Names in a state_dict begin with what held the network: "module.", "model.", "net.",
 * "_orig_mod.", an attribute of a LightningModule, or several of these. What all that fits begins with is taken off. Of
 * what does not fit it is said which family of networks has such names, and which network of the tables comes nearest
 * by names and shapes.
 */
#include <stdio.h>
#include <string.h>
#include "model/key_maps.h"
#include "model/positions.h"

/* ---- prefixes ---- */

enum { MOST_PREFIXES = 64, MOST_PARTS = 6 };

typedef struct prefix {
	const char *name; /* of a tensor; the first n bytes are it */
	size_t n;
	int votes;
} prefix;

static void
vote(prefix *list, int *n, const char *name, size_t length)
{
	int i = 0;
	while (i < *n && (list[i].n != length || strncmp(list[i].name, name, length)))
		i++;
	if (i == MOST_PREFIXES)
		return;
	if (i == *n)
		list[(*n)++] = (prefix){ name, length, 0 };
	list[i].votes++;
}

/* The store's slot for a name without its first n bytes; `under` stands before names in the store. */
static exec_slot *
slot_for(const exec_store *s, const char *under, const char *name)
{
	char full[1024];
	int n = snprintf(full, sizeof full, "%s%s", under, name);
	return n > 0 && n < (int)sizeof full ? exec_store_find(s, full) : NULL;
}

/* An average, or a teacher, beside what was trained. */
static bool
is_average(const prefix *p)
{
	static const char *const words[] = { "ema", "teacher", "averag", "swa", "target", "shadow" };
	char text[256];
	(void)snprintf(text, sizeof text, "%.*s", (int)(p->n < 255 ? p->n : 255), p->name);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/* What optimisers keep beside the weights in MindSpore's checkpoints (nn.Adam, nn.Momentum, loss scales). */
static bool
is_optimizer_state(const char *name)
{
	static const char *const begins[] = { "moment1.", "moment2.", "moments.", "vhat.", "accum.", "stat." };
	static const char *const is[] = { "global_step", "learning_rate", "beta1_power", "beta2_power", "momentum",
		"scale_sense", "current_iterator_step", "last_overflow_iterator_step", "epoch_num", "step_num" };
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	for (size_t i = 0; i < sizeof is / sizeof *is; i++)
		if (!strcmp(name, is[i]))
			return true;
	return false;
}

static void
drop_tensor(secant_tensors *t, int i)
{
	secant_free(t->v[i].name);
	secant_tensor_free(&t->v[i].tensor);
	memmove(&t->v[i], &t->v[i + 1], (size_t)(t->n - i - 1) * sizeof *t->v);
	t->n--;
}

/* Takes the prefix off; what lacks it goes. */
static void
cut(secant_tensors *t, const char *text, size_t n, const secant_logger *log)
{
	base_str others = { 0 };
	int left = 0;
	for (int i = 0; i < t->n; i++) {
		char *name = t->v[i].name;
		if (!strncmp(name, text, n)) {
			memmove(name, name + n, strlen(name + n) + 1);
			continue;
		}
		if (++left <= 3)
			base_str_addf(&others, "%s'%s'", left > 1 ? ", " : "", name);
		drop_tensor(t, i--);
	}
	secant_log(log, SECANT_LOG_INFO, "weights: the names begin with '%.*s', what held the network; it is taken off",
		(int)n, text);
	if (left)
		secant_log(log, SECANT_LOG_WARNING, "weights: %d tensors beside it are not used: %s%s", left,
			others.p ? others.p : "", left > 3 ? ", ..." : "");
	base_str_free(&others);
}

static secant_status
unwrap(secant_tensors *t, const exec_store *s, const char *under, const secant_logger *log, secant_err *err)
{
	if (model_map_keys(t, s, under, log, err))
		return err ? err->code : SECANT_ERR_NOMEM;
	for (int i = 0; i < t->n; i++) /* torch's AveragedModel counts */
		if ((!strcmp(t->v[i].name, "n_averaged") || is_optimizer_state(t->v[i].name))
			&& !slot_for(s, under, t->v[i].name))
			drop_tensor(t, i--);
	prefix list[MOST_PREFIXES];
	int n = 0, plain = 0, best = -1, second = -1;
	for (int i = 0; i < t->n; i++) {
		const char *name = t->v[i].name, *at = name;
		plain += slot_for(s, under, name) != NULL;
		for (int k = 0; k < MOST_PARTS && (at = strchr(at, '.')); k++)
			if (slot_for(s, under, ++at))
				vote(list, &n, name, (size_t)(at - name));
	}
	for (int i = 0; i < n; i++) {
		bool better = best < 0 || list[i].votes > list[best].votes
			|| (list[i].votes == list[best].votes && is_average(&list[best]) && !is_average(&list[i]));
		if (better) {
			second = best;
			best = i;
		} else if (second < 0 || list[i].votes > list[second].votes) {
			second = i;
		}
	}
	/* a name that fits as it is fits better than by chance behind a dot */
	if (best < 0 || list[best].votes <= plain)
		return secant_tensors_renamed(t, err);
	if (second >= 0 && list[second].votes == list[best].votes && is_average(&list[second]) == is_average(&list[best]))
		return secant_fail(err, SECANT_ERR_FORMAT,
			"holds two networks that fit, below '%.*s' and below '%.*s' (%d tensors each): save the state_dict of the "
			"one",
			(int)list[best].n, list[best].name, (int)list[second].n, list[second].name, list[best].votes);
	char text[512];
	size_t length = list[best].n < sizeof text ? list[best].n : sizeof text - 1;
	memcpy(text, list[best].name, length);
	cut(t, text, length, log);
	secant_status status = secant_tensors_renamed(t, err);
	return status ? status : model_map_keys(t, s, under, log, err);
}

secant_status
model_weights_unwrap(
	secant_tensors *t, const exec_store *s, const char *under, const secant_logger *log, secant_err *err)
{
	secant_status status = unwrap(t, s, under, log, err);
	return status ? status : model_resample_positions(t, s, under, log, err);
}

/* ---- what is beside ---- */

static bool
fits(const exec_slot *slot, const secant_tensor *from)
{
	return from ? secant_shape_equal(&from->shape, &slot->type.shape)
			|| (slot->count == 1 && secant_shape_count(&from->shape) == 1)
				: slot->type.dtype == SECANT_I64; /* counters are absent from old files */
}

/* Where the whole network is there and fits, what else the file has (what a profiler or a loss put there) is said. */
void
model_weights_drop_rest(secant_tensors *t, const exec_store *s, const secant_logger *log)
{
	base_str others = { 0 };
	int left = 0;
	for (int i = 0; i < s->n; i++)
		if (!fits(&s->slot[i], secant_tensors_find(t, s->slot[i].name)))
			return;
	for (int i = 0; i < t->n; i++) {
		if (exec_store_find(s, t->v[i].name))
			continue;
		if (++left <= 3)
			base_str_addf(&others, "%s'%s'", left > 1 ? ", " : "", t->v[i].name);
		drop_tensor(t, i--);
	}
	if (left)
		secant_log(log, SECANT_LOG_WARNING, "weights: %d tensors have no place in the network and are not used: %s%s",
			left, others.p ? others.p : "", left > 3 ? ", ..." : "");
	base_str_free(&others);
}

int
model_weights_classes(const secant_tensors *t, const exec_store *s)
{
	int classes = 0;
	for (int i = 0; i < s->n; i++) {
		const exec_slot *slot = &s->slot[i];
		const secant_tensor *from = secant_tensors_find(t, slot->name);
		if (fits(slot, from))
			continue;
		const secant_shape *own = &slot->type.shape;
		bool head = from && from->shape.rank == own->rank && own->rank > 0 && own->dim[0] == 1 && from->shape.dim[0] > 1
			&& from->shape.dim[0] < 65536 && (!classes || classes == from->shape.dim[0]);
		for (int k = 1; head && k < own->rank; k++)
			head = from->shape.dim[k] == own->dim[k];
		if (!head)
			return 0;
		classes = (int)from->shape.dim[0];
	}
	return classes;
}

/* ---- families ---- */

static const struct {
	const char *has, *and; /* parts of names; and: NULL where one is enough */
	const char *is;
} families[] = {
	{ "decode_head.", "backbone.", "MMSegmentation (backbone, decode_head), whose decoders are none of secant's" },
	{ "decode_head.", "segformer.", "a SegFormer of Hugging Face, whose names and parts are not smp's" },
	{ ".cv1.", ".cv2.",
		"a YOLO of ultralytics (numbered blocks with cv1, cv2, ...), which is none of secant's architectures" },
	{ "sem_seg_head.", NULL, "a network of Detectron2 or Mask2Former, which is none of secant's architectures" },
	{ "backbone.layer1.", "classifier.",
		"a DeepLabV3 or FCN of torchvision (backbone, classifier), whose decoder is another than smp's" },
	{ "inc.double_conv.", NULL, "a U-Net of Pytorch-UNet (inc, down, up, outc), which has no encoder of the table" },
	{ "seg_layers.", NULL, "a U-Net of nnU-Net, which has no encoder of the table" },
	{ "image_encoder.", "mask_decoder.", "a network of Segment Anything, which is none of secant's architectures" },
	{ "exp_avg", NULL, "the state of an optimiser, no network: save model.state_dict()" },
};

static bool
any_has(const secant_tensors *t, const char *part)
{
	for (int i = 0; i < t->n; i++)
		if (strstr(t->v[i].name, part))
			return true;
	return false;
}

const char *
model_weights_family(const secant_tensors *t)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (any_has(t, families[i].has) && (!families[i].and || any_has(t, families[i].and)))
			return families[i].is;
	return NULL;
}

/* ---- the nearest network ---- */

typedef struct nearness {
	const char *arch, *encoder;
	int fits, of; /* tensors of the file that fit, of those of the network */
	int classes, in_channels; /* as the file has them; 0: as asked */
	bool bare; /* the names lack "encoder.": an encoder alone */
} nearness;

static int
suffix_fits(const secant_tensors *t, const secant_shape *shape, const char *name, const secant_tensor **found)
{
	size_t n = strlen(name);
	for (int i = 0; i < t->n; i++) {
		const char *own = t->v[i].name;
		size_t m = strlen(own);
		if (m < n || strcmp(own + m - n, name) || (m > n && own[m - n - 1] != '.'))
			continue;
		*found = &t->v[i].tensor;
		return secant_shape_equal(&t->v[i].tensor.shape, shape);
	}
	*found = NULL;
	return 0;
}

/* How many tensors of a network the file has, by the ends of names. */
static bool
measure(const secant_tensors *t, const secant_network *net, bool bare, nearness *out)
{
	model_bundle m;
	model_graph network;
	if (model_outline(&m, net, NULL, NULL, &network, NULL))
		return false;
	*out = (nearness){ .bare = bare };
	for (int v = 0; v < graph_values(network.g); v++) {
		const graph_value_info *state = graph_value_at(network.g, v);
		const secant_shape *own = &state->type.shape;
		const secant_tensor *from;
		bool encoder = state->kind == GRAPH_VALUE_STATE && !strncmp(state->name, "encoder.", 8);
		if (state->kind != GRAPH_VALUE_STATE || state->type.dtype == SECANT_I64 || (bare && !encoder))
			continue;
		out->of++;
		if (suffix_fits(t, own, state->name + (bare ? 8 : 0), &from)) {
			out->fits++;
			continue;
		}
		if (!from || from->shape.rank != own->rank)
			continue;
		bool head = strstr(state->name, "segmentation_head.") != NULL;
		if (head)
			out->classes = (int)from->shape.dim[0];
		if (!head && own->rank == 4 && from->shape.dim[0] == own->dim[0] && from->shape.dim[2] == own->dim[2]
			&& own->dim[1] == net->in_channels && from->shape.dim[1] < 64)
			out->in_channels = (int)from->shape.dim[1];
		out->fits += head || out->in_channels;
	}
	graph_free(network.g);
	model_free(&m);
	return true;
}

static bool
nearer(const nearness *a, const nearness *b)
{
	return (int64_t)a->fits * (b->of ? b->of : 1) > (int64_t)b->fits * (a->of ? a->of : 1)
		|| ((int64_t)a->fits * b->of == (int64_t)b->fits * a->of && a->fits > b->fits);
}

static nearness
find_nearest(const secant_tensors *t, const secant_network *asked)
{
	nearness best = { .of = 1 }, one;
	bool whole = any_has(t, "encoder.");
	for (int k = 0; nn_architecture_at(k); k++)
		for (int e = 0; nn_encoder_at(e); e++)
			for (int bare = 0; bare < (k || whole ? 1 : 2); bare++) {
				secant_network net = *asked;
				net.arch = (char *)(uintptr_t)nn_architecture_at(k)->name;
				net.encoder = (char *)(uintptr_t)nn_encoder_at(e)->name;
				if (nn_architecture_at(k)->whole) { /* once: no encoder is chosen */
					if (e || bare)
						continue;
					net.encoder = (char *)(uintptr_t) "none";
				}
				if (secant_network_kind_of(&net) != SECANT_NETWORK_PICTURES || !measure(t, &net, bare, &one)
					|| !nearer(&one, &best))
					continue;
				best = one;
				best.arch = nn_architecture_at(k)->name;
				best.encoder = nn_architecture_at(k)->whole ? "" : nn_encoder_at(e)->name;
			}
	return best;
}

/* What stands in place of a weight while something else makes it: torch's parametrisations, old and new, and pruning.
 */
static const char *
made_up_weight(const secant_tensors *t)
{
	static const struct {
		const char *part, *way;
	} kinds[] = {
		{ ".parametrizations.", "torch.nn.utils.parametrize.remove_parametrizations(module, \"weight\")" },
		{ ".weight_g", "torch.nn.utils.remove_weight_norm(module)" },
		{ ".weight_mask", "torch.nn.utils.prune.remove(module, \"weight\")" },
		{ ".weight_orig", "torch.nn.utils.remove_spectral_norm(module)" },
	};
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (int i = 0; i < t->n; i++)
			if (strstr(t->v[i].name, kinds[k].part))
				return kinds[k].way;
	return NULL;
}

char *
model_weights_advice(const secant_tensors *t, const char *family, const secant_network *asked)
{
	base_str s = { 0 };
	const char *way = made_up_weight(t);
	if (family)
		base_str_addf(&s, "by their names these are of %s", family);
	if (way)
		base_str_addf(
			&s, "%sweights are made of other tensors when they are used: %s before saving", s.n ? "; " : "", way);
	if (secant_network_kind_of(asked) == SECANT_NETWORK_PICTURES) {
		nearness n = find_nearest(t, asked);
		int encoder = 0;
		for (int i = 0; i < t->n; i++)
			encoder += !strncmp(t->v[i].name, "encoder.", 8);
		if (t->n && encoder == t->n)
			base_str_addf(
				&s, "%sthese are of an encoder alone: train --encoder-weights FILE starts from it", s.n ? "; " : "");
		if (n.encoder && n.fits * 4 > n.of && n.bare)
			base_str_addf(&s,
				"%san encoder %s is in it (%d of its %d tensors): train --encoder %s --encoder-weights FILE starts "
				"from it",
				s.n ? "; " : "", n.encoder, n.fits, n.of, n.encoder);
		else if (n.encoder && n.fits * 4 > n.of) {
			base_str_addf(&s, "%sthe nearest by names and shapes is --arch %s%s%s", s.n ? "; " : "", n.arch,
				*n.encoder ? " --encoder " : "", n.encoder);
			if (n.classes)
				base_str_addf(&s, " --classes %d", n.classes);
			if (n.in_channels)
				base_str_addf(&s, " --in-channels %d", n.in_channels);
			base_str_addf(&s, " (%d of its %d tensors fit)", n.fits, n.of);
			if (n.fits < n.of && !strcmp(n.arch, asked->arch)
				&& !strcmp(n.encoder, asked->encoder ? asked->encoder : ""))
				base_str_add(&s, "; train --weights FILE starts from what fits");
		} else if (!family && !s.n)
			base_str_add(&s, "no network of the table is near by names and shapes");
	}
	return base_str_take(&s);
}

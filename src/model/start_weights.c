/*
 * Starting from trained weights. --encoder-weights: a file of torchvision, timm, segmentation_models.pytorch or
 * smp-hub, keys with or without the prefix `encoder.` (and `encoder.model.`), a classifier is ignored. --weights: any
 * model or state_dict; what fits is taken, what does not (a head for other classes) keeps its start and is named. The
 * first convolution is adapted to other channel counts as smp does (its encoders/_utils.py), from d to c channels: c 1:
 * the sum over all; else new[:, i] = W[:, i mod d] * d / c.
 */
#include <string.h>
#include "model/colours.h"

static const char *const classifiers[] = { "fc.", "classifier.", "last_linear.", "_fc.", "head.", "linear.", NULL };

static bool
is_classifier(const char *name)
{
	for (int i = 0; classifiers[i]; i++)
		if (!strncmp(name, classifiers[i], strlen(classifiers[i])))
			return true;
	return false;
}

static const char *
plain_name(const char *name)
{
	return !strncmp(name, "encoder.", 8) ? name + 8 : name;
}

/* Does the file keep an encoder among other parts (a whole segmentation network)? Then only `encoder.` keys count. */
static bool
has_prefix(const secant_tensors *t)
{
	for (int i = 0; i < t->n; i++)
		if (!strncmp(t->v[i].name, "encoder.", 8))
			return true;
	return false;
}

static int
index_of(const secant_tensors *t, const char *name)
{
	for (int i = 0; i < t->n; i++)
		if (!strcmp(t->v[i].name, name))
			return i;
	return -1;
}

static void
copy(exec_store *s, exec_slot *slot, const secant_tensor *from)
{
	for (int64_t i = 0; i < slot->count; i++)
		exec_slot_set(s, slot, i, secant_tensor_get(from, i));
}

/* Weights over d pictures' channels into ones over c: only of the convolution that reads the picture. */
static bool
adapt(const model_bundle *m, exec_slot *slot, const secant_tensor *from)
{
	const int64_t *to = slot->type.shape.dim, *d = from->shape.dim;
	if (slot->type.shape.rank != 4 || from->shape.rank != 4 || to[1] != m->net.in_channels || d[1] > 16 || d[0] != to[0]
		|| d[2] != to[2] || d[3] != to[3])
		return false;
	int64_t area = to[2] * to[3];
	for (int64_t o = 0; o < to[0]; o++)
		for (int64_t c = 0; c < to[1]; c++)
			for (int64_t k = 0; k < area; k++) {
				double v = 0;
				for (int64_t i = 0; i < d[1] && to[1] == 1; i++)
					v += secant_tensor_get(from, (o * d[1] + i) * area + k);
				if (to[1] != 1)
					v = secant_tensor_get(from, (o * d[1] + c % d[1]) * area + k) * (double)d[1] / (double)to[1];
				exec_slot_set(m->store, slot, (o * to[1] + c) * area + k, v);
			}
	return true;
}

static void
list_add(base_str *list, int *n, const char *name)
{
	if ((*n)++ < 4)
		base_str_addf(list, "%s%s", list->n ? ", " : "", name);
}

static secant_status
report(const char *path, int taken, int adapted, int missing, const base_str *missed, int left, const base_str *unused,
	const secant_logger *log, secant_err *err)
{
	if (!taken)
		return secant_fail(err, SECANT_ERR_SHAPE, "%s: nothing in it fits the encoder; its first keys are %s", path,
			unused->p ? unused->p : "none");
	secant_log(log, SECANT_LOG_INFO, "encoder weights: %d tensors taken from %s%s", taken, path,
		adapted ? ", first convolution adapted to the channels" : "");
	if (missing)
		secant_log(log, SECANT_LOG_WARNING,
			"encoder weights: %d tensors of the encoder are not in the file and keep their start: %s%s", missing,
			missed->p, missing > 4 ? ", ..." : "");
	if (left)
		secant_log(log, SECANT_LOG_INFO, "encoder weights: %d tensors of the file are not used: %s%s", left, unused->p,
			left > 4 ? ", ..." : "");
	return SECANT_OK;
}

secant_status
model_load_encoder(model_bundle *m, const char *weights, bool bgr, const secant_logger *log, secant_err *err)
{
	secant_tensors t = { 0 };
	base_str missed = { 0 }, unused = { 0 };
	int taken = 0, adapted = 0, missing = 0, left = 0;
	secant_status status = model_weights_read(&t, weights, log, err);
	bool *used = status ? NULL : secant_calloc((size_t)t.n + 1, 1);
	if (!used)
		return status ? status : secant_fail(err, SECANT_ERR_NOMEM, "no memory to read %s", weights);
	bool prefixed = has_prefix(&t);
	status = model_weights_unwrap(&t, m->store, prefixed ? "" : "encoder.", log, err);
	prefixed = has_prefix(&t);
	for (int i = 0; i < m->store->n && !status; i++) {
		exec_slot *slot = &m->store->slot[i];
		if (strncmp(slot->name, "encoder.", 8))
			continue;
		int at = index_of(&t, prefixed ? slot->name : slot->name + 8);
		const secant_tensor *from = at < 0 ? NULL : &t.v[at].tensor;
		bool fits = from && secant_shape_count(&from->shape) == slot->count
			&& (slot->count == 1 || secant_shape_equal(&from->shape, &slot->type.shape));
		if (fits)
			copy(m->store, slot, from);
		else if (from && adapt(m, slot, from))
			adapted++, fits = true;
		if (fits && bgr && m->net.in_channels == 3)
			model_turn_weights(m->store, slot); /* they were for blue, green, red */
		if (fits) {
			taken++;
			used[at] = true;
		} else if (slot->type.dtype != SECANT_I64) {
			list_add(&missed, &missing, slot->name);
		}
	}
	for (int i = 0; i < t.n; i++)
		if (!status && !used[i] && !is_classifier(plain_name(t.v[i].name))
			&& !(prefixed && strncmp(t.v[i].name, "encoder.", 8)))
			list_add(&unused, &left, t.v[i].name);
	if (status)
		secant_err_prefix(err, "%s", weights);
	else
		status = report(weights, taken, adapted, missing, &missed, left, &unused, log, err);
	if (!status && missing > taken) { /* the weights of another encoder, most likely */
		char *advice = model_weights_advice(&t, model_weights_family(&t), &m->net);
		secant_log(log, SECANT_LOG_WARNING, "encoder weights: most of the encoder is not in %s%s%s", weights,
			advice && *advice ? "; " : "", advice ? advice : "");
		secant_free(advice);
	}
	secant_free(used);
	base_str_free(&missed);
	base_str_free(&unused);
	secant_tensors_free(&t);
	return status;
}

/* ---- --weights ---- */

/* "name (1x16x3x3; file: 5x16x3x3)", the first few. */
static void
list_misfit(base_str *list, int *n, const exec_slot *slot, const secant_tensor *from)
{
	char own[96], theirs[96];
	if ((*n)++ >= 6)
		return;
	base_str_addf(
		list, "%s%s (%s", list->n ? ", " : "", slot->name, secant_shape_text(&slot->type.shape, own, sizeof own));
	base_str_addf(list, from ? "; file: %s)" : "; not in the file)",
		from ? secant_shape_text(&from->shape, theirs, sizeof theirs) : "");
}

secant_status
model_start_from(model_bundle *m, const char *weights, const secant_logger *log, secant_err *err)
{
	secant_tensors t = { 0 };
	base_str misfits = { 0 }, unused = { 0 };
	int taken = 0, adapted = 0, missing = 0, left = 0;
	secant_status status = model_weights_read(&t, weights, log, err);
	if (!status && (status = model_weights_unwrap(&t, m->store, "", log, err)))
		secant_err_prefix(err, "%s", weights);
	if (status) {
		secant_tensors_free(&t);
		return status;
	}
	for (int i = 0; i < m->store->n; i++) {
		exec_slot *slot = &m->store->slot[i];
		int at = index_of(&t, slot->name);
		const secant_tensor *from = at < 0 ? NULL : &t.v[at].tensor;
		bool fits = from && secant_shape_equal(&from->shape, &slot->type.shape);
		if (fits)
			copy(m->store, slot, from);
		else if (from && adapt(m, slot, from))
			adapted++, fits = true;
		if (fits)
			taken++;
		else if (slot->type.dtype != SECANT_I64)
			list_misfit(&misfits, &missing, slot, from);
	}
	for (int i = 0; i < t.n; i++)
		if (!exec_store_find(m->store, t.v[i].name))
			list_add(&unused, &left, t.v[i].name);
	if (!taken)
		status = secant_fail(err, SECANT_ERR_SHAPE, "%s: nothing in it fits the network; its first keys are %s",
			weights, unused.p ? unused.p : "none");
	else
		secant_log(log, SECANT_LOG_INFO, "weights: %d of %d tensors taken from %s%s", taken, m->store->n, weights,
			adapted ? ", first convolution adapted to the channels" : "");
	if (taken && missing)
		secant_log(log, SECANT_LOG_WARNING, "weights: %d tensors do not fit and keep their start: %s%s", missing,
			misfits.p, missing > 6 ? ", ..." : "");
	if (taken && left)
		secant_log(log, SECANT_LOG_WARNING, "weights: %d tensors of the file are not used: %s%s", left, unused.p,
			left > 4 ? ", ..." : "");
	base_str_free(&misfits);
	base_str_free(&unused);
	secant_tensors_free(&t);
	return status;
}

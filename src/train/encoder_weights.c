/*
 * Starting an encoder from a file of trained weights: torchvision, timm, segmentation_models.pytorch, smp-hub. Keys with or without the
 * prefix `encoder.` (and `encoder.model.`); a classifier is ignored; the first convolution is adapted to other channel counts as smp does
 * (its encoders/_utils.py): 1 channel: the sum over the three; c channels: new[:, i] = W[:, i mod 3] * 3 / c.
 */
#include <string.h>
#include "train/model.h"

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
copy(secant_store *s, secant_slot *slot, const secant_tensor *from)
{
	for (int64_t i = 0; i < slot->count; i++)
		secant_slot_set(s, slot, i, secant_tensor_get(from, i));
}

/* O x 3 x k x k weights into O x c x k x k ones. */
static bool
adapt(secant_store *s, secant_slot *slot, const secant_tensor *from)
{
	const int64_t *to = slot->type.shape.dim, *d = from->shape.dim;
	if (slot->type.shape.rank != 4 || from->shape.rank != 4 || d[1] != 3 || d[0] != to[0] || d[2] != to[2] || d[3] != to[3])
		return false;
	int64_t area = to[2] * to[3];
	for (int64_t o = 0; o < to[0]; o++)
		for (int64_t c = 0; c < to[1]; c++)
			for (int64_t k = 0; k < area; k++) {
				double v = 0;
				for (int64_t i = 0; i < 3 && to[1] == 1; i++)
					v += secant_tensor_get(from, (o * 3 + i) * area + k);
				if (to[1] != 1)
					v = secant_tensor_get(from, (o * 3 + c % 3) * area + k) * 3 / (double)to[1];
				secant_slot_set(s, slot, (o * to[1] + c) * area + k, v);
			}
	return true;
}

static void
list_add(secant_str *list, int *n, const char *name)
{
	if ((*n)++ < 4)
		secant_str_addf(list, "%s%s", list->n ? ", " : "", name);
}

static secant_status
report(const char *path, int taken, int adapted, int missing, const secant_str *missed, int left, const secant_str *unused, const secant_logger *log, secant_err *err)
{
	if (!taken)
		return secant_fail(err, SECANT_ERR_SHAPE, "%s: nothing in it fits the encoder; its first keys are %s", path, unused->p ? unused->p : "none");
	secant_log(log, SECANT_LOG_INFO, "encoder weights: %d tensors taken from %s%s", taken, path, adapted ? ", first convolution adapted to the channels" : "");
	if (missing)
		secant_log(log, SECANT_LOG_WARNING, "encoder weights: %d tensors of the encoder are not in the file and keep their start: %s%s", missing, missed->p, missing > 4 ? ", ..." : "");
	if (left)
		secant_log(log, SECANT_LOG_INFO, "encoder weights: %d tensors of the file are not used: %s%s", left, unused->p, left > 4 ? ", ..." : "");
	return SECANT_OK;
}

secant_status
secant_model_load_encoder(secant_model *m, const char *weights, const secant_logger *log, secant_err *err)
{
	secant_tensors t = { 0 };
	secant_str missed = { 0 }, unused = { 0 };
	int taken = 0, adapted = 0, missing = 0, left = 0;
	secant_status status = secant_tensors_read(&t, NULL, weights, err);
	bool *used = status ? NULL : secant_calloc((size_t)t.n + 1, 1);
	if (!used)
		return status ? status : secant_fail(err, SECANT_ERR_NOMEM, "no memory to read %s", weights);
	bool prefixed = has_prefix(&t);
	for (int i = 0; i < m->store->n; i++) {
		secant_slot *slot = &m->store->slot[i];
		if (strncmp(slot->name, "encoder.", 8))
			continue;
		int at = index_of(&t, prefixed ? slot->name : slot->name + 8);
		const secant_tensor *from = at < 0 ? NULL : &t.v[at].tensor;
		bool fits = from && secant_shape_count(&from->shape) == slot->count && (slot->count == 1 || secant_shape_equal(&from->shape, &slot->type.shape));
		if (fits)
			copy(m->store, slot, from);
		else if (from && adapt(m->store, slot, from))
			adapted++, fits = true;
		if (fits) {
			taken++;
			used[at] = true;
		} else if (slot->type.dtype != SECANT_I64) {
			list_add(&missed, &missing, slot->name);
		}
	}
	for (int i = 0; i < t.n; i++)
		if (!used[i] && !is_classifier(plain_name(t.v[i].name)) && !(prefixed && strncmp(t.v[i].name, "encoder.", 8)))
			list_add(&unused, &left, t.v[i].name);
	m->store->version++;
	status = report(weights, taken, adapted, missing, &missed, left, &unused, log, err);
	secant_free(used);
	secant_str_free(&missed);
	secant_str_free(&unused);
	secant_tensors_free(&t);
	return status;
}

/*
 * The best epochs of a run (--keep): RUN/models/epoch-NNN.safetensors. The list is part of the state; a model that has
 * fallen out of it is removed only once the state without it is saved, so that a killed run finds every model its state
 * names. One killed between the two is swept when it goes on.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "train/trainer.h"

static char *
model_path(const train_trainer *s, int epoch)
{
	char name[64];
	(void)snprintf(name, sizeof name, "models/epoch-%03d.safetensors", epoch);
	return train_trainer_path(s, name);
}

/* Place of a value in the list: after its equals, so that the earlier epoch stays. */
static int
place_of(const train_trainer *s, double value)
{
	bool lower = s->task->metrics[s->metric].lower;
	int at = 0;
	while (at < s->kept.n && !(lower ? value < s->kept.v[at].value : value > s->kept.v[at].value))
		at++;
	return at;
}

secant_status
train_trainer_keep(train_trainer *s, const train_epoch *e, secant_err *err)
{
	double value = e->metric[s->metric];
	int at = place_of(s, value);
	s->kept.dropped = 0;
	if (s->o->keep <= 0 || isnan(value) || at >= s->o->keep)
		return SECANT_OK;
	if (!s->kept.v && !(s->kept.v = secant_calloc((size_t)s->o->keep + 1, sizeof *s->kept.v)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a list of %d models", s->o->keep);
	char *path = model_path(s, e->epoch), *folder = train_trainer_path(s, "models");
	secant_status status = path && folder ? secant_make_dirs(folder, err)
										  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!status)
		status = model_save(&s->model, path, err);
	secant_free(path);
	secant_free(folder);
	if (status)
		return status;
	memmove(s->kept.v + at + 1, s->kept.v + at, (size_t)(s->kept.n - at) * sizeof *s->kept.v);
	s->kept.v[at] = (train_kept){ e->epoch, value };
	if (s->kept.n < s->o->keep)
		s->kept.n++;
	else
		s->kept.dropped = s->kept.v[s->kept.n].epoch;
	return SECANT_OK;
}

void
train_trainer_drop(train_trainer *s)
{
	char *path = s->kept.dropped ? model_path(s, s->kept.dropped) : NULL;
	secant_err ignored = { 0 };
	if (path && secant_is_file(path))
		(void)!base_remove_tree(path, &ignored); /* a file too many does no harm */
	secant_free(path);
	s->kept.dropped = 0;
}

static bool
is_kept(const train_trainer *s, const char *name)
{
	int epoch, used = 0;
	if (sscanf(name, "epoch-%9d.safetensors%n", &epoch, &used) != 1 || !used || name[used])
		return true; /* none of ours */
	for (int i = 0; i < s->kept.n; i++)
		if (s->kept.v[i].epoch == epoch)
			return true;
	return false;
}

void
train_trainer_sweep_kept(train_trainer *s)
{
	char *folder = train_trainer_path(s, "models");
	base_names names = { 0 };
	secant_err ignored = { 0 };
	if (s->o->keep > 0 && folder && secant_is_dir(folder) && !base_dir_list(&names, folder, BASE_DIR_FILES, &ignored))
		for (int i = 0; i < names.n; i++) {
			char *path = is_kept(s, names.v[i]) ? NULL : base_path_join(folder, names.v[i]);
			if (path)
				(void)!base_remove_tree(path, &ignored);
			secant_free(path);
		}
	base_names_free(&names);
	secant_free(folder);
}

/* The table of tasks. See task.h. */
#include "train/task.h"
#include <string.h>

#define TASK(name) extern const train_training train_training_##name;
#include "train/tasks.inc"
#undef TASK

static const train_training *const tasks[] = {
#define TASK(name) &train_training_##name,
#include "train/tasks.inc"
#undef TASK
	NULL,
};

const train_training *
train_training_of(const secant_network *net)
{
	const train_training *const *t = tasks;
	while (t[1] && !(*t)->takes(net))
		t++;
	return *t;
}

int
train_task_metrics(const train_training *t)
{
	int n = 0;
	while (t->metrics[n].name)
		n++;
	return n;
}

int
train_task_metric(const train_training *t, const char *name)
{
	for (int i = 0; t->metrics[i].name; i++)
		if (!strcmp(t->metrics[i].name, name))
			return i;
	return -1;
}

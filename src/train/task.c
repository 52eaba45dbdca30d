/* The table of tasks. See task.h. */
#include "train/task.h"
#include <string.h>

#define TASK(name) extern const secant_training secant_training_##name;
#include "train/tasks.inc"
#undef TASK

static const secant_training *const tasks[] = {
#define TASK(name) &secant_training_##name,
#include "train/tasks.inc"
#undef TASK
	NULL,
};

const secant_training *
secant_training_of(const secant_network *net)
{
	const secant_training *const *t = tasks;
	while (t[1] && !(*t)->takes(net))
		t++;
	return *t;
}

int
secant_task_metrics(const secant_training *t)
{
	int n = 0;
	while (t->metrics[n].name)
		n++;
	return n;
}

int
secant_task_metric(const secant_training *t, const char *name)
{
	for (int i = 0; t->metrics[i].name; i++)
		if (!strcmp(t->metrics[i].name, name))
			return i;
	return -1;
}

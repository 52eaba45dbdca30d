/*
 * Which weights are no numbers. See broken.h.
 *
 * An update spreads nothing from one weight to another, unless gradients were clipped: the weights that are none are
 * those whose gradients of an earlier step were.
 */
#include "train/broken.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "exec/plan.h"

static bool
is_broken(const exec_store *store, const exec_slot *slot)
{
	for (int64_t i = 0; i < slot->count; i++)
		if (!isfinite(exec_slot_get(store, slot, i)))
			return true;
	return false;
}

/* The step that computes the gradient of a layer's weights; NULL: none that is a product. */
static const exec_step *
maker(const exec_plan *plan, const char *weights)
{
	const char *dot = strrchr(weights, '.');
	size_t n = dot ? (size_t)(dot - weights) : strlen(weights);
	for (int i = 0; i < plan->n_step; i++) {
		const graph_node *node = plan->step[i].node;
		if (strstr(node->op->name, "grad_weights") && node->name && strlen(node->name) == n
			&& !memcmp(node->name, weights, n))
			return &plan->step[i];
	}
	return NULL;
}

void
train_broken_text(const exec_store *store, const exec_plan *plan, char *text, size_t size)
{
	const char *precision = exec_precision_name(plan->options.precision);
	bool low = plan->options.precision == EXEC_PRECISION_BF16;
	const exec_slot *first = NULL;
	int n = 0;
	for (int i = 0; i < store->n; i++)
		if (store->slot[i].trainable && is_broken(store, &store->slot[i])) {
			first = first ? first : &store->slot[i];
			n++;
		}
	const exec_step *s = first ? maker(plan, first->name) : NULL;
	char more[32] = "";
	if (n > 1)
		(void)snprintf(more, sizeof more, " and %d more", n - 1);
	const char *help = low ? "--precision f32 tells whether bf16 is the cause; else a smaller --learning-rate may help"
						   : "a smaller --learning-rate may help";
	if (!first)
		(void)snprintf(text, size, "all weights are numbers, in %s; %s", precision, help);
	else
		(void)snprintf(text, size, "weights that are no numbers: %s%s, as their gradients were before (%s%s%s%s%s); %s",
			first->name, more, precision, s ? ", by " : "", s ? s->impl->name : "", s && *s->detail ? " " : "",
			s ? s->detail : "", help);
}

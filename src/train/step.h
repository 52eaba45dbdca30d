/*
 * One step of training: gradients of a batch, reduction, update. The loop (trainer.c), `secant run --gradients`, `bench
 * --train` and `explain --train` stand on the same.
 *
 *     train_step_plan        graph and loss -> plan; gradients go straight to their places in the optimiser's buffer
 *     train_step_gradients   one run of it
 *     train_step_reduce      over machines (a hook), and over the batches of one update
 *     train_step_update      the optimiser, over what was reduced
 */
#ifndef TRAIN_STEP_H
#define TRAIN_STEP_H
#include "model/model.h"
#include "train/optimizer.h"

typedef struct train_step {
	exec_store *store; /* borrowed */
	train_optimizer *optimizer; /* borrowed; NULL: gradients are only looked at */
	graph_net *graph; /* fused, with gradients; owned, as plan and context are */
	exec_plan *plan;
	exec_context *context;
	int *at_grad; /* of each slot of the store: output of the context that is its gradient; -1: it has none */
	int *at_kept, n_kept; /* of what was to be kept */
	bool f64;
	union {
		float narrow;
		double wide;
	} loss; /* of the last run, where outputs are external; train_step_loss */
	/* Adds up gradients over machines: n numbers (doubles with f64) laid out like the store's parameters; nullable. */
	secant_status (*reduce)(void *user, void *gradients, int64_t n, bool f64, secant_err *err);
	void *user;
} train_step;

typedef struct train_step_spec {
	graph_net *graph; /* taken, also on failure */
	graph_value loss; /* output 0; -1: there is none, and no gradients */
	bool gradients;
	const graph_value *keep; /* further outputs, before the gradients */
	int n_keep;
	const exec_plan_options *options; /* external: loss, gradients go to memory of the step's, and nothing is kept */
} train_step_spec;

/* Makes the plan anew: also after a first time, where what learns has changed. Needs step->store, and for external
 * outputs step->optimizer, which then learns exactly where there are gradients. Refuses a graph where nothing learns.
 */
secant_status train_step_plan(train_step *t, const train_step_spec *spec, secant_err *err) SECANT_NODISCARD;
/* Frees plan, context, graph. */
void train_step_clear(train_step *t);

secant_status train_step_gradients(train_step *t, secant_err *err) SECANT_NODISCARD;
double train_step_loss(const train_step *t);
/* `more`: the batch is a part of an update; its gradients are kept, the next reduction adds to them. */
secant_status train_step_reduce(train_step *t, bool more, int threads, secant_err *err) SECANT_NODISCARD;
/* momentum < 0: the options' own. */
void train_step_update(train_step *t, double learning_rate, double momentum, int threads);
#endif

/* The tables of options that libsecant adds to those of libsecant-deploy, when it is loaded. */
#include <secant/demo.h>
#include <secant/model.h>
#include <secant/train.h>

static const secant_options_named tables[] = {
	{ "train", &secant_train_options_table },
	{ "eval", &secant_eval_options_table },
	{ "import", &secant_import_options },
	{ "run", &secant_run_options },
	{ "plan", &secant_planned_options },
	{ "demo", &secant_demo_options },
	{ NULL, NULL },
};

__attribute__((constructor)) static void
add_tables(void)
{
	secant_options_add(tables);
}

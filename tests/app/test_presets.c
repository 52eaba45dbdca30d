/*
 * Presets: those of the program say what can be trained, a user's own are files, and what is given on the line or in a
 * configuration wins.
 */
#include "train/training.h"
#include "data/loader.h"
#include "nn/nn.h"
#include "train/preset.h"
#include "train/schedule.h"
#include <secant/info.h>

static int
setup(void **state)
{
	fresh_root();
	write_text(in_root(root, "own.json"),
		"{ \"about\": \"mine\", \"epochs\": 7, \"loss\": \"dice\", \"decoder-channels\": [8, 8, 8, 8, 8] }");
	write_text(in_root(root, "list.json"), "[ 1, 2 ]");
	write_text(in_root(root, "typo.json"), "{ \"epochss\": 7 }");
	return 0;
}

/* As the command does it. */
static secant_status
before(const secant_opts_line *line, void *object, secant_err *err)
{
	const char *name = secant_opts_typed(line, "preset");
	if (!name)
		name = secant_opts_configured(line, "preset");
	if (!name)
		return SECANT_OK;
	char *text = secant_train_preset(name, err);
	secant_status status = text ? secant_opts_set_json(&secant_train_options_table, object, text, name, err)
								: err->code;
	secant_free(text);
	return status;
}

/* The table of the command. */
static secant_opts
table(void)
{
	secant_opts t = secant_train_options_table;
	t.before = before;
	return t;
}

static secant_status
parse(secant_train_options *o, const char *const *argv, secant_err *err)
{
	const char *operands[16];
	int n = 0, argc = 0;
	while (argv[argc])
		argc++;
	secant_opts t = table();
	must(secant_opts_init(&t, o, err), err);
	return secant_opts_parse(&t, o, argc, argv, operands, &n, err);
}

static void
every_preset_can_be_trained(void **state)
{
	int seen = 0;
	for (const train_preset_text *p = train_preset_texts; p->name; p++, seen++) {
		secant_err err = { 0 };
		secant_train_options o;
		const char *argv[] = { "--preset", p->name, NULL };
		must(parse(&o, argv, &err), &err);
		must(train_schedule_check(&o.schedule, &err), &err);
		base_mode mode = o.network.classes > 1 || strstr(p->name, "classes") ? BASE_MODE_MULTICLASS : BASE_MODE_BINARY;
		must(nn_loss_check(o.loss, mode, NULL, &err), &err);
		data_augmentation *a = data_augmentation_parse(o.augment, &err);
		if (!a)
			fail_msg("%s: %s", p->name, err.msg);
		data_augmentation_free(a);
		free_options(&o);
	}
	assert_true(seen >= 4);
}

static void
the_recipe_for_remote_sensing(void **state)
{
	secant_err err = { 0 };
	secant_train_options o;
	must(parse(&o, (const char *[]){ "--preset", "remote-sensing", NULL }, &err), &err);
	assert_string_equal(o.optimizer.optimizer, "adamw");
	assert_true(
		o.optimizer.learning_rate == 1e-3 && o.optimizer.weight_decay == 1e-3 && o.schedule.minimum_rate == 1e-5);
	assert_string_equal(o.schedule.schedule, "cosine-restarts");
	assert_true(o.schedule.restart_period == 2 && o.schedule.restart_factor == 2 && o.patience > 0);
	assert_string_equal(o.loss, "0.5*dice+0.5*bce");
	assert_string_equal(o.data.normalize.normalize, "symmetric");
	assert_string_equal(o.preset, "remote-sensing");
	assert_non_null(strstr(o.augment, "hue-saturation-value"));
	free_options(&o);
}

static void
what_is_given_wins(void **state)
{
	secant_err err = { 0 };
	secant_train_options o;
	must(parse(&o, (const char *[]){ "--epochs", "20", "--preset", "remote-sensing", NULL }, &err), &err);
	assert_int_equal(o.epochs, 20); /* although 20 is the default */
	assert_string_equal(o.optimizer.optimizer, "adamw");
	free_options(&o);
	must(parse(&o, (const char *[]){ "--preset", in_root(root, "own.json"), "--loss", "bce", NULL }, &err), &err);
	assert_true(o.epochs == 7 && !strcmp(o.loss, "bce") && strstr(o.network.own, "decoder-channels"));
	free_options(&o);
}

static void
the_library_sets_them_as_json(void **state)
{
	secant_err err = { 0 };
	secant_train_options o = { 0 };
	char *text = secant_train_preset("inspection", &err);
	assert_non_null(text);
	assert_null(strstr(text, "about"));
	must(secant_opts_init(&secant_train_options_table, &o, &err), &err);
	must(secant_opts_set_json(&secant_train_options_table, &o, text, "inspection", &err), &err);
	assert_true(o.ema == .99);
	free_options(&o);
	secant_free(text);
}

static void
what_is_wrong_is_said(void **state)
{
	const struct {
		const char *preset, *message;
	} cases[] = {
		{ "remote-sensng",
			"preset: none is named 'remote-sensng'; did you mean 'remote-sensing'?, and there is no such file (secant "
			"list presets)" },
		{ base_strdup(in_root(root, "list.json")), "list.json: a preset is a JSON object of options" },
		{ base_strdup(in_root(root, "typo.json")), "epochss: no such option (nearest: epochs)" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_err err = { 0 };
		secant_train_options o;
		assert_int_not_equal(parse(&o, (const char *[]){ "--preset", cases[i].preset, NULL }, &err), SECANT_OK);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("expected '%s', got '%s'", cases[i].message, err.msg);
		free_options(&o);
		if (i)
			secant_free((char *)(uintptr_t)cases[i].preset);
	}
}

static void
presets_are_listed(void **state)
{
	for (int k = 0; k < secant_kind_count(); k++)
		if (!strcmp(secant_kind_name(k), "presets")) {
			for (int i = 0; secant_kind_entry(k, i).name; i++)
				assert_true(strlen(secant_kind_entry(k, i).brief) > 10);
			return;
		}
	fail_msg("there is no kind 'presets'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_preset_can_be_trained),
		cmocka_unit_test(the_recipe_for_remote_sensing),
		cmocka_unit_test(what_is_given_wins),
		cmocka_unit_test(the_library_sets_them_as_json),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(presets_are_listed),
	};
	return cmocka_run_group_tests_name("presets", tests, setup, teardown);
}

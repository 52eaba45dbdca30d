/*
 * `secant zoo`: what networks there are, and what each costs on this machine. Every one is measured by a process of its
 * own (`secant bench`), so that memory is that network's and a failure costs one row. --page measures nothing: it holds
 * what is the same on every machine.
 */
#include "command.h"
#include <errno.h>
#include <fcntl.h>
#include <secant/info.h>
#include <secant/network.h>
#include <secant/weights.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

typedef struct zoo {
	char *fits, *only;
	secant_ints size;
	int runs, threads;
	bool page;
	common common;
} zoo;

static const secant_opt zoo_rows[] = {
	SECANT_OPT(zoo, fits, STR, "for", NULL, 0, 0,
		"only networks that fit, fastest first: \"512x512 under 50 ms\", measured here and now"),
	SECANT_OPT(zoo, size, SIZE, "size", "512", 1, 1 << 16, "height and width of the picture"),
	SECANT_OPT(zoo, only, STR, "only", NULL, 0, 0,
		"names of architectures and encoders, by commas; an entry counts for all names that begin so: resnet,fpn"),
	SECANT_OPT(zoo, runs, INT, "runs", "3", 1, 1000, "how often each is timed, after one run to warm up"),
	SECANT_OPT(zoo, threads, INT, "threads", "0", 0, 1024, "of computation; 0: all processors"),
	SECANT_OPT(zoo, page, BOOL, "page", "false", 0, 1, "as Markdown, without measuring: docs/zoo.md"),
	SECANT_OPT_TABLE(zoo, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts zoo_options = { "zoo", sizeof(zoo), zoo_rows };

/* Where encoders of tokens are used. */
static const char *const tokens_arch = "dpt", *const tokens_encoder = "tu-vit_base_patch16_224";
static const char *const with_tokens[] = { "tu-vit", "tu-deit", NULL };

typedef struct member {
	const char *arch, *encoder; /* static */
	secant_network_facts facts;
	bool is_arch; /* stands for its architecture, else for its encoder */
	bool measured;
	double ms[2], bytes[2]; /* f32, bf16; ms 0: it was not run */
	char why[160]; /* it was not measured */
} member;

/* ---- one measurement ---- */

/* Runs this program with the arguments; what it prints, and its status. */
static int
ask_self(char *const *argv, char *out, size_t size)
{
	int both[2], status = -1;
	pid_t child;
	posix_spawn_file_actions_t to;
	if (pipe(both))
		return -1;
	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_adddup2(&to, both[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&to, both[1], STDERR_FILENO);
	posix_spawn_file_actions_addclose(&to, both[0]);
	int failed = posix_spawn(&child, "/proc/self/exe", &to, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&to);
	close(both[1]);
	size_t used = 0;
	ssize_t got;
	char rest[512];
	while (!failed
		&& ((got = read(both[0], used + 1 < size ? out + used : rest, used + 1 < size ? size - 1 - used : sizeof rest))
				> 0
			|| (got < 0 && errno == EINTR)))
		used += got > 0 && used + 1 < size ? (size_t)got : 0;
	out[used] = '\0';
	close(both[0]);
	while (!failed && waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return failed || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

/* The message of "secant bench: what: why". */
static void
note_why(member *m, const char *out)
{
	const char *from = strstr(out, "secant bench: ");
	from = from ? from + 14 : out;
	snprintf(m->why, sizeof m->why, "%.*s", (int)strcspn(from, "\n"), *from ? from : "it ended without a word");
}

static bool
measure(member *m, const zoo *o, int low)
{
	char size[32], runs[16], threads[16], out[8192];
	snprintf(size, sizeof size, "%dx%d", m->facts.height, m->facts.width);
	snprintf(runs, sizeof runs, "%d", o->runs);
	snprintf(threads, sizeof threads, "%d", o->threads);
	const char *argv[] = { "secant", "bench", "--arch", m->arch, "--encoder", m->encoder, "--size", size, "--runs",
		runs, "--warm-up", "1", "--threads", threads, "--precision", low ? "bf16" : "f32", "--json", "--quiet", NULL };
	int status = ask_self((char *const *)(uintptr_t)argv, out, sizeof out);
	json_t *j = status ? NULL : json_loads(out, 0, NULL);
	if (j) {
		m->ms[low] = json_number_value(json_object_get(j, "median_ms"));
		m->bytes[low] = json_number_value(json_object_get(j, "peak_bytes"));
		m->measured = true;
	} else if (!low) {
		note_why(m, out);
	}
	json_decref(j);
	return j != NULL;
}

/* ---- the list ---- */

static bool
begins_with_any(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strncmp(name, *list, strlen(*list)))
			return true;
	return false;
}

static bool
is_wanted(const char *list, const char *name)
{
	for (const char *p = list; p && *p; p += *p == ',') {
		size_t n = strcspn(p, ",");
		if (n && !strncmp(p, name, n))
			return true;
		p += n;
	}
	return !list;
}

static int
kind_named(const char *name)
{
	int k = 0;
	while (secant_kind_name(k) && strcmp(secant_kind_name(k), name))
		k++;
	return k;
}

static void
add(member *all, int *n, const zoo *o, const char *arch, const char *encoder, bool is_arch)
{
	if (!is_wanted(o->only, is_arch ? arch : encoder))
		return;
	bool tokens = is_arch ? !strcmp(arch, tokens_arch) : begins_with_any(encoder, with_tokens);
	member m = {
		.arch = tokens ? tokens_arch : arch, .encoder = is_arch && tokens ? tokens_encoder : encoder, .is_arch = is_arch
	};
	secant_err err = { 0 };
	secant_network net;
	if (!secant_opts_init(&secant_network_options, &net, &err)) {
		if (!secant_opts_set(&secant_network_options, &net, "arch", m.arch, &err)
			&& !secant_opts_set(&secant_network_options, &net, "encoder", m.encoder, &err))
			(void)!(secant_network_complete(&net, &err)
				|| secant_network_describe(&net, o->size.v[0], o->size.v[1], &m.facts, &err));
		if (!strcmp(net.encoder, "none")) /* it brings its own */
			m.encoder = "none";
		secant_opts_free(&secant_network_options, &net);
	}
	if (err.code)
		snprintf(m.why, sizeof m.why, "%.*s", (int)sizeof m.why - 1, err.msg);
	all[(*n)++] = m;
}

/* Each architecture with resnet34, then each encoder with unet. */
static int
list_members(member *all, int most, const zoo *o)
{
	int n = 0, k = kind_named("architectures");
	for (int i = 0; secant_kind_entry(k, i).name && n < most; i++) {
		const secant_network net = { .arch = (char *)(uintptr_t)secant_kind_entry(k, i).name };
		if (secant_network_kind_of(&net) == SECANT_NETWORK_PICTURES)
			add(all, &n, o, net.arch, "resnet34", true);
	}
	k = kind_named("encoders");
	for (int i = 0; secant_kind_entry(k, i).name && n < most; i++)
		add(all, &n, o, "unet", secant_kind_entry(k, i).name, false);
	return n;
}

/* ---- printing ---- */

static void
weights_of(const char *encoder, char *text, size_t n)
{
	size_t used = 0;
	text[0] = '\0';
	for (int i = 0; secant_weight_at(i) && used < n; i++)
		if (!strcmp(secant_weight_at(i)->encoder, encoder))
			used += (size_t)snprintf(text + used, n - used, "%s%s", used ? ", " : "", secant_weight_at(i)->name);
}

static void
cost_text(const member *m, int low, char *text, size_t n)
{
	if (m->ms[low] > 0)
		snprintf(text, n, "%.1f ms, %.0f MiB", m->ms[low], m->bytes[low] / 1048576);
	else
		snprintf(text, n, "-");
}

static void
sizes_text(const member *m, char *text, size_t n)
{
	const secant_network_facts *f = &m->facts;
	int used = f->side    ? snprintf(text, n, "%dx%d", f->side, f->side)
		: f->multiple > 1 ? snprintf(text, n, "multiples of %d", f->multiple)
						  : snprintf(text, n, "any");
	if (f->least > 1 && used > 0 && (size_t)used < n)
		snprintf(text + used, n - (size_t)used, " from %d", f->least);
}

static void
print_row(const member *m, bool page)
{
	char f32[64], bf16[64], weights[200], sizes[64], name[120];
	snprintf(name, sizeof name, page ? "`%s`, `%s`" : "%s %s", m->arch, m->encoder);
	weights_of(m->encoder, weights, sizeof weights);
	sizes_text(m, sizes, sizeof sizes);
	if (*m->why) {
		printf(page ? "| %s | %s | | | |\n" : "%-38s not measured: %s\n", name, m->why);
	} else if (page) {
		printf("| %s | %.2f | %.2f | %s | %s |\n", name, (double)m->facts.parameters / 1e6, m->facts.products / 1e9,
			sizes, *weights ? weights : "-");
	} else {
		cost_text(m, 0, f32, sizeof f32);
		cost_text(m, 1, bf16, sizeof bf16);
		printf("%-38s %7.2f M %8.1f GMAC  %-20s %-20s %-15s %s\n", name, (double)m->facts.parameters / 1e6,
			m->facts.products / 1e9, f32, bf16, sizes, weights);
	}
	fflush(stdout);
}

static void
print_head(const zoo *o)
{
	printf(
		"# The zoo\n\nThis page is printed by `secant zoo --page`: each architecture with `resnet34` and each encoder "
		"with "
		"`unet` (plain vision transformers with `dpt`, which takes nothing else). Parameters are\n"
		"millions of trained numbers, GMAC thousands of millions of multiplications with additions for one picture of "
		"%dx%d, or of the one size that the network is made for. Training, evaluation and\n"
		"prediction pad and cut pictures of any size to what the network takes. Weights are the names that "
		"`--encoder-weights` knows. What a network takes in time and memory is a matter of the\n"
		"machine: `secant zoo` measures it, `secant zoo --for \"512x512 under 50 ms\"` shows what fits, fastest "
		"first.\n",
		o->size.v[0], o->size.v[1]);
}

static void
print_table_head(const char *title)
{
	printf("\n## %s\n\n| network | parameters, M | GMAC | sizes | weights |\n|---|---|---|---|---|\n", title);
}

static json_t *
as_json(const member *m)
{
	char weights[200];
	weights_of(m->encoder, weights, sizeof weights);
	json_t *j = json_pack("{s:s, s:s, s:i, s:i, s:b, s:s}", "arch", m->arch, "encoder", m->encoder, "height",
		m->facts.height, "width", m->facts.width, "measured", m->measured, "weights", weights);
	if (j && m->measured) {
		(void)json_object_set_new(j, "parameters", json_integer((json_int_t)m->facts.parameters));
		(void)json_object_set_new(j, "gmac", tool_number(m->facts.products / 1e9));
		(void)json_object_set_new(j, "f32_ms", tool_number(m->ms[0]));
		(void)json_object_set_new(j, "f32_bytes", tool_number(m->bytes[0]));
		(void)json_object_set_new(j, "bf16_ms", m->ms[1] > 0 ? tool_number(m->ms[1]) : json_null());
		(void)json_object_set_new(j, "multiple", json_integer(m->facts.multiple));
	} else if (j) {
		(void)json_object_set_new(j, "why", json_string(m->why));
	}
	return j;
}

/* ---- the verb ---- */

/* "512x512 under 50 ms", "256 under 0.1 s". */
static bool
read_wish(zoo *o, double *limit, secant_err *err)
{
	int h, w, used = 0;
	char unit[8] = "";
	if (sscanf(o->fits, "%dx%d%n", &h, &w, &used) != 2) {
		used = 0;
		if (sscanf(o->fits, "%d%n", &h, &used) == 1)
			w = h;
	}
	bool read = used && sscanf(o->fits + used, " under %lf %7s", limit, unit) == 2 && *limit > 0 && h > 0 && w > 0
		&& h <= 1 << 16 && w <= 1 << 16 && (!strcmp(unit, "ms") || !strcmp(unit, "s"));
	if (!read) {
		secant_fail(err, SECANT_ERR_ARG, "--for '%.60s': wanted is HEIGHTxWIDTH under NUMBER ms", o->fits);
		return false;
	}
	*limit *= !strcmp(unit, "s") ? 1e3 : 1;
	o->size = (secant_ints){ 2, { h, w } };
	return true;
}

static int
faster_first(const void *a, const void *b)
{
	const member *x = a, *y = b;
	double u = x->ms[1] > 0 && x->ms[1] < x->ms[0] ? x->ms[1] : x->ms[0];
	double v = y->ms[1] > 0 && y->ms[1] < y->ms[0] ? y->ms[1] : y->ms[0];
	return (u > v) - (u < v);
}

/* Measures all; bf16 as long as this machine has it. False: interrupted. */
static bool
measure_all(member *all, int n, const zoo *o)
{
	bool low = true, more = true;
	tool_progress_begin(&o->common, "networks");
	for (int i = 0; i < n && more; i++) {
		char name[120];
		snprintf(name, sizeof name, "%s %s", all[i].arch, all[i].encoder);
		tool_progress("zoo", i, n, name);
		if (!*all[i].why && measure(&all[i], o, 0) && low)
			low = measure(&all[i], o, 1);
		more = !tool_interrupted();
	}
	tool_progress_end();
	return more;
}

static void
print_all(const member *all, int n, const zoo *o, double limit)
{
	if (o->page)
		print_head(o);
	for (int i = 0; i < n; i++) {
		if (limit > 0 && (!all[i].measured || (all[i].ms[0] > limit && !(all[i].ms[1] > 0 && all[i].ms[1] <= limit))))
			continue;
		if (o->page && (!i || all[i].is_arch != all[i - 1].is_arch))
			print_table_head(all[i].is_arch ? "Architectures" : "Encoders");
		print_row(&all[i], o->page);
	}
}

static int
zoo_run(void *options, int n, const char *const *operands, secant_err *err)
{
	enum { MOST = 1024 };
	zoo *o = options;
	double limit = 0;
	if (o->fits && o->page)
		return secant_fail(
			err, SECANT_ERR_ARG, "--for measures, --page holds what is the same on every machine: one of them");
	if (o->fits && !read_wish(o, &limit, err))
		return err->code;
	member *all = calloc(MOST, sizeof *all);
	int count = all ? list_members(all, MOST, o) : 0;
	int status = 0;
	if (!all)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a list");
	else if (!count)
		status = secant_fail(err, SECANT_ERR_ARG, "--only %s: no architecture or encoder begins so", o->only);
	else if (!o->page && !measure_all(all, count, o))
		status = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	if (!status && limit > 0)
		qsort(all, (size_t)count, sizeof *all, faster_first);
	if (!status && o->common.json) {
		json_t *list = json_array();
		for (int i = 0; i < count; i++)
			if (!(limit > 0) || (all[i].measured && all[i].ms[0] <= limit))
				(void)json_array_append_new(list, as_json(&all[i]));
		status = tool_print_json(stdout, list, JSON_INDENT(2), err);
	} else if (!status) {
		print_all(all, count, o, limit);
	}
	free(all);
	return status;
}

const command command_zoo = {
	.name = "zoo",
	.brief = "what each architecture and encoder costs on this machine",
	.operands = "",
	.details = "Each architecture with resnet34, each encoder with unet: parameters, GMAC, time and memory in f32 and, "
			   "where the processor has it,\n"
			   "bf16, the sizes it takes, the weights that are published for it. Each is measured by a process of its "
			   "own. --for measures all\n"
			   "and shows those that fit.",
	.example = "secant zoo --for \"512x512 under 50 ms\"\nsecant zoo --only resnet,mobilenet --size 256",
	.options = &zoo_options,
	.max_operands = 0,
	.run = zoo_run,
};

/*
 * Running allocates nothing of our own, forward or with gradients, in any precision: malloc and oneDNN's execute are
 * replaced by versions that count. Outside execute there may be no block at all; inside, oneDNN makes small ones of its
 * own: at most 16 a call, none of more than 4 KiB.
 */
#include <dlfcn.h>
#include <dnnl.h>
#include <malloc.h>
#include <stdatomic.h>
#include "../golden/model.h"
#include "base/cpu.h"
#include "exec/session.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif

enum { MOST_BLOCKS = 16, LARGEST_BLOCK = 4096 };

static atomic_bool watching, inside;
static atomic_int ours, calls; /* blocks outside execute; calls of execute */
static atomic_int theirs, most; /* blocks of the present call; of the worst one */
static atomic_size_t largest; /* block inside execute */

#ifndef SANITIZED
static void
see(size_t size)
{
	if (!watching)
		return;
	if (!inside) {
		ours++;
		return;
	}
	theirs++;
	if (size > largest)
		largest = size;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *
malloc(size_t size)
{
	see(size);
	return __libc_malloc(size);
}
void *
calloc(size_t n, size_t size)
{
	see(n * size);
	return __libc_calloc(n, size);
}
void *
realloc(void *p, size_t size)
{
	see(size);
	return __libc_realloc(p, size);
}
void *
memalign(size_t alignment, size_t size)
{
	see(size);
	return __libc_memalign(alignment, size);
}
void *
aligned_alloc(size_t alignment, size_t size)
{
	see(size);
	return __libc_memalign(alignment, size);
}

int
posix_memalign(void **p, size_t alignment, size_t size)
{
	see(size);
	*p = __libc_memalign(alignment, size);
	return *p ? 0 : 12;
}
#endif

dnnl_status_t
dnnl_primitive_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream, int n, const dnnl_exec_arg_t *args)
{
	static dnnl_status_t (*real)(const_dnnl_primitive_t, dnnl_stream_t, int, const dnnl_exec_arg_t *);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "dnnl_primitive_execute");
	calls++;
	theirs = 0;
	inside = true;
	dnnl_status_t status = real(primitive, stream, n, args);
	inside = false;
	if (theirs > most)
		most = theirs;
	return status;
}

static void
start(void)
{
	ours = calls = most = 0;
	largest = 0;
	watching = true;
}

static void
stop(const char *what, exec_precision precision, long counted)
{
	watching = false;
	if (base_mem_count() != counted)
		fail_msg("%s: %ld allocations through base/mem.h", what, base_mem_count() - counted);
	if (ours)
		fail_msg("%s: %d blocks outside oneDNN", what, ours);
	if (most > MOST_BLOCKS || largest > LARGEST_BLOCK)
		fail_msg("%s: oneDNN made up to %d blocks a primitive, the largest of %zu bytes; at most %d of %d are known",
			what, most, (size_t)largest, MOST_BLOCKS, LARGEST_BLOCK);
	/* it was oneDNN that ran, of which AMX leaves some layers */
	assert_true(calls > (precision == EXEC_PRECISION_BF16 && base_cpu_has_amx() ? 2 : 20));
}

static void
network(model *m)
{
	memset(m, 0, sizeof *m);
	model_options(m, "Unet", "resnet18", 1, NULL);
	m->gain = 1;
}

static graph_net *
make_graph(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	model m = { .net = ((model *)user)->net, .store = ((model *)user)->store };
	golden_build(&m, inputs, false, false, false);
	graph_output(m.g, "logits", m.built.logits);
	return m.g;
}

static void
forward(exec_precision precision, const char *what)
{
	secant_err err = { 0 };
	secant_shape shape = { 4, { 1, 64, 96, 3 } };
	model m;
	network(&m);
	golden_build(&m, &shape, false, false, false);
	fill_states(m.store, 1);
	graph_output(m.g, "logits", m.built.logits);
	exec_runner *r = exec_runner_new(
		m.store, m.g, make_graph, &m, &(exec_plan_options){ .precision = precision, .threads = 2 }, &err);
	secant_session *s = exec_session_new(r, NULL, 0, &err);
	assert_non_null(s);
	void *x = make_input("input", &shape, false);
	secant_tensor in = { SECANT_F32, shape, x, NULL }, out = { 0 };
	for (int i = 0; i < 2; i++, out.data = NULL)
		must(secant_session_run(s, &in, &out, &err), &err);
	long counted = base_mem_count();
	start();
	secant_status status = secant_session_run(s, &in, &out, &err);
	stop(what, precision, counted);
	must(status, &err);
	secant_session_free(s);
	exec_runner_free(r);
	secant_free(x);
	golden_free(&m);
}

static void
training(exec_precision precision, const char *what)
{
	secant_err err = { 0 };
	secant_shape shape = { 4, { 2, 64, 64, 3 } }, target = { 4, { 2, 64, 64, 1 } };
	model m;
	network(&m);
	golden_build(&m, &shape, true, true, false);
	fill_states(m.store, 1);
	graph_value *out = secant_calloc((size_t)m.store->n + 1, sizeof *out);
	int n = 0;
	out[n++] = m.loss;
	for (int i = 0; i < m.store->n; i++)
		if (m.grad[i] >= 0)
			out[n++] = m.grad[i];
	exec_plan *plan = exec_plan_new(
		m.g, m.store, out, n, &(exec_plan_options){ .precision = precision, .threads = 2, .training = true }, &err);
	exec_context *c = plan ? exec_context_new(plan, &err) : NULL;
	if (!c)
		fail_msg("%s", err.msg);
	void *x = make_input("input", &shape, false), *t = make_target(&m, "target", &target, 1, false);
	must(exec_context_set_input(c, "input", x, &err), &err);
	must(exec_context_set_input(c, "target", t, &err), &err);
	for (int i = 0; i < 2; i++)
		must(exec_context_run(c, &err), &err);
	long counted = base_mem_count();
	start();
	secant_status status = exec_context_run(c, &err);
	stop(what, precision, counted);
	must(status, &err);
	exec_context_free(c);
	exec_plan_free(plan);
	secant_free(out);
	secant_free(x);
	secant_free(t);
	golden_free(&m);
}

static void
test_forward_f32(void **state)
{
	forward(EXEC_PRECISION_F32, "f32");
}
static void
test_training_f32(void **state)
{
	training(EXEC_PRECISION_F32, "training in f32");
}

static void
test_forward_bf16(void **state)
{
	if (base_cpu_isa() < BASE_ISA_AVX512) {
		fprintf(stderr, "skipped: this CPU (or SECANT_CPU) has no AVX-512\n");
		skip();
	}
	forward(EXEC_PRECISION_BF16, "bf16");
}

static void
test_training_bf16(void **state)
{
	if (base_cpu_isa() < BASE_ISA_AVX512) {
		fprintf(stderr, "skipped: this CPU (or SECANT_CPU) has no AVX-512\n");
		skip();
	}
	training(EXEC_PRECISION_BF16, "training in bf16");
}

/* The counters count: a block outside, and one inside. */
static void
test_counters_see_blocks(void **state)
{
#ifndef SANITIZED
	start();
	void *volatile p = malloc(10);
	inside = true;
	void *volatile q = calloc(3, 5000);
	inside = false;
	watching = false;
	free(p);
	free(q);
	assert_int_equal(ours, 1);
	assert_int_equal(largest, 15000);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters_see_blocks),
		cmocka_unit_test(test_forward_f32),
		cmocka_unit_test(test_forward_bf16),
		cmocka_unit_test(test_training_f32),
		cmocka_unit_test(test_training_bf16),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The pool: every job runs once, wait waits, freeing drops what is queued, failures are errors. */
#include "data.h"
#include <stdatomic.h>
#include <time.h>
#include "base/mem.h"
#include "base/thread.h"

enum { JOBS = 2000 };
static atomic_int ran[JOBS];

static void
mark(void *user, int64_t index)
{
	atomic_fetch_add(&((atomic_int *)user)[index], 1);
}

static void
every_job_runs_once(void **state)
{
	for (int threads = 1; threads <= 4; threads++) {
		memset(ran, 0, sizeof ran);
		base_pool *p = base_pool_new(threads, NULL);
		assert_non_null(p);
		for (int i = 0; i < JOBS; i++)
			assert_int_equal(base_pool_submit(p, mark, ran, i, NULL), SECANT_OK);
		base_pool_wait(p);
		for (int i = 0; i < JOBS; i++)
			assert_int_equal(atomic_load(&ran[i]), 1);
		base_pool_wait(p);
		base_pool_free(p);
	}
}

static int order[JOBS], order_n;
static void
note(void *user, int64_t index)
{
	order[order_n++] = (int)index;
}

static void
one_thread_keeps_the_order(void **state)
{
	base_pool *p = base_pool_new(1, NULL);
	order_n = 0;
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(base_pool_submit(p, note, NULL, i, NULL), SECANT_OK);
	base_pool_wait(p);
	base_pool_free(p);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(order[i], i);
}

static void
slow(void *user, int64_t index)
{
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	atomic_fetch_add((atomic_int *)user, 1);
}

static void
free_drops_the_queue_and_waits_for_the_running(void **state)
{
	static atomic_int done;
	long live = base_mem_live();
	base_pool *p = base_pool_new(2, NULL);
	for (int i = 0; i < 100; i++)
		assert_int_equal(base_pool_submit(p, slow, &done, i, NULL), SECANT_OK);
	base_pool_free(p);
	int n = atomic_load(&done);
	assert_in_range(n, 0, 10);
	nanosleep(&(struct timespec){ 0, 40000000 }, NULL);
	assert_int_equal(atomic_load(&done), n);
	assert_int_equal(base_mem_live(), live);
	base_pool_free(NULL);
}

static void
errors(void **state)
{
	secant_err err = { 0 };
	assert_null(base_pool_new(0, &err));
	assert_int_equal(err.code, SECANT_ERR_RANGE);
	assert_string_equal(err.msg, "thread pool: 0 threads are outside 1 to 1024");
	err = (secant_err){ 0 };
	base_mem_fail_at(1);
	assert_null(base_pool_new(1, &err));
	assert_int_equal(err.code, SECANT_ERR_NOMEM);
	err = (secant_err){ 0 };
	base_pool *p = base_pool_new(1, NULL);
	base_mem_fail_at(1);
	assert_int_equal(base_pool_submit(p, mark, ran, 0, &err), SECANT_ERR_NOMEM);
	assert_int_equal(base_pool_submit(p, mark, ran, 0, NULL), SECANT_OK);
	base_pool_free(p);
}

static void
processors(void **state)
{
	assert_in_range(base_cpu_count(), 1, 4096);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_runs_once),
		cmocka_unit_test(one_thread_keeps_the_order),
		cmocka_unit_test(free_drops_the_queue_and_waits_for_the_running),
		cmocka_unit_test(errors),
		cmocka_unit_test(processors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * GLib's locks are futexes of its own, which ThreadSanitizer does not see: without this every frame that one thread
 * hands another is a "race". Loaded before the tests of an image built with -fsanitize=thread, it tells of the locks:
 *
 *   cc -O1 -shared -fPIC -o locks.so tests/stream_run/locks_for_tsan.c -ldl
 *   LD_PRELOAD="$(cc -print-file-name=libtsan.so.2) ./locks.so" build/tsan/tests/stream_run_test_manager
 */
#define _GNU_SOURCE
#include <dlfcn.h>

void __tsan_acquire(void *at);
void __tsan_release(void *at);

#define REAL(name) \
	static __typeof__(name) *real; \
	if (!real) \
	real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

void
g_mutex_lock(void *m)
{
	REAL(g_mutex_lock);
	real(m);
	__tsan_acquire(m);
}

int
g_mutex_trylock(void *m)
{
	REAL(g_mutex_trylock);
	int locked = real(m);
	if (locked)
		__tsan_acquire(m);
	return locked;
}

void
g_mutex_unlock(void *m)
{
	REAL(g_mutex_unlock);
	__tsan_release(m);
	real(m);
}

void
g_cond_wait(void *c, void *m)
{
	REAL(g_cond_wait);
	__tsan_release(m);
	real(c, m);
	__tsan_acquire(m);
}

int
g_cond_wait_until(void *c, void *m, long until)
{
	REAL(g_cond_wait_until);
	__tsan_release(m);
	int signalled = real(c, m, until);
	__tsan_acquire(m);
	return signalled;
}

/* References are counted by GLib's atomics. */
void *
gst_mini_object_ref(void *o)
{
	REAL(gst_mini_object_ref);
	__tsan_acquire(o);
	return real(o);
}

void
gst_mini_object_unref(void *o)
{
	REAL(gst_mini_object_unref);
	__tsan_release(o);
	__tsan_acquire(o);
	real(o);
}

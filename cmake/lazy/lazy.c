/*
 * Opens a shared library for the stubs that stubs.sh printed, at the first call of any of them. A library that is not there, or lacks a
 * function, ends the program as the dynamic loader would have ended it before main: same words, same status. Part of the command alone.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

struct lazy_library {
	const char *file;            /* as the dynamic loader looks for it */
	const char *const *names;
	void **slots;
	size_t n;
};

void secant_lazy_open(const struct lazy_library *l);

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static _Noreturn void
die(void)
{
	(void)fprintf(stderr, "secant: error while loading shared libraries: %s\n", dlerror());
	_exit(127);
}

/* Threads that come here together find each other's work done: opening and looking up again gives the same addresses. */
void
secant_lazy_open(const struct lazy_library *l)
{
	pthread_mutex_lock(&one);
	void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		die();
	for (size_t i = 0; i < l->n; i++) {
		void *f = dlsym(handle, l->names[i]);
		if (!f)
			die();
		__atomic_store_n(&l->slots[i], f, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&one);
}

/*
 * SIGBUS: what a process gets that reads a page of a mapped file after another program has cut the file short. The
 * guard answers with pages of zeros in place of those that are gone, and remembers the file. Who reads it asks when it
 * is done (base_file_was_cut); what nobody asked for is an error of the next file that would be written, and of the
 * command. Copying every file instead would cost each cloud and model its size in memory.
 *
 * The handler runs in the thread that read. It looks through places that are only ever claimed and given back by
 * atomic words, and calls mmap, which is one system call. A SIGBUS elsewhere ends the process as it would have.
 */
#include "base/guard.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PLACES = 512, NAME = 256, TAKEN = 1 };

typedef struct place {
	atomic_uintptr_t from, to; /* the map; 0: free, TAKEN: being made */
	atomic_bool cut, said;
	char path[NAME]; /* its end where it is longer */
} place;

typedef struct guarding {
	place places[PLACES];
	struct sigaction before; /* what stood for SIGBUS */
	atomic_bool on;
	uintptr_t page;
	char unsaid[NAME]; /* a file that was cut and is unmapped by now */
} guarding;

static guarding guard; /* a process has one SIGBUS */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of guard.unsaid */

static void
on_bus_error(int signal, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	int number = errno;
	for (place *p = guard.places; p < guard.places + PLACES; p++) {
		uintptr_t from = atomic_load(&p->from), to = atomic_load(&p->to), first = at / guard.page * guard.page;
		if (from <= TAKEN || at < from || at >= to)
			continue;
		void *zeros = mmap((void *)first, to - first, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (zeros != MAP_FAILED) {
			atomic_store(&p->cut, true);
			errno = number;
			return;
		}
	}
	sigaction(SIGBUS, &guard.before, NULL); /* not ours: the same read meets it again */
}

static void
install(void)
{
	struct sigaction act = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };
	guard.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigemptyset(&act.sa_mask);
	if (!sigaction(SIGBUS, &act, &guard.before))
		atomic_store(&guard.on, true);
}

void
secant_guard_files(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, install);
}

int
base_guard_take(const void *map, size_t size, const char *path)
{
	size_t n = strlen(path);
	if (!atomic_load(&guard.on))
		return 0;
	for (int i = 0; i < PLACES; i++) {
		uintptr_t is_free = 0;
		if (!atomic_compare_exchange_strong(&guard.places[i].from, &is_free, TAKEN))
			continue;
		memcpy(guard.places[i].path, n < NAME ? path : path + n - NAME + 1, n < NAME ? n + 1 : NAME);
		atomic_store(&guard.places[i].cut, false);
		atomic_store(&guard.places[i].said, false);
		atomic_store(&guard.places[i].to, (uintptr_t)map + size);
		atomic_store(&guard.places[i].from, (uintptr_t)map);
		return i + 1;
	}
	return -1;
}

bool
base_guard_was_cut(int at)
{
	if (at <= 0 || !atomic_load(&guard.places[at - 1].cut))
		return false;
	atomic_store(&guard.places[at - 1].said, true);
	return true;
}

void
base_guard_drop(int at)
{
	if (at <= 0)
		return;
	place *p = &guard.places[at - 1];
	if (atomic_load(&p->cut) && !atomic_load(&p->said)) {
		pthread_mutex_lock(&lock);
		memcpy(guard.unsaid, p->path, NAME);
		pthread_mutex_unlock(&lock);
	}
	atomic_store(&p->from, 0);
}

secant_status
secant_files_whole(secant_err *err)
{
	char name[NAME] = "";
	if (!atomic_load(&guard.on))
		return SECANT_OK;
	for (place *p = guard.places; p < guard.places + PLACES; p++)
		if (atomic_load(&p->from) > TAKEN && atomic_load(&p->cut) && !atomic_load(&p->said))
			memcpy(name, p->path, NAME);
	pthread_mutex_lock(&lock);
	if (!*name)
		memcpy(name, guard.unsaid, NAME);
	pthread_mutex_unlock(&lock);
	return *name ? secant_fail(err, SECANT_ERR_IO, "%s: was cut by another program while it was read", name)
				 : SECANT_OK;
}

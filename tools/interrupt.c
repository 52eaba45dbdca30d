/*
 * Ctrl-C. The handlers are installed when a verb first asks, so that a verb which never asks keeps the usual behaviour;
 * the second signal finds the usual behaviour restored.
 */
#include "command.h"
#include <pthread.h>
#include <signal.h>

static volatile sig_atomic_t interrupted;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
on_signal(int number)
{
	interrupted = 1;
}

static void
install(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART | (int)SA_RESETHAND };
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	struct sigaction before; /* a closed terminal stops like Ctrl-C, unless somebody (nohup) wants to go on */
	if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

bool
tool_interrupted(void)
{
	pthread_once(&once, install);
	return interrupted != 0;
}

/*
 * Names the oneDNN that is linked at run time, which need not be the one secant was compiled with.
 */
#include <secant/info.h>
#include <dnnl.h>
#include <pthread.h>
#include <stdio.h>

static char text[64];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
ask(void)
{
	const dnnl_version_t *v = dnnl_version();
	(void)snprintf(text, sizeof text, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
}

const char *
secant_backend(void)
{
	pthread_once(&once, ask);
	return text;
}

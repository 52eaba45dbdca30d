/* See streams_library.h. The library lies beside the command (build folder) or in ../lib of it; else where the system
 * looks. */
#include "streams_library.h"
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const folders[] = { "", "../lib/", "../lib/x86_64-linux-gnu/", "../lib/aarch64-linux-gnu/",
	"../lib64/" };
enum { FOLDERS = sizeof folders / sizeof folders[0] };

/* The folder of the command, with a slash at its end. */
static bool
own_folder(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	char *slash = strrchr(path, '/');
	if (slash)
		slash[1] = '\0';
	return slash != NULL;
}

static void *
open_library(void)
{
	char own[PATH_MAX], path[PATH_MAX + 100];
	void *library = NULL;
	for (int i = 0; i < FOLDERS && !library && own_folder(own, sizeof own); i++) {
		snprintf(path, sizeof path, "%s%slibsecant-stream.so", own, folders[i]);
		if (!access(path, R_OK))
			library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	return library ? library : dlopen("libsecant-stream.so", RTLD_NOW | RTLD_LOCAL);
}

const streams_library *
streams_library_open(secant_err *err)
{
	static streams_library functions; /* of this process: libraries are never closed */
	void *library = open_library(), *at;
	if (!library) {
		const char *why = dlerror();
		secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"streams are run by libsecant-stream, which is built where GStreamer is installed (./dev setup): %.300s",
			why ? why : "");
		return NULL;
	}
#define F(name) \
	if (!(at = dlsym(library, "secant_" #name))) { \
		secant_fail( \
			err, SECANT_ERR_UNSUPPORTED, "libsecant-stream is of another version: it has no secant_%s", #name); \
		return NULL; \
	} \
	memcpy(&functions.name, &at, sizeof at);
	STREAMS_FUNCTIONS(F)
#undef F
	return &functions;
}

bool
streams_python_path(char *path, size_t size)
{
	char own[PATH_MAX], file[PATH_MAX + 200];
	for (int i = 0; i < FOLDERS && own_folder(own, sizeof own); i++) {
		snprintf(path, size, "%s%s%spython", own, folders[i], *folders[i] ? "secant/" : "");
		snprintf(file, sizeof file, "%s/StreamManagerApi.py", path);
		if (!access(file, R_OK))
			return true;
	}
	return false;
}

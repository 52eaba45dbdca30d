/* The scratch folder of a test program: made before its tests, removed after them, paths in it by name. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H
#include "base/file.h"
#include "data.h"

static char folder[256];

static inline int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "%s", scratch_dir());
	return 0;
}

static inline int
drop_folder(void **state)
{
	(void)state;
	return base_remove_tree(folder, NULL);
}

/* A path in the folder, valid until the next call but seven. */
static inline char *
in_folder(const char *name)
{
	static char path[8][600];
	static int turn;
	turn = (turn + 1) % 8;
	snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
	return path[turn];
}
#endif

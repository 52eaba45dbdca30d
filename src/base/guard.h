/* Mapped files that another program cuts short while they are read: see guard.c and secant_guard_files. */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H
#include <secant/files.h>
#include <stddef.h>

/* Watches a map of a file; 0: nobody asked for the guard; negative: no place is left, read the file instead. */
int base_guard_take(const void *map, size_t size, const char *path);
bool base_guard_was_cut(int place); /* and takes it as said: the caller makes an error of it */
void base_guard_drop(int place); /* before it is unmapped; 0 is fine */
#endif

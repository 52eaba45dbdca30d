/*
 * Files as the library writes them: a reader, a crash or a full disk never meets half a file. Messages always name the
 * path.
 */
#ifndef SECANT_FILES_H
#define SECANT_FILES_H
#include <secant/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a whole file: to a temporary name in the same folder, flushed, renamed. An existing file is replaced, or left
 * whole on failure. */
SECANT_API secant_status secant_file_write(
	const char *path, const void *data, size_t size, secant_err *err) SECANT_NODISCARD;
/* A whole file with a zero byte after it (not counted), at most `limit` bytes; caller frees *data with secant_free. "-"
 * is not special. */
SECANT_API secant_status secant_file_read(
	char **data, size_t *size, const char *path, size_t limit, secant_err *err) SECANT_NODISCARD;
/*
 * Whether a file may be written there without the loss of one that is not this program's: nothing is there, or nothing
 * in it, or it is no regular file (a pipe), or secant wrote it, as the extended attribute "user.secant" of its files
 * says. Else SECANT_ERR_ARG, which names the option --overwrite. Where the file system keeps no attributes it cannot be
 * known: OK, and `log` (nullable) is told that the file is replaced. What writes does not ask; callers do.
 */
SECANT_API secant_status secant_file_may_replace(
	const char *path, const secant_logger *log, secant_err *err) SECANT_NODISCARD;
SECANT_API bool secant_is_file(const char *path);
SECANT_API bool secant_is_dir(const char *path);
/* Makes a folder and those above it, like mkdir -p. */
SECANT_API secant_status secant_make_dirs(const char *path, secant_err *err) SECANT_NODISCARD;

/*
 * Large files are mapped, and a process that reads a mapped file after another program has cut it short gets SIGBUS. A
 * program that may take that signal calls secant_guard_files once, before other threads run, as the command does: what
 * is gone reads as zeros then, and reading that file is an error that names it, or else writing anything afterwards is.
 * A library leaves the signals of its process alone, so nothing else calls it.
 */
SECANT_API void secant_guard_files(void);
/*
 * jansson 2.14 reads a JSON text without the letters it found no memory for. A program that may set the allocator of
 * jansson for its whole process calls this once, before other threads run, as the command does: such a text is an error
 * of memory then. A library leaves it alone.
 */
SECANT_API void secant_guard_memory(void);
/* An error that names a file that was cut so and of which no other error has spoken; SECANT_OK: none. */
SECANT_API secant_status secant_files_whole(secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif

/*
 * Files: reading whole or mapped, atomic writing, folders in byte order, paths. Messages always name the path. What the
 * command needs too (secant_file_write, secant_file_read, secant_make_dirs, ...) is declared in secant/files.h.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include <secant/files.h>

/* A file's bytes, mapped or read; `data` is never NULL after success and is followed by no guard byte. */
typedef struct secant_bytes {
	const uint8_t *data;
	size_t size;
	void *map;
	int guard; /* its place in base/guard.c */
} secant_bytes;
secant_status base_file_map(
	secant_bytes *b, const char *path, secant_err *err) SECANT_NODISCARD; /* read-only, private */
void base_file_unmap(secant_bytes *b);
/* To be asked after reading: an error where another program cut the file meanwhile (secant_guard_files). */
secant_status base_file_was_cut(const secant_bytes *b, const char *path, secant_err *err) SECANT_NODISCARD;
/* The first bytes of a file, at most `size`: *got of them, of *whole. A pipe is left alone: *got is 0, *whole
 * UINT64_MAX. */
secant_status base_file_head(
	const char *path, void *room, size_t size, size_t *got, uint64_t *whole, secant_err *err) SECANT_NODISCARD;

/* Atomic writing: bytes go to a temporary name in the same folder; commit flushes (fsync) and renames; abort removes.
 * An existing file stays whole until commit succeeded. Errors are sticky: commit reports the first. */
typedef struct base_writer base_writer;
base_writer *base_writer_open(const char *path, secant_err *err);
secant_status base_writer_put(base_writer *w, const void *data, size_t size, secant_err *err);
secant_status base_writer_printf(base_writer *w, secant_err *err, const char *fmt, ...) SECANT_PRINTF(3, 4);
secant_status base_writer_seek(base_writer *w, uint64_t position, secant_err *err); /* for headers written last */
secant_status base_writer_commit(base_writer *w, secant_err *err) SECANT_NODISCARD; /* frees w in any case */
void base_writer_abort(base_writer *w); /* NULL is fine */
/* Appends one line to a log file (O_APPEND, one write). */
secant_status base_file_append(const char *path, const char *line, secant_err *err) SECANT_NODISCARD;
secant_status base_file_append_bytes(
	const char *path, const void *data, size_t n, secant_err *err) SECANT_NODISCARD; /* the same with any bytes */

secant_status base_remove_tree(const char *path, secant_err *err) SECANT_NODISCARD; /* does not follow links */

/* Takes a folder for this process alone until *lock is closed (or the process ends): a folder that another one has
 * taken is an error that names it. */
secant_status base_dir_lock(const char *path, int *lock, secant_err *err) SECANT_NODISCARD;

/* Names (not paths) in a folder, in byte order, without . and ..; caller frees with base_names_free. */
typedef struct base_names {
	char **v;
	int n, capacity;
} base_names;
typedef enum base_dir_what { BASE_DIR_FILES = 1, BASE_DIR_FOLDERS = 2, BASE_DIR_ALL = 3 } base_dir_what;
secant_status base_dir_list(base_names *out, const char *path, base_dir_what what, secant_err *err) SECANT_NODISCARD;
int base_names_add(base_names *l, const char *name); /* copies; nonzero: no memory */
void base_names_sort(base_names *l); /* byte order */
void base_names_free(base_names *l);

/* Paths. All results are fresh memory (secant_free); NULL: no memory. */
char *base_path_join(const char *a, const char *b); /* b alone if it is absolute or a is empty */
char *base_path_stem(const char *path); /* "a/b.tar.png" -> "b.tar" */
char *base_path_dir(const char *path); /* "a/b.png" -> "a", "b.png" -> "." */
const char *base_path_name(const char *path); /* the part after the last slash; points into path */
const char *base_path_ext(
	const char *path); /* after the last dot of the name, without it; "" if none; points into path */
bool base_ext_is(const char *path, const char *list); /* list "png|jpg|jpeg", case-insensitive */
/* A relative path without "..", empty parts, backslashes, control bytes, drive letters: safe to join to an output
 * folder. */
bool base_path_is_safe(const char *path);
#endif

/*
 * Weights in several files, as Hugging Face's libraries save large ones: NAME.index.json says in which file of its
 * folder each tensor lies. All of them are read, copied into one set; a tensor that the index names and no file has is
 * an error.
 */
#include "formats/format.h"
#include "base/json.h"
#include <string.h>

bool
format_is_index(const char *path)
{
	static const char ending[] = ".index.json";
	size_t n = strlen(path);
	return n > sizeof ending && !strcmp(path + n - (sizeof ending - 1), ending);
}

/* Moves the tensors of one file to the set, those that the index gives to it. */
static secant_status
take_file(secant_tensors *set, const json_t *map, const char *folder, const char *file, secant_err *err)
{
	char *path = base_path_join(folder, file);
	secant_tensors part = { 0 };
	secant_status s = path ? secant_tensors_read(&part, NULL, path, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	for (int i = 0; !s && i < part.n; i++) {
		secant_tensor *from = &part.v[i].tensor, copy = { 0 };
		const char *where = json_string_value(json_object_get(map, part.v[i].name));
		if (where && strcmp(where, file) != 0)
			continue; /* the index has it elsewhere */
		s = secant_tensor_new(&copy, from->dtype, &from->shape, err);
		if (!s && secant_tensor_bytes(from))
			memcpy(copy.data, from->data, secant_tensor_bytes(from));
		if (!s)
			s = secant_tensors_add(set, part.v[i].name, &copy, err);
		secant_tensor_free(&copy);
	}
	secant_tensors_free(&part);
	secant_free(path);
	return s;
}

secant_status
format_read_index(secant_tensors *set, const char *path, secant_err *err)
{
	json_t *j = base_json_read(path, err), *seen = json_object(), *value;
	const json_t *map = json_object_get(j, "weight_map");
	char *folder = base_path_dir(path);
	const char *name;
	secant_status s = !j ? err->code
		: !json_is_object(map)
		? secant_fail(err, SECANT_ERR_FORMAT, "%s: has no weight_map: it is no index of weights", path)
		: folder && seen ? SECANT_OK
						 : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	json_object_foreach ((json_t *)(uintptr_t)map, name, value) {
		const char *file = json_string_value(value);
		if (s)
			break;
		if (!file || !*file || strchr(file, '/') || strchr(file, '\\'))
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s: tensor '%s' lies in no file of the same folder", path, name);
		else if (!json_object_get(seen, file)) {
			json_object_set_new(seen, file, json_true());
			s = take_file(set, map, folder, file, err);
		}
	}
	if (!s)
		s = secant_tensors_unwrap(set, err);
	json_object_foreach ((json_t *)(uintptr_t)map, name, value)
		if (!s && !secant_tensors_find(set, name) && !strstr(name, "module.") && !strstr(name, "_orig_mod."))
			s = secant_fail(
				err, SECANT_ERR_FORMAT, "%s: tensor '%s' is not in %s", path, name, json_string_value(value));
	json_decref(j);
	json_decref(seen);
	secant_free(folder);
	if (s)
		secant_tensors_free(set);
	return s;
}

/* The files that polygons are written to, by extension. */
#include "base/file.h"
#include "deploy/polygons.h"

#define VECTOR(name) extern const deploy_vector deploy_vector_##name;
#include "deploy/vectors.inc"
#undef VECTOR
#define VECTOR(name) &deploy_vector_##name,
const deploy_vector *const deploy_vectors[] = {
#include "deploy/vectors.inc"
	NULL
};

const deploy_vector *
deploy_vector_of(const char *path)
{
	const deploy_vector *const *v = deploy_vectors;
	while (*v && !base_ext_is(path, (*v)->extension))
		v++;
	return *v ? *v : deploy_vectors[0];
}

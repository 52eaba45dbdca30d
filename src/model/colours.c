/* Which colour comes first. See colours.h. */
#include "model/colours.h"

bool
model_turn_colours(model_bundle *m)
{
	const nn_architecture *arch = nn_architecture_find(m->net.arch);
	if (!arch || !arch->whole || m->net.in_channels != 3)
		return false;
	for (int i = 0; i < m->store->n; i++) {
		exec_slot *slot = &m->store->slot[i];
		const int64_t *d = slot->type.shape.dim;
		if (slot->type.shape.rank != 4)
			continue;
		if (d[1] != 3) /* the first one in the network's order reads the picture */
			return false;
		int64_t area = d[2] * d[3];
		for (int64_t o = 0; o < d[0]; o++)
			for (int64_t k = 0; k < area; k++) {
				int64_t red = o * 3 * area + k, blue = red + 2 * area;
				double v = exec_slot_get(m->store, slot, red);
				exec_slot_set(m->store, slot, red, exec_slot_get(m->store, slot, blue));
				exec_slot_set(m->store, slot, blue, v);
			}
		return true;
	}
	return false;
}

/*
 * The store: where states live. Trainable slots share one buffer so that the optimiser is one loop, a norm one
 * reduction and a checkpoint one write; every slot starts on a 64-byte boundary and the gaps stay zero.
 */
#include "exec/exec.h"
#include "base/by_name.h"
#include "base/memory.h"
#include <string.h>

enum { ALIGN = 16, LINE = 64 }; /* elements, bytes */

/* Large blocks of calloc are fresh pages that cost nothing until they are written; aligned blocks would have to be
 * cleared. */
static void *
line_up(void *block)
{
	return (void *)(((uintptr_t)block + LINE - 1) / LINE * LINE);
}

static int64_t
padded(int64_t count)
{
	return (count + ALIGN - 1) / ALIGN * ALIGN;
}

static size_t
element(const exec_store *s, const exec_slot *slot)
{
	return s->f64 ? sizeof(double) : secant_dtype_size(slot->type.dtype);
}

/* Every slot at its own place. */
static void
take_back(exec_store *s)
{
	for (int i = 0; i < s->n; i++) {
		exec_slot *slot = &s->slot[i];
		slot->mapped = false;
		slot->data = slot->trainable ? (char *)s->params + (size_t)slot->offset * element(s, slot)
									 : (char *)s->others + slot->offset;
	}
}

exec_store *
exec_store_new(const graph_net *g, bool f64, secant_err *err)
{
	exec_store *s = secant_calloc(1, sizeof *s);
	int values = graph_values(g);
	if (!s || !(s->arena = base_arena_new()) || !(s->slot = secant_calloc((size_t)values + 1, sizeof *s->slot)))
		goto no_memory;
	s->f64 = f64;
	static const double MOST = 4e18; /* bytes; before a sum of whole numbers would run over */
	int64_t others = 0; /* bytes */
	double all = 0;
	for (int v = 0; v < values; v++) {
		const graph_value_info *info = graph_value_at(g, v);
		if (info->kind != GRAPH_VALUE_STATE)
			continue;
		exec_slot *slot = &s->slot[s->n++];
		*slot = (exec_slot){
			base_arena_strdup(s->arena, info->name),
			info->type,
			info->trainable,
			info->init,
			info->fan_in,
			secant_shape_count(&info->type.shape),
			0,
			NULL,
		};
		slot->type.scale = (graph_scale){ 0 }; /* the graph's, which a store may outlive */
		if (!slot->name || !base_by_name_add(&s->names, slot->name, s->n - 1))
			goto no_memory;
		slot->offset = info->trainable ? s->params_count : others;
		all += (double)slot->count * (double)element(s, slot);
		if (all > MOST)
			break;
		if (info->trainable)
			s->params_count += padded(slot->count);
		else
			others += padded(slot->count) * (int64_t)element(s, slot);
	}
	s->others_bytes = (size_t)others;
	if (base_memory_weigh(
			all < MOST ? (size_t)all : (size_t)MOST, BASE_MEMORY_TRAIN, "the weights of the network", err)) {
		exec_store_free(s);
		return NULL;
	}
	if (!(s->params_block = secant_calloc((size_t)(s->params_count + 2 * ALIGN), f64 ? sizeof(double) : sizeof(float)))
		|| !(s->others_block = secant_calloc((size_t)others + 2 * LINE, 1)))
		goto no_memory;
	s->params = line_up(s->params_block);
	s->others = line_up(s->others_block);
	take_back(s);
	return s;
no_memory:
	exec_store_free(s);
	secant_fail(err, SECANT_ERR_NOMEM, "no memory for the parameters of the network");
	return NULL;
}

void
exec_store_free(exec_store *s)
{
	if (!s)
		return;
	secant_free(s->params_block);
	secant_free(s->others_block);
	secant_free(s->slot);
	base_by_name_free(&s->names);
	base_arena_free(s->arena);
	secant_free(s);
}

void
exec_store_forget(exec_store *s)
{
	take_back(s);
	base_mem_drop(s->params, (size_t)s->params_count * (s->f64 ? sizeof(double) : sizeof(float)));
}

void
exec_slot_lend(exec_slot *slot, const void *data, bool mapped)
{
	slot->data = (void *)(uintptr_t)data;
	slot->mapped = mapped;
}

exec_slot *
exec_store_find(const exec_store *s, const char *name)
{
	int i = base_by_name_find(&s->names, name);
	return i < 0 ? NULL : &s->slot[i];
}

void *
exec_store_buffer(const exec_store *s)
{
	return base_alloc_aligned((size_t)(s->params_count + ALIGN) * (s->f64 ? sizeof(double) : sizeof(float)));
}

static secant_tensor
view(const exec_store *s, const exec_slot *slot)
{
	return (secant_tensor){
		.dtype = s->f64 ? SECANT_F64 : slot->type.dtype, .shape = slot->type.shape, .data = slot->data
	};
}

double
exec_slot_get(const exec_store *s, const exec_slot *slot, int64_t i)
{
	secant_tensor t = view(s, slot);
	return secant_tensor_get(&t, i);
}

void
exec_slot_set(const exec_store *s, exec_slot *slot, int64_t i, double v)
{
	secant_tensor t = view(s, slot);
	secant_tensor_set(&t, i, v);
}

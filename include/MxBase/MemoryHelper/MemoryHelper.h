/* MxBase::MemoryData and MemoryHelper of MindX SDK: all memory is the host's, whatever its type says. */
#ifndef MEMORY_HELPER_H
#define MEMORY_HELPER_H
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include "MxBase/ErrorCode/ErrorCode.h"

namespace MxBase
{

struct MemoryData {
	enum MemoryType { MEMORY_HOST, MEMORY_DEVICE, MEMORY_DVPP, MEMORY_HOST_MALLOC, MEMORY_HOST_NEW };
	MemoryData() = default;
	MemoryData(size_t bytes, MemoryType kind = MEMORY_HOST, int32_t device = 0)
		: size(bytes), deviceId(device), type(kind)
	{
	}
	MemoryData(void *data, size_t bytes, MemoryType kind = MEMORY_HOST, int32_t device = 0)
		: ptrData(data), size(bytes), deviceId(device), type(kind)
	{
	}
	void *ptrData = nullptr;
	size_t size = 0;
	int32_t deviceId = 0;
	MemoryType type = MEMORY_HOST;
	APP_ERROR (*free)(void *) = nullptr; /* for the program's own use */
};

class MemoryHelper
{
  public:
	static APP_ERROR
	MxbsMalloc(MemoryData &to)
	{
		to.ptrData = to.size ? std::malloc(to.size) : nullptr;
		return to.ptrData ? APP_ERR_OK : to.size ? APP_ERR_COMM_ALLOC_MEM : APP_ERR_COMM_INVALID_PARAM;
	}
	static APP_ERROR
	MxbsFree(MemoryData &of)
	{
		std::free(of.ptrData);
		of.ptrData = nullptr;
		return APP_ERR_OK;
	}
	static APP_ERROR
	MxbsMemset(MemoryData &to, int32_t value, size_t count)
	{
		if (!to.ptrData || count > to.size)
			return to.ptrData ? APP_ERR_COMM_INVALID_PARAM : APP_ERR_COMM_INVALID_POINTER;
		std::memset(to.ptrData, value, count);
		return APP_ERR_OK;
	}
	static APP_ERROR
	MxbsMemcpy(MemoryData &to, const MemoryData &from, size_t count)
	{
		if (!to.ptrData || !from.ptrData)
			return APP_ERR_COMM_INVALID_POINTER;
		if (count > to.size || count > from.size)
			return APP_ERR_COMM_INVALID_PARAM;
		std::memcpy(to.ptrData, from.ptrData, count);
		return APP_ERR_OK;
	}
	/* As many bytes as `from` has. */
	static APP_ERROR
	MxbsMallocAndCopy(MemoryData &to, const MemoryData &from)
	{
		if (!from.ptrData)
			return APP_ERR_COMM_INVALID_POINTER;
		to.size = from.size;
		APP_ERROR code = MxbsMalloc(to);
		return code ? code : MxbsMemcpy(to, from, from.size);
	}
	template <class T, class... Args>
	static std::shared_ptr<T>
	MakeShared(Args &&...args)
	{
		return std::make_shared<T>(std::forward<Args>(args)...);
	}
};

} // namespace MxBase
#endif

/* MxBase::TensorBase of MindX SDK, as programs and plugins read results with it: a shape and type over memory. */
#ifndef TENSOR_BASE_H
#define TENSOR_BASE_H
#include <string>
#include <vector>
#include "MxBase/MemoryHelper/MemoryHelper.h"

namespace MxBase
{

enum TensorDataType {
	TENSOR_DTYPE_UNDEFINED = -1,
	TENSOR_DTYPE_FLOAT32 = 0,
	TENSOR_DTYPE_FLOAT16 = 1,
	TENSOR_DTYPE_INT8 = 2,
	TENSOR_DTYPE_INT32 = 3,
	TENSOR_DTYPE_UINT8 = 4,
	TENSOR_DTYPE_INT16 = 6,
	TENSOR_DTYPE_UINT16 = 7,
	TENSOR_DTYPE_UINT32 = 8,
	TENSOR_DTYPE_INT64 = 9,
	TENSOR_DTYPE_UINT64 = 10,
	TENSOR_DTYPE_DOUBLE64 = 11,
	TENSOR_DTYPE_BOOL = 12
};

class TensorBase
{
  public:
	TensorBase() = default;
	/* Borrowed memory lives as long as its owner; other memory is freed with the last copy of the tensor. */
	TensorBase(const MemoryData &memory, bool isBorrowed, const std::vector<uint32_t> &shape, TensorDataType type)
		: shape_(shape), type_(type), bytes_(memory.size), data_(memory.ptrData)
	{
		if (!isBorrowed)
			owned_.reset(memory.ptrData, std::free);
	}
	/* Memory of its own, of zeros. */
	TensorBase(const std::vector<uint32_t> &shape, TensorDataType type = TENSOR_DTYPE_FLOAT32)
		: shape_(shape), type_(type)
	{
		bytes_ = GetSize() * GetDataTypeSize();
		owned_.reset(std::calloc(bytes_ ? bytes_ : 1, 1), std::free);
		data_ = owned_.get();
	}
	std::vector<uint32_t>
	GetShape() const
	{
		return shape_;
	}
	TensorDataType
	GetDataType() const
	{
		return type_;
	}
	uint32_t
	GetDataTypeSize() const
	{
		switch (type_) {
		case TENSOR_DTYPE_INT8:
		case TENSOR_DTYPE_UINT8:
		case TENSOR_DTYPE_BOOL: return 1;
		case TENSOR_DTYPE_FLOAT16:
		case TENSOR_DTYPE_INT16:
		case TENSOR_DTYPE_UINT16: return 2;
		case TENSOR_DTYPE_INT64:
		case TENSOR_DTYPE_UINT64:
		case TENSOR_DTYPE_DOUBLE64: return 8;
		case TENSOR_DTYPE_UNDEFINED: return 0;
		default: return 4;
		}
	}
	/* Numbers, and bytes. */
	size_t
	GetSize() const
	{
		size_t n = 1;
		for (uint32_t d : shape_)
			n *= d;
		return shape_.empty() ? 0 : n;
	}
	size_t
	GetByteSize() const
	{
		return bytes_;
	}
	void *
	GetBuffer() const
	{
		return data_;
	}
	int32_t
	GetDeviceId() const
	{
		return -1;
	}
	bool
	IsHost() const
	{
		return true;
	}
	bool
	IsDevice() const
	{
		return false;
	}
	APP_ERROR
	ToHost() { return APP_ERR_OK; }
	APP_ERROR
	ToDevice(int32_t) { return APP_ERR_OK; }
	std::string
	GetDesc() const
	{
		std::string text = "TensorBase [";
		for (uint32_t d : shape_)
			text += std::to_string(d) + ", ";
		return text + "type " + std::to_string(type_) + ", " + std::to_string(bytes_) + " bytes]";
	}

  private:
	std::vector<uint32_t> shape_;
	TensorDataType type_ = TENSOR_DTYPE_UNDEFINED;
	size_t bytes_ = 0;
	void *data_ = nullptr;
	std::shared_ptr<void> owned_;
};

} // namespace MxBase
#endif

/* LogDebug, LogInfo, LogWarn, LogError and LogFatal as streams: errors go to standard error, the others nowhere. */
#ifndef MX_LOG_H
#define MX_LOG_H
#include <unistd.h>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream> /* this and what stands before it: programs of the SDK rely on it */
#include <iostream>
#include <sstream>
#include "MxBase/ErrorCode/ErrorCode.h"

namespace MxBase
{

class SecantLog
{
  public:
	explicit SecantLog(bool shown) : shown_(shown) {}
	~SecantLog()
	{
		if (shown_)
			std::cerr << text_.str() << std::endl;
	}
	template <class T>
	SecantLog &
	operator<<(const T &v)
	{
		if (shown_)
			text_ << v;
		return *this;
	}
	SecantLog &
	operator<<(std::ostream &(*manipulator)(std::ostream &))
	{
		if (shown_)
			text_ << manipulator;
		return *this;
	}

  private:
	bool shown_;
	std::ostringstream text_;
};

} // namespace MxBase

#define LogDebug MxBase::SecantLog(false)
#define LogInfo MxBase::SecantLog(false)
#define LogWarn MxBase::SecantLog(false)
#define LogError MxBase::SecantLog(true)
#define LogFatal MxBase::SecantLog(true)
#endif

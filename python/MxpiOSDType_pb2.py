"""Messages of MxpiOSDType.proto of MindX SDK; see secant_mxpi_messages."""
import secant_mxpi_messages as _messages

_messages.fill(globals(), "MxpiOSDType")
